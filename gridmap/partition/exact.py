"""Proof by exhaustion: whether a connected set of units has a legal division at all.

The unit with the fewest choices is taken, each connected set around it whose load is in range is tried as
its grid, and what is left must be divided in the same way, component by component. The search is exact;
it gives up, and says so, after a fixed number of steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gridmap.partition.edges import Ints
from gridmap.partition.problem import Problem
from gridmap.rules import Band

MOST_UNITS = 60
MOST_STEPS = 60_000


class _GaveUp(Exception):
    """The step limit was reached before an answer."""


@dataclass(frozen=True)
class Verdict:
    """``legal`` is True with labels where a division was found, False where none exists, None undecided."""

    legal: bool | None
    steps: int
    label: tuple[int, ...] = ()


@dataclass
class _Search:
    """The graph as bit sets, and the steps taken so far.

    ``spare`` allows units without load to be left over, as a grid of a unit above the cap may hold them.
    """

    neighbours: list[int]
    load: list[int]
    band: Band
    spare: bool
    most: int
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise _GaveUp

    def components(self, members: int) -> Iterator[int]:
        """Connected components of a set of units."""
        while members:
            grown = members & -members
            while True:
                more = grown
                for i in _bits(grown):
                    more |= self.neighbours[i] & members
                if more == grown:
                    break
                grown = more
            yield grown
            members &= ~grown

    def total(self, members: int) -> int:
        return sum(self.load[i] for i in _bits(members))

    def divide(self, members: int, grids: int) -> list[int] | None:
        """Connected sets in range, ``grids`` of them, that make up the connected members; None if none exist."""
        self.step()
        total = self.total(members)
        if not grids * self.band.lo <= total <= grids * self.band.hi:
            return None
        if grids == 1:
            return [members]
        first = max(_bits(members), key=lambda i: (self.load[i], -i))
        for grid in self.grids_around(first, members):
            rest = self.divide_parts(members & ~grid, grids - 1)
            if rest is not None:
                return [grid, *rest]
        return None

    def divide_parts(self, members: int, grids: int) -> list[int] | None:
        """The same for members in several components: every way to share the grids out is tried."""
        parts = list(self.components(members))
        return self._share(parts, grids)

    def _share(self, parts: list[int], grids: int) -> list[int] | None:
        self.step()
        if not parts:
            return [] if grids == 0 else None
        head, tail = parts[0], parts[1:]
        if self.spare and self.total(head) == 0:
            return self._share(tail, grids)
        for count in self.band.counts(self.total(head)):
            if 0 < count <= grids:
                rest = self._share(tail, grids - count)
                own = self.divide(head, count) if rest is not None else None
                if own is not None and rest is not None:
                    return own + rest
        return None

    def grids_around(self, first: int, members: int) -> Iterator[int]:
        """Every connected set of members with the first unit whose load is in range, each once."""
        stack = [(1 << first, self.neighbours[first] & members, 0, self.load[first])]
        while stack:
            self.step()
            grid, frontier, barred, load = stack.pop()
            frontier &= ~barred
            if load >= self.band.lo and not frontier:
                yield grid
                continue
            if not frontier:
                continue
            unit = frontier & -frontier
            i = unit.bit_length() - 1
            without = (grid, frontier & ~unit, barred | unit, load)
            stack.append(without)
            if load + self.load[i] <= self.band.hi:
                grown = (frontier | self.neighbours[i]) & members & ~(grid | unit | barred)
                stack.append((grid | unit, grown, barred, load + self.load[i]))


def _bits(members: int) -> Iterator[int]:
    while members:
        low = members & -members
        yield low.bit_length() - 1
        members ^= low


def prove(problem: Problem) -> Verdict:
    """Whether the units of a problem that are not above the cap have a legal division.

    Labels number the grids from 0; units above the cap, and what may be left to them, have -1.
    """
    members = np.flatnonzero(~problem.pinned)
    if len(members) > MOST_UNITS:
        return Verdict(None, 0)
    search = _search(problem, MOST_STEPS)
    try:
        found = search.divide_parts(sum(1 << int(i) for i in members), problem.grids - len(problem.above))
    except _GaveUp:
        return Verdict(None, search.steps)
    if found is None:
        return Verdict(False, search.steps)
    label = [-1] * len(problem.load)
    for number, grid in enumerate(found):
        for i in _bits(grid):
            label[i] = number
    return Verdict(True, search.steps, tuple(label))


def misfit_sums(problem: Problem) -> list[int] | None:
    """The loads in range that the units can add up to, where grids of such loads never make up the whole.

    Where the units lie is left out of account. None where some choice of loads makes up the whole.
    """
    band, loads = problem.band, problem.load[~problem.pinned]
    possible = 1
    for load in loads.tolist():
        possible |= (possible << load) & ((1 << (band.hi + 1)) - 1)
    fitting = [s for s in range(band.lo, band.hi + 1) if possible >> s & 1]
    grids = problem.grids - len(problem.above)
    over = int(loads.sum()) - grids * band.lo
    if over < 0:
        return fitting
    reached = 1
    for _ in range(grids):
        grown = 0
        for s in fitting:
            grown |= reached << (s - band.lo)
        reached = grown & ((1 << (over + 1)) - 1)
    return None if reached >> over & 1 else fitting


def lone_unit(problem: Problem, units: Ints) -> int | None:
    """The first of the units that no grid in range can hold, whatever its other units; None if there is none."""
    members = sum(1 << int(i) for i in np.flatnonzero(~problem.pinned))
    for unit in units.tolist():
        search = _search(problem, MOST_STEPS // 10)
        try:
            if next(search.grids_around(unit, members), None) is None:
                return int(unit)
        except _GaveUp:
            continue
    return None


def _search(problem: Problem, most: int) -> _Search:
    neighbours = [0] * len(problem.load)
    for a, b in zip(problem.u.tolist(), problem.v.tolist(), strict=True):
        neighbours[a] |= 1 << b
        neighbours[b] |= 1 << a
    return _Search(neighbours, problem.load.tolist(), problem.band, len(problem.above) > 0, most)
