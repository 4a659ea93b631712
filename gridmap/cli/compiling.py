"""The search compiled beside the work that comes before it, in a process of its own.

Compiling holds the interpreter, so that a thread would only slow the drawing of the units. The other process
leaves what it compiled in the cache on disk; where there is none to be written, the search compiles anew.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gridmap.cli.progress import Stages, Teller

COMPILE = "from gridmap.partition.search import warm; warm()"


@contextmanager
def compiling(stages: Stages) -> Iterator[Teller]:
    """Progress for the library that has the search compiled by the time it begins."""
    other = subprocess.Popen(
        [sys.executable, "-c", COMPILE],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def tell(stage: str, done: int, total: int) -> None:
        stages(stage, done, total)
        if stage == "search":
            other.wait()

    try:
        yield tell
    finally:
        other.kill()
        other.wait()
