"""Interleaved rounds: in each, every contestant serves the same number of the same requests, in turn."""
import contextlib
import json
import os
import subprocess
import time

from .cases import MEMORY
from .certificates import AGENT
from .proxies import LOAD_CPU, Process, Proxy

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Site:
    """What all measurements share: certificates, the backend, where the binaries are."""

    def __init__(self, folder, certs, binaries, puppetfront):
        self.folder, self.certs, self.binaries, self.puppetfront = folder, certs, binaries, puppetfront
        words = [os.path.join(binaries, "Backend"), "--ca", f"{certs}/ca.pem", "--certificate", f"{certs}/compiler.chain.pem",
                 "--key", f"{certs}/compiler.key"]
        for name in sorted(os.listdir(os.path.join(HERE, "workloads"))):
            words += ["--workload", os.path.join(HERE, "workloads", name)]
        self.backend = Process(words, LOAD_CPU, stdout=subprocess.PIPE, text=True)
        line = self.backend.popen.stdout.readline()
        self.ports = dict(word.split("=") for word in line.split())

    def proxy(self, name, setup, prefix=()):
        return Proxy(name, setup, self.certs, self.folder, self.ports[setup.upstream], self.puppetfront, prefix)

    def generator(self, proxy, case):
        if case.streams:
            return H2Load(proxy, case)
        words = [os.path.join(self.binaries, "LoadGenerator"), "--port", str(proxy.port),
                 "--workload", os.path.join(HERE, "workloads", case.workload + ".tsv"),
                 "--connections", str(case.connections), "--requests-per-connection", str(case.per_connection)]
        if case.resumes:
            words += ["--resume", "1"]
        if case.setup.listen != "plain":
            agent = f"{self.certs}/agent-{case.client_key}"
            words += ["--ca", f"{self.certs}/ca.pem", "--certificate", agent + ".pem", "--key", agent + ".key"]
        return Generator(words, LOAD_CPU, proxy)


class Costs:
    """What `order` costs a proxy."""

    def cost(self, count):
        """CPU microseconds of the proxy a request, and how busy it was, for `count` requests."""
        before = self.proxy.cpu_microseconds()
        answer = self.order(f"run {count}")
        spent = self.proxy.cpu_microseconds() - before
        return spent / count, spent / 1e6 / answer["seconds"], answer


class H2Load(Costs):
    """nghttp2's h2load with the same orders. It has no client certificate, and makes its connections for each order."""

    def __init__(self, proxy, case):
        self.proxy, self.case = proxy, case
        with open(os.path.join(HERE, "workloads", case.workload + ".tsv")) as lines:
            rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
        self.url, self.length = f"https://127.0.0.1:{proxy.port}{rows[0][1]}", int(rows[0][4])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def order(self, words):
        what, count = words.split()
        if what == "open":
            return {}
        run = subprocess.run(["/usr/bin/h2load", "-n", count, "-c", str(min(self.case.connections, int(count))), "-m",
                              str(self.case.streams), self.url],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=lambda: os.sched_setaffinity(0, LOAD_CPU))
        lines = dict(line.split(": ", 1) for line in run.stdout.split("\n") if ": " in line)
        finished = next((line for line in run.stdout.split("\n") if line.startswith("finished in ")), "")
        content = int(lines.get("traffic", "(0) data").rsplit("(", 1)[1].split(")")[0])
        if f"{count} succeeded, 0 failed" not in lines.get("requests", "") or content != int(count) * self.length:
            raise SystemExit(f"h2load gave up on {self.proxy.name} ({words}):\n{run.stdout}")
        amount = finished.split()[2].rstrip(",")
        seconds = float(amount[:-2]) * {"us": 1e-6, "ms": 1e-3}[amount[-2:]] if amount[-2] in "um" else float(amount[:-1])
        agreed = f"{lines['TLS Protocol']} {lines['Cipher']} {lines['Application protocol']}"
        return {"seconds": seconds, "opened": self.case.connections, "resumed": 0, "tickets": 0, "agreed": agreed}


