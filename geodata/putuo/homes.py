"""Hamlets, and a place for every building."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from base_files import Array
from counts import split
from numpy.random import Generator
from numpy.typing import NDArray
from relief import Relief
from scipy.spatial import cKDTree

CLEAR = 2.6
APART = 8.5
FROM_HAMLET_TO_HAMLET = 430.0


@dataclass(frozen=True)
class Hamlet:
    """A natural village: its centre, how far it reaches, and how many buildings it has."""

    centre: Array
    reach: float
    buildings: int


def hamlets(
    ground: Relief, area: shapely.Geometry, first: Array | None, buildings: int, rng: Generator
) -> list[Hamlet]:
    """Hamlets of a village on one island: on easy ground, well apart, the first at its centre."""
    wanted = int(np.clip(round(buildings / 62), 1, 9))
    cells = ground.within(area.buffer(-45))
    cells = cells if len(cells) else ground.within(area)
    points, ease = ground.xy(cells), ground.ease.ravel()[cells] + 1e-6
    ease = np.round(np.sqrt(ease) * rng.uniform(0.3, 1, len(ease)), 9)
    found = [] if first is None else [first]
    apart = FROM_HAMLET_TO_HAMLET
    while len(found) < wanted:
        free = ease * _far(points, found, apart)
        if free.max() > min(0.25, apart / 1_000) or (apart < 100 and free.max() > 0):
            found.append(points[np.argmax(free)])
        elif apart < 1:
            break
        else:
            apart *= 0.9
    share = np.sort(rng.dirichlet(np.full(len(found), 7.0)))[::-1]
    numbers = split(buildings, np.round(share, 6).tolist())
    return [Hamlet(c, 38 + 8.4 * float(np.sqrt(n)), n) for c, n in zip(found, numbers, strict=True) if n]


def _far(points: Array, found: list[Array], apart: float) -> NDArray[np.bool_]:
    if not found:
        return np.ones(len(points), bool)
    return cKDTree(np.array(found)).query(points)[0] > apart


def village_places(
    area: shapely.Geometry, places: list[Hamlet], lines: NDArray[np.object_], barriers: shapely.STRtree, rng: Generator
) -> tuple[Array, NDArray[np.int64]]:
    """A place for each building of a village beside its lanes and roads, and the hamlet of each."""
    taken, member = np.empty((0, 2)), np.empty(0, np.int64)
    for number, hamlet in enumerate(places):
        reach = hamlet.reach
        while (member == number).sum() < hamlet.buildings:
            tried = _beside(lines, hamlet.centre, reach, 8 * hamlet.buildings + 40, rng)
            farms = _beside(lines, hamlet.centre, 4 * reach, 2 + hamlet.buildings // 7, rng)
            free = _allowed(np.vstack([farms, tried]), area, barriers)
            free = _thin(np.vstack([taken, free]), APART)[len(taken) :]
            free = free[: hamlet.buildings - (member == number).sum()]
            taken = np.vstack([taken, free])
            member = np.r_[member, np.full(len(free), number)]
            reach *= 1.12
    return taken, member


def _beside(lines: NDArray[np.object_], centre: Array, reach: float, count: int, rng: Generator) -> Array:
    """Places a few metres off the lines round a centre, with some gardens and outlying farms."""
    near = shapely.intersection(lines, shapely.Point(centre).buffer(reach))
    near = near[shapely.length(near) > 5]
    spread = np.round(centre + rng.normal(0, reach / 2.4, (max(8, count // 9), 2)), 2)
    if len(near) == 0:
        return np.round(centre + rng.normal(0, reach / 1.6, (count, 2)), 2)
    length = shapely.length(near)
    pick = near[rng.choice(len(near), count, p=length / length.sum())]
    at = rng.random(count)
    here = shapely.get_coordinates(shapely.line_interpolate_point(pick, at, normalized=True))
    away = (5.5 + rng.exponential(9.0, count))[:, None]
    turn = rng.uniform(0, 2 * np.pi, count)
    beside = np.round(here + away * np.column_stack([np.cos(turn), np.sin(turn)]), 2)
    mixed = np.vstack([beside, spread])
    return mixed[rng.permutation(len(mixed))]


def town_places(area: shapely.Geometry, angle: float, count: int, barriers: shapely.STRtree, rng: Generator) -> Array:
    """Places in rows along the streets of a community, closer together where room is short."""
    gap = float(np.clip(np.sqrt(area.area * 0.55 / count), 12.0, 34.0))
    while True:
        rows = _rows(area, angle, gap, rng)
        free = _allowed(rows, area, barriers)
        if len(free) >= count:
            return free[np.sort(rng.permutation(len(free))[:count])]
        gap *= 0.93


def _rows(area: shapely.Geometry, angle: float, gap: float, rng: Generator) -> Array:
    middle = shapely.get_coordinates(area.centroid)[0]
    x0, y0, x1, y1 = area.bounds
    half = np.arange(-(x1 - x0 + y1 - y0) / 2, (x1 - x0 + y1 - y0) / 2, gap)
    local = np.column_stack([axis.ravel() for axis in np.meshgrid(half, half)])
    local = local + rng.uniform(-0.17, 0.17, local.shape) * gap
    cos, sin = np.round([np.cos(angle), np.sin(angle)], 9)
    return np.round(middle + local @ np.array([[cos, sin], [-sin, cos]]), 2)


def _allowed(points: Array, area: shapely.Geometry, barriers: shapely.STRtree) -> Array:
    """The points well inside an area and clear of every barrier."""
    inside = points[shapely.contains_xy(area.buffer(-CLEAR), points)]
    close = np.unique(barriers.query(shapely.points(inside), predicate="dwithin", distance=CLEAR)[0])
    return np.delete(inside, close, axis=0)


def _thin(points: Array, apart: float) -> Array:
    """Points in order, without those too close to an earlier one."""
    keep = np.ones(len(points), bool)
    for i, j in sorted(cKDTree(points).query_pairs(apart)):
        if keep[i]:
            keep[j] = False
    return points[keep]
