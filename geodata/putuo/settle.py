"""Where communities have their centre, and the outlines that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from base_files import MILLIMETRE, Array
from numpy.random import Generator
from numpy.typing import NDArray
from relief import Relief
from scipy.spatial import cKDTree

ZONE_REACH = 430.0
APART = 220.0
BUILT_BELOW = 80.0
WIDEST = 900.0
Faces = NDArray[np.int64]


def centres(relief: Relief, weight: Array, count: int, rng: Generator) -> Array:
    """Centres spread over land by weight (Lloyd's iteration), each moved to easy ground close by."""
    cells = np.flatnonzero(weight.ravel() > 0)
    points, share = relief.xy(cells), weight.ravel()[cells]
    found = points[rng.choice(len(points), count, replace=False, p=share / share.sum())]
    for _ in range(25):
        nearest = cKDTree(found).query(points)[1]
        mass = np.maximum(np.bincount(nearest, share, count), 1e-9)
        found = np.column_stack([np.bincount(nearest, share * points[:, i], count) / mass for i in (0, 1)])
        found = np.round(found, 3)
    return _to_easy_ground(points, share, found)


def _to_easy_ground(points: Array, share: Array, found: Array) -> Array:
    """Each centre moved to the best cell close by, and kept clear of those before it."""
    free, moved = share.copy(), []
    for centre in found:
        away = ((points - centre) ** 2).sum(axis=1)
        moved.append(points[np.argmax(np.round(free / (1 + away / 250**2), 12))])
        free[((points - moved[-1]) ** 2).sum(axis=1) < APART**2] *= 1e-6
    return np.array(moved)


def fractal(start: Array, end: Array, rng: Generator, *, rough: float, longest: float = 90.0) -> Array:
    """A wandering line between two points by midpoint displacement."""
    line = np.array([start, end], float)
    while np.sqrt((np.diff(line, axis=0) ** 2).sum(axis=1)).max() > longest:
        along = np.diff(line, axis=0)
        length = np.sqrt((along**2).sum(axis=1, keepdims=True))
        across = np.column_stack([-along[:, 1], along[:, 0]]) * np.minimum(1, WIDEST / length)
        middle = (line[:-1] + line[1:]) / 2 + across * rng.normal(0, rough, (len(along), 1))
        line = np.insert(line, np.arange(1, len(line)), middle, axis=0)
    return np.round(line, 3)


def zone(relief: Relief, urban: Array) -> shapely.Geometry:
    """The built-up area round urban centres: low ground near them, a little in from the shore."""
    near = shapely.union_all(shapely.buffer(shapely.points(urban), ZONE_REACH))
    cells = relief.within(near)
    low = cells[relief.height.ravel()[cells] < BUILT_BELOW]
    half = relief.cell / 2
    corner = relief.xy(low)
    squares = shapely.box(*(corner - half).T, *(corner + half).T)
    shape = shapely.union_all(squares).buffer(60).buffer(-110).buffer(50).simplify(12)
    shape = shapely.intersection(shape, relief.land.buffer(-22))
    parts = [part for part in shapely.get_parts(shape) if part.area > 60_000]
    return shapely.set_precision(shapely.union_all([shapely.Polygon(part.exterior) for part in parts]), MILLIMETRE)


@dataclass(frozen=True)
class Streets:
    """The streets of a zone: lines, their kind, and the direction they run in."""

    lines: NDArray[np.object_]
    kinds: NDArray[np.object_]
    angle: float


def streets(area: shapely.Geometry, rng: Generator) -> Streets:
    """Two families of gently bent streets across a zone, and a street round it."""
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(area))
    sides = np.diff(box[:3], axis=0)
    long = sides[np.argmax((sides**2).sum(axis=1))]
    angle = float(np.round(np.arctan2(long[1], long[0]), 6))
    lines: list[shapely.Geometry] = [part.exterior for part in shapely.get_parts(area)]
    kinds = ["road_main"] * len(lines)
    for turn, gap, kept in ((0.0, 105.0, 0.95), (np.pi / 2, 130.0, 0.9)):
        family = _family(area, angle + turn, gap, rng)
        chosen = np.flatnonzero((rng.random(len(family)) < kept) | (np.arange(len(family)) % 4 == 0))
        lines += [shapely.intersection(family[i], area) for i in chosen]
        kinds += [_street_kind(int(i)) for i in chosen]
    return Streets(np.array(lines, object), np.array(kinds, object), angle)


