"""``gridmap map``: the map of a plan as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from typer import Argument, Option

import gridmap
from gridmap.cli.options import Quiet
from gridmap.cli.outputs import PAGES, refuse_file, save_page
from gridmap.cli.terminal import Terminal


def map_page(
    ctx: typer.Context,
    plan: Annotated[Path, Argument(metavar="PLAN.gpkg", help="The plan file.")],
    out: Annotated[Path, Option(metavar="FILE.html", help="The page to write.")],
    lang: Annotated[Literal["en", "zh"] | None, Option(help="Language of the page; else the terminal's.")] = None,
    points: Annotated[bool, Option("--points", help="Show building points on the page.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the map of a plan as one HTML file that opens anywhere, without a network."""
    terminal: Terminal = ctx.obj
    refuse_file(terminal, out, option="--out", suffixes=PAGES)
    whole = gridmap.read_plan(plan)
    save_page(whole, out, lang=lang or terminal.lang, points=points)
    if not quiet:
        terminal.show(terminal.say("map.written", file=out))
