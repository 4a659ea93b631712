"""A plan: the grids of a district, the units they are made of, and how they came about.

A plan is a frozen value; its frames are to be read, not changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import io
from gridmap.errors import Finding, PlanError, RuleError
from gridmap.locale import LANGUAGES
from gridmap.partition.reasons import words
from gridmap.partition.report import COUNTS, report_of, report_rows
from gridmap.rules import RuleSet, from_dict

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

GEOMETRY_LAYERS = ("grids", "units", "communities", "buildings", "barriers", "ferries")
REQUIRED = {
    "grids": (
        "grid_code", "label", "name", "grid_type", "community_id", "community_name", "town_id", "town_name", "class",
        "households", "lo", "target", "hi", "status", "reason", "reason_detail", "area_m2", "compactness",
        "barrier_share", "mean_distance_m", "max_distance_m",
    ),
    "units": ("unit_id", "grid_code", "households", "community_id", "group"),
    "communities": ("community_id", "name", "town_id", "town_name", "class", "class_source", *COUNTS),
    "buildings": ("building_id", "unit_id", "households", "listed"),
    "barriers": ("kind",),
    "ferries": (),
}  # fmt: skip
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
        return {**layers, "report": report_rows(self), "plan": pd.DataFrame([self._record()])}

    def _record(self) -> dict[str, Any]:
        return {
            "rules": json.dumps(self.rules.to_dict(), ensure_ascii=False),
            "seed": self.seed,
            "version": self.version,
            "basis": self.basis,
            "as_of": self.as_of,
            "sums": json.dumps(self.sums, ensure_ascii=False),
            "ferries_given": int(self.ferries_given),
            "notes": json.dumps([_note_record(note) for note in self.notes], ensure_ascii=False, default=str),
            "sources": json.dumps(list(self.sources), ensure_ascii=False),
        }

    @classmethod
    def from_layers(cls, layers: Mapping[str, pd.DataFrame]) -> Plan:
        """A plan from the layers of a plan file.

        Raises :class:`PlanError` that names every layer, column or value that is missing or cannot be read.
        """
        record, missing = _parsed(layers["plan"]) if "plan" in layers else ({}, ["plan"])
        for name in GEOMETRY_LAYERS:
            missing += _lacking(name, layers.get(name), record.get("sums", ()))
        if missing:
            raise PlanError("NOT_A_PLAN", missing=", ".join(missing))
        frames: dict[str, Any] = {name: _typed(layers[name]) for name in GEOMETRY_LAYERS}
        return cls(**frames, **record)

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


def _parsed(table: pd.DataFrame) -> tuple[dict[str, Any], list[str]]:
    """The one row of the table ``plan`` as arguments of a plan, and what of it is missing or cannot be read."""
    if len(table) != 1:
        return {}, ["plan"]
    parsers: dict[str, Callable[[Any], Any]] = {
        "rules": lambda text: from_dict(dict(json.loads(text))),
        "seed": int,
        "version": _text,
        "basis": _text,
        "as_of": _text,
        "sums": lambda text: tuple(map(str, json.loads(text))),
        "ferries_given": lambda value: bool(int(value)),
        "notes": lambda text: tuple(_note(entry) for entry in json.loads(text)),
        "sources": lambda text: tuple(map(dict, json.loads(text))),
    }
    row = table.iloc[0]
    record: dict[str, Any] = {}
    missing = []
    for name, parse in parsers.items():
        try:
            record[name] = parse(row[name])
        except KeyError:
            missing.append(f"plan.{name}")
        except (ValueError, TypeError, RuleError) as error:
            missing.append(f"plan.{name} ({error})")
    return record, missing


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _lacking(name: str, frame: pd.DataFrame | None, sums: Iterable[str]) -> list[str]:
    """What a layer of a plan file lacks: itself, its shapes or columns."""
    if frame is None:
        return [name]
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        return [f"{name}.geometry"]
    summed = sums if name in ("grids", "units") else ()
    return [f"{name}.{column}" for column in (*REQUIRED[name], *summed) if column not in frame]


def _typed(frame: Any) -> gpd.GeoDataFrame:
    """Empty text as empty text and single polygons as such: a GeoPackage reads them back as something else."""
    frame = frame.copy()
    for column in ("reason", "reason_detail", "name", "community_name", "town_name"):
        if column in frame:
            frame[column] = frame[column].fillna("")
    if "group" in frame:
        frame["group"] = frame["group"].astype(object).where(frame["group"].notna(), None)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    single = (shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    typed: gpd.GeoDataFrame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return typed


def _note_record(note: Finding) -> dict[str, Any]:
    return {**vars(note), "rows": list(note.rows), "values": dict(note.values)}


def _note(entry: Mapping[str, Any]) -> Finding:
    return Finding(**{**entry, "rows": tuple(entry["rows"])})


def counted(notes: Iterable[Finding]) -> dict[str, int]:
    """How many rows each kind of note concerns."""
    counts: dict[str, int] = {}
    for note in notes:
        counts[note.code] = counts.get(note.code, 0) + max(1, len(note.rows))
    return counts


def empty_frame(columns: Mapping[str, Any], crs: CRS) -> gpd.GeoDataFrame:
    """A frame of no rows with these columns and types."""
    series = {name: pd.Series(dtype=kind) for name, kind in columns.items()}
    return gpd.GeoDataFrame(series, geometry=np.empty(0, dtype=object), crs=crs)


__all__ = ["LANGUAGES", "Plan", "read_plan"]
