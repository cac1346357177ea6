"""The contestants: how each is configured for a setup, started on one core, watched and ended."""
import os
import signal
import socket
import subprocess
import tempfile
import time

CPUS = sorted(os.sched_getaffinity(0))
PROXY_CPU, LOAD_CPU = {CPUS[0]}, {CPUS[-1]}
HAPROXY = "/usr/sbin/haproxy"
EVERYONE = ["haproxy", "haproxy-128k", "nginx", "puppetfront"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# HAProxy 2.6 cannot turn TLS 1.3's session tickets off: `no-tls-tickets` only makes them stateful. OpenSSL's own file can, and says how many
# there are.
OPENSSL_CONF = """
openssl_conf = init
[init]
ssl_conf = sections
[sections]
system_default = defaults
[defaults]
MinProtocol = TLSv1.2
CipherString = DEFAULT@SECLEVEL=2
NumTickets = {tickets}
"""


class Process:
    """One process and its children on the cores `cpus`. Used with `with`; ends with it."""

    def __init__(self, words, cpus, **pipes):
        self.popen = subprocess.Popen(words, preexec_fn=lambda: os.sched_setaffinity(0, cpus), **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                for pid in self.pids():
                    os.kill(pid, signal.SIGKILL)
                self.popen.wait()

    def pids(self):
        found = [self.popen.pid]
        for pid in found:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    found += [int(child) for child in children.read().split()]
        return found

    def cpu_microseconds(self):
        """User and system time so far of all threads, from the scheduler's nanosecond clock."""
        total = 0
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as numbers:
                    total += int(numbers.read().split()[0])
        return total / 1000

    def resident_bytes(self, key="VmRSS"):
        """Now, or with VmHWM the most there ever were."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as lines:
                total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
        return total


class Contestant(Process):
    """A proxy with a folder of its own, ready for connections on `port`."""

    def __init__(self, name, folder, configure, cpus, prefix=(), tickets=0):
        """`configure` gets this value, whose `port` and `folder` it may name, and gives the configuration file's text and the
        command that runs with it."""
        self.name = name
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix=f"{name}-", dir=folder)
        text, words = configure(self)
        self._write("configuration", text)
        environment = dict(os.environ)
        if words[0] == HAPROXY:
            environment["OPENSSL_CONF"] = self._write("openssl.cnf", OPENSSL_CONF.format(tickets=tickets))
        with open(self.log, "ab") as log, open(os.path.join(self.folder, "errors"), "ab") as errors:
            super().__init__([*prefix, *words], cpus, env=environment, stdout=log, stderr=errors)
        self._wait()

    @property
    def configuration(self):
        return os.path.join(self.folder, "configuration")

    @property
    def log(self):
        return os.path.join(self.folder, "access.log")

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def _wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.popen.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.__exit__()
        with open(os.path.join(self.folder, "errors")) as errors:
            raise SystemExit(f"{self.name} did not start:\n{errors.read()}")

    def logged_lines(self):
        with open(self.log, "rb") as log:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: log.read(1 << 20), b""))


class Proxy(Contestant):
    """A contestant of the comparison of costs: a proxy for one server, on the first core."""

    def __init__(self, name, setup, certs, folder, upstream_port, binary, prefix=()):
        writer = {"nginx": nginx, "puppetfront": puppetfront}.get(name, haproxy)
        super().__init__(name, folder, lambda proxy: writer(proxy, setup, certs, upstream_port, binary), PROXY_CPU, prefix, setup.tickets)


HAPROXY_IDENTITY = """
    http-request set-header X-Client-Verify SUCCESS if { ssl_c_used } { ssl_c_verify 0 }
    http-request set-header X-Client-Verify NONE unless { ssl_c_used } { ssl_c_verify 0 }
    http-request set-header X-Client-DN %[ssl_c_s_dn(,0,rfc2253)] if { ssl_c_used }
    http-request set-header X-Client-Cert -----BEGIN%%20CERTIFICATE-----%%0A%[ssl_c_der,base64,url_enc]%%0A-----END%%20CERTIFICATE-----%%0A if { ssl_c_used }"""


def haproxy(proxy, setup, certs, upstream_port, _):
    """Lines go to standard output, which is the log file: HAProxy writes to no file itself. The certificate is the PEM that
    Puppet Server takes, its base64 in one line: the closest that HAProxy comes to it without Lua."""
    bind = upstream = fields = ""
    if setup.listen != "plain":
        bind = f" ssl crt {certs}/proxy-{setup.listen}.both.pem ca-file {certs}/ca.pem crl-file {certs}/crl.pem verify optional"
        bind += " alpn h2,http/1.1" if setup.http2 else ""
        fields = HAPROXY_IDENTITY
    if setup.upstream == "tls":
        upstream = (f" ssl verify required ca-file {certs}/ca.pem crl-file {certs}/crl.pem crt {certs}/proxy-ec.both.pem"
                    " verifyhost compiler.bench.test sni str(compiler.bench.test)")
    options = "" if setup.tickets else " no-tls-tickets"
    bufsize = "\n    tune.bufsize 131072" if proxy.name == "haproxy-128k" else ""
    text = f"""
global
    nbthread 1
    maxconn 4000{bufsize}
    tune.maxrewrite 4096
    tune.ssl.cachesize 0
    ssl-default-bind-options ssl-min-ver TLSv1.2{options}
    ssl-default-bind-curves X25519:P-256
    log stdout format raw local0 info
defaults
    mode http
    log global
    option httplog
    option forwardfor
    timeout connect 5s
    timeout client 1000s
    timeout server 1000s
    timeout http-keep-alive 1000s
    http-reuse always
frontend agents
    bind 127.0.0.1:{proxy.port}{bind}{fields}
    http-request add-header Via "1.1 haproxy"
    default_backend compilers
backend compilers
    server c1 127.0.0.1:{upstream_port}{upstream}
"""
    return text, [HAPROXY, "-db", "-f", proxy.configuration]


def nginx(proxy, setup, certs, upstream_port, _):
    listen = tls = fields = upstream = ""
    scheme = "http"
    if setup.listen != "plain":
        listen = " ssl http2" if setup.http2 else " ssl"
        tls = f"""
        ssl_certificate {certs}/proxy-{setup.listen}.chain.pem;
        ssl_certificate_key {certs}/proxy-{setup.listen}.key;
        ssl_client_certificate {certs}/ca.pem;
        ssl_crl {certs}/crl.pem;
        ssl_verify_client optional;
        ssl_verify_depth 3;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ecdh_curve X25519:prime256v1;
        ssl_session_tickets {"on" if setup.tickets else "off"};
        ssl_conf_command NumTickets {setup.tickets};
        ssl_session_cache off;"""
        fields = """
            proxy_set_header X-Client-Verify $ssl_client_verify;
            proxy_set_header X-Client-DN $ssl_client_s_dn;
            proxy_set_header X-Client-Cert $ssl_client_escaped_cert;"""
    if setup.upstream == "tls":
        scheme = "https"
        upstream = f"""
            proxy_ssl_certificate {certs}/proxy-ec.chain.pem;
            proxy_ssl_certificate_key {certs}/proxy-ec.key;
            proxy_ssl_trusted_certificate {certs}/ca.pem;
            proxy_ssl_crl {certs}/crl.pem;
            proxy_ssl_verify on;
            proxy_ssl_verify_depth 3;
            proxy_ssl_protocols TLSv1.2 TLSv1.3;
            proxy_ssl_server_name on;
            proxy_ssl_name compiler.bench.test;"""
    text = f"""
user root;
worker_processes 1;
daemon off;
pid {proxy.folder}/pid;
error_log stderr warn;
events {{ worker_connections 8000; }}
http {{
    log_format httplog escape=json '{{"time":"$time_iso8601","source":"$remote_addr","source_port":"$remote_port",'
        '"client":"$ssl_client_s_dn","serial":"$ssl_client_serial","tls":"$ssl_protocol","request":"$request",'
        '"server":"$upstream_addr","status":"$status","bytes_in":"$request_length","bytes_out":"$bytes_sent",'
        '"connect":"$upstream_connect_time","response":"$upstream_header_time","total":"$request_time"}}';
    access_log {proxy.log} httplog buffer=64k flush=1s;
    client_body_temp_path {proxy.folder};
    proxy_temp_path {proxy.folder};
    fastcgi_temp_path {proxy.folder};
    uwsgi_temp_path {proxy.folder};
    scgi_temp_path {proxy.folder};
    keepalive_timeout 1000s;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_buffer_size 16k;
    upstream compilers {{
        server 127.0.0.1:{upstream_port};
        keepalive 600;
        keepalive_requests 1000000000;
        keepalive_timeout 30s;
    }}
    server {{
        listen 127.0.0.1:{proxy.port}{listen} backlog=4096;{tls}
        location / {{
            proxy_pass {scheme}://compilers;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_read_timeout 1000s;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";{fields}
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header Via "1.1 nginx";{upstream}
        }}
    }}
}}
"""
    return text, ["/usr/sbin/nginx", "-p", proxy.folder, "-c", proxy.configuration]


def puppetfront(proxy, setup, certs, upstream_port, binary):
    listen = upstream = ""
    if setup.listen != "plain":
        listen = f"""
    tls:
      certificate: {{ chain: {certs}/proxy-{setup.listen}.chain.pem, key: {certs}/proxy-{setup.listen}.key }}
      client_ca: {certs}/ca.pem
      crl: {certs}/crl.pem
      client_certificate: optional
      session_tickets: {"true" if setup.tickets else "false"}
    http2: {"true" if setup.http2 else "false"}"""
    if setup.upstream == "tls":
        upstream = f"""
    tls:
      ca: {certs}/ca.pem
      crl: {certs}/crl.pem
      certificate: {{ chain: {certs}/proxy-ec.chain.pem, key: {certs}/proxy-ec.key }}
      verify: hostname
      server_name: compiler.bench.test"""
    text = f"""
listeners:
  - name: agents
    address: "127.0.0.1:{proxy.port}"{listen}
pools:
  compilers:{upstream}
    identity: headers
    servers: [ {{ name: c1, address: "127.0.0.1:{upstream_port}" }} ]
environments: {{ default: compilers }}
timeouts: {{ client: 1000s, client_idle: 1000s, drain: 2s }}
limits: {{ connections: 8000, per_certname: 8000, worker_threads: 1 }}
logs: {{ access: {{ to: {proxy.log}, format: json }}, level: info }}
"""
    return text, [binary, "run", "--config", proxy.configuration]
