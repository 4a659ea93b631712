"""Outlines of grids and communities as unions of their units, and what is measured on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.partition.contiguity import Contiguity
from gridmap.partition.edges import Floats, Ints, Shapes


@dataclass(frozen=True)
class Homes:
    """Where households live: a point, its unit and its households, one row a building or ready-made unit."""

    xy: Floats
    unit: Ints
    households: Ints


def compactness(shapes: Shapes) -> Floats:
    """Polsby-Popper: 4 pi area / perimeter squared, 1 for a circle (Polsby and Popper, 1991)."""
    return np.asarray(4 * np.pi * shapely.area(shapes) / np.maximum(shapely.length(shapes), 1e-9) ** 2)


def barrier_share(graph: Contiguity, grid: Ints, grids: int) -> Floats:
    """The part of each grid's border inside its community that runs on barriers; NaN where it has none."""
    cut = grid[graph.u] != grid[graph.v]
    inner, on_barrier = np.zeros(grids), np.zeros(grids)
    for side in (grid[graph.u[cut]], grid[graph.v[cut]]):
        np.add.at(inner, side, graph.length[cut])
        np.add.at(on_barrier, side, graph.on_barrier[cut])
    with np.errstate(invalid="ignore"):
        return np.where(inner > 0, on_barrier / inner, np.nan)


def distances(homes: Homes, grid: Ints, grids: int) -> tuple[Floats, Floats]:
    """Mean and greatest distance in metres of households to the middle of the homes of their grid.

    NaN where a grid has no households.
    """
    lived = homes.households > 0
    own, weight, xy = grid[homes.unit[lived]], homes.households[lived].astype(float), homes.xy[lived]
    total = np.bincount(own, weights=weight, minlength=grids)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.column_stack([np.bincount(own, weights=weight * axis, minlength=grids) / total for axis in xy.T])
        away = np.hypot(*(xy - middle[own]).T)
        mean = np.bincount(own, weights=weight * away, minlength=grids) / total
    greatest = pd.Series(away).groupby(own).max().reindex(range(grids)).to_numpy(dtype=float)
    return mean, greatest


def representative(shapes: Shapes) -> NDArray[np.float64]:
    """A point inside each shape, n x 2."""
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)))
