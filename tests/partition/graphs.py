"""Small random connected graphs with loads, as problems of the search."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from gridmap.partition.problem import Problem
from gridmap.rules import Band


def problem_of(
    edges: Sequence[tuple[int, int]], load: Sequence[int], *, band: Band, grids: int, cost: Sequence[int] | None = None
) -> Problem:
    """A problem on units that stand in rows of six, 100 m apart."""
    pairs = sorted({(min(e), max(e)) for e in edges})
    u, v = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    place = np.arange(len(load), dtype=np.int64)
    lengths = np.array(cost if cost is not None else [100 + 7 * (a + b) for a, b in pairs], dtype=np.int64)
    loads = np.array(load, dtype=np.int64)
    return Problem("T", loads, 100 * (place % 6), 100 * (place // 6), u.copy(), v.copy(), lengths, band, grids)


@st.composite
def problems(draw: st.DrawFn, *, most: int = 12, heaviest: int = 20, grids: int | None = None) -> Problem:
    """A random tree with some more edges; loads from 0 to above the cap where ``heaviest`` allows it."""
    size = draw(st.integers(2, most))
    edges = [(draw(st.integers(0, n - 1)), n) for n in range(1, size)]
    edges += [(a, b) for a, b in draw(st.lists(st.tuples(*[st.integers(0, size - 1)] * 2), max_size=size)) if a != b]
    others = st.lists(st.integers(0, heaviest), min_size=size - 1, max_size=size - 1)
    load = [draw(st.integers(1, heaviest)), *draw(others)]
    lo = draw(st.integers(1, 12))
    band = Band(lo, lo + 1, lo + draw(st.integers(1, 8)))
    above = sum(1 for h in load if h > band.hi)
    small = sum(1 for h in load if 0 < h <= band.hi)
    if grids is None:
        grids = above + draw(st.integers(0 if above else 1, small if above else max(1, small)))
    return problem_of(edges, load, band=band, grids=grids)


def lattice(width: int, height: int, load: Sequence[int], *, band: Band, grids: int) -> Problem:
    """Units on a chessboard."""
    right = [(i, i + 1) for i in range(width * height) if (i + 1) % width]
    up = [(i, i + width) for i in range(width * (height - 1))]
    return problem_of([*right, *up], load, band=band, grids=grids)


def connected(members: Sequence[int], problem: Problem) -> bool:
    """Whether the members hang together; no members do."""
    edges = set(zip(problem.u.tolist(), problem.v.tolist(), strict=True))
    left, reached = set(members), set(list(members)[:1])
    while True:
        near = {b for a, b in itertools.product(reached, left - reached) if (min(a, b), max(a, b)) in edges}
        if not near:
            return reached == left
        reached |= near
