"""A plan: the grids of a district, the units they are made of, and how they came about.

A plan is a frozen value; its frames are to be read, not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridmap import io
from gridmap.errors import Finding, PlanError
from gridmap.partition.planfile import GEOMETRY_LAYERS, arguments_of, to_record
from gridmap.partition.reasons import words
from gridmap.partition.report import report_of, report_rows
from gridmap.rules import RuleSet

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

PROBLEM_COLUMNS = [
    "grid_code", "label", "community_id", "community_name", "households", "lo", "target", "hi", "status",
    "reason", "reason_detail",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Plan:
    """Grids and units of one division, with the rules, seed and input that made them.

    ``grids`` and ``units`` have the columns of a plan file; ``communities`` adds to each community its
    class and its numbers of grids; ``buildings`` is empty for ready-made units. Everything is in ``crs``,
    in metres. ``basis`` says what a household count is, ``as_of`` of when; both may be empty.
    """

    grids: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    ferries: gpd.GeoDataFrame
    rules: RuleSet
    seed: int
    version: str
    basis: str = ""
    as_of: str = ""
    sums: tuple[str, ...] = ()
    ferries_given: bool = False
    notes: tuple[Finding, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()

    @property
    def crs(self) -> CRS:
        """The CRS of all frames, in metres."""
        crs = self.grids.crs
        if crs is None:
            raise PlanError("NOT_A_PLAN", missing="crs")
        return crs

    def report(self) -> dict[str, Any]:
        """Totals, towns, communities, problems and notes, JSON-ready."""
        return report_of(self)

    def problems(self, lang: str = "en") -> pd.DataFrame:
        """Grids under or over their range, each with its reason and what would mend it in words."""
        rows = self.grids.loc[self.grids["status"].isin(["under", "over"]), PROBLEM_COLUMNS]
        said = [words(code, detail, lang) for code, detail in zip(rows["reason"], rows["reason_detail"], strict=True)]
        return pd.DataFrame(rows).assign(
            sentence=[sentence for sentence, _ in said], remedy=[remedy for _, remedy in said]
        )

    def to_layers(self) -> dict[str, pd.DataFrame]:
        """All layers of a plan file; :meth:`from_layers` reads them back."""
        layers: dict[str, pd.DataFrame] = {name: getattr(self, name) for name in GEOMETRY_LAYERS}
        return {**layers, "report": report_rows(self), "plan": pd.DataFrame([to_record(self)])}

    @classmethod
    def from_layers(cls, layers: Mapping[str, pd.DataFrame]) -> Plan:
        """A plan from the layers of a plan file.

        Raises :class:`PlanError` that names every layer, column or value that is missing or cannot be read.
        """
        return cls(**arguments_of(layers))

    def save(self, path: str | Path) -> None:
        """Write a whole plan file (.gpkg), or the grids alone (.geojson, .parquet, .fgb, .csv)."""
        if Path(path).suffix.lower() == ".gpkg":
            io.write_layers(path, self.to_layers())
        else:
            io.write_grids(path, self.grids)

    def explore(self, lang: str = "en", *, points: bool = False) -> folium.Map:
        """The map of the plan, for a notebook."""
        from gridmap.maps import plan_map  # the one look upward: a plan can show itself

        return plan_map(self, lang=lang, points=points)

    def plot(self, ax: Axes | None = None) -> Axes:
        """A picture of the grids by status over their communities (needs matplotlib)."""
        colours = {"ok": "#e8efe9", "under": "#0072b2", "over": "#d55e00", "empty": "#d9d9d9"}
        fill = self.grids["status"].map(colours)
        ax = self.grids.plot(ax=ax, color=fill, edgecolor="#777777", linewidth=0.3)
        self.communities.boundary.plot(ax=ax, color="#333333", linewidth=0.8)
        ax.set_axis_off()
        ax.set_aspect("equal")
        return ax


def read_plan(path: str | Path) -> Plan:
    """The plan of a plan file; raises :class:`PlanError`, which names the file, where it is none."""
    layers = io.read_layers(path)
    try:
        return Plan.from_layers(layers)
    except PlanError as error:
        raise PlanError("PLAN_FOREIGN", file=str(path), missing=error.values["missing"]) from error
