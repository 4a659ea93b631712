"""Units from buildings: blocks between barriers, and in each block the cell of every building.

A unit is the smallest piece that a plan assigns. Buildings within half a metre of each other share one; a
block without buildings is a unit of no household.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.errors import PlanError
from gridmap.layers import Layers
from gridmap.partition.blocks import Blocks, block_of_points, blocks_of
from gridmap.partition.cells import Cells, Tick, cells_of
from gridmap.partition.contiguity import near
from gridmap.partition.edges import Ints, Shapes, longest_neighbour, shared_edges

SHARED_UNIT_DISTANCE = 0.5
ON_LINE = 0.05


@dataclass(frozen=True)
class Units:
    """The units of a plan, sorted by community, and the unit of each building.

    ``frame`` has unit_id, households, community_id, group, the sum columns and geometry; ``building_unit``
    gives the position of the unit of each row of ``Layers.buildings`` (empty for ready-made units).
    """

    frame: gpd.GeoDataFrame
    building_unit: Ints


def units_from_buildings(layers: Layers, tick: Tick) -> Units:
    """Units of all communities; raises :class:`PlanError` where a unit would vanish in cleaning."""
    assert layers.buildings is not None
    outlines = np.asarray(layers.communities.geometry.array, dtype=object)
    codes = pd.Index(layers.communities["community_id"])
    blocks = blocks_of(outlines, np.asarray(layers.barriers.geometry.array, dtype=object))
    points = np.round(shapely.get_coordinates(np.asarray(layers.buildings.geometry.array, dtype=object)), 3)
    block = block_of_points(points, codes.get_indexer(layers.buildings["community_id"]), blocks)
    places, place = np.unique(np.column_stack([block, points]), axis=0, return_inverse=True)
    cells = cells_of(blocks, places[:, 0].astype(np.int64), places[:, 1:], tick)
    shapes, unit_of_place, block_of_unit = _merge(cells, _together(places), len(places), blocks)
    return _frame(layers, shapes, blocks.community[block_of_unit], unit_of_place[place.ravel()])


def _together(places: NDArray[np.float64]) -> Ints:
    """A number for each place; places of one block within 0.5 m of each other share it."""
    if len(places) == 0:
        return np.empty(0, dtype=np.int64)
    pairs = cKDTree(places[:, 1:]).query_pairs(SHARED_UNIT_DISTANCE, output_type="ndarray")
    pairs = pairs[places[pairs[:, 0], 0] == places[pairs[:, 1], 0]]
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places),) * 2)
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _merge(cells: Cells, cluster: Ints, places: int, blocks: Blocks) -> tuple[Shapes, Ints, Ints]:
    """Unite the cells of each cluster and give loose pieces to the neighbour in their block.

    Returns the shapes of the units, the unit of each place and the block of each unit.
    """
    held = cells.place >= 0
    if len(np.unique(cells.place[held])) < places:
        raise PlanError("UNIT_VANISHED", count=places - len(np.unique(cells.place[held])))
    populated = np.zeros(cells.block.max(initial=-1) + 1, dtype=bool)
    populated[cells.block[held]] = True
    group = np.where(held, cluster[cells.place] if len(cluster) else -1, -1)
    empty = ~populated[cells.block]
    group[empty] = places + cells.block[empty]
    group = _adopt(cells, group, blocks)
    names, unit = np.unique(group, return_inverse=True)
    shapes = unite(cells.shapes, unit.ravel(), len(names))
    unit_of_place = np.empty(places, dtype=np.int64)
    unit_of_place[cells.place[held]] = unit.ravel()[held]
    block_of_unit = np.empty(len(names), dtype=np.int64)
    block_of_unit[unit.ravel()] = cells.block
    return shapes, unit_of_place, block_of_unit


def _adopt(cells: Cells, group: Ints, blocks: Blocks) -> Ints:
    """Give each loose piece (-1) the group of the neighbour with the longest shared edge.

    A neighbour in its block comes first, and there one that no dead-end barrier parts it from, so that a
    cell ends at the road; then any neighbour in its community. A piece that has none is a unit by itself.
    """
    if (group >= 0).all():
        return group
    edges = shared_edges(cells.shapes)
    home = blocks.community[cells.block]
    edges = edges.take(home[edges.i] == home[edges.j])
    inside = edges.take(cells.block[edges.i] == cells.block[edges.j])
    off_line = inside.take(~near((inside.start + inside.end) / 2, blocks.dead_ends, ON_LINE))
    group = group.copy()
    for usable in (off_line, inside, edges):
        while (group < 0).any():
            best = longest_neighbour(usable, group < 0, group >= 0)
            found = np.flatnonzero(best >= 0)
            if len(found) == 0:
                break
            group[found] = group[best[found]]
    alone = np.flatnonzero(group < 0)
    group[alone] = group.max() + 1 + np.arange(len(alone))
    return group


def unite(shapes: Shapes, group: Ints, groups: int) -> Shapes:
    """The union of the polygons of each group of one clean coverage; group is 0..groups-1."""
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(groups + 1))
    united = shapes[order[start[:-1]]].copy()
    for g in np.flatnonzero(np.diff(start) > 1):
        united[g] = shapely.coverage_union_all(shapes[order[start[g] : start[g + 1]]])
    return united


def _frame(layers: Layers, shapes: Shapes, community: Ints, building_unit: Ints) -> Units:
    """The units as a frame sorted by community and place, with the counts of their buildings."""
    buildings = layers.buildings
    assert buildings is not None
    point = np.round(shapely.get_coordinates(shapely.point_on_surface(shapes)), 3)
    order = np.lexsort((point[:, 1], point[:, 0], community))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    unit = rank[building_unit]
    community, codes = community[order], layers.communities["community_id"].to_numpy()
    frame = gpd.GeoDataFrame({"unit_id": unit_ids(codes[community], "u")}, geometry=shapes[order], crs=layers.crs)
    for column in ("households", *layers.sums):
        frame[column] = total(buildings[column].to_numpy(), unit, len(frame))
    frame["community_id"] = codes[community]
    frame["group"] = _groups(buildings, unit, len(frame))
    return Units(frame, unit)


def total(values: NDArray[np.float64 | np.int64], unit: Ints, units: int) -> NDArray[np.float64 | np.int64]:
    """The sum of the values of each unit; whole numbers stay whole."""
    sums = np.zeros(units, dtype=values.dtype if values.dtype.kind in "if" else np.float64)
    np.add.at(sums, unit, values)
    return sums


def unit_ids(community_ids: NDArray[np.object_], letter: str) -> list[str]:
    """Serial ids inside each community, in the order given: ``<community>-u00001``."""
    serial = pd.Series(community_ids).groupby(community_ids).cumcount() + 1
    return [f"{code}-{letter}{n:05d}" for code, n in zip(community_ids, serial, strict=True)]


def _groups(buildings: gpd.GeoDataFrame, unit: Ints, units: int) -> NDArray[np.object_]:
    """The group most households of a unit belong to; ties by name, None where none has one."""
    group = np.full(units, None, dtype=object)
    columns = {"unit": unit, "group": buildings["group"], "households": buildings["households"]}
    named = pd.DataFrame(columns).dropna(subset=["group"])
    if len(named):
        sums = pd.DataFrame(named.groupby(["unit", "group"])["households"].sum().reset_index())
        sums = sums.sort_values(["unit", "households", "group"], ascending=[True, True, False])
        group[sums["unit"]] = sums["group"]
    return group
