"""What was done, as tables: the counts, the grids out of range with their reasons, times and memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from gridmap.cli.progress import peak_memory
from gridmap.cli.terminal import Terminal

SHOWN_PROBLEMS = 40
COUNTS = ("households", "communities", "towns", "grids", "ok", "under", "over", "empty")


def summary(terminal: Terminal, report: Mapping[str, Any]) -> list[RenderableType]:
    """The counts of a plan, then its grids out of range."""
    return [*totals(terminal, report), *problems(terminal, report["problems"])]


def totals(terminal: Terminal, report: Mapping[str, Any]) -> list[RenderableType]:
    """The counts of a plan; each reason has a row of its own."""
    counts = {**report["total"], "towns": len(report["towns"])}
    rows = [(terminal.say(f"summary.{name}"), f"{counts[name]:,}") for name in COUNTS]
    reasons = [(f"  {terminal.say('summary.reason', code=code)}", f"{n:,}") for code, n in counts["reasons"].items()]
    table = _table("", "", show_header=False)
    for row in [*rows[:-1], *reasons, rows[-1]]:
        table.add_row(*row)
    return [terminal.say("summary.title", rules=report["rules"]["name"], seed=report["seed"]), table]


def problems(terminal: Terminal, rows: list[Mapping[str, Any]]) -> list[RenderableType]:
    """Every grid out of range with its reason in words, the first of many."""
    if not rows:
        return [terminal.say("summary.no_problem")]
    table = _table(*(terminal.say(f"head.{head}") for head in ("grid", "households", "range", "reason")))
    table.columns[-1].justify = "left"
    for row in rows[:SHOWN_PROBLEMS]:
        name = f"{row['label']}\n{row['grid_code']}"
        why = f"{row['sentence'][terminal.lang]} {row['remedy'][terminal.lang]}".strip()
        table.add_row(name, f"{row['households']:,}", f"{row['lo']}-{row['hi']}", why)
    more = len(rows) - SHOWN_PROBLEMS
    rest = [terminal.say("summary.more_problems", more=more)] if more > 0 else []
    return [terminal.say("summary.problems", count=len(rows)), table, *rest]


def effort(terminal: Terminal, seconds: Mapping[str, float]) -> list[RenderableType]:
    """How long each stage took, and the most memory that was held where the system says."""
    parts = [terminal.say("effort.part", stage=terminal.say(f"stage.{s}"), seconds=t) for s, t in seconds.items()]
    text = terminal.say("effort.times", parts=", ".join(parts), seconds=sum(seconds.values()))
    peak = peak_memory()
    return [text] if peak is None else [text, terminal.say("effort.memory", megabytes=round(peak / 1e6))]


def compared(terminal: Terminal, rows: Iterable[tuple[str, int, int, int, int]]) -> Table:
    """This plan beside the origin's number of grids and the rule's own: name, households and three numbers."""
    table = _table(*(terminal.say(f"head.{head}") for head in ("place", "households", "here", "origin", "rule")))
    for name, *numbers in rows:
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table


def _table(first: str, *numbers: str, show_header: bool = True) -> Table:
    """A table of names and numbers."""
    table = Table(show_header=show_header)
    table.add_column(first)
    for head in numbers:
        table.add_column(head, justify="right")
    return table
