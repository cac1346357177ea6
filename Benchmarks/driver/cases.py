"""What is measured: the cases, in the order in which they run."""
from dataclasses import dataclass

FILES = ["haproxy", "nginx", "puppetfront"]
BULK = ["haproxy", "haproxy-128k", "nginx", "puppetfront"]


@dataclass(frozen=True)
class Setup:
    """How the proxies are set up: what they listen with and how they speak to the backend."""
    listen: str                 # plain | ec | rsa : the key of the server's certificate
    upstream: str = "plain"     # plain | tls
    tickets: int = 0            # session tickets a connection
    http2: bool = False         # offered by ALPN, to agents alone


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    setup: Setup
    workload: str               # a file of workloads/
    connections: int = 64
    client_key: str = "rsa"     # of the agent's certificate
    per_connection: int = 0     # requests after which an agent hangs up; 0: never
    resumes: bool = False       # new connections resume the newest session
    streams: int = 0            # requests at once on each connection, over HTTP/2 by h2load; 0: HTTP/1.1 by LoadGenerator
    per_unit: int = 1           # requests in what the figures count
    unit: str = "request"
    probe: int = 2000           # requests before the rounds, to warm up and to see what one costs
    contestants: tuple = tuple(FILES)


PLAIN, EC, RSA, BOTH, TICKETS = Setup("plain"), Setup("ec"), Setup("rsa"), Setup("ec", "tls"), Setup("ec", tickets=1)
H2 = Setup("ec", http2=True)

CASES = [
    Case("plain-1k", "plain, 1 KiB", PLAIN, "file-1k", probe=6000),
    Case("plain-64k", "plain, 64 KiB", PLAIN, "file-64k"),
    Case("plain-1m", "plain, 1 MiB", PLAIN, "file-1m", probe=300, contestants=tuple(BULK)),
    Case("tls-1k", "TLS, 1 KiB", EC, "file-1k", probe=4000),
    Case("tls-1k-512", "TLS, 1 KiB, 512 connections", EC, "file-1k", connections=512, client_key="ec", probe=4000),
    Case("tls-64k", "TLS, 64 KiB", EC, "file-64k"),
    Case("tls-1m", "TLS, 1 MiB", EC, "file-1m", probe=300, contestants=tuple(BULK)),
    Case("connect-ec", "new connection, EC server, RSA-4096 agent", EC, "file-1k", connections=16, per_connection=1,
         unit="connection", probe=48),
    Case("connect-ec-ec", "new connection, EC server, EC agent", EC, "file-1k", connections=16, per_connection=1,
         client_key="ec", unit="connection", probe=96),
    Case("steady-run", "steady run of an agent (46 requests, 1 connection)", EC, "steady-run", connections=8,
         per_connection=46, per_unit=46, unit="run", probe=46 * 16),
    Case("connect-rsa", "new connection, RSA-4096 server, RSA-4096 agent", RSA, "file-1k", connections=16, per_connection=1,
         unit="connection", probe=32),
    Case("connect-ticket", "new connection with a session ticket, EC server, RSA-4096 agent", TICKETS, "file-1k", connections=16,
         per_connection=1, unit="connection", probe=48),
    Case("connect-resumed", "resumed connection, EC server, RSA-4096 agent", TICKETS, "file-1k", connections=16, per_connection=1,
         resumes=True, unit="connection", probe=96),
    Case("h2-1k", "HTTP/2 over TLS, 1 KiB, 1 stream", H2, "file-1k", connections=16, streams=1, probe=4000),
    Case("h2-1k-32", "HTTP/2 over TLS, 1 KiB, 32 streams", H2, "file-1k", connections=4, streams=32, probe=6000),
    Case("h2-64k", "HTTP/2 over TLS, 64 KiB, 32 streams", H2, "file-64k", connections=4, streams=32),
    Case("catalog", "catalog, POST 11 KiB, 160 KiB back, TLS both sides", BOTH, "catalog", probe=600),
]

MEMORY = Case("memory", "resident memory of an idle TLS connection", EC, "file-1k", unit="connection")
