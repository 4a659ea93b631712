"""Roads, lanes and streams: cheapest ways over the relief, made smooth, and small lanes in hamlets."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from base_files import MILLIMETRE, Array
from numpy.random import Generator
from numpy.typing import NDArray
from relief import Cells, Relief, graph, nearest_paths
from scipy import ndimage, sparse
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, QhullError

Lines = list[shapely.LineString]


def road_cost(ground: Relief) -> Array:
    """Cost per metre of a road: dear on hills and right at the shore, none in the sea."""
    cost = ground.rough * (1 + (ground.height / 55) ** 2) + np.where(ground.coast < 70, 2.5, 0)
    return np.where(ground.coast > 0, np.round(cost, 6), np.inf)


def main_roads(ground: Relief, centres: Array) -> list[Cells]:
    """Ways that join the centres of an island, with a few loops."""
    cells = ground.cells(centres)
    net = graph(road_cost(ground), ground.cell, ground.height * 6)
    paths: list[Cells] = []
    for a, b in _links(centres):
        paths += nearest_paths(net, cells[[a]], cells[[b]])
    return paths


def side_roads(ground: Relief, main: list[Cells], hamlets: Array) -> list[Cells]:
    """From each hamlet the way to the nearest main road."""
    net = graph(road_cost(ground), ground.cell, ground.height * 6)
    return nearest_paths(net, np.concatenate(main), ground.cells(hamlets)) if main else []


def streams(ground: Relief, rng: Generator) -> list[Cells]:
    """Valleys from the hills to the shore; several may run together."""
    level = np.round(ndimage.gaussian_filter(ground.height, 2), 3)
    inside = ground.coast > 0
    cost = np.where(inside, ground.rough * (0.08 + (level / 40) ** 2), np.inf)
    shore = np.flatnonzero((inside & ~ndimage.binary_erosion(inside)).ravel())
    tops = _tops(ground, rng)
    return nearest_paths(graph(cost, ground.cell), shore, tops)


def _tops(ground: Relief, rng: Generator) -> Cells:
    """Springs: high cells some way from the coast, well apart."""
    high = np.flatnonzero((ground.height.ravel() > 45) & (ground.coast.ravel() > 280))
    springs: list[int] = []
    for cell in high[rng.permutation(len(high))]:
        here = ground.xy(np.array([cell]))
        if not springs or ((ground.xy(np.array(springs)) - here) ** 2).sum(axis=1).min() > 1_150**2:
            springs.append(int(cell))
    return np.array(springs, np.int64)


def _links(points: Array) -> list[tuple[int, int]]:
    """Neighbouring centres joined as a tree, and a quarter of the other short links too."""
    if len(points) < 2:
        return []
    pairs = _neighbours(points)
    length = np.round(np.sqrt(((points[pairs[:, 0]] - points[pairs[:, 1]]) ** 2).sum(axis=1)), 3)
    tree = minimum_spanning_tree(sparse.csr_array((length, pairs.T), shape=(len(points),) * 2)).tocoo()
    joined = {(min(a, b), max(a, b)) for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    short = pairs[np.argsort(length, kind="stable")][: len(pairs) // 2 : 2]
    return sorted(joined | {(int(a), int(b)) for a, b in short})


def _neighbours(points: Array) -> NDArray[np.int64]:
    every = np.array([(a, b) for a in range(len(points)) for b in range(a + 1, len(points))])
    if len(points) < 4:
        return every
    try:
        corners = Delaunay(points).simplices
    except QhullError:
        return every
    sides = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    return np.unique(sides, axis=0)


def as_lines(ground: Relief, paths: Iterable[Cells], *, used: Iterable[Cells] = (), slack: float = 1.3) -> Lines:
    """Ways as smooth lines: cut where they meet, drawn once; sides of ``used`` ways are left out."""
    old = {side for path in used for side in _sides(path)}
    sides = sorted({side for path in paths for side in _sides(path)} - old)
    fixed = {cell for side in old for cell in side}
    beside: dict[int, list[int]] = {}
    for a, b in sides:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    ends = sorted(cell for cell, near in beside.items() if len(near) != 2 or cell in fixed)
    return [_smooth(ground.xy(np.array(chain)), slack) for chain in _chains(beside, ends)]


def _sides(path: Cells) -> list[tuple[int, int]]:
    return [(min(a, b), max(a, b)) for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True)]


def _chains(beside: dict[int, list[int]], ends: list[int]) -> list[list[int]]:
    stops, done, chains = set(ends), set(), []
    for start in ends:
        for step in sorted(beside[start]):
            if (start, step) in done:
                continue
            chain = [start, step]
            while chain[-1] not in stops:
                chain.append(next(cell for cell in beside[chain[-1]] if cell != chain[-2]))
            done |= {(start, step), (chain[-1], chain[-2])}
            chains.append(chain)
    return chains


def _smooth(points: Array, slack: float) -> shapely.LineString:
    """A chain of cell centres without its steps; its ends stay."""
    curve = ndimage.gaussian_filter1d(points, slack, axis=0, mode="nearest") if len(points) > 2 else points.copy()
    curve[[0, -1]] = points[[0, -1]]
    return shapely.simplify(shapely.LineString(np.round(curve, 3)), 2.0)


def to_shore(line: shapely.LineString, land: shapely.Geometry) -> shapely.LineString:
    """A stream with its lower end carried on to the coast."""
    ends = shapely.points(shapely.get_coordinates(line)[[0, -1]])
    away = shapely.distance(ends, land.boundary)
    if away.min() > 120:
        return line
    low = int(np.argmin(away))
    mouth = shapely.get_coordinates(shapely.shortest_line(ends[low], land.boundary))[1]
    points = shapely.get_coordinates(line)
    return shapely.LineString(np.vstack([mouth, points]) if low == 0 else np.vstack([points, mouth]))


def hamlet_lanes(centre: Array, reach: float, area: shapely.Geometry, rng: Generator) -> Lines:
    """A few lanes that cross at a hamlet's centre, inside its community."""
    turn = rng.uniform(0, np.pi)
    place = shapely.Point(centre).buffer(reach, quad_segs=6)
    keep = shapely.intersection(place, area.buffer(-6))
    lanes: Lines = []
    for angle, gap in ((turn, 62.0), (turn + np.pi / 2 + rng.uniform(-0.2, 0.2), 78.0)):
        along = np.round([np.cos(angle), np.sin(angle)], 9)
        across = np.array([-along[1], along[0]])
        count = max(0, int((reach - 25) // gap))
        for offset in np.arange(-count, count + 1) * gap:
            ends = centre + np.outer([-1, -0.3, 0.4, 1], along) * reach + across * (offset + rng.normal(0, 4, (4, 1)))
            lanes += clip([shapely.LineString(np.round(ends, 3))], keep)
    return lanes


def clip(lines: Iterable[shapely.Geometry], area: shapely.Geometry, *, shortest: float = 25.0) -> Lines:
    """The parts of lines inside an area, on the millimetre grid, without stubs."""
    inside = shapely.intersection(np.array(list(lines), object), area)
    parts = shapely.get_parts(shapely.set_precision(inside, MILLIMETRE, mode="pointwise"))
    merged = [part for part in parts if part.geom_type == "LineString" and part.length > shortest]
    return sorted(merged, key=lambda line: shapely.to_wkb(line))
