"""From checked layers to a plan: units, contiguity, search, outlines, reasons."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridmap import io
from gridmap.errors import Finding
from gridmap.layers import OUTSIDE, Layers, check
from gridmap.partition import reasons
from gridmap.partition.contiguity import Contiguity, contiguity
from gridmap.partition.frames import (
    Division,
    buildings_frame,
    communities_frame,
    ferries_frame,
    grids_frame,
    units_frame,
)
from gridmap.partition.landmasses import Landmasses, landmasses, problems
from gridmap.partition.outlines import Homes, representative
from gridmap.partition.parcels import units_from_parcels
from gridmap.partition.plan import Plan
from gridmap.partition.problem import Problem
from gridmap.partition.search import Found, search
from gridmap.partition.units import Units, units_from_buildings
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
    grids, serial_of = grids_frame(layers, division, homes, rules)
    progress("outlines", 1, 1)
    return Plan(
        grids=grids,
        units=units_frame(layers, division, grids, serial_of),
        communities=communities_frame(layers, division, grids),
        buildings=buildings_frame(layers, units),
        barriers=layers.barriers,
        ferries=ferries_frame(layers),
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
) -> Division:
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
    return Division(units, graph, land, grid, np.array(landmass), tuple(why))


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
