"""Blocks: the land of a community between its outline and the barriers that run right through.

Outlines and barriers are noded together, all communities at once, on a 1 mm grid, and polygonized.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridmap.partition.edges import Ints, Shapes

NODING_GRID = 0.001


@dataclass(frozen=True, eq=False)
class Blocks:
    """Polygons, the position of the community of each, and the barrier lines that bound no block."""

    shapes: Shapes
    community: Ints
    dead_ends: Shapes


def blocks_of(outlines: Shapes, barriers: Shapes) -> Blocks:
    """Blocks between barriers and community outlines.

    Sorted by normalised WKB, since polygonize's order depends on the order of the lines.
    """
    lines = np.concatenate([shapely.boundary(outlines), barriers[_near(barriers, outlines)]])
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=NODING_GRID))
    faces, cuts, dangles, _ = shapely.polygonize_full(noded)
    shapes = shapely.normalize(shapely.get_parts(faces))
    shapes = shapes[np.argsort(shapely.to_wkb(shapes), kind="stable")]
    found = STRtree(outlines).query(shapely.point_on_surface(shapes), predicate="intersects")
    community = np.full(len(shapes), -1, dtype=np.int64)
    community[found[0][::-1]] = found[1][::-1]
    land = community >= 0
    return Blocks(shapes[land], community[land], np.concatenate([shapely.get_parts(cuts), shapely.get_parts(dangles)]))


def _near(barriers: Shapes, outlines: Shapes) -> Ints:
    if len(barriers) == 0:
        return np.empty(0, dtype=np.int64)
    return np.unique(STRtree(barriers).query(outlines, predicate="intersects")[1])


def block_of_points(points: NDArray[np.float64], owner: Ints, blocks: Blocks) -> Ints:
    """The block of each point, inside the community it belongs to; the nearest where none contains it."""
    shapes, community = np.asarray(shapely.points(points), dtype=object), blocks.community
    hit = STRtree(blocks.shapes).query(shapes, predicate="intersects")
    hit = hit[:, community[hit[1]] == owner[hit[0]]]
    block = np.full(len(points), -1, dtype=np.int64)
    order = np.argsort(hit[1], kind="stable")[::-1]
    block[hit[0][order]] = hit[1][order]
    for lost in np.unique(owner[block < 0]):
        own = np.flatnonzero(community == lost)
        rows = np.flatnonzero((block < 0) & (owner == lost))
        block[rows] = own[STRtree(blocks.shapes[own]).nearest(shapes[rows])]
    return block
