"""Ferry lines: within a village that lies on several islands, and between towns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from base_files import CRS, Array
from numpy.typing import NDArray
from relief import graph, nearest_paths
from scipy import ndimage, sparse
from scipy.sparse.csgraph import minimum_spanning_tree

METRES_A_MINUTE = 380.0
MARGIN = 6_000.0


@dataclass(frozen=True)
class Sea:
    """A raster of the water round one crossing."""

    x: Array
    y: Array
    net: sparse.csr_array

    def cell(self, point: Array) -> int:
        """The cell of a point."""
        column = int(np.argmin(np.abs(self.x - point[0])))
        return int(np.argmin(np.abs(self.y - point[1]))) * len(self.x) + column

    def xy(self, cells: NDArray[np.int64]) -> Array:
        """Centres of cells."""
        rows, columns = np.divmod(cells, len(self.x))
        return np.column_stack([self.x[columns], self.y[rows]])


def sea(land: shapely.Geometry, start: Array, end: Array) -> Sea:
    """The water between two piers; a boat keeps off the shore where it can, and lands only to land."""
    size = float(np.clip(np.sqrt(((end - start) ** 2).sum()) / 110, 40, 150))
    low, high = np.minimum(start, end) - MARGIN, np.maximum(start, end) + MARGIN
    x, y = np.arange(low[0], high[0], size), np.arange(low[1], high[1], size)
    water = ~shapely.contains_xy(land, *np.meshgrid(x, y))
    shore = ndimage.distance_transform_edt(water) * size
    cost = np.where(water, 1 + np.clip(1.6 - shore / 200, 0, 1.5), 60.0)
    return Sea(x, y, graph(np.round(cost, 6), size))


def pier(land: shapely.Geometry, village: Array, toward: Array) -> Array:
    """The place on a coast to leave from: near the village, a little on the side of the goal."""
    coast = shapely.get_coordinates(shapely.segmentize(land.exterior, 60.0))
    way = np.sqrt(((coast - village) ** 2).sum(axis=1)) + 0.12 * np.sqrt(((coast - toward) ** 2).sum(axis=1))
    return np.round(coast[np.argmin(np.round(way, 3))], 3)


def crossing(land: shapely.Geometry, start: Array, end: Array) -> shapely.LineString:
    """A smooth way over water between two piers."""
    shapely.prepare(land)
    water = sea(land, start, end)
    paths = nearest_paths(water.net, np.array([water.cell(end)]), np.array([water.cell(start)]))
    if not paths or len(paths[0]) < 5:
        return shapely.LineString([start, end])
    middle = water.xy(paths[0])
    middle = ndimage.gaussian_filter1d(middle, 1.5, axis=0, mode="nearest")
    afloat = ~shapely.contains_xy(land, middle)
    middle = middle[np.flatnonzero(afloat)[0] : np.flatnonzero(afloat)[-1] + 1] if afloat.any() else middle[:0]
    return shapely.simplify(shapely.LineString(np.round(np.vstack([start, middle, end]), 3)), 15.0)


def village_ferries(
    dry: shapely.Geometry, pieces: Mapping[str, tuple[shapely.Geometry, Array]]
) -> list[shapely.LineString]:
    """Ferries that join the inhabited islands of one village, as few and as short as can be."""
    names = sorted(pieces)
    away = np.array([[shapely.distance(pieces[a][0], pieces[b][0]) for b in names] for a in names])
    tree = minimum_spanning_tree(np.round(away, 3)).tocoo()
    lines = []
    for i, j in sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True)):
        (land_a, home_a), (land_b, home_b) = pieces[names[i]], pieces[names[j]]
        lines.append(crossing(dry, pier(land_a, home_a, home_b), pier(land_b, home_b, home_a)))
    return lines


def ferry_frame(rows: list[tuple[str, str, shapely.LineString]]) -> gpd.GeoDataFrame:
    """The ferries layer: id, what it joins, minutes."""
    lines = [line for _, _, line in rows]
    return gpd.GeoDataFrame(
        {
            "ferry_id": [f"F{number:02d}" for number in range(1, len(rows) + 1)],
            "from_id": [a for a, _, _ in rows],
            "to_id": [b for _, b, _ in rows],
            "minutes": [round(5 + line.length / METRES_A_MINUTE) for line in lines],
            "origin": "synthetic",
        },
        geometry=lines,
        crs=CRS,
    )
