"""``gridmap partition``: divide communities into grids."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

import gridmap
from gridmap.cli import summary
from gridmap.cli.compiling import compiling
from gridmap.cli.options import LAYERS, Inputs, Json, Quiet, Wishes
from gridmap.cli.outputs import Destinations, write_all
from gridmap.cli.progress import stages
from gridmap.cli.signature import spread
from gridmap.cli.terminal import Terminal

OUT_OF_RANGE = 3


@spread
def partition(
    ctx: typer.Context,
    inputs: Inputs,
    wishes: Wishes,
    destinations: Destinations,
    strict: Annotated[bool, Option("--strict", help="End with exit code 3 where a grid is out of range.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Divide communities into grids, and write the plan, its report and its map.

    Where the input has faults, all of them are listed and nothing is written.
    """
    terminal: Terminal = ctx.obj
    arguments = {**inputs.arguments(terminal), **wishes.arguments(terminal)}
    destinations.refuse(terminal, [arguments[name] for name in LAYERS])
    with stages(terminal, quiet=quiet, plain=as_json) as progress:
        with compiling(progress) as tell:
            plan = gridmap.divide(**arguments, progress=tell)
        report = plan.report()
        write_all(destinations.outputs(plan, report, lang=terminal.lang), progress=progress, lang=terminal.lang)
    if as_json:
        terminal.json(report)
    elif not quiet:
        terminal.show(*summary.summary(terminal, report), *summary.effort(terminal, progress.seconds))
    if strict and report["problems"]:
        raise typer.Exit(OUT_OF_RANGE)
