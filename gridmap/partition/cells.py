"""Cells: the Voronoi cells of the buildings of each block, cut along dead-end barriers.

All cells of a plan are cleaned once, together, before any union, so that every shared border has identical
vertices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridmap import tiling
from gridmap.partition.blocks import Blocks
from gridmap.partition.edges import Ints, Shapes

Tick = Callable[[int, int], None]
AREA_KEPT = 1e-6


@dataclass(frozen=True, eq=False)
class Cells:
    """Polygons of a clean coverage, with their block and the place they hold, or -1."""

    shapes: Shapes
    block: Ints
    place: Ints


def cells_of(blocks: Blocks, block: Ints, points: NDArray[np.float64], tick: Tick) -> Cells:
    """The cells of all blocks; ``block`` (ascending) and ``points`` are those of the places."""
    start = np.searchsorted(block, np.arange(len(blocks.shapes) + 1))
    pieces: list[tuple[Shapes, Ints, Ints]] = []
    for k, shape in enumerate(blocks.shapes):
        places = np.arange(start[k], start[k + 1])
        shapes, holder = _block_cells(shape, points[places], places)
        pieces.append((shapes, np.full(len(shapes), k), holder))
        if k % 64 == 0:
            tick(k, len(blocks.shapes))
    shapes, of_block, place = (np.concatenate(column) for column in zip(*pieces, strict=True))
    shapes, whole = _cut(shapes, blocks.dead_ends)
    parts, cell = shapely.get_parts(tiling.matched(shapes), return_index=True)
    there = ~shapely.is_empty(parts)
    parts, cell = parts[there], whole[cell[there]]
    holds = _holding_part(parts, place[cell], points)
    tick(len(blocks.shapes), len(blocks.shapes))
    return Cells(parts, of_block[cell].astype(np.int64), np.where(holds, place[cell], -1).astype(np.int64))


def _block_cells(block: shapely.Polygon, points: NDArray[np.float64], places: Ints) -> tuple[Shapes, Ints]:
    if len(points) < 2:
        return np.array([block], dtype=object), places if len(places) else np.array([-1])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=block, ordered=True))
    shapely.prepare(block)
    crossing = ~shapely.contains_properly(block, cells)
    cells[crossing] = shapely.intersection(cells[crossing], block)
    parts, cell = shapely.get_parts(cells, return_index=True)
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[polygon], places[cell[polygon]]


def _cut(cells: Shapes, lines: Shapes) -> tuple[Shapes, Ints]:
    """Cut cells along the lines that run right through them: the pieces, and the cell of each.

    Lines are noded whole: clipped to the cell they would end a hair off its border. A cell whose pieces do
    not make up the whole of it stays as it is.
    """
    line, cell = STRtree(cells).query(lines, predicate="intersects")
    if len(cell) == 0:
        return cells, np.arange(len(cells))
    order = np.lexsort((line, cell))
    crossed, row = np.unique(cell[order], return_inverse=True)
    across = shapely.multilinestrings(lines[line[order]], indices=row)
    noded = shapely.union(shapely.boundary(cells[crossed]), across)
    faces, owner = shapely.get_parts(shapely.polygonize(noded[:, None]), return_index=True)
    inside = shapely.intersects(cells[crossed[owner]], shapely.point_on_surface(faces))
    faces, owner = shapely.normalize(faces[inside]), owner[inside]
    whole = np.bincount(owner, weights=shapely.area(faces), minlength=len(crossed)) / shapely.area(cells[crossed])
    cut = (np.bincount(owner, minlength=len(crossed)) > 1) & (np.abs(whole - 1) < AREA_KEPT)
    faces, owner = faces[cut[owner]], crossed[owner[cut[owner]]]
    kept = np.setdiff1d(np.arange(len(cells)), crossed[cut])
    faces, owner = _sorted(faces, owner)
    pieces, of_cell = np.concatenate([cells[kept], faces]), np.concatenate([kept, owner])
    order = np.argsort(of_cell, kind="stable")
    return pieces[order], of_cell[order]


def _sorted(faces: Shapes, owner: Ints) -> tuple[Shapes, Ints]:
    """Faces by owner and normalised WKB, since the order of polygonize depends on the order of lines."""
    wkb = shapely.to_wkb(faces)
    order = np.array(sorted(range(len(faces)), key=lambda i: (owner[i], wkb[i])), dtype=np.int64)
    return faces[order], owner[order]


def _holding_part(parts: Shapes, holder: Ints, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which polygon, of all those cut from one place's cell, holds the place: the nearest to it."""
    distance = np.full(len(parts), np.inf)
    filled = holder >= 0
    distance[filled] = shapely.distance(parts[filled], shapely.points(points[holder[filled]]))
    order = np.lexsort((np.arange(len(parts)), distance, holder))
    first = np.r_[True, holder[order][1:] != holder[order][:-1]]
    holds = np.zeros(len(parts), dtype=bool)
    holds[order[first]] = True
    return holds & filled
