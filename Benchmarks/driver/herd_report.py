"""What became of the herd: agents to figures, a table and verdicts."""
import collections
from dataclasses import dataclass

OURS = "puppetfront"
SERVED = "catalog"
# What a waiting agent may cost puppetfront at most, in KiB: the peak over all agents, less what the idle process takes.
KIB_PER_AGENT = 64


@dataclass
class Agent:
    """Times are seconds since the herd began; None for what was never reached."""
    number: int
    outcome: str
    compile: float
    connected: float
    asked: float
    ended: float

    @staticmethod
    def parse(line):
        number, outcome, *times = line.rstrip("\n").split("\t")
        return Agent(int(number), outcome, *(None if time == "-" else float(time) for time in times))

    @property
    def duration(self):
        return self.ended - self.connected

    @property
    def wait(self):
        """What was not its own compile: handshake, queue, and compiles that were lost."""
        return self.duration - self.compile


@dataclass
class Outcome:
    """One contestant's run."""
    name: str
    agents: list
    certificates: int
    idle_bytes: int
    peak_bytes: int
    cpu_seconds: float
    kills: int

    @property
    def served(self):
        return [agent for agent in self.agents if agent.outcome == SERVED]

    @property
    def errors(self):
        return collections.Counter(agent.outcome for agent in self.agents if agent.outcome != SERVED)

    def percentile(self, share):
        """Of the durations of those that were served."""
        durations = sorted(agent.duration for agent in self.served)
        return durations[min(len(durations) - 1, int(share * len(durations)))] if durations else float("nan")

    @property
    def evenness(self):
        """Jain's index over the certificates' mean waits: 1 where all wait alike, 1/n where one does all the waiting."""
        waits = collections.defaultdict(list)
        for agent in self.served:
            waits[agent.number % self.certificates].append(max(0, agent.wait))
        means = [sum(values) / len(values) for values in waits.values()]
        squares = sum(mean * mean for mean in means)
        return sum(means) ** 2 / (len(means) * squares) if squares else float("nan")

    @property
    def setbacks(self):
        """For each agent that was served, sorted: how many places later its compile began than it arrived."""
        arrived = sorted(self.served, key=lambda agent: agent.connected)
        begun = sorted(self.served, key=lambda agent: agent.ended - agent.compile)
        places = {agent.number: place for place, agent in enumerate(begun)}
        return sorted(places[agent.number] - place for place, agent in enumerate(arrived))

    @property
    def kib_per_agent(self):
        return (self.peak_bytes - self.idle_bytes) / 1024 / len(self.agents)


def table(outcomes):
    """Markdown: one line a contestant."""
    heads = ["contestant", "catalogs", "errors", "p50", "p90", "p99", "max", "Jain", "set back p99", "set back max", "peak RSS",
             "KiB an agent", "CPU s"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for outcome in outcomes:
        setbacks = outcome.setbacks or [0]
        errors = ", ".join(f"{count} {kind}" for kind, count in outcome.errors.most_common()) or "none"
        cells = [outcome.name, f"{len(outcome.served):,}", errors]
        cells += [f"{outcome.percentile(share):.1f} s" for share in (0.5, 0.9, 0.99, 1)]
        cells += [f"{outcome.evenness:.4f}", f"{setbacks[int(len(setbacks) * 0.99)]:,}", f"{setbacks[-1]:,}"]
        cells += [f"{outcome.peak_bytes / 2**20:.0f} MiB", f"{outcome.kib_per_agent:.1f}", f"{outcome.cpu_seconds:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdicts(outcomes, within):
    """One line a requirement, and whether all hold."""
    checks = []
    for outcome in outcomes:
        last = max(agent.connected for agent in outcome.agents)
        checks.append((last <= within * 1.1, f"{outcome.name}: {len(outcome.agents):,} connections begun within {last:.2f} s"))
        if outcome.name == OURS:
            checks.append((not outcome.errors, f"{OURS}: {len(outcome.served):,} of {len(outcome.agents):,} agents got their catalog"))
            checks.append((outcome.kib_per_agent <= KIB_PER_AGENT,
                           f"{OURS}: {outcome.kib_per_agent:.1f} KiB at the peak for each agent, at most {KIB_PER_AGENT}"))
    return [f"{'PASS' if held else 'FAIL'}  {text}" for held, text in checks], all(held for held, _ in checks)
