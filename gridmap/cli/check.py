"""``gridmap check``: what the layers hold, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from rich.console import RenderableType
from rich.table import Table

import gridmap
from gridmap.cli.options import Inputs, Json, Quiet
from gridmap.cli.signature import spread
from gridmap.cli.terminal import Terminal
from gridmap.errors import InputFaults

if TYPE_CHECKING:
    from gridmap.layers import Layers


@spread
def check(ctx: typer.Context, inputs: Inputs, quiet: Quiet = False, as_json: Json = False) -> None:
    """Read the input layers, and say what they hold and all faults at once.

    Ends with exit code 1 where there are faults; nothing is written.
    """
    terminal: Terminal = ctx.obj
    try:
        layers = gridmap.check(**inputs.arguments(terminal))
    except InputFaults as error:
        if not as_json:
            raise
        terminal.json({"faults": [fault.to_dict() for fault in error.faults]})
        raise typer.Exit(1) from error
    if as_json:
        terminal.json({**layers.summary(), "faults": []})
    elif not quiet:
        terminal.show(*described(terminal, layers))


def described(terminal: Terminal, layers: Layers) -> list[RenderableType]:
    """What checked layers hold, for a reader: a row a layer, the counts, what was mended or listed."""
    held = layers.summary()
    table = Table()
    for head in ("layer", "file", "rows", "crs", "read", "unread"):
        table.add_column(terminal.say(f"head.{head}"), justify="right" if head == "rows" else "left")
    for source in held["sources"]:
        table.add_row(*_row(source))
    notes = [f"  {note.line(terminal.lang)}" for note in layers.notes]
    listed = [terminal.say("check.notes", count=len(notes))] if notes else []
    return [terminal.say("check.title"), table, _counts(terminal, held), *listed, *notes, terminal.say("check.good")]


def _row(source: Mapping[str, Any]) -> list[str]:
    file = ":".join(part for part in (source["file"], source["table"]) if part)
    read = ", ".join(f"{name}={column}" if name != column else name for name, column in source["columns_read"].items())
    unread = ", ".join(source["columns_unread"])
    return [source["layer"], file, f"{source['rows']:,}", source["crs"], read, unread]


def _counts(terminal: Terminal, held: Mapping[str, Any]) -> str:
    classes = ", ".join(
        terminal.say(
            "check.class",
            word=terminal.say(f"class.{c['class']}"),
            count=c["communities"],
            source=terminal.say(f"class_source.{c['class_source']}"),
        )
        for c in held["classes"]
    )
    counts = {name: held[name] for name in ("households", "towns", "crs", "crs_name")}
    return terminal.say("check.counts", communities=held["rows"]["communities"], classes=classes, **counts)
