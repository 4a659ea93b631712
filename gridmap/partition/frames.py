"""The frames of a plan from its division: grids, units, communities, buildings and ferries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import codes
from gridmap.layers import Layers
from gridmap.partition import reasons
from gridmap.partition.contiguity import Contiguity
from gridmap.partition.edges import Ints, Shapes
from gridmap.partition.landmasses import Landmasses, bands
from gridmap.partition.outlines import Homes, barrier_share, compactness, distances, representative
from gridmap.partition.report import STATUSES
from gridmap.partition.units import Units, unite
from gridmap.rules import RuleSet


@dataclass(frozen=True, eq=False)
class Division:
    """The units of a plan with the grid of each, and what is known of every grid."""

    units: Units
    graph: Contiguity
    land: Landmasses
    grid: Ints
    landmass: Ints
    reason: tuple[reasons.Reason, ...]


def grids_frame(layers: Layers, division: Division, homes: Homes, rules: RuleSet) -> tuple[gpd.GeoDataFrame, Ints]:
    """The grids layer, sorted by code, and the row in it of each grid of the division."""
    frame, count = division.units.frame, len(division.reason)
    shapes = unite(np.asarray(frame.geometry.array, dtype=object), division.grid, count)
    first = np.unique(division.grid, return_index=True)[1]
    community_id = frame["community_id"].to_numpy()[first]
    grids = _attributes(layers, community_id, shapes, rules)
    for column in ("households", *layers.sums):
        grids[column] = np.asarray(_sum(frame[column].to_numpy(), division.grid, count))
    grids["status"] = _status(grids, rules.measure)
    grids["reason"] = [reason.code for reason in division.reason]
    grids["reason_detail"] = [reason.to_json() for reason in division.reason]
    grids["area_m2"] = shapely.area(shapes)
    grids["compactness"] = compactness(shapes)
    grids["barrier_share"] = barrier_share(division.graph, division.grid, count)
    grids["mean_distance_m"], grids["max_distance_m"] = distances(homes, division.grid, count)
    order = np.argsort(grids["grid_code"].to_numpy(), kind="stable")
    row = np.empty(count, dtype=np.int64)
    row[order] = np.arange(count)
    return grids[list(_grid_columns(layers.sums))].iloc[order].reset_index(drop=True), row


def _grid_columns(sums: Sequence[str]) -> tuple[str, ...]:
    return (
        "grid_code", "label", "name", "grid_type", "community_id", "community_name", "town_id", "town_name", "class",
        "households", *sums, "lo", "target", "hi", "status", "reason", "reason_detail", "area_m2", "compactness",
        "barrier_share", "mean_distance_m", "max_distance_m", "geometry",
    )  # fmt: skip


def _attributes(layers: Layers, community_id: Shapes, shapes: Shapes, rules: RuleSet) -> gpd.GeoDataFrame:
    """Codes, labels, names and bands of the grids of all communities."""
    places = layers.communities.set_index("community_id").reindex(community_id)
    band = pd.DataFrame([vars(b) for b in bands(layers.communities, rules)], index=layers.communities["community_id"])
    band = band.reindex(community_id)
    serial = np.empty(len(shapes), dtype=np.int64)
    points = representative(shapes)
    for name in np.unique(community_id):
        own = np.flatnonzero(community_id == name)
        serial[own] = codes.serials(name, points[own])
    label = [codes.label(name, n) for name, n in zip(places["name"], serial.tolist(), strict=True)]
    columns = {
        "grid_code": [codes.grid_code(c, n) for c, n in zip(community_id, serial.tolist(), strict=True)],
        "label": label,
        "name": label,
        "grid_type": "basic",
        "community_id": community_id,
        "community_name": places["name"].to_numpy(),
        **{name: places[name].to_numpy() for name in ("town_id", "town_name", "class")},
        **{name: band[name].to_numpy() for name in ("lo", "target", "hi")},
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=layers.crs)


def _status(grids: gpd.GeoDataFrame, measure: str) -> list[str]:
    load, lo, hi = grids[measure].to_numpy(), grids["lo"].to_numpy(), grids["hi"].to_numpy()
    statuses = np.where(load == 0, "empty", np.where(load < lo, "under", np.where(load > hi, "over", "ok")))
    return [str(status) for status in statuses]


def _sum(values: Any, group: Ints, groups: int) -> Any:
    sums = np.zeros(groups, dtype=values.dtype)
    np.add.at(sums, group, values)
    return sums


def units_frame(layers: Layers, division: Division, grids: gpd.GeoDataFrame, row: Ints) -> gpd.GeoDataFrame:
    """The units layer: each unit with the code of its grid."""
    frame = division.units.frame
    coded = frame.assign(grid_code=grids["grid_code"].to_numpy()[row[division.grid]])
    columns = ["unit_id", "grid_code", "households", "community_id", "group", *layers.sums, "geometry"]
    return coded[columns]


def communities_frame(layers: Layers, division: Division, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Communities as unions of their units, with their households and numbers of grids."""
    frame, shares = division.units.frame, division.land.shares
    ids = layers.communities["community_id"]
    position = pd.Index(ids).get_indexer(frame["community_id"])
    out = layers.communities.drop(columns="geometry")
    for column in ("households", *layers.sums):
        out[column] = _sum(frame[column].to_numpy(), position, len(ids))
    out["units"] = np.bincount(position, minlength=len(ids))
    buildings = layers.buildings["community_id"] if layers.buildings is not None else pd.Series(dtype=object)
    out["buildings"] = ids.map(buildings.value_counts()).fillna(0).astype(np.int64)
    status = pd.crosstab(grids["community_id"], grids["status"]).reindex(index=ids, columns=STATUSES, fill_value=0)
    out["grids"] = status[["ok", "under", "over"]].sum(axis=1).to_numpy()
    allowed = pd.DataFrame([(s.community_id, s.count(), *s.legal()) for s in shares]).groupby(0).sum().loc[ids]
    out["grids_rule"], out["grids_low"], out["grids_high"] = (allowed[i].to_numpy() for i in (1, 2, 3))
    for name in STATUSES:
        out[name] = status[name].to_numpy()
    shapes = unite(np.asarray(frame.geometry.array, dtype=object), position, len(ids))
    return gpd.GeoDataFrame(out, geometry=shapes, crs=layers.crs)


