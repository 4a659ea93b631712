"""How a plan stands in a plan file, and how it is read back: every fault of a file is named at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import Finding, PlanError, RuleError
from gridmap.partition.report import COUNTS
from gridmap.rules import from_dict

if TYPE_CHECKING:
    from gridmap.partition.plan import Plan

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


def to_record(plan: Plan) -> dict[str, Any]:
    """The row of the table ``plan``: all of a plan but its frames."""
    return {
        "rules": json.dumps(plan.rules.to_dict(), ensure_ascii=False),
        "seed": plan.seed,
        "version": plan.version,
        "basis": plan.basis,
        "as_of": plan.as_of,
        "sums": json.dumps(plan.sums, ensure_ascii=False),
        "ferries_given": int(plan.ferries_given),
        "notes": json.dumps([_note_record(note) for note in plan.notes], ensure_ascii=False, default=str),
        "sources": json.dumps(list(plan.sources), ensure_ascii=False),
    }


def arguments_of(layers: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The arguments of a plan from the layers of a plan file.

    Raises :class:`PlanError` that names every layer, column or value that is missing or cannot be read.
    """
    record, missing = _parsed(layers["plan"]) if "plan" in layers else ({}, ["plan"])
    for name in GEOMETRY_LAYERS:
        missing += _lacking(name, layers.get(name), record.get("sums", ()))
    if missing:
        raise PlanError("NOT_A_PLAN", missing=", ".join(missing))
    return {**{name: _typed(layers[name]) for name in GEOMETRY_LAYERS}, **record}


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
