"""From checked layers to a plan: units, contiguity, search, outlines, reasons."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import codes, io
from gridmap.errors import Finding
from gridmap.layers import OUTSIDE, Layers, check
from gridmap.partition import reasons
from gridmap.partition.contiguity import Contiguity, contiguity
from gridmap.partition.edges import Ints, Shapes
from gridmap.partition.landmasses import Landmasses, bands, landmasses, problems
from gridmap.partition.outlines import Homes, barrier_share, compactness, distances, representative
from gridmap.partition.parcels import units_from_parcels
from gridmap.partition.plan import Plan, empty_frame
from gridmap.partition.problem import Problem
from gridmap.partition.report import STATUSES
from gridmap.partition.search import Found, search
from gridmap.partition.units import Units, unite, units_from_buildings
from gridmap.release import release
from gridmap.rules import RuleSet, Wish, rule_set, wish

Progress = Callable[[str, int, int], None]
Layer = gpd.GeoDataFrame | pd.DataFrame | str | Path


def divide(
    communities: Layer,
    *,
    buildings: Layer | None = None,
    units: Layer | None = None,
    barriers: Layer | None = None,
    ferries: Layer | None = None,
    rules: str | Path | RuleSet = "putuo-2008",
    grids: str | int | dict[str, int] | Wish | None = None,
    seed: int = 1,
    jobs: int | None = None,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    sums: Sequence[str] = (),
    crs: str | int | CRS | None = None,
    outside: float = OUTSIDE,
    towns: Sequence[str] = (),
    basis: str = "",
    as_of: str = "",
    progress: Progress | None = None,
) -> Plan:
    """Divide communities into service grids.

    Each layer is a frame or a path ``FILE`` or ``FILE:layer``; one of ``buildings`` and ``units`` is
    needed. ``rules`` names a preset or a TOML file, ``grids`` fixes numbers of grids
    (``"652,330903104=40"``), ``columns`` maps names to columns (``{"buildings.households": "hushu"}``),
    ``kind`` is the class of all communities, ``sums`` are further columns to add up per grid. The answer
    depends on the input and the seed alone, not on row order, ``jobs`` (threads) or the machine.

    Raises :class:`InputFaults` with every fault of the input and :class:`RuleError` for a wish that the
    rules do not allow.
    """
    chosen, wished = rule_set(rules), wish(grids)
    tell = progress or _silent
    summed = tuple(dict.fromkeys([*sums, *([] if chosen.measure == "households" else [chosen.measure])]))
    tell("read", 0, 1)
    raws = io.read_inputs(
        communities, buildings=buildings, units=units, barriers=barriers, ferries=ferries, columns=columns, sums=summed
    )
    tell("read", 1, 1)
    tell("check", 0, 1)
    layers = check(raws, columns=columns, kind=kind, sums=summed, crs=crs, outside=outside, towns=towns)
    tell("check", 1, 1)
    return plan_of(layers, rules=chosen, wished=wished, seed=seed, jobs=jobs, basis=basis, as_of=as_of, progress=tell)


def _silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, eq=False)
class _Division:
    """The units of a plan with the grid of each, and what is known of every grid."""

    units: Units
    graph: Contiguity
    land: Landmasses
    grid: Ints
    landmass: Ints
    reason: tuple[reasons.Reason, ...]


def plan_of(
    layers: Layers,
    *,
    rules: RuleSet,
    wished: Wish,
    seed: int = 1,
    jobs: int | None = None,
    basis: str = "",
    as_of: str = "",
    progress: Progress = _silent,
) -> Plan:
    """The plan of checked layers; see :func:`divide`."""
    units, notes = _units(layers, progress)
    graph = contiguity(units.frame, layers.barriers)
    land = landmasses(layers.communities, units.frame, graph, layers.ferries, rules, wished)
    homes = _homes(layers, units)
    tasks = problems(units.frame, graph, land, _places(units.frame, homes))
    found = _search(tasks, seed, jobs, progress)
    progress("outlines", 0, 1)
    division = _division(units, graph, land, tasks, found, seed)
    grids, serial_of = _grids(layers, division, homes, rules)
    progress("outlines", 1, 1)
    return Plan(
        grids=grids,
        units=_units_out(layers, division, grids, serial_of),
        communities=_communities_out(layers, division, grids),
        buildings=_buildings_out(layers, units),
        barriers=layers.barriers,
        ferries=_ferries_out(layers),
        rules=rules,
        seed=seed,
        version=release(),
        basis=basis,
        as_of=as_of,
        sums=layers.sums,
        ferries_given=layers.ferries is not None,
        notes=(*layers.notes, *notes, *_crossing_notes(units.frame, land)),
        sources=tuple(source.to_dict() for source in layers.sources),
    )


def _units(layers: Layers, progress: Progress) -> tuple[Units, tuple[Finding, ...]]:
    def tick(done: int, total: int) -> None:
        progress("units", done, total)

    if layers.buildings is not None:
        return units_from_buildings(layers, tick), ()
    return units_from_parcels(layers, tick)


def _homes(layers: Layers, units: Units) -> Homes:
    """Buildings where they stand, or a point inside each ready-made unit."""
    if layers.buildings is not None:
        xy = layers.buildings[["source_x", "source_y"]].to_numpy(dtype=float)
        return Homes(xy, units.building_unit, layers.buildings["households"].to_numpy())
    shapes = np.asarray(units.frame.geometry.array, dtype=object)
    return Homes(representative(shapes), np.arange(len(shapes)), units.frame["households"].to_numpy())


def _places(units: gpd.GeoDataFrame, homes: Homes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A place for each unit: the mean of its homes, or a point inside where it has none."""
    count = np.bincount(homes.unit, minlength=len(units))
    inside = representative(np.asarray(units.geometry.array, dtype=object))
    means = [np.bincount(homes.unit, weights=axis, minlength=len(units)) / np.maximum(count, 1) for axis in homes.xy.T]
    return np.where(count[:, None] > 0, np.column_stack(means), inside)