class Generator(Costs, Process):
    """A load generator that waits for orders."""

    def __init__(self, words, cpus, proxy):
        super().__init__(words, cpus, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.proxy = proxy

    def order(self, words):
        with contextlib.suppress(BrokenPipeError):
            self.popen.stdin.write(words + "\n")
            self.popen.stdin.flush()
        line = self.popen.stdout.readline()
        if not line:
            raise SystemExit(f"the load generator gave up on {self.proxy.name} ({words})")
        return json.loads(line)


class Result:
    """The figures of one case: one list for each contestant, a figure a round."""

    def __init__(self, case):
        self.case = case
        self.figures = {}
        self.busy = {}
        self.tickets = {}
        self.agreed = {}
        self.units = 0


def measure(site, case, proxies, rounds, seconds, patience):
    """The CPU microseconds a unit of `case` takes each of `proxies`, which are set up for it: in `rounds` rounds of at least
    `seconds` of CPU each, or of less where all rounds would take more than `patience` seconds of the clock."""
    result = Result(case)
    with contextlib.ExitStack() as stack:
        generators = [stack.enter_context(site.generator(proxy, case)) for proxy in proxies if proxy.name in case.contestants]
        probes, walls = [], []
        for generator in generators:
            if case.per_connection == 0:
                generator.order(f"open {case.connections}")
            opened = generator.order(f"run {case.probe // 2 // case.per_unit * case.per_unit}")["opened"]
            cost, _, answer = generator.cost(case.probe)
            probes.append(cost)
            walls.append(answer["seconds"] / case.probe)
            name = generator.proxy.name
            if case.resumes and answer["resumed"] < answer["opened"] - 2 * case.connections:
                raise SystemExit(f"{name} resumed {answer['resumed']} of {answer['opened']} connections")
            result.agreed[name] = answer["agreed"]
            # The last connections' tickets may not have been read yet: per connection, rounded.
            result.tickets[name] = round(answer["tickets"] / max(1, answer["opened"]))
            result.figures[name], result.busy[name] = [], []
        requests = min(seconds * 1e6 / min(probes), patience / rounds / sum(walls))
        result.units = max(1, int(requests / case.per_unit))
        for number in range(rounds):
            turn = number % len(generators)
            for generator in generators[turn:] + generators[:turn]:
                cost, busy, _ = generator.cost(result.units * case.per_unit)
                result.figures[generator.proxy.name].append(cost * case.per_unit)
                result.busy[generator.proxy.name].append(busy)
    return result


def measure_memory(site, name, count):
    """Resident bytes that an idle TLS connection takes once it has had a request: those of `count` connections that come
    after the first 200, so that what a proxy takes only once does not count."""
    with site.proxy(name, MEMORY.setup) as proxy, site.generator(proxy, MEMORY) as generator:
        generator.order("open 200")
        time.sleep(0.2)
        before = proxy.resident_bytes()
        generator.order(f"open {200 + count}")
        time.sleep(0.2)
        return (proxy.resident_bytes() - before) / count


def measure_instructions(site, name, case, profiles):
    """User-space instructions of a unit of `case`, counted by callgrind: the difference between a long and a short run. They
    say nothing about the kernel, but hardly vary, so they show a change that a noisy machine hides. The profiles stay in `profiles`, if given, for
    callgrind_annotate."""
    short, long = (max(1, case.probe // divisor // case.per_unit) for divisor in (16, 4))
    counts = [_instructions(site, name, case, units * case.per_unit, profiles) for units in (short, long)]
    return (counts[1] - counts[0]) / (long - short)


def _instructions(site, name, case, count, profiles):
    path = os.path.join(profiles or site.folder, f"{case.name}.{name}.")
    watch = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + path + "%p"]
    with site.proxy(name, case.setup, watch) as proxy, site.generator(proxy, case) as generator:
        if case.per_connection == 0:
            generator.order(f"open {min(case.connections, 16)}")
        generator.order(f"run {max(case.per_unit, 16)}")
        generator.order(f"run {count}")
        pids = proxy.pids()
    total = 0
    for pid in pids:
        with open(path + str(pid)) as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith("totals:"))
    return total


def check_identity(site, name, setup):
    """What a contestant forwards, seen by the backend: the heads that it receives must have the same fields."""
    import socket
    import ssl
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(10)
        with Proxy(name, setup, site.certs, site.folder, listener.getsockname()[1], site.puppetfront) as proxy:
            context = ssl.create_default_context(cafile=f"{site.certs}/ca.pem")
            context.load_cert_chain(f"{site.certs}/agent-rsa.pem", f"{site.certs}/agent-rsa.key")
            with socket.create_connection(("127.0.0.1", proxy.port)) as plain, \
                    context.wrap_socket(plain, server_hostname="puppet.bench.test") as agent:
                agent.sendall(b"GET /puppet/v3/node/%s?environment=production HTTP/1.1\r\nHost: puppet\r\nX-Client-DN: CN=forged\r\n\r\n"
                              % AGENT.encode())
                server, _ = listener.accept()
                with server:
                    server.settimeout(10)
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += server.recv(65536)
    fields = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line]
    values = {}
    for field in fields:
        values.setdefault(field[0].lower(), []).append(field[1])
    certificate = values.get("x-client-cert", [""])[0]
    good = (values.get("x-client-verify") == ["SUCCESS"] and values.get("x-client-dn") == ["CN=" + AGENT]
            and certificate.startswith("-----BEGIN%20CERTIFICATE-----%0A") and "+" not in certificate
            and values.get("x-forwarded-for") == ["127.0.0.1"] and "via" in values)
    if not good:
        raise SystemExit(f"{name} does not do the same work; it sent on:\n{head.decode()}")