def buildings_frame(layers: Layers, units: Units) -> gpd.GeoDataFrame:
    """Each building where it stands, with its unit; ``listed`` where that is not where its cell is."""
    if layers.buildings is None:
        kinds = {"building_id": object, "unit_id": object, "households": np.int64, "listed": bool}
        return _empty_frame(kinds, layers.crs)
    columns = {
        "building_id": layers.buildings["building_id"].to_numpy(),
        "unit_id": units.frame["unit_id"].to_numpy()[units.building_unit],
        "households": layers.buildings["households"].to_numpy(),
        "listed": layers.buildings["listed"].to_numpy(dtype=bool),
    }
    places = shapely.points(layers.buildings[["source_x", "source_y"]].to_numpy(dtype=float))
    return gpd.GeoDataFrame(columns, geometry=places, crs=layers.crs)


def ferries_frame(layers: Layers) -> gpd.GeoDataFrame:
    """The ferries layer; of no rows where none was given."""
    return _empty_frame({"minutes": float}, layers.crs) if layers.ferries is None else layers.ferries


def _empty_frame(columns: Mapping[str, Any], crs: CRS) -> gpd.GeoDataFrame:
    """A frame of no rows with these columns and types."""
    series = {name: pd.Series(dtype=kind) for name, kind in columns.items()}
    return gpd.GeoDataFrame(series, geometry=np.empty(0, dtype=object), crs=crs)