def _search(tasks: Sequence[Problem], seed: int, jobs: int | None, progress: Progress) -> list[Found]:
    """Search every landmass, the largest first; the answers do not depend on the number of threads."""
    order = sorted(range(len(tasks)), key=lambda i: (-len(tasks[i].load), i))
    found: dict[int, Found] = {}
    done, total = 0, sum(len(task.load) for task in tasks)
    progress("search", 0, total)
    with ThreadPoolExecutor(max_workers=max(1, jobs or os.cpu_count() or 1)) as pool:
        waiting = {pool.submit(search, tasks[i], seed): i for i in order}
        for future in as_completed(waiting):
            i = waiting[future]
            found[i] = future.result()
            done += len(tasks[i].load)
            progress("search", done, total)
    return [found[i] for i in range(len(tasks))]


def _division(
    units: Units, graph: Contiguity, land: Landmasses, tasks: Sequence[Problem], found: Sequence[Found], seed: int
) -> _Division:
    """Number the grids of all landmasses through and explain those out of range."""
    ids = units.frame["unit_id"].to_numpy()
    facts = reasons.communities(land, ids)
    grid = np.empty(len(ids), dtype=np.int64)
    why: list[reasons.Reason] = []
    landmass: list[int] = []
    for number, (task, one) in enumerate(zip(tasks, found, strict=True)):
        members = np.flatnonzero(land.of_unit == number)
        share = land.shares[number]
        grid[members] = len(why) + one.label
        why += reasons.explain(task, one, facts[share.community_id], ids[members], seed=seed, share_fits=share.fits())
        landmass += [number] * task.grids
    return _Division(units, graph, land, grid, np.array(landmass), tuple(why))


def _grids(layers: Layers, division: _Division, homes: Homes, rules: RuleSet) -> tuple[gpd.GeoDataFrame, Ints]:
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


def _units_out(layers: Layers, division: _Division, grids: gpd.GeoDataFrame, row: Ints) -> gpd.GeoDataFrame:
    frame = division.units.frame
    coded = frame.assign(grid_code=grids["grid_code"].to_numpy()[row[division.grid]])
    columns = ["unit_id", "grid_code", "households", "community_id", "group", *layers.sums, "geometry"]
    return coded[columns]


def _communities_out(layers: Layers, division: _Division, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
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


def _buildings_out(layers: Layers, units: Units) -> gpd.GeoDataFrame:
    """Each building where it stands, with its unit; ``listed`` where that is not where its cell is."""
    if layers.buildings is None:
        kinds = {"building_id": object, "unit_id": object, "households": np.int64, "listed": bool}
        return empty_frame(kinds, layers.crs)
    columns = {
        "building_id": layers.buildings["building_id"].to_numpy(),
        "unit_id": units.frame["unit_id"].to_numpy()[units.building_unit],
        "households": layers.buildings["households"].to_numpy(),
        "listed": layers.buildings["listed"].to_numpy(dtype=bool),
    }
    places = shapely.points(layers.buildings[["source_x", "source_y"]].to_numpy(dtype=float))
    return gpd.GeoDataFrame(columns, geometry=places, crs=layers.crs)


def _ferries_out(layers: Layers) -> gpd.GeoDataFrame:
    return empty_frame({"minutes": float}, layers.crs) if layers.ferries is None else layers.ferries


def _crossing_notes(units: gpd.GeoDataFrame, land: Landmasses) -> list[Finding]:
    """Where inhabited pieces were joined by the shortest crossing, since no ferries were declared."""
    joins = land.crossings
    assumed = joins.inhabited & ~joins.declared
    if not assumed.any():
        return []
    ids = units["unit_id"].to_numpy()
    rows = tuple(f"{ids[u]}-{ids[v]}" for u, v in zip(joins.u[assumed], joins.v[assumed], strict=True))
    longest = round(float(joins.length[assumed].max()))
    return [Finding("CROSSINGS_ASSUMED", "units", rows=rows, values={"longest": longest}, kind="note")]
