"""Operates an instance through haproxyadmin: operate.py SOCKET. Prints one line a step, NAME=VALUE."""
import sys

from haproxyadmin import haproxy
from haproxyadmin.backend import BACKEND_METRICS
from haproxyadmin.frontend import FRONTEND_METRICS
from haproxyadmin.haproxy import HAPROXY_METRICS
from haproxyadmin.server import SERVER_METRICS

# Without zlib HAProxy does not tell these either; of the uptime haproxyadmin makes no sum.
UNTOLD = ("ZlibMemUsage", "MaxZlibMemUsage", "Uptime_sec")


def tell(name, value):
    print("%s=%s" % (name, value))


proxy = haproxy.HAProxy(socket_file=sys.argv[1], timeout=10)
server = proxy.server("s1", backend="compilers")[0]
frontend = proxy.frontend("agents")
backend = proxy.backend("compilers")

tell("name", proxy.info()[0]["Name"])
tell("metrics", all(proxy.metric(name) is not None for name in HAPROXY_METRICS if name not in UNTOLD))
tell("frontends", ",".join(sorted(one.name for one in proxy.frontends())))
tell("servers", ",".join(sorted(one.name for one in backend.servers())))
for kind, names in ((frontend, FRONTEND_METRICS), (backend, BACKEND_METRICS), (server, SERVER_METRICS)):
    for name in names:
        kind.metric(name)

tell("address", "%s:%s" % (server.address, server.port))
tell("status", server.status)
for state in ("drain", "ready", "maint", "ready", "disable", "enable"):
    tell(state, "%s,%s" % (server.setstate(state), server.status))
tell("setweight", "%s,%s" % (server.setweight(7), server.weight))
tell("shutdown sessions", server.shutdown())
tell("setmaxconn", "%s,%s" % (proxy.setmaxconn(500), proxy.maxconn))
tell("frontend setmaxconn", "%s,%s" % (frontend.setmaxconn(55), frontend.maxconn))
tell("frontend disable", "%s,%s" % (frontend.disable(), frontend.status))
tell("frontend enable", "%s,%s" % (frontend.enable(), frontend.status))
tell("frontend shutdown", "%s,%s" % (proxy.frontend("spare").shutdown(), proxy.frontend("spare").status))
tell("sessions", proxy.command("show sess")[0][1] == [""])
tell("errors", proxy.errors()[0][1][0].startswith("Total events captured on "))
tell("clearcounters", "%s,%s" % (proxy.clearcounters(), proxy.clearcounters(all=True)))
