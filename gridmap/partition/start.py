"""Where the search starts: recursive bisection along random spanning trees.

Each step cuts a connected set of units in two connected sides whose loads can both still be divided
legally, so that most starts are legal before any search.
"""

from __future__ import annotations

import numpy as np

from gridmap.partition.edges import Ints
from gridmap.partition.problem import Problem
from gridmap.partition.trees import tree_split

TRIALS = 6


def start(problem: Problem, seed: int, trials: int = TRIALS) -> Ints:
    """Labels 0..grids-1, every grid connected and with at least one unit of some load."""
    label = np.full(len(problem.load), -1, dtype=np.int64)
    label[problem.above] = np.arange(len(problem.above))
    free = label < 0
    count, component = problem.components(free[problem.u] & free[problem.v])
    loads = np.bincount(component, weights=problem.load * free, minlength=count).astype(np.int64)
    units = np.bincount(component, weights=free & (problem.load > 0), minlength=count).astype(np.int64)
    shares = share_out(loads, units, problem.grids - len(problem.above), problem.band.target)
    fresh = len(problem.above)
    rng = np.random.default_rng(seed)
    for c in np.flatnonzero(shares):
        members = np.flatnonzero(free & (component == c))
        label[members] = fresh + _bisect(problem, members, int(shares[c]), rng, trials)
        fresh += int(shares[c])
    return join_leftovers(problem, label)


def share_out(loads: Ints, units: Ints, grids: int, target: int) -> Ints:
    """How many grids each component gets: least squares from the target, none where there is too little.

    A component never gets more grids than it has units with a load.
    """
    shares = np.zeros(len(loads), dtype=np.int64)

    def miss(c: int, k: int) -> float:
        h = loads[c] / target
        return float(4 * h * h if k == 0 else (h - k) ** 2 / k)

    gain = np.array([miss(c, 1) - miss(c, 0) if units[c] else np.inf for c in range(len(loads))])
    for _ in range(grids):
        c = int(np.argmin(gain))
        if not np.isfinite(gain[c]):
            break
        shares[c] += 1
        k = int(shares[c])
        gain[c] = miss(c, k + 1) - miss(c, k) if k < units[c] else np.inf
    return shares


def _bisect(problem: Problem, members: Ints, grids: int, rng: np.random.Generator, trials: int) -> Ints:
    """Labels 0..grids-1 of a connected set of units."""
    label = np.zeros(len(members), dtype=np.int64)
    if grids == 1:
        return label
    position = np.full(len(problem.load), -1, dtype=np.int64)
    position[members] = np.arange(len(members))
    inner = (position[problem.u] >= 0) & (position[problem.v] >= 0)
    load = problem.load[members]
    band, total = problem.band, int(load.sum())
    one = grids // 2
    two = grids - one
    low = max(one * band.lo, total - two * band.hi, 1)
    high = max(low, min(one * band.hi, total - two * band.lo))
    side, _ = tree_split(
        position[problem.u[inner]],
        position[problem.v[inner]],
        problem.cost[inner],
        load,
        low=low,
        want=total * one // grids,
        high=high,
        trials=trials,
        rng=rng,
    )
    one, two = _feasible(one, two, int((load[side] > 0).sum()), int((load[~side] > 0).sum()))
    label[side] = _bisect(problem, members[side], one, rng, trials)
    label[~side] = one + _bisect(problem, members[~side], two, rng, trials)
    return label


def _feasible(one: int, two: int, units_one: int, units_two: int) -> tuple[int, int]:
    """Move grids between two sides so that neither has more grids than units with a load."""
    surplus = max(0, one - units_one) - max(0, two - units_two)
    return one - surplus, two + surplus


def join_leftovers(problem: Problem, label: Ints) -> Ints:
    """Give each unit that got no grid one of a neighbour's, the dearest border first."""
    label = label.copy()
    order = np.argsort(-problem.cost, kind="stable")
    while (label < 0).any():
        u, v = problem.u[order], problem.v[order]
        for a, b in ((u, v), (v, u)):
            take = np.flatnonzero((label[a] < 0) & (label[b] >= 0))
            units, first = np.unique(a[take], return_index=True)
            label[units] = label[b[take[first]]]
    return label
