"""One landmass as numbers: the graph, loads and places of its units, and the bands of its grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gridmap.partition.edges import Ints
from gridmap.rules import Band


@dataclass(frozen=True, eq=False)
class Problem:
    """Units 0..n-1 of one landmass and the grids they are to form.

    ``load`` is what the rule measures, ``x`` and ``y`` whole metres from the middle, ``u``, ``v``, ``cost``
    the edges (cost in centimetres of boundary). ``grids`` counts all grids. Each unit above the cap is a
    grid of its own, labelled first; such a grid may take in what nothing else can reach.
    """

    key: str
    load: Ints
    x: Ints
    y: Ints
    u: Ints
    v: Ints
    cost: Ints
    band: Band
    grids: int

    @cached_property
    def above(self) -> Ints:
        """The units above the cap."""
        return np.flatnonzero(self.load > self.band.hi)

    @cached_property
    def pinned(self) -> NDArray[np.bool_]:
        """Units that never change their grid: those above the cap."""
        return self.load > self.band.hi

    def dividing(self, grids: int) -> Problem:
        """The same landmass, to be divided into another number of grids."""
        return replace(self, grids=grids)

    @cached_property
    def holdings(self) -> Ints:
        """What each unit holds (n x 4): load, load * (x2 + y2), load * x, load * y."""
        return np.column_stack([self.load, self.load * (self.x**2 + self.y**2), self.load * self.x, self.load * self.y])

    def held(self, label: Ints) -> Ints:
        """What each grid holds (grids x 4), as ``holdings`` of its units."""
        sums = np.zeros((self.grids, 4), dtype=np.int64)
        np.add.at(sums, label, self.holdings)
        return sums

    def bounds(self) -> Ints:
        """Least, wanted and greatest load of each grid (3 x grids); a grid of a unit above the cap wants it alone."""
        bands = np.tile([[self.band.lo], [self.band.target], [self.band.hi]], self.grids).astype(np.int64)
        bands[:, : len(self.above)] = self.load[self.above]
        return bands

    @cached_property
    def rows(self) -> tuple[Ints, Ints, Ints]:
        """Compressed rows: start, neighbour, edge."""
        n, m = len(self.load), len(self.u)
        ends, others = np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u])
        order = np.lexsort((others, ends))
        start = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
        return start, others[order], np.tile(np.arange(m), 2)[order]

    def components(self, edges: NDArray[np.bool_]) -> tuple[int, Ints]:
        """Connected components over the chosen edges: their number and that of each unit."""
        n = len(self.load)
        graph = coo_matrix((np.ones(int(edges.sum())), (self.u[edges], self.v[edges])), shape=(n, n))
        count, label = connected_components(graph, directed=False)
        return int(count), label.astype(np.int64)

    def loads(self, label: Ints) -> Ints:
        """The load of each grid."""
        sums = np.zeros(self.grids, dtype=np.int64)
        np.add.at(sums, label, self.load)
        return sums

    def out_of_range(self, label: Ints) -> NDArray[np.bool_]:
        """Which grids are outside the band of the rule."""
        sums = self.loads(label)
        return (sums < self.band.lo) | (sums > self.band.hi)
