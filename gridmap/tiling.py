"""Polygons as one tiling: no overlap, no gap, shared edges with the same vertices on both sides.

Everything here works on arrays of polygons in metres. ``coverage_is_valid`` proves edges only; it says
True on a hole, so gaps are measured apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

MILLIMETRE = 0.001
WIDTH_TOLERANCE = 0.01
CLEAN_ROUNDS = 6

# The published stubs of shapely end before coverage_clean.
_SHAPELY = cast("Any", shapely)

Polygons = NDArray[np.object_]
Indices = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Misfit:
    """An overlap or a gap between polygons: who borders it, its width and its area."""

    members: tuple[int, ...]
    width: float
    area: float
    polygon: shapely.Geometry


def clean(polygons: Polygons, *, grid: float = MILLIMETRE) -> Polygons:
    """All polygons as one valid coverage with vertices on a grid; overlaps go to one side.

    Gaps stay, see :func:`gaps` and :func:`fill`. A polygon that its neighbours cover wholly, or that is
    smaller than the grid, comes back empty: it is for the caller to miss it.

    >>> clean(np.array([shapely.box(0, 0, 1, 1), shapely.box(0.9999, 0, 2, 1)]))[1].bounds[0]
    1.0
    """
    cleaned = np.asarray(polygons, dtype=object)
    for _ in range(CLEAN_ROUNDS):
        if len(cleaned) == 0 or is_clean(cleaned, grid=grid):
            return cleaned
        cleaned = on_grid(matched(cleaned, snap=grid), grid)
    snapped = matched(cleaned, snap=2 * grid)
    rounded = on_grid(snapped, grid)
    return rounded if is_clean(rounded, grid=grid) else snapped


def is_clean(polygons: Polygons, *, grid: float = MILLIMETRE) -> bool:
    """Whether polygons are valid, on the grid, and match along their edges. Says nothing of gaps."""
    xy = shapely.get_coordinates(polygons)
    if not np.array_equal(np.round(xy, _decimals(grid)), xy):
        return False
    return bool(shapely.is_valid(polygons).all()) and bool(shapely.coverage_is_valid(polygons))


def on_grid(polygons: Polygons, grid: float) -> Polygons:
    """Vertices rounded one by one, so that a shared vertex stays shared; repeated ones dropped.

    What is smaller than the grid comes back invalid: a ring that has collapsed.
    """
    rounded = shapely.transform(polygons, lambda xy: np.round(xy, _decimals(grid)))
    whole = shapely.is_valid(rounded)
    rounded[whole] = shapely.remove_repeated_points(rounded[whole], 0.0)
    return np.asarray(rounded, dtype=object)


def _decimals(grid: float) -> int:
    return round(-math.log10(grid))


def matched(polygons: Polygons, *, snap: float = -1.0) -> Polygons:
    """Polygons cut and snapped so that shared edges have the same vertices; one may come back empty.

    ``snap`` is the snapping distance in metres; a negative one leaves the choice to GEOS.
    """
    cleaned: Polygons = _SHAPELY.coverage_clean(_valid(polygons), snapping_distance=snap)
    return cleaned


def _valid(polygons: Polygons) -> Polygons:
    """Invalid polygons (rounding can fold a sliver) mended, lines and points of them dropped."""
    bad = ~shapely.is_valid(polygons)
    if not bad.any():
        return polygons
    mended = polygons.copy()
    mended[bad] = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    return mended


def width(polygon: shapely.Geometry) -> float:
    """The diameter of the largest circle inside a polygonal geometry, in metres; 0 for none.

    >>> round(width(shapely.box(0, 0, 10, 3)), 2)
    3.0
    """
    parts = shapely.get_parts(polygon)
    areal = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    areal = areal[shapely.area(areal) > 0]
    if len(areal) == 0:
        return 0.0
    return float(2 * shapely.length(shapely.maximum_inscribed_circle(areal, tolerance=WIDTH_TOLERANCE)).max())


def overlaps(polygons: Polygons, *, wider: float = 0.0) -> list[Misfit]:
    """Every pair of polygons whose insides meet, widest first.

    ``wider`` leaves out, unmeasured, what is too small in area to be wider than so many metres.
    """
    first, second = _meeting(polygons)
    if len(first) == 0:
        return []
    shared = shapely.intersection(polygons[first], polygons[second])
    hits = np.flatnonzero(shapely.area(shared) > np.pi * wider**2 / 4)
    found = [
        Misfit((int(first[i]), int(second[i])), width(shared[i]), float(shapely.area(shared[i])), shared[i])
        for i in hits
    ]
    return sorted(found, key=lambda misfit: (-misfit.width, misfit.members))


def _meeting(polygons: Polygons) -> tuple[Indices, Indices]:
    """Pairs that intersect, among polygons whose edges do not match their neighbours' or lie inside one."""
    suspects = np.arange(len(polygons))
    if len(polygons) > 1 and shapely.coverage_is_valid(polygons):
        suspects = suspects[:0]
    elif len(polygons) > 1:
        edges = shapely.coverage_invalid_edges(polygons)
        suspects = np.flatnonzero(~shapely.is_empty(edges))
    tree = shapely.STRtree(polygons)
    left, second = tree.query(polygons[suspects], predicate="intersects")
    first = suspects[left]
    order = first != second
    pairs = np.unique(np.sort(np.column_stack([first[order], second[order]]), axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def gaps(polygons: Polygons) -> list[Misfit]:
    """Every hole of the union of a clean coverage that two or more polygons border, widest first.

    A hole inside one polygon is a lake and is no gap.
    """
    holes = _holes(polygons)
    if len(holes) == 0:
        return []
    tree = shapely.STRtree(polygons)
    found = []
    for hole in holes:
        near = np.sort(tree.query(hole, predicate="intersects"))
        members = tuple(int(i) for i, shared in zip(near, _shared(hole, polygons[near]), strict=True) if shared > 0)
        if len(members) > 1:
            found.append(Misfit(members, width(hole), float(shapely.area(hole)), hole))
    return sorted(found, key=lambda misfit: (-misfit.width, misfit.members))


def _holes(polygons: Polygons) -> Polygons:
    """Bounded pieces of what the polygons leave free."""
    land = shapely.union_all(polygons)
    minx, miny, maxx, maxy = shapely.bounds(land)
    if np.isnan(minx):
        return np.empty(0, dtype=object)
    around = shapely.box(minx - 1, miny - 1, maxx + 1, maxy + 1)
    free = shapely.get_parts(shapely.difference(around, land))
    return np.asarray(free[shapely.bounds(free)[:, 0] >= minx], dtype=object)


def _shared(hole: shapely.Geometry, polygons: Polygons) -> Floats:
    edge = shapely.boundary(hole)
    return np.asarray(shapely.length(shapely.intersection(edge, shapely.boundary(polygons))), dtype=float)


def fill(polygons: Polygons, misfits: list[Misfit]) -> Polygons:
    """Give each gap to the neighbour with the longest border on it, the first where two are equal."""
    filled = polygons.copy()
    for gap in misfits:
        members = np.array(gap.members)
        taker = members[int(np.argmax(np.round(_shared(gap.polygon, polygons[members]), 6)))]
        filled[taker] = shapely.union_all([filled[taker], gap.polygon])
    return filled
