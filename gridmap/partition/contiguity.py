"""Which units share a border, how long it is, and what it costs to run a grid boundary there.

A metre of boundary costs 1; along a barrier it costs less, by kind, and between two units of one group
(a natural village, an estate) it costs more.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridmap.partition.edges import Floats, Ints, Shapes, SharedEdges, shared_edges

BARRIER_TOLERANCE = 5.0
BARRIER_COST = {"coast": 0.3, "river": 0.3, "road_main": 0.3, "road": 0.3, "wall": 0.4, "lane": 0.5}
GROUP_COST = 2.0
SAMPLE_STEP = 10.0


@dataclass(frozen=True)
class Contiguity:
    """The graph of the units: edge e joins units ``u[e] < v[e]`` of one community.

    ``length`` is the shared border in metres, ``on_barrier`` the part of it within 5 m of a barrier and
    ``cost`` what cutting it costs, in metres.
    """

    u: Ints
    v: Ints
    length: Floats
    on_barrier: Floats
    cost: Floats


def contiguity(units: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> Contiguity:
    """The contiguity of units by shared borders; barriers have the column ``kind``."""
    pieces = shared_edges(np.asarray(units.geometry.array, dtype=object))
    community = units["community_id"].to_numpy()
    pieces = pieces.take(community[pieces.i] == community[pieces.j])
    on_barrier, discounted = barrier_length(pieces, barriers)
    size = len(units)
    key, edge = np.unique(pieces.i * size + pieces.j, return_inverse=True)
    u, v = key // max(size, 1), key % max(size, 1)

    def per_edge(values: Floats) -> Floats:
        return _totals(edge, values, len(key))

    cost = per_edge(discounted) * np.where(_same_group(units["group"].to_numpy(), u, v), GROUP_COST, 1.0)
    return Contiguity(u, v, per_edge(pieces.length), per_edge(on_barrier), cost)


def _same_group(group: NDArray[np.object_], u: Ints, v: Ints) -> NDArray[np.bool_]:
    named = np.array([isinstance(name, str) for name in group], dtype=bool)
    same: NDArray[np.bool_] = named[u] & named[v] & (group[u] == group[v])
    return same


def _totals(group: Ints, values: Floats, groups: int) -> Floats:
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def barrier_length(pieces: SharedEdges, barriers: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """For each piece of border its length within 5 m of a barrier, and its length by barrier cost."""
    of_piece, middle, length = _samples(pieces)
    cost = np.ones(len(middle))
    segments, line = _segments(np.asarray(barriers.geometry.array, dtype=object))
    point, segment = STRtree(segments).query(shapely.points(middle), predicate="dwithin", distance=BARRIER_TOLERANCE)
    of_line = np.array([BARRIER_COST.get(kind, BARRIER_COST["lane"]) for kind in barriers["kind"]])
    np.minimum.at(cost, point, of_line[line[segment]] if len(point) else 1.0)
    count = len(pieces.length)
    return _totals(of_piece, length * (cost < 1.0), count), _totals(of_piece, length * cost, count)


def _samples(pieces: SharedEdges) -> tuple[Ints, Floats, Floats]:
    """Cut every piece into equal parts of at most 10 m: piece, middle and length of each part."""
    count = np.maximum(1, np.ceil(pieces.length / SAMPLE_STEP)).astype(np.int64)
    of_piece = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    fraction = (np.arange(len(of_piece)) - first[of_piece] + 0.5) / count[of_piece]
    middle = pieces.start[of_piece] + (pieces.end - pieces.start)[of_piece] * fraction[:, None]
    return of_piece, middle, (pieces.length / count)[of_piece]


def near(points: Floats, lines: Shapes, tolerance: float = BARRIER_TOLERANCE) -> NDArray[np.bool_]:
    """Which points lie within the tolerance (metres) of any of the lines."""
    found = np.zeros(len(points), dtype=bool)
    segments, _ = _segments(lines)
    found[STRtree(segments).query(shapely.points(points), predicate="dwithin", distance=tolerance)[0]] = True
    return found


def _segments(lines: Shapes) -> tuple[Shapes, Ints]:
    """Lines as straight segments, for a tight tree, and the line of each."""
    parts, line_of_part = shapely.get_parts(lines, return_index=True)
    coords, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    segments = np.asarray(
        shapely.linestrings(np.stack([coords[:-1][joined], coords[1:][joined]], axis=1)), dtype=object
    )
    return segments, line_of_part[part[:-1][joined]]
