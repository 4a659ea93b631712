"""Shared edges of an exactly noded coverage, piece by piece.

Neighbours in a clean coverage share their vertices to the last bit, so that a shared edge is found by
comparing coordinates, without any tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class SharedEdges:
    """Straight pieces of border between polygons ``i`` and ``j`` (positions), i < j.

    ``start`` and ``end`` are n x 2 coordinates, ``length`` is in the units of the coordinates.
    """

    i: Ints
    j: Ints
    start: Floats
    end: Floats
    length: Floats

    def take(self, mask: NDArray[np.bool_]) -> SharedEdges:
        """Only the pieces where the mask is true."""
        return SharedEdges(self.i[mask], self.j[mask], self.start[mask], self.end[mask], self.length[mask])


def shared_edges(polygons: Shapes) -> SharedEdges:
    """All straight pieces of border that two polygons of a coverage share.

    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> shared_edges(np.array([left, right])).length
    array([1.])
    """
    owner, low, high = _segments(polygons)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high, owner = low[order], high[order], owner[order]
    same = (low[1:] == low[:-1]).all(axis=1) & (high[1:] == high[:-1]).all(axis=1)
    first = np.flatnonzero(same & (owner[1:] != owner[:-1]))
    i, j = np.minimum(owner[first], owner[first + 1]), np.maximum(owner[first], owner[first + 1])
    start, end = low[first], high[first]
    return SharedEdges(i, j, start, end, np.hypot(*(end - start).T))


def _segments(polygons: Shapes) -> tuple[Ints, Floats, Floats]:
    """Owner and both end points, lesser first, of every border segment.

    ``get_rings`` passes over MultiPolygons in silence, hence the parts.
    """
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    a, b = coords[:-1][inside], coords[1:][inside]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low, high = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
    return polygon_of_part[part_of_ring[ring[:-1][inside]]].astype(np.int64), low, high


def longest_neighbour(edges: SharedEdges, wants: NDArray[np.bool_], gives: NDArray[np.bool_]) -> Ints:
    """For each polygon that wants one, the giving polygon with which it shares most border; else -1.

    Ties go to the lower position.
    """
    a, b = np.concatenate([edges.i, edges.j]), np.concatenate([edges.j, edges.i])
    length = np.concatenate([edges.length, edges.length])
    fit = wants[a] & gives[b]
    pair, index = np.unique(np.stack([a[fit], b[fit]]), axis=1, return_inverse=True)
    shared = np.bincount(index.ravel(), weights=length[fit], minlength=pair.shape[1])
    best = np.full(len(wants), -1, dtype=np.int64)
    order = np.lexsort((-pair[1], shared))
    best[pair[0][order]] = pair[1][order]
    return best
