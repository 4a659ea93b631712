"""What every plan promises, checked on its geometry alone and without the code that made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from gridmap import Plan

Shapes = NDArray[np.object_]
Ints = NDArray[np.int64]

DIFFERENCE_M2 = 0.01
ON_BORDER_M = 0.002
FERRY_REACH_M = 500.0


def broken(plan: Plan, households: int) -> list[str]:
    """Every promise that a plan of so many households breaks, in words."""
    return [*_counted_once(plan, households), *_statuses(plan), *_reasons(plan), *_edges(plan), *_tiles(plan),
            *_pieces(plan), *_crossings(plan)]  # fmt: skip


def shapes_of(frame: gpd.GeoDataFrame) -> Shapes:
    return np.asarray(frame.geometry.array, dtype=object)


def _some(what: str, rows: object) -> Iterator[str]:
    ids = [str(row) for row in np.asarray(rows).ravel()]
    if ids:
        yield f"{what}: {', '.join(ids[:5])} ({len(ids)} in all)"


def _counted_once(plan: Plan, households: int) -> Iterator[str]:
    """Every unit in one grid, every grid the sum of its units, every building inside its own grid and no other."""
    grids, units = plan.grids.set_index("grid_code"), plan.units
    if not grids.index.is_unique or not units["unit_id"].is_unique:
        yield "codes or unit ids that stand twice"
    if int(units["households"].sum()) != households or int(grids["households"].sum()) != households:
        yield f"{int(grids['households'].sum())} households of {households} in grids"
    sums = units.groupby("grid_code")["households"].sum().reindex(grids.index)
    yield from _some("grids that are not the sum of their units", grids.index[sums != grids["households"]])
    if len(plan.buildings):
        yield from _buildings(plan)


def _buildings(plan: Plan) -> Iterator[str]:
    """Rows that are listed have their cell elsewhere, and are held to their unit only."""
    code = plan.units.set_index("unit_id")["grid_code"]
    own = pd.Index(plan.grids["grid_code"]).get_indexer(plan.buildings["unit_id"].map(code))
    yield from _some("buildings of no grid", plan.buildings["building_id"][own < 0])
    placed = np.flatnonzero(~plan.buildings["listed"].to_numpy(dtype=bool))
    points, grids = shapes_of(plan.buildings)[placed], shapes_of(plan.grids)
    far = shapely.distance(points, grids[own[placed]]) > ON_BORDER_M
    yield from _some("buildings outside their grid", plan.buildings["building_id"].iloc[placed[far]])
    point, grid = STRtree(grids).query(points, predicate="intersects")
    foreign = grid != own[placed][point]
    inside = shapely.distance(points[point[foreign]], shapely.boundary(grids[grid[foreign]])) > ON_BORDER_M
    yield from _some("buildings in two grids", plan.buildings["building_id"].iloc[placed[point[foreign][inside]]])


def _statuses(plan: Plan) -> Iterator[str]:
    """A status is what the counts say; only a community of no household has an empty grid."""
    grids = plan.grids
    load = grids["households"]
    right = np.select([load == 0, load < grids["lo"], load > grids["hi"]], ["empty", "under", "over"], "ok")
    yield from _some("wrong status", grids["grid_code"][grids["status"] != right])
    lived = grids.groupby("community_id")["households"].transform("sum") > 0
    yield from _some("empty grids where people live", grids["grid_code"][(load == 0) & lived])
    missed = grids["status"].isin(["under", "over"])
    yield from _some("misses without a reason", grids["grid_code"][missed & (grids["reason"] == "")])
    yield from _some("reasons without a miss", grids["grid_code"][~missed & (grids["reason"] != "")])


def _reasons(plan: Plan) -> Iterator[str]:
    """The three reasons that are arithmetic, done again from the units."""
    for row in plan.grids[plan.grids["reason"] != ""].to_dict("records"):
        detail = json.loads(row["reason_detail"])
        own = plan.units[plan.units["community_id"] == row["community_id"]]
        rest = int(own["households"][own["households"] <= row["hi"]].sum())
        fits = rest >= row["lo"] and -(-rest // row["hi"]) <= rest // row["lo"]
        large = own[(own["grid_code"] == row["grid_code"]) & (own["households"] > row["hi"])]
        right = {
            "UNIT_ABOVE_CAP": detail.get("unit") in set(large["unit_id"]),
            "UNDER_MIN": rest < row["lo"] and rest == detail.get("households") and large.empty,
            "NO_COUNT_FITS": rest >= row["lo"] and not fits and rest == detail.get("households") and large.empty,
        }.get(row["reason"], fits and large.empty)
        if not right:
            yield f"{row['reason']} does not hold for {row['grid_code']}"


def _edges(plan: Plan) -> Iterator[str]:
    """Shared borders have the same vertices on both sides, in every layer."""
    for name in ("grids", "units", "communities"):
        shapes = shapes_of(getattr(plan, name))
        if not len(shapes) or not shapely.is_valid(shapes).all() or shapely.is_empty(shapes).any():
            yield f"{name} that are no valid polygons"
        if not shapely.coverage_is_valid(shapes):
            yield f"edges of {name} that do not match"


def _tiles(plan: Plan) -> Iterator[str]:
    """Grids, and units, make up their community, without gap and without overlap."""
    outline = plan.communities.set_index("community_id").geometry
    for name in ("grids", "units"):
        for community, own in getattr(plan, name).groupby("community_id"):
            union, whole = shapely.union_all(shapes_of(own)), outline[community]
            apart = shapely.area(shapely.symmetric_difference(union, whole))
            overlap = own.area.sum() - shapely.area(union)
            if apart > DIFFERENCE_M2 or overlap > DIFFERENCE_M2:
                yield f"{name} of {community}: {apart:.3f} m2 off, {overlap:.3f} m2 twice"


def _parts(shapes: Shapes) -> tuple[Shapes, Ints]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    return parts, owner.astype(np.int64)


def _holder(inner: Shapes, outer: Shapes, allowed: Callable[[Ints, Ints], NDArray[np.bool_]]) -> Ints:
    """The one of ``outer`` that holds a point inside each of ``inner``; -1 where there is none."""
    hit = STRtree(outer).query(shapely.point_on_surface(inner), predicate="intersects").astype(np.int64)
    hit = hit[:, allowed(hit[0], hit[1])]
    holder = np.full(len(inner), -1, dtype=np.int64)
    holder[hit[0]] = hit[1]
    return holder


def _lands(plan: Plan) -> tuple[Shapes, Ints, Shapes, Ints, Ints]:
    """Pieces of land and their community; pieces of grids, the grid of each and the land it lies on."""
    land, community = _parts(shapes_of(plan.communities))
    parts, grid = _parts(shapes_of(plan.grids))
    home = pd.Index(plan.communities["community_id"]).get_indexer(plan.grids["community_id"])
    on = _holder(parts, land, lambda part, piece: home[grid[part]] == community[piece])
    return land, community.astype(np.int64), parts, grid, on


def _pieces(plan: Plan) -> Iterator[str]:
    """One piece of a grid on each land it touches; pieces that one listed unit spans count once."""
    _, _, parts, grid, on = _lands(plan)
    codes = plan.grids["grid_code"].to_numpy()
    yield from _some("grids with a piece on no land", np.unique(codes[grid[on < 0]]))
    units, unit = _parts(shapes_of(plan.units))
    several = np.flatnonzero(np.bincount(unit)[unit] > 1)
    names = plan.units["unit_id"].to_numpy()[unit[several]]
    listed = {row for note in plan.notes if note.code == "UNITS_IN_PIECES" for row in note.rows}
    yield from _some("units in pieces that are not listed", sorted(set(names) - listed))
    code = plan.units["grid_code"].to_numpy()[unit[several]]
    part = _holder(units[several], parts, lambda u, p: code[u] == codes[grid[p]])
    yield from _some("pieces of units outside their grid", names[part < 0])
    next_of_same = (unit[several][1:] == unit[several][:-1]) & (part[1:] >= 0) & (part[:-1] >= 0)
    joined = part[1:][next_of_same], part[:-1][next_of_same]
    graph = coo_matrix((np.ones(len(joined[0])), joined), shape=(len(parts),) * 2)
    whole = connected_components(graph, directed=False)[1]
    found = pd.DataFrame({"grid": codes[grid], "land": on, "whole": whole}).groupby(["grid", "land"])["whole"].nunique()
    yield from _some("grids in pieces on one land", found.index.get_level_values("grid")[found > 1])


def _crossings(plan: Plan) -> Iterator[str]:
    """With ferries, the inhabited lands of a grid are joined by them over lands of that grid."""
    if not plan.ferries_given:
        return
    land, community, _, grid, on = _lands(plan)
    home = plan.communities["community_id"].to_numpy()[community]
    units = shapes_of(plan.units)
    of_unit = _holder(units, land, lambda u, piece: plan.units["community_id"].to_numpy()[u] == home[piece])
    lived = np.bincount(of_unit, weights=plan.units["households"], minlength=len(land)) > 0
    pairs = _ferry_pairs(plan, land)
    for number in np.unique(grid):
        touched = np.unique(on[grid == number])
        if lived[touched].sum() > 1 and not _joined(touched, touched[lived[touched]], pairs):
            yield f"{plan.grids['grid_code'].iloc[number]} reaches over water without a ferry"


def _ferry_pairs(plan: Plan, land: Shapes) -> NDArray[np.int64]:
    """The two lands of every ferry, each end taken to the nearest land."""
    ends = shapely.get_coordinates([shapely.get_point(line, [0, -1]) for line in shapes_of(plan.ferries)])
    nearest = STRtree(land).query_nearest(shapely.points(ends), max_distance=FERRY_REACH_M, all_matches=False)
    found = np.full(len(ends), -1, dtype=np.int64)
    found[nearest[0]] = nearest[1]
    return found.reshape(-1, 2)


def _joined(touched: Ints, inhabited: Ints, pairs: NDArray[np.int64]) -> bool:
    inside = pairs[np.isin(pairs, touched).all(axis=1)]
    position = np.searchsorted(touched, inside)
    graph = coo_matrix((np.ones(len(inside)), (position[:, 0], position[:, 1])), shape=(len(touched),) * 2)
    part = connected_components(graph, directed=False)[1]
    return len(np.unique(part[np.isin(touched, inhabited)])) == 1
