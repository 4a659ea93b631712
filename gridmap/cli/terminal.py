"""The terminal: its language, its two streams, and how an error looks on it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

import typer
from rich.console import Console, RenderableType

from gridmap.errors import CodedError, GridmapError, InputFaults
from gridmap.locale import sentence

PLAIN_WIDTH = 120


@dataclass(frozen=True)
class Terminal:
    """Where a command speaks: results on ``out``, progress and errors on ``err``."""

    lang: str
    out: Console
    err: Console

    def say(self, key: str, **values: object) -> str:
        """A sentence of the command line's catalogue in this terminal's language."""
        return sentence(key, self.lang, **values)

    def show(self, *parts: RenderableType) -> None:
        """Show results; long lines are left to the terminal, tables fit it."""
        for part in parts:
            self.out.print(part, soft_wrap=isinstance(part, str))

    def note(self, text: str) -> None:
        """Say something beside the result."""
        self.err.print(text, soft_wrap=True)

    def fail(self, error: GridmapError) -> None:
        """Say what went wrong."""
        self.note(error.text(self.lang) if isinstance(error, CodedError | InputFaults) else str(error))

    def usage(self, key: str, *, option: str, **values: object) -> typer.BadParameter:
        """An option that cannot be; raised, it ends the program with exit code 2."""
        return typer.BadParameter(self.say(f"usage.{key}", **values), param_hint=option)

    def json(self, record: Mapping[str, Any]) -> None:
        """Write a record as JSON, in characters that this stream can carry."""
        carried = "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()
        typer.echo(json.dumps(record, ensure_ascii=not carried, indent=2, default=str))


def terminal(lang: str | None = None) -> Terminal:
    """The terminal of this process."""
    return Terminal(lang or system_language(os.environ), _console(sys.stdout), _console(sys.stderr, stderr=True))


def system_language(environment: Mapping[str, str]) -> str:
    """``zh`` where the system speaks Chinese, else ``en``.

    >>> system_language({"LC_ALL": "", "LANG": "zh_CN.UTF-8"})
    'zh'
    >>> system_language({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    'en'
    """
    names = (environment.get(name, "") for name in ("GRIDMAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in names if name), "")
    return "zh" if first.lower().startswith("zh") else "en"


def harden_streams() -> None:
    """A character that the console's encoding lacks becomes ``?`` instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _console(stream: TextIO, *, stderr: bool = False) -> Console:
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)
