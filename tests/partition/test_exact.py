"""Proofs by exhaustion against brute force: every way to put few units in grids."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridmap.partition.exact import MOST_UNITS, lone_unit, prove
from gridmap.partition.problem import Problem
from gridmap.partition.search import search
from gridmap.rules import Band
from tests.partition.graphs import connected, lattice, problem_of, problems
from tests.partition.oracle import partitions

SOME = settings(deadline=None, max_examples=150, derandomize=True, database=None)
FEW = settings(SOME, max_examples=40)


def legal(problem: Problem) -> bool:
    """Whether the units below the cap can be put in ``grids`` legal grids, by looking at every partition.

    Where there are units above the cap, units without load may be left to them.
    """
    above = problem.above.tolist()
    free = [i for i in range(len(problem.load)) if i not in above]
    return any(_lawful(problem, heaps, bool(above), problem.grids - len(above)) for heaps in partitions(free))


def _lawful(problem: Problem, heaps: list[list[int]], spare: bool, grids: int) -> bool:
    filled = [heap for heap in heaps if not spare or problem.load[heap].any()]
    lo, hi = problem.band.lo, problem.band.hi
    in_range = all(lo <= problem.load[heap].sum() <= hi for heap in filled)
    return len(filled) == grids and in_range and all(connected(heap, problem) for heap in filled)


@SOME
@given(problems(most=7))
def test_a_proof_agrees_with_brute_force(problem: Problem) -> None:
    verdict = prove(problem)
    assert verdict.legal is legal(problem)
    if verdict.legal:
        label = np.array(verdict.label)
        for grid in range(problem.grids - len(problem.above)):
            members = np.flatnonzero(label == grid).tolist()
            assert connected(members, problem)
            assert problem.band.lo <= problem.load[members].sum() <= problem.band.hi


@FEW
@given(problems(most=7), st.integers(1, 99))
def test_the_search_misses_nothing_that_can_be_met(problem: Problem, seed: int) -> None:
    found = search(problem, seed)
    if legal(problem):
        assert found.missed == len(problem.above)


@SOME
@given(problems(most=7))
def test_a_lone_unit_fits_no_grid(problem: Problem) -> None:
    free = np.flatnonzero(~problem.pinned & (problem.load > 0))
    lone = lone_unit(problem, free)
    fitting = {i for i in free.tolist() if _fits(problem, i)}
    if lone is None:
        assert fitting == set(free.tolist())
    else:
        assert lone not in fitting


def _fits(problem: Problem, unit: int) -> bool:
    """Whether some connected set with the unit is in range, units above the cap left out."""
    free = [i for i in range(len(problem.load)) if i != unit and not problem.pinned[i]]
    for chosen in range(2 ** len(free)):
        members = [unit, *(i for n, i in enumerate(free) if chosen >> n & 1)]
        in_range = problem.band.lo <= problem.load[members].sum() <= problem.band.hi
        if in_range and connected(members, problem):
            return True
    return False


def test_too_many_units_are_left_undecided() -> None:
    size = MOST_UNITS + 1
    chain = problem_of([(i, i + 1) for i in range(size - 1)], [1] * size, band=Band(30, 30, 31), grids=2)
    assert prove(chain).legal is None


def test_a_proof_that_takes_too_long_is_given_up() -> None:
    odd = lattice(6, 6, [7] * 36, band=Band(62, 62, 62), grids=4)
    verdict = prove(odd)
    assert verdict.legal is not True


@example(problem_of([(0, 1), (1, 2)], [10, 1, 10], band=Band(10, 10, 10), grids=2))
@SOME
@given(problems(most=6))
def test_a_verdict_carries_its_steps(problem: Problem) -> None:
    assert prove(problem).steps > 0
