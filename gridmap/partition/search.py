"""The search: several annealed starts, the best kept; the same seed gives the same answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from gridmap.partition.annealing import anneal
from gridmap.partition.edges import Ints
from gridmap.partition.exact import prove
from gridmap.partition.problem import Problem
from gridmap.partition.start import join_leftovers, start
from gridmap.rules import Band

ROUNDS = 200
HOT, COLD = 3.0, 0.05
SLOPE, CHARGE = 2.0, 5


@dataclass(frozen=True)
class Effort:
    """How hard to search: hundredths of the usual proposals, further starts after a miss, and patience.

    ``patience`` is the number of starts in a row without anything better after which it is enough.

    Many short starts find shorter boundaries than few long ones at the same cost, the more so the smaller
    the landmass: a few grids can lie in wholly different ways.
    """

    proposals: int = 100
    least: int = 20_000
    extra_starts: int = 6
    patience: int = 12

    def tries(self, problem: Problem) -> int:
        """The number of starts, by the number of units."""
        units = len(problem.load)
        return 24 if units < 600 else 6 if units < 3000 else 3

    def steps(self, problem: Problem) -> int:
        """Proposals in each round of one start: 180 for each unit of a small landmass, else 400."""
        each = 180 if self.tries(problem) > 6 else 400
        return max(self.least, self.proposals * each * len(problem.load) // 100) // ROUNDS


EFFORT = Effort()


@dataclass(frozen=True, eq=False)
class Found:
    """The best labels found, their grids out of range, their energy and the starts and proposals tried."""

    label: Ints
    missed: int
    energy: int = 0
    starts: int = 0
    proposals: int = 0


def search(problem: Problem, seed: int, effort: Effort = EFFORT) -> Found:
    """The best division of one landmass that the effort finds; small ones that miss are solved exactly."""
    whole = np.zeros(len(problem.load), dtype=np.int64)
    if problem.grids < 2:
        return Found(whole, int(problem.out_of_range(whole).sum()))
    floor = len(problem.above)
    weights = _weights(problem, start(problem, _seed(problem.key, seed, 0)))
    best, since = Found(whole, len(whole) + 1), 0
    for number in range(effort.tries(problem) + effort.extra_starts):
        enough = number >= effort.tries(problem) or since >= effort.patience
        if enough and best.missed <= floor:
            break
        label, missed, energy = _one(problem, _seed(problem.key, seed, number), effort, weights)
        since += 1
        if (missed, energy) < (best.missed, best.energy) or number == 0:
            best, since = replace(best, label=label, missed=missed, energy=energy), 0
        best = replace(best, starts=number + 1, proposals=(number + 1) * effort.steps(problem) * ROUNDS)
    return best if best.missed <= floor else _exactly(problem, best)


def _exactly(problem: Problem, found: Found) -> Found:
    """A legal division by exhaustive search, where there is one; else what was found."""
    verdict = prove(problem)
    if not verdict.legal:
        return found
    label = np.array(verdict.label, dtype=np.int64)
    label = np.where(label < 0, -1, label + len(problem.above))
    label[problem.above] = np.arange(len(problem.above))
    label = join_leftovers(problem, label)
    return replace(found, label=label, missed=int(problem.out_of_range(label).sum()))


def _seed(key: str, seed: int, number: int) -> int:
    """A seed that depends on the community's id alone, never on the order of the communities."""
    digest = hashlib.sha256(f"{key}|{seed}|{number}".encode()).digest()
    return int.from_bytes(digest[:7], "big")


def _one(problem: Problem, seed: int, effort: Effort, weights: Ints) -> tuple[Ints, int, int]:
    steps, schedule = effort.steps(problem), _schedule(_mean_cost(problem))
    begin = start(problem, seed)
    label, energy = anneal(problem, begin, schedule=schedule, steps=steps, weights=weights, seed=seed)
    return label, int(problem.out_of_range(label).sum()), energy


def _schedule(mean: int) -> Ints:
    """Temperature, fixed charge and slope of a miss for each round (rounds x 3), from the mean edge cost.

    Found by trial on invented towns: the charge must end well above the cost of any one edge, or grids
    settle one household outside their range.
    """
    t = np.arange(ROUNDS) / (ROUNDS - 1)
    temperature = np.maximum(1, np.rint(HOT * mean * (COLD / HOT) ** t)).astype(np.int64)
    slope = np.maximum(1, np.rint(SLOPE * mean * 10.0 ** np.minimum(0.0, t / 0.7 - 1))).astype(np.int64)
    return np.column_stack([temperature, CHARGE * slope, slope])


def _mean_cost(problem: Problem) -> int:
    return max(1, int(problem.cost.mean()))


def _weights(problem: Problem, label: Ints) -> Ints:
    """The weights of the soft cost: of the target, and of the spread, a tenth of the cut cost at the first start."""
    cut = int(problem.cost[label[problem.u] != label[problem.v]].sum())
    held = problem.held(label)
    load = held[:, 0]
    spread = held[:, 1] - (held[:, 2] ** 2 + held[:, 3] ** 2) // np.maximum(load, 1)
    spreads = max(1, cut // 10000), max(1, int(spread[load > 0].sum()) // 1000)
    return np.array([_mean_cost(problem) // 16, *spreads], dtype=np.int64)


def warm() -> None:
    """Compile what the search needs, so that a caller can have it done while it prepares the input."""
    ends = np.array([0], dtype=np.int64)
    ones = np.ones(2, dtype=np.int64)
    search(
        Problem("", ones, ones - 1, ones - 1, ends, ends + 1, ends + 1, Band(1, 1, 1), 2),
        1,
        Effort(proposals=1, least=ROUNDS),
    )
