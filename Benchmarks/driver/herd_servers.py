"""The herd's Puppet Servers: processes that are killed and started again on a fixed schedule, each on ports of its own."""
import contextlib
import os
import socket
import subprocess

from .proxies import CPUS, Process

COUNT, SLOTS = 6, 12
# Seconds since the herd began: the first server is killed, how long each stays away, and how long after it the next is killed.
FIRST_KILL, AWAY, PERIOD = 10, 8, 25


class Server:
    """One server. Its two ports are kept for it while it is away, by sockets that are bound and never listen."""

    def __init__(self, number, words):
        self.name = f"c{number + 1}"
        self.reserved = [self._reserve(), self._reserve()]
        self.plain, self.tls = (reserved.getsockname()[1] for reserved in self.reserved)
        self.words = words + ["--plain-port", str(self.plain), "--tls-port", str(self.tls), "--slots", str(SLOTS)]
        self.process = None

    @staticmethod
    def _reserve():
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        return reserved

    def start(self):
        self.process = Process(self.words, CPUS, stdout=subprocess.PIPE, text=True)
        if self.process.popen.stdout.readline() != "ready\n":
            raise SystemExit(f"server {self.name} did not start")

    def kill(self):
        self.process.popen.kill()
        self.process.popen.wait()
        self.process.popen.stdout.close()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.kill()
        for reserved in self.reserved:
            reserved.close()


@contextlib.contextmanager
def servers(binaries, certs, workload, load):
    """All servers, running. `load`: what makes the compile times, as words for the command line."""
    words = [os.path.join(binaries, "HerdServer"), "--workload", workload, "--ca", f"{certs}/ca.pem",
             "--certificate", f"{certs}/compiler.chain.pem", "--key", f"{certs}/compiler.key", *load]
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Server(number, words)) for number in range(COUNT)]


class Outages:
    """Kills one server after the other and starts it again, as the clock says; never two are away at once."""

    def __init__(self, servers):
        self.servers = servers
        self.kills = 0
        self.is_away = False

    def act(self, seconds):
        """Does what is due so many seconds after the herd began; to be called often."""
        due = FIRST_KILL + self.kills * PERIOD
        server = self.servers[self.kills % len(self.servers)]
        if not self.is_away and seconds >= due:
            server.kill()
            self.is_away = True
        elif self.is_away and seconds >= due + AWAY:
            server.start()
            self.is_away = False
            self.kills += 1

    def end(self):
        if self.is_away:
            self.act(float("inf"))
