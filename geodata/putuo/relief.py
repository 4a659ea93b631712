"""A raster of one island: where the land is, how far the coast, and a made-up height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from base_files import Array
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra

HILL = 190.0
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Relief:
    """Cells of ``cell`` metres over ``land``; ``coast`` is metres to the coast, 0 off the land.

    ``rough`` is a factor round 1 that makes ways wind.
    """

    land: shapely.Geometry
    x: Array
    y: Array
    cell: float
    coast: Array
    height: Array
    rough: Array

    @property
    def ease(self) -> Array:
        """How readily people settle in a cell: low ground some way in from the shore; 0 in the sea."""
        shore = np.clip((self.coast - 40) / 120, 0, 1)
        return np.round(shore / (1 + (self.height / 28) ** 2) / (1 + (self.coast / 1500) ** 2), 9)

    def xy(self, cells: Cells) -> Array:
        """Centres of flat cell numbers."""
        rows, columns = np.divmod(cells, len(self.x))
        return np.column_stack([self.x[columns], self.y[rows]])

    def cells(self, points: Array) -> Cells:
        """Flat cell numbers of points."""
        columns = np.clip(np.round((points[:, 0] - self.x[0]) / self.cell), 0, len(self.x) - 1)
        rows = np.clip(np.round((points[:, 1] - self.y[0]) / self.cell), 0, len(self.y) - 1)
        return (rows * len(self.x) + columns).astype(np.int64)

    def within(self, area: shapely.Geometry) -> Cells:
        """Land cells inside an area."""
        cells = np.flatnonzero(self.coast.ravel() > 0)
        return cells[shapely.contains_xy(area, self.xy(cells))]


def relief(land: shapely.Geometry, rng: Generator, *, shore: shapely.Geometry | None = None) -> Relief:
    """The relief of an island: higher inland, with hills and valleys by smoothed noise.

    ``shore`` is the whole island where ``land`` is only a part of it.
    """
    cell = 30.0 if land.area < 4e6 else 50.0
    x0, y0, x1, y1 = np.round(land.bounds) + np.array([-2, -2, 2, 2]) * cell
    x, y = np.arange(x0, x1, cell), np.arange(y0, y1, cell)
    grid = np.meshgrid(x, y)
    inside = shapely.contains_xy(land, *grid)
    dry = inside if shore is None else shapely.contains_xy(shore, *grid)
    coast = np.where(inside, np.round(ndimage.distance_transform_edt(dry) * cell, 3), 0)
    noise = sum(w * _smooth(rng.standard_normal(inside.shape), m / cell) for w, m in ((0.45, 650), (0.2, 220)))
    height = HILL * coast / (coast + 700) * np.clip(0.75 + noise, 0.03, None)
    rough = np.round(np.clip(1 + 0.4 * _smooth(rng.standard_normal(inside.shape), 1.6), 0.25, None), 6)
    return Relief(land, x, y, cell, coast, np.round(np.where(inside, height, 0), 1), rough)


def _smooth(noise: Array, sigma: float) -> Array:
    smooth = ndimage.gaussian_filter(noise, sigma)
    return np.round(smooth / smooth.std(), 6)


def graph(cost: Array, cell: float, climb: Array | None = None) -> sparse.csr_array:
    """Eight-neighbour graph over cells of finite cost; ``climb`` adds for each metre up or down."""
    number = np.arange(cost.size).reshape(cost.shape)
    tails, heads, weights = [], [], []
    for dy, dx in STEPS:
        here = (slice(0, cost.shape[0] - dy), slice(max(0, -dx), cost.shape[1] - max(0, dx)))
        there = (slice(dy, cost.shape[0]), slice(max(0, dx), cost.shape[1] - max(0, -dx)))
        weight = (cost[here] + cost[there]) / 2 * cell * np.sqrt(dx * dx + dy * dy)
        if climb is not None:
            weight = weight + np.abs(climb[here] - climb[there])
        good = np.isfinite(weight)
        tails.append(number[here][good])
        heads.append(number[there][good])
        weights.append(np.round(weight[good], 3))
    triple = (np.concatenate(weights), (np.concatenate(tails), np.concatenate(heads)))
    return sparse.csr_array(triple, shape=(cost.size, cost.size))


def nearest_paths(net: sparse.csr_array, sources: Cells, targets: Cells) -> list[Cells]:
    """From each target the cheapest way to the nearest source, as cells; none where there is no way."""
    _, before, _ = dijkstra(net, directed=False, indices=np.unique(sources), min_only=True, return_predecessors=True)
    paths = []
    for target in targets:
        path = [int(target)]
        while before[path[-1]] >= 0:
            path.append(int(before[path[-1]]))
        if len(path) > 1:
            paths.append(np.array(path, np.int64))
    return paths
