"""Options that commands share, as frozen values; ``spread`` makes an option of each field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pyproj import CRS
from pyproj.exceptions import CRSError
from typer import Option

from gridmap.cli.terminal import Terminal

LAYERS = ("communities", "buildings", "units", "barriers", "ferries")
_FILES = "Input layers"
_READING = "How they are read"
_DIVIDING = "How they are divided"
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")

Quiet = Annotated[bool, Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, Option("--json", help="Write the result as JSON to standard output, and nothing else there.")]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The input layers and how their columns are named."""

    communities: Annotated[str, Option(metavar="FILE[:LAYER]", help="Communities (polygons).", rich_help_panel=_FILES)]
    buildings: Annotated[
        str | None,
        Option(metavar="FILE[:LAYER]", help="Buildings with households (points).", rich_help_panel=_FILES),
    ] = None
    units: Annotated[
        str | None,
        Option(
            metavar="FILE[:LAYER]",
            help="Ready-made units with households (polygons), instead of buildings.",
            rich_help_panel=_FILES,
        ),
    ] = None
    barriers: Annotated[
        str | None,
        Option(metavar="FILE[:LAYER]", help="Roads, rivers, coast, walls (lines).", rich_help_panel=_FILES),
    ] = None
    ferries: Annotated[
        str | None,
        Option(metavar="FILE[:LAYER]", help="Ferries between islands (lines).", rich_help_panel=_FILES),
    ] = None
    kind: Annotated[
        Literal["urban", "rural"] | None,
        Option(help="The class of every community, where the file has none.", rich_help_panel=_READING),
    ] = None
    community_id: Annotated[
        str | None, Option(metavar="COL", help="Column of the community's id.", rich_help_panel=_READING)
    ] = None
    town_id: Annotated[str | None, Option(metavar="COL", help="Column of the town's id.", rich_help_panel=_READING)] = (
        None
    )
    class_: Annotated[
        str | None, Option("--class", metavar="COL", help="Column of the class.", rich_help_panel=_READING)
    ] = None
    households: Annotated[
        str | None,
        Option(metavar="COL", help="Column of the households of a building or unit.", rich_help_panel=_READING),
    ] = None
    sum: Annotated[
        list[str] | None,
        Option(metavar="COL", help="A further count to add up per grid; may be repeated.", rich_help_panel=_READING),
    ] = None
    column: Annotated[
        list[str] | None,
        Option(
            metavar="LAYER.NAME=COL",
            help="Where any other column is found, for example buildings.group=xiaozu; may be repeated.",
            rich_help_panel=_READING,
        ),
    ] = None
    outside: Annotated[
        float,
        Option(
            metavar="METRES",
            min=0.0,
            max=100_000.0,
            help="How far outside every community a building may lie and still go to the nearest.",
            rich_help_panel=_READING,
        ),
    ] = 50.0
    crs: Annotated[
        str | None,
        Option(metavar="EPSG", help="Coordinates to work in, in metres.", rich_help_panel=_READING),
    ] = None

    town: Annotated[
        list[str] | None,
        Option(metavar="ID", help="Read only this town; may be repeated.", rich_help_panel=_READING),
    ] = None

    def arguments(self, terminal: Terminal) -> dict[str, Any]:
        """Keyword arguments of ``gridmap.check`` and ``gridmap.divide``; raises a usage error."""
        if (self.buildings is None) == (self.units is None):
            raise terminal.usage("ONE_OF", option="--buildings / --units")
        layers = {name: getattr(self, name) for name in LAYERS}
        reading = {
            "kind": self.kind,
            "sums": tuple(self.sum or ()),
            "towns": tuple(self.town or ()),
            "outside": self.outside,
        }
        return {**layers, **reading, "crs": _crs(terminal, self.crs), "columns": self.columns(terminal)}

    def columns(self, terminal: Terminal) -> dict[str, str]:
        """The mapped columns by ``layer.name``; raises a usage error."""
        counted = "units" if self.units is not None else "buildings"
        short = {
            "communities.community_id": self.community_id,
            "communities.town_id": self.town_id,
            "communities.class": self.class_,
            f"{counted}.households": self.households,
        }
        longer = dict(_mapping(terminal, text) for text in self.column or ())
        return longer | {name: column for name, column in short.items() if column is not None}


def _mapping(terminal: Terminal, text: str) -> tuple[str, str]:
    name, _, column = text.partition("=")
    layer, _, plain = name.partition(".")
    if layer not in LAYERS or not plain or not column:
        raise terminal.usage("COLUMN", option="--column", text=text, layers=", ".join(LAYERS))
    return name, column


def _crs(terminal: Terminal, text: str | None) -> str | None:
    if text is None:
        return None
    name = f"EPSG:{text}" if text.isdecimal() else text
    try:
        return CRS.from_user_input(name).to_string()
    except CRSError as error:
        raise terminal.usage("CRS", option="--crs", text=text) from error


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How the layers are to be divided."""

    rules: Annotated[str, Option(metavar="NAME|FILE.toml", help="The rule set.", rich_help_panel=_DIVIDING)] = (
        "putuo-2008"
    )
    grids: Annotated[
        str | None,
        Option(
            metavar="N,TOWN=N,...",
            help="A fixed number of grids for the district, for towns, or both; else the rule gives it.",
            rich_help_panel=_DIVIDING,
        ),
    ] = None
    basis: Annotated[
        str,
        Option(
            metavar="TEXT",
            help="What a household count stands for: registered, resident, actual, or your own words.",
            rich_help_panel=_DIVIDING,
        ),
    ] = ""
    as_of: Annotated[
        str | None,
        Option(metavar="DATE", help="The date of the counts.", rich_help_panel=_DIVIDING),
    ] = None
    seed: Annotated[
        int, Option(min=0, max=2**31 - 1, help="The same seed gives the same plan.", rich_help_panel=_DIVIDING)
    ] = 1
    jobs: Annotated[
        int | None,
        Option(min=1, max=1024, help="How many cores to use; else all of them.", rich_help_panel=_DIVIDING),
    ] = None

    def arguments(self, terminal: Terminal) -> dict[str, Any]:
        """Keyword arguments of ``gridmap.divide``; raises a usage error."""
        if self.as_of and not _DATE.fullmatch(self.as_of):
            raise terminal.usage("DATE", option="--as-of", text=self.as_of)
        plain = {name: getattr(self, name) for name in ("rules", "grids", "basis", "seed", "jobs")}
        return {**plain, "as_of": self.as_of or ""}
