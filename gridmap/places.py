"""Where buildings stand: in which community, and at which place inside it their cell is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.errors import Finding
from gridmap.households import pick
from gridmap.sources import Raw

INWARD = (0.5, 0.1, 0.01, 0.002)
NOWHERE = -1

Shapes = NDArray[np.object_]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Site:
    """For each point the community that it lies in, on the border of, or nearest to, and how far that is.

    ``inside`` is True strictly inside; ``distance`` is 0 inside and on a border.
    """

    community: Indices
    inside: Mask
    distance: NDArray[np.float64]


def sites(points: Shapes, outlines: Shapes) -> Site:
    """Find the community of each point; the first of several where a point is on a shared border."""
    community = np.full(len(points), NOWHERE, dtype=np.intp)
    distance = np.zeros(len(points))
    tree = shapely.STRtree(points)
    _take_first(community, tree.query(outlines, predicate="contains_properly"))
    inside = community != NOWHERE
    rest = np.flatnonzero(~inside)
    if len(rest):
        border = np.full(len(rest), NOWHERE, dtype=np.intp)
        _take_first(border, shapely.STRtree(points[rest]).query(outlines, predicate="intersects"))
        community[rest] = border
    outer = np.flatnonzero(community == NOWHERE)
    if len(outer) and len(outlines):
        (which, near), far = shapely.STRtree(outlines).query_nearest(points[outer], return_distance=True)
        nearest = np.full(len(outer), NOWHERE, dtype=np.intp)
        _take_first(nearest, np.array([near, which]))
        community[outer] = nearest
        distance[outer[which]] = far
    return Site(community, inside, distance)


def _take_first(target: Indices, hits: NDArray[np.intp]) -> None:
    """Set each point's smallest community of the hits (community, point)."""
    order = np.lexsort((hits[0], hits[1]))[::-1]
    target[hits[1][order]] = hits[0][order]


@dataclass(frozen=True, eq=False)
class Placed:
    """Points with their communities (an index; -1 nowhere), moved inside where ``listed``."""

    points: Shapes
    community: Indices
    listed: Mask
    findings: tuple[Finding, ...]


def place(raw: Raw, ids: Sequence[str], points: Shapes, named: Indices, outlines: Shapes, *, outside: float) -> Placed:
    """Put every point strictly inside its community: the named one (an index, -1 none), else the nearest.

    Points farther than ``outside`` metres from every community are faults.
    """
    site = sites(points, outlines)
    far = site.distance > outside
    community = np.where(named == NOWHERE, site.community, named)
    listed = ~(site.inside & (site.community == community)) & (community != NOWHERE)
    stray = listed & ~far
    moved = points.copy()
    moved[stray] = _inward(points[stray], community[stray], outlines)
    own = np.zeros(len(points))
    own[stray] = shapely.distance(points[stray], outlines[community[stray]])
    elsewhere = stray & (named != NOWHERE) & (own > 0)
    border = stray & ~elsewhere & (site.distance == 0)
    findings = [
        _finding(raw, ids, "OUTSIDE", far, site.distance, metres=outside),
        _finding(raw, ids, "BUILDING_MOVED", stray & ~elsewhere & ~border, site.distance, note=True, metres=outside),
        _finding(raw, ids, "BUILDING_ELSEWHERE", elsewhere, own, note=True),
        _finding(raw, ids, "BUILDING_ON_BORDER", border, site.distance, note=True),
    ]
    return Placed(moved, community, listed, tuple(f for f in findings if f is not None))


def _finding(
    raw: Raw,
    ids: Sequence[str],
    code: str,
    where: Mask,
    distance: NDArray[np.float64],
    *,
    note: bool = False,
    **values: object,
) -> Finding | None:
    if not where.any():
        return None
    far = [round(float(d), 1) for d in distance[where]]
    values = {**values, "distance": max(far), "distances": far}
    return raw.note(code, pick(ids, where), **values) if note else raw.fault(code, pick(ids, where), **values)


def _inward(points: Shapes, community: Indices, outlines: Shapes) -> Shapes:
    """The nearest place of each point inside its community, half a metre from its border where it can be."""
    moved = points.copy()
    for index in np.unique(community):
        chosen = community == index
        core = _core(outlines[index])
        shapely.prepare(core)
        lines = shapely.shortest_line(points[chosen], core)
        moved[chosen] = shapely.get_point(lines, 1)
    return moved


def _core(outline: shapely.Geometry) -> shapely.Geometry:
    for inward in INWARD:
        core = shapely.buffer(outline, -inward)
        if not shapely.is_empty(core):
            return core
    return shapely.point_on_surface(outline)
