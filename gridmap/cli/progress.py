"""Progress of long work: a bar for each stage on a terminal, a line for each elsewhere, and their times."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gridmap.cli.terminal import Terminal

Teller = Callable[[str, int, int], None]


class Stages:
    """What the library reports, timed and passed on; call it as the library's ``progress``."""

    def __init__(self, tell: Teller) -> None:
        self.seconds: dict[str, float] = {}
        self._tell = tell
        self._stage = ""
        self._since = time.perf_counter()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note that so much of a stage is done."""
        self._turn_to(stage)
        self._tell(stage, done, total)

    def stop(self) -> None:
        """End the last stage."""
        self._turn_to("")

    def _turn_to(self, stage: str) -> None:
        """Give the time since the last report to the stage that it reported."""
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = stage, now


@contextmanager
def stages(terminal: Terminal, *, quiet: bool, plain: bool = False) -> Iterator[Stages]:
    """The stages of one piece of work: nothing when quiet, lines when plain or not on a terminal, else bars."""
    if quiet:
        yield from _timed(lambda stage, done, total: None)
    elif plain or not terminal.err.is_terminal:
        yield from _timed(_lines(terminal))
    else:
        with _bars(terminal) as bars:
            yield from _timed(_moving(terminal, bars))


def _timed(tell: Teller) -> Iterator[Stages]:
    watched = Stages(tell)
    try:
        yield watched
    finally:
        watched.stop()


def _lines(terminal: Terminal) -> Teller:
    told: list[str] = []

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in told:
            told.append(stage)
            terminal.note(terminal.say(f"stage.{stage}"))

    return tell


def _bars(terminal: Terminal) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=terminal.err)


def _moving(terminal: Terminal, bars: Progress) -> Teller:
    tasks: dict[str, TaskID] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(terminal.say(f"stage.{stage}"), total=max(total, 1))
        bars.update(tasks[stage], completed=done if total else 1, total=max(total, 1))

    return tell


def peak_memory() -> int | None:
    """The most bytes this process has held; None on Windows, which does not say."""
    if sys.platform == "win32":
        return None
    import resource  # Windows has no such module

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024
