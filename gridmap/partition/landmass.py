"""Land that can be divided together: pieces of land, and the crossings that join them.

A piece is a set of units that hang together by shared borders. Pieces with households are joined by the
declared ferries, or by the shortest crossing where no ferries are declared at all; pieces without
households always join by the shortest crossing, and never bridge two that have some. The joins form a
tree, so that a connected grid has one part on each piece that it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from gridmap.partition.edges import Floats, Ints, Shapes

FERRY_REACH = 500.0


@dataclass(frozen=True)
class Crossings:
    """Joins between pieces of one community: unit ``u`` to unit ``v``, ``length`` metres of water.

    ``declared`` tells ferries from shortest crossings, ``inhabited`` whether both sides have households.
    """

    u: Ints
    v: Ints
    length: Floats
    declared: NDArray[np.bool_]
    inhabited: NDArray[np.bool_]


def pieces(units: int, u: Ints, v: Ints) -> Ints:
    """The piece of each unit, numbered by its first unit."""
    graph = coo_matrix((np.ones(len(u), dtype=np.int8), (u, v)), shape=(units, units))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def crossings(units: gpd.GeoDataFrame, piece: Ints, load: Ints, ferries: gpd.GeoDataFrame | None) -> Crossings:
    """The joins of all communities; ``ferries`` None means that no ferries layer was given."""
    shapes = np.asarray(units.geometry.array, dtype=object)
    community = units["community_id"].to_numpy()
    ends = _ferry_ends(shapes, community, piece, ferries)
    joins: list[tuple[int, int, float, bool, bool]] = []
    inhabited = np.bincount(piece, weights=load) > 0
    first = np.unique(piece, return_index=True)[1]
    for name in np.unique(community[first]):
        own = piece[first][community[first] == name]
        if len(own) > 1:
            joins += _join(shapes, piece, own, inhabited, ends, bridge=ferries is None)
    columns = list(zip(*joins, strict=True)) if joins else [(), (), (), (), ()]
    kinds = (np.int64, np.int64, np.float64, np.bool_, np.bool_)
    return Crossings(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


def _ferry_ends(
    shapes: Shapes, community: NDArray[np.object_], piece: Ints, ferries: gpd.GeoDataFrame | None
) -> list[tuple[float, int, int]]:
    """Length and end units of every ferry between two pieces of one community, shortest first."""
    if ferries is None or len(ferries) == 0:
        return []
    lines = np.asarray(ferries.geometry.array, dtype=object)
    tree = STRtree(shapes)
    found = []
    for line in lines:
        ends = shapely.points(shapely.get_coordinates(line)[[0, -1]])
        unit, _ = tree.query_nearest(ends, max_distance=FERRY_REACH, return_distance=True, all_matches=False)
        if unit.shape[1] == 2:
            u, v = sorted(int(i) for i in unit[1])
            if community[u] == community[v] and piece[u] != piece[v]:
                found.append((float(shapely.length(line)), u, v))
    return sorted(found)


def _join(
    shapes: Shapes,
    piece: Ints,
    own: Ints,
    inhabited: NDArray[np.bool_],
    ends: list[tuple[float, int, int]],
    *,
    bridge: bool,
) -> list[tuple[int, int, float, bool, bool]]:
    """Kruskal's tree over the pieces of one community: ferries first, then shortest crossings."""
    leader = {int(p): int(p) for p in own}
    lived = {int(p): bool(inhabited[p]) for p in own}
    joins: list[tuple[int, int, float, bool, bool]] = []

    def find(p: int) -> int:
        while leader[p] != p:
            leader[p] = leader[leader[p]]
            p = leader[p]
        return p

    def join(p: int, q: int) -> tuple[bool, bool]:
        p, q = find(p), find(q)
        both = lived[p] and lived[q]
        leader[max(p, q)] = min(p, q)
        lived[min(p, q)] = lived[p] or lived[q]
        return True, both

    for length, u, v in ends:
        p, q = int(piece[u]), int(piece[v])
        if p in leader and q in leader and find(p) != find(q):
            joins.append((u, v, length, *join(p, q)))
    members = {int(p): np.flatnonzero(piece == p) for p in own}
    for p, q in _nearest_pairs(shapes, members):
        apart = find(p) != find(q)
        if apart and (bridge or not (lived[find(p)] and lived[find(q)])):
            u, v, length = _shortest(shapes, members[p], members[q])
            joins.append((u, v, length, False, join(p, q)[1]))
    return joins


def _nearest_pairs(shapes: Shapes, members: dict[int, Ints]) -> list[tuple[int, int]]:
    """All pairs of pieces, nearest first."""
    names = sorted(members)
    outlines = np.array([shapely.boundary(shapely.coverage_union_all(shapes[members[p]])) for p in names], dtype=object)
    shapely.prepare(outlines)
    pairs = []
    for a in range(len(names) - 1):
        distance = shapely.distance(outlines[a], outlines[a + 1 :])
        pairs += [(round(float(d), 3), names[a], names[a + 1 + b]) for b, d in enumerate(distance)]
    return [(p, q) for _, p, q in sorted(pairs)]


def _shortest(shapes: Shapes, a: Ints, b: Ints) -> tuple[int, int, float]:
    """The two units, one of each side, that are nearest to each other, and their distance."""
    near, distance = STRtree(shapes[b]).query_nearest(shapes[a], return_distance=True, all_matches=False)
    rank = np.lexsort((near[1], near[0], np.round(distance, 3)))[0]
    u, v = int(a[near[0][rank]]), int(b[near[1][rank]])
    return min(u, v), max(u, v), float(distance[rank])
