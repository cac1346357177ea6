"""The herd's contestants. Each gets the same servers with their 12 slots, looks after them every 2 s, and queues for 580 s."""
import os

from .herd_servers import SLOTS
from .proxies import CPUS, HAPROXY, HAPROXY_IDENTITY, Contestant

EVERYONE = ["haproxy-tcp", "haproxy-http", "puppetfront"]


def contestant(name, folder, certs, servers, binary):
    """The proxy `name` for `servers`, on all cores."""
    configure = {"puppetfront": _puppetfront, "haproxy-http": _haproxy_http, "haproxy-tcp": _haproxy_tcp}[name]
    return Contestant(name, folder, lambda proxy: configure(proxy, certs, servers, binary), CPUS)


def _haproxy(proxy, tune, defaults, frontend, backend):
    text = f"""
global
    nbthread {len(CPUS)}
    maxconn 7000
    tune.ssl.cachesize 0{tune}
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-curves X25519:P-256
    log stdout format raw local0 info
defaults
    log global
    timeout connect 5s
    timeout client 1000s
    timeout server 1000s
    timeout queue 580s
    retries 3{defaults}
frontend agents
    bind 127.0.0.1:{proxy.port} backlog 4096{frontend}
    default_backend compilers
backend compilers
    balance leastconn
    option redispatch 1
    option httpchk GET /status/v1/simple
    default-server maxconn {SLOTS} check inter 2s rise 2 fall 3 observe layer4 error-limit 5 on-error mark-down{backend}
"""
    return text, [HAPROXY, "-db", "-f", proxy.configuration]


def _haproxy_http(proxy, certs, servers, _):
    """Ends TLS, and repeats what it may: that takes requests that fit into one buffer, whole before they are sent."""
    tls = f" ssl crt {certs}/proxy-ec.both.pem ca-file {certs}/ca.pem crl-file {certs}/crl.pem verify optional"
    return _haproxy(
        proxy, "\n    tune.bufsize 32768\n    tune.maxrewrite 4096",
        "\n    mode http\n    option httplog\n    option forwardfor\n    option http-buffer-request\n    retry-on all-retryable-errors",
        tls + HAPROXY_IDENTITY + '\n    http-request add-header Via "1.1 haproxy"',
        "".join(f"\n    server {server.name} 127.0.0.1:{server.plain}" for server in servers))


def _haproxy_tcp(proxy, certs, servers, _):
    """Passes TLS through to the servers, whose health it asks for over their plain ports."""
    return _haproxy(
        proxy, "", "\n    mode tcp\n    option tcplog", "",
        "".join(f"\n    server {server.name} 127.0.0.1:{server.tls} port {server.plain}" for server in servers))


def _puppetfront(proxy, certs, servers, binary):
    text = f"""
listeners:
  - name: agents
    address: "127.0.0.1:{proxy.port}"
    tls:
      certificate: {{ chain: {certs}/proxy-ec.chain.pem, key: {certs}/proxy-ec.key }}
      client_ca: {certs}/ca.pem
      crl: {certs}/crl.pem
      client_certificate: optional
    http2: false
defaults:
  server: {{ maxconn: {SLOTS} }}
pools:
  compilers:
    balance: least-connections
    check: {{ inter: 2s, rise: 2, fall: 3 }}
    queue: {{ size: 20000, timeout: 580s }}
    servers:
""" + "".join(f"      - {{ name: {server.name}, address: \"127.0.0.1:{server.plain}\" }}\n" for server in servers) + f"""
environments: {{ default: compilers }}
limits: {{ per_certname: 0 }}
logs: {{ access: {{ to: {proxy.log}, format: json }}, level: info }}
"""
    return text, [binary, "run", "--config", proxy.configuration]