def _street_kind(place: int) -> str:
    return {0: "road_main", 2: "lane"}.get(place % 4, "road")


def _family(area: shapely.Geometry, angle: float, gap: float, rng: Generator) -> list[shapely.Geometry]:
    along = np.round([np.cos(angle), np.sin(angle)], 9)
    across = np.array([-along[1], along[0]])
    middle = shapely.get_coordinates(area.centroid)[0]
    spans = [(shapely.get_coordinates(area) - middle) @ axis for axis in (along, across)]
    at = np.arange(spans[0].min() - 50, spans[0].max() + 100, 40.0)
    bend = 22 * np.sin(at / 210 + rng.uniform(0, 6)) + 12 * np.sin(at / 90 + rng.uniform(0, 6))
    offsets = np.arange(spans[1].min() + 40, spans[1].max(), gap)
    offsets = offsets + rng.uniform(-0.16, 0.16, len(offsets)) * gap
    return [
        shapely.LineString(np.round(middle + np.outer(at, along) + np.outer(bend + offset, across), 3))
        for offset in offsets
    ]


def borders(
    land: shapely.Geometry, points: Array, rng: Generator, *, smooth: shapely.Geometry
) -> list[shapely.Geometry]:
    """Wandering lines half-way between centres, up to the edge of the zone that has streets instead."""
    if len(points) < 2:
        return []
    reach = land.envelope.buffer(5_000)
    edges = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=reach, only_edges=True)
    pairs = np.array([shapely.get_coordinates(edge) for edge in shapely.get_parts(edges)])
    pairs = np.array([pair[np.lexsort(pair.T)] for pair in pairs])
    pairs = pairs[np.lexsort(pairs.reshape(len(pairs), 4).T)]
    lines = [shapely.LineString(fractal(a, b, rng, rough=0.09)) for a, b in pairs]
    return [part for line in lines for part in shapely.get_parts(shapely.difference(line, smooth))]


def label_faces(faces: NDArray[np.object_], points: Array) -> Faces:
    """Which centre each face belongs to: the nearest, yet each community in one piece round its centre."""
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    labels = cKDTree(points).query(inner)[1].astype(np.int64)
    holds = shapely.STRtree(faces).query(shapely.points(points), predicate="intersects")
    _, first = np.unique(holds[0], return_index=True)
    homes = holds[1][first]
    if len(np.unique(homes)) < len(points):
        raise ValueError("two centres lie in one face; the borders wander too far")
    labels[homes] = np.arange(len(points))
    left, right, length = shared_edges(faces)
    for _ in range(20):
        stray = ~_reached(labels, homes, left, right)
        if not stray.any():
            break
        labels = _give_away(labels, stray, left, right, length)
    return labels


def shared_edges(faces: NDArray[np.object_]) -> tuple[Faces, Faces, Array]:
    """Pairs of faces with a common side, and its length."""
    left, right = shapely.STRtree(faces).query(faces, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    order = np.lexsort([right, left])
    left, right = left[order], right[order]
    length = shapely.length(shapely.intersection(faces[left], faces[right]))
    return left[length > 0.01], right[length > 0.01], length[length > 0.01]


def _reached(labels: Faces, homes: Faces, left: Faces, right: Faces) -> NDArray[np.bool_]:
    reached = np.zeros(len(labels), bool)
    reached[homes] = True
    same = labels[left] == labels[right]
    while True:
        more = same & (reached[left] != reached[right])
        if not more.any():
            return reached
        reached[left[more]] = reached[right[more]] = True


def _give_away(labels: Faces, stray: NDArray[np.bool_], left: Faces, right: Faces, length: Array) -> Faces:
    """Stray faces go to the neighbour with the longest common side."""
    given = labels.copy()
    best = np.zeros(len(labels))
    for a, b, side in zip(np.r_[left, right], np.r_[right, left], np.r_[length, length], strict=True):
        if stray[a] and not stray[b] and side > best[a]:
            best[a], given[a] = side, labels[b]
    return given
