"""``gridmap demo``: a bundled district divided, written, and shown on a map."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import RenderableType
from typer import Option

import gridmap
from gridmap.cli import summary
from gridmap.cli.compiling import compiling
from gridmap.cli.options import Quiet
from gridmap.cli.outputs import Output, save_page, write_all, write_json
from gridmap.cli.progress import stages
from gridmap.cli.serving import HOST, LAST, PORT, TRIES, listening, run
from gridmap.cli.terminal import Terminal
from gridmap.errors import OutputError
from gridmap.locale import LANGUAGES

# Putuo district divided itself into 652 grids in 2008, 40 of them in the town of Taohua.
ORIGIN: Mapping[str, int] = {"": 652, "330903104": 40}


def demo(
    ctx: typer.Context,
    data: Annotated[
        Literal["putuo", "staten-island"], Option(help="A district of islands (synthetic), or real lots in New York.")
    ] = "putuo",
    port: Annotated[int, Option(min=0, max=LAST, help="The port; the next free one where it is busy.")] = PORT,
    serve: Annotated[bool, Option("--serve/--no-serve", help="Serve the map until Ctrl-C.")] = True,
    out: Annotated[Path, Option(metavar="DIR", help="Where the results are written.")] = Path("gridmap-demo"),
    seed: Annotated[int, Option(min=0, max=2**31 - 1, help="The same seed gives the same plan.")] = 1,
    jobs: Annotated[int | None, Option(min=1, max=1024, help="How many cores to use; else all of them.")] = None,
    quiet: Quiet = False,
) -> None:
    """Divide a bundled district, write the results, and show them on a map."""
    terminal: Terminal = ctx.obj
    _make_folder(out)
    with stages(terminal, quiet=quiet) as progress:
        with compiling(progress) as tell:
            plan = gridmap.divide(**gridmap.sample(data), seed=seed, jobs=jobs, progress=tell)
        report = plan.report()
        outputs = files(plan, report, out / data)
        write_all(outputs, progress=progress, lang=terminal.lang)
    if not quiet:
        written = terminal.say("demo.written", files=", ".join(o.path.name for o in outputs), folder=out)
        beside = beside_origin(terminal, report) if data == "putuo" else []
        terminal.show(*summary.summary(terminal, report), *beside, written)
        terminal.show(*summary.effort(terminal, progress.seconds))
    if serve:
        run(terminal, [outputs[0].path], listening(HOST, port, tries=TRIES), host=HOST, wanted=port)


def files(plan: gridmap.Plan, report: Mapping[str, Any], stem: Path) -> list[Output]:
    """The files of the demo, the plan file first; pages carry no points."""
    ours = [Output(_named(stem, suffix), plan.save) for suffix in (".gpkg", ".geojson", ".csv")]
    told = Output(_named(stem, ".json"), partial(write_json, report))
    return [*ours, told, *(_page(plan, stem, lang) for lang in LANGUAGES)]


def _page(plan: gridmap.Plan, stem: Path, lang: str) -> Output:
    """The page in a language, with a link to the one in the other."""
    others = {other: _named(stem, f".{other}.html").name for other in LANGUAGES if other != lang}
    return Output(_named(stem, f".{lang}.html"), partial(save_page, plan, lang=lang, other=others))


def beside_origin(terminal: Terminal, report: Mapping[str, Any]) -> list[RenderableType]:
    """The district and Taohua: the grids of this plan, of the origin, and by the rule alone."""
    rows = [_compared_row(terminal, report, *pair) for pair in ORIGIN.items()]
    return [terminal.say("demo.beside_origin"), summary.compared(terminal, rows), terminal.say("demo.origin")]


def _compared_row(
    terminal: Terminal, report: Mapping[str, Any], town: str, origin: int
) -> tuple[str, int, int, int, int]:
    inside = [c for c in report["communities"] if town in ("", c["town_id"])]
    name = inside[0]["town_name"] if town and inside else terminal.say("demo.district")
    households, grids, rule = (sum(c[key] for c in inside) for key in ("households", "grids", "grids_rule"))
    return name, households, grids, origin, rule


def _named(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("OUTPUT_FAILED", file=str(out), why=error.strerror or str(error)) from error
