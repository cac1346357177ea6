"""Figures to tables, ratios and verdicts."""
import os
from statistics import median

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = "puppetfront"


def gates():
    """(case, against) → the ratio allowed, and the same for the lines with `*`."""
    allowed = {}
    with open(os.path.join(HERE, "gates.tsv")) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                case, against, limit = line.split()
                allowed[case, against] = float(limit)
    return allowed


def ratio(figures, against):
    """The median of our figure by theirs, round by round: what slows a round down slows both."""
    return median(ours / theirs for ours, theirs in zip(figures[OURS], figures[against]))


def short(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def cell(values):
    spread = (max(values) - min(values)) / 2 / median(values) * 100
    return f"{short(median(values))} ± {spread:.0f}%" if len(values) > 1 else short(values[0])


def table(results, contestants):
    """Markdown: one line a case."""
    others = [name for name in contestants if name != OURS]
    ratios = others if OURS in contestants else []
    heads = ["case", *contestants, *(f"/ {name}" for name in ratios), "busy"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for title, figures, busy in results:
        cells = [title]
        cells += [cell(figures[name]) if name in figures else "–" for name in contestants]
        cells += [f"{ratio(figures, name):.2f}" if name in figures else "–" for name in ratios]
        cells += [" ".join(f"{median(busy[name]) * 100:.0f}" for name in contestants if name in busy) + "%" if busy else "–"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdicts(results):
    """One line a gate, and whether all hold. `results`: (case, figures)."""
    allowed = gates()
    lines, passed = [], True
    for case, figures in results:
        for against in figures:
            if against == OURS or OURS not in figures:
                continue
            limit = allowed.get((case, against), allowed.get(("*", against)))
            found = ratio(figures, against)
            passed = passed and found <= limit
            lines.append(f"{'PASS' if found <= limit else 'FAIL'}  {case:14} {found:5.2f} of {against}, at most {limit:.2f}")
    return lines, passed
