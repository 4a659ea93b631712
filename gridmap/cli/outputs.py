"""Files that a command writes: refused early where they cannot be, written at the end, each whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from typer import Option

import gridmap
from gridmap.cli.progress import Stages
from gridmap.cli.terminal import Terminal
from gridmap.errors import OutputError

PLAN_SUFFIXES = (".gpkg", ".geojson", ".parquet", ".fgb", ".csv")
PAGES = (".html", ".htm")
_PANEL = "What is written"
Writer = Callable[[Path], object]


@dataclass(frozen=True)
class Output:
    """One file to write."""

    path: Path
    write: Writer


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """Where ``partition`` writes."""

    out: Annotated[
        Path,
        Option(
            metavar="FILE",
            help="The plan (.gpkg), or its grids alone (.geojson, .parquet, .fgb, .csv).",
            rich_help_panel=_PANEL,
        ),
    ]
    report: Annotated[Path | None, Option(metavar="FILE.json", help="The report.", rich_help_panel=_PANEL)] = None
    map: Annotated[Path | None, Option(metavar="FILE.html", help="The map as one page.", rich_help_panel=_PANEL)] = None

    def refuse(self, terminal: Terminal, sources: Iterable[str | None]) -> None:
        """Raise a usage error for a file that could not be written or would overwrite an input."""
        files = [(self.out, "--out", PLAN_SUFFIXES), (self.report, "--report", (".json",)), (self.map, "--map", PAGES)]
        given = [(path, option, suffixes) for path, option, suffixes in files if path is not None]
        for path, option, suffixes in given:
            refuse_file(terminal, path, option=option, suffixes=suffixes)
            refuse_source(terminal, path, option=option, sources=sources)
        places = [path.resolve() for path, _, _ in given]
        if len(set(places)) < len(places):
            raise terminal.usage("SAME_OUTPUT", option="--out / --report / --map")

    def outputs(self, plan: gridmap.Plan, report: Mapping[str, Any], *, lang: str) -> list[Output]:
        """The files in the order they are written."""
        found = [Output(self.out, plan.save)]
        if self.report is not None:
            found.append(Output(self.report, partial(write_json, report)))
        if self.map is not None:
            found.append(Output(self.map, partial(save_page, plan, lang=lang)))
        return found


def refuse_file(terminal: Terminal, path: Path, *, option: str, suffixes: tuple[str, ...]) -> None:
    """Raise a usage error for a suffix that is not known or a folder that is not there."""
    if path.suffix.lower() not in suffixes:
        raise terminal.usage("SUFFIX", option=option, file=path, suffixes=", ".join(suffixes))
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise terminal.usage("PARQUET", option=option)
    if not path.parent.is_dir():
        raise terminal.usage("NO_FOLDER", option=option, folder=path.parent)
    if path.is_dir():
        raise terminal.usage("IS_FOLDER", option=option, file=path)


def refuse_source(terminal: Terminal, path: Path, *, option: str, sources: Iterable[str | None]) -> None:
    """Raise a usage error where an output would overwrite an input; a source may name its layer."""
    for source in sources:
        files = {source, source.rpartition(":")[0]} if source else set()
        if any(name and Path(name).exists() and path.exists() and path.samefile(name) for name in files):
            raise terminal.usage("IS_INPUT", option=option, file=path)


def write_all(outputs: list[Output], *, progress: Stages, lang: str) -> None:
    """Write every file; where one fails, :class:`OutputError` says which are there already."""
    written: list[str] = []
    for output in outputs:
        progress("write", len(written), len(outputs))
        try:
            output.write(output.path)
        except (OSError, OutputError) as error:
            raise _failed(output.path, _why(error, lang), written) from error
        written.append(str(output.path))
    progress("write", len(written), len(outputs))


def save_page(
    plan: gridmap.Plan, path: Path, *, lang: str, points: bool = False, other: Mapping[str, str] | None = None
) -> None:
    """The map of a plan as a page, whole or not at all."""
    from gridmap import maps  # reading folium takes a while too

    maps.save(plan, path, lang=lang, points=points, other=other)


def write_json(record: Mapping[str, Any], path: Path) -> None:
    """A JSON file, whole or not at all."""
    from gridmap.io import write_text  # reading geopandas takes a while that `--help` need not wait for

    write_text(path, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def _failed(path: Path, why: str, written: list[str]) -> OutputError:
    if written:
        return OutputError("OUTPUT_FAILED_AFTER", file=str(path), why=why, written=", ".join(written))
    return OutputError("OUTPUT_FAILED", file=str(path), why=why)


def _why(error: OSError | OutputError, lang: str) -> str:
    return error.text(lang) if isinstance(error, OutputError) else error.strerror or str(error)
