"""Simulated annealing of grids by flips of boundary units, compiled.

Every grid stays connected and holds some of the load; range, target, boundary and spread are weighed as one
energy (Kirkpatrick, Gelatt and Vecchi, 1983, "Optimization by simulated annealing",
doi:10.1126/science.220.4598.671; acceptance after Metropolis et al., 1953, doi:10.1063/1.1699114).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from gridmap.partition.kernels import Ints, below, compiled, draw
from gridmap.partition.problem import Problem

TABLE_BITS = 12
SCALE = 1024
# -ln of the middles of 4096 equal parts of (0, 1), in 1/1024: a step up by D is taken at temperature T
# where D * 1024 <= T * LOG_TABLE[random], the Metropolis rule without a floating-point number.
LOG_TABLE = np.rint(-np.log((np.arange(2**TABLE_BITS) + 0.5) / 2**TABLE_BITS) * SCALE).astype(np.int64)

# Columns of what a unit or a grid holds: load, load * (x2 + y2), load * x, load * y.
LOAD, SQUARES, EAST, NORTH = 0, 1, 2, 3


@register_jitable
def miss_cost(load: int, lo: int, hi: int, fixed: int, slope: int) -> Any:
    """What a grid costs for being out of lo..hi: a fixed charge and a slope."""
    if load < lo:
        return fixed + slope * (lo - load)
    if load > hi:
        return fixed + slope * (load - hi)
    return 0


@register_jitable
def soft_cost(load: int, squares: int, east: int, north: int, target: int, weights: Ints) -> Any:
    """What a grid costs for its distance from the target and for the spread of its homes.

    The spread is the sum of load times squared distance to the centre of the load. ``weights`` are the
    cost of 16 units of load off the target, and the weight of the spread as numerator and denominator.
    """
    spread: Any = np.int64(0)
    if load > 0:
        spread = squares - (east * east + north * north) // load
    return weights[0] * abs(load - target) // 16 + spread * weights[1] // weights[2]


@register_jitable
def soft_change(held: Ints, share: Ints, i: int, a: int, b: int, target: Ints, weights: Ints) -> Any:
    """How the soft cost changes when unit i goes from grid a to grid b."""
    change = np.int64(0)
    for g, sign in ((a, -1), (b, 1)):
        load, squares, east, north = held[g, LOAD], held[g, SQUARES], held[g, EAST], held[g, NORTH]
        change -= soft_cost(load, squares, east, north, target[g], weights)
        change += soft_cost(
            load + sign * share[i, LOAD],
            squares + sign * share[i, SQUARES],
            east + sign * share[i, EAST],
            north + sign * share[i, NORTH],
            target[g],
            weights,
        )
    return change


@register_jitable
def miss_change(load_a: int, load_b: int, h: int, a: int, b: int, lo: Ints, hi: Ints, fixed: int, slope: int) -> Any:
    """How the cost of misses changes when load h goes from grid a to grid b."""
    change = miss_cost(load_a - h, lo[a], hi[a], fixed, slope) + miss_cost(load_b + h, lo[b], hi[b], fixed, slope)
    return change - miss_cost(load_a, lo[a], hi[a], fixed, slope) - miss_cost(load_b, lo[b], hi[b], fixed, slope)


@register_jitable
def cut_change(i: int, a: int, b: int, start: Ints, neighbour: Ints, edge_of: Ints, cost: Ints, label: Ints) -> Any:
    """How the cost of the boundary changes when unit i goes from grid a to grid b."""
    change = np.int64(0)
    for p in range(start[i], start[i + 1]):
        g = label[neighbour[p]]
        if g == a:
            change += cost[edge_of[p]]
        elif g == b:
            change -= cost[edge_of[p]]
    return change


@register_jitable
def stays_connected(unit: int, start: Ints, neighbour: Ints, label: Ints, mark: Ints, stamp: int, queue: Ints) -> bool:
    """Whether the grid of a unit hangs together without it; an exact search that ends early."""
    own = label[unit]
    first, inner = -1, 0
    for p in range(start[unit], start[unit + 1]):
        if label[neighbour[p]] == own:
            mark[neighbour[p]] = stamp
            inner += 1
            first = neighbour[p]
    if inner < 2:
        return inner == 1
    mark[unit] = stamp + 2
    mark[first] = stamp + 1
    queue[0] = first
    length, found, head = 1, 1, 0
    while head < length and found < inner:
        a = queue[head]
        head += 1
        for p in range(start[a], start[a + 1]):
            b = neighbour[p]
            if label[b] == own and mark[b] < stamp + 1:
                if mark[b] == stamp:
                    found += 1
                mark[b] = stamp + 1
                queue[length] = b
                length += 1
    return found == inner


@register_jitable
def note_edge(e: int, is_cut: bool, cut_edges: Ints, place: Ints, cuts: int) -> Any:
    """Keep the list of cut edges: ``place`` is where an edge stands in it, or -1. Returns its new length."""
    if is_cut and place[e] < 0:
        place[e] = cuts
        cut_edges[cuts] = e
        return cuts + 1
    if not is_cut and place[e] >= 0:
        last = cut_edges[cuts - 1]
        cut_edges[place[e]] = last
        place[last] = place[e]
        place[e] = -1
        return cuts - 1
    return cuts


@register_jitable
def out_of_range(held: Ints, lo: Ints, hi: Ints) -> Any:
    """How many grids are out of range."""
    out = np.int64(0)
    for g in range(len(lo)):
        if held[g, LOAD] < lo[g] or held[g, LOAD] > hi[g]:
            out += 1
    return out


def _rounds(
    start: Ints,
    neighbour: Ints,
    edge_of: Ints,
    u: Ints,
    v: Ints,
    cost: Ints,
    share: Ints,
    pinned: NDArray[np.bool_],
    bounds: Ints,
    schedule: Ints,
    steps: int,
    weights: Ints,
    log_table: Ints,
    state: NDArray[np.uint64],
    label: Ints,
    best: Ints,
    held: Ints,
    members: Ints,
    place: Ints,
    cut_edges: Ints,
    cuts: int,
    energy: int,
    mark: Ints,
    queue: Ints,
    apart: int,
) -> tuple[Any, Any]:
    """All rounds of :func:`anneal` on arrays that it has laid out; leaves the best labels in ``best``."""
    lo, target, hi = bounds[0], bounds[1], bounds[2]
    stamp: Any = np.int64(1)
    best_out: Any = np.int64(2**62)
    best_energy: Any = np.int64(2**62)
    mask = np.uint64(len(log_table) - 1)
    for turn in range(len(schedule)):
        heat, fixed, slope = schedule[turn, 0], schedule[turn, 1], schedule[turn, 2]
        for _ in range(steps):
            if cuts == 0:
                break
            e = cut_edges[below(state, cuts)]
            i, j = u[e], v[e]
            if draw(state) & np.uint64(1):
                i, j = j, i
            a, b, h = label[i], label[j], share[i, LOAD]
            if pinned[i] or members[a] < 2 or (h > 0 and (b < apart or held[a, LOAD] == h)):
                continue
            change = cut_change(i, a, b, start, neighbour, edge_of, cost, label)
            up = change
            if h > 0:
                change += soft_change(held, share, i, a, b, target, weights)
                up = change + miss_change(held[a, LOAD], held[b, LOAD], h, a, b, lo, hi, fixed, slope)
            if up > 0 and up * SCALE > heat * log_table[draw(state) & mask]:
                continue
            stamp += 3
            if not stays_connected(i, start, neighbour, label, mark, stamp, queue):
                continue
            label[i] = b
            energy += change
            members[a] -= 1
            members[b] += 1
            for c in range(4):
                held[a, c] -= share[i, c]
                held[b, c] += share[i, c]
            for p in range(start[i], start[i + 1]):
                cuts = note_edge(edge_of[p], label[neighbour[p]] != b, cut_edges, place, cuts)
        out = out_of_range(held, lo, hi)
        if out < best_out or (out == best_out and energy < best_energy):
            best_out, best_energy = out, energy
            for i in range(len(label)):
                best[i] = label[i]
    return best_out, best_energy


rounds = compiled(_rounds)


def energy_of(problem: Problem, label: Ints, weights: Ints) -> int:
    """The energy of labels without the cost of misses."""
    load, squares, east, north = problem.held(label).T
    spread = np.where(load > 0, squares - (east**2 + north**2) // np.maximum(load, 1), 0)
    soft = weights[0] * np.abs(load - problem.bounds()[1]) // 16 + spread * weights[1] // weights[2]
    return int(soft.sum()) + int(problem.cost[label[problem.u] != label[problem.v]].sum())


def anneal(
    problem: Problem,
    begin: Ints,
    *,
    schedule: Ints,
    steps: int,
    weights: Ints,
    seed: int,
    kernel: Callable[..., Any] = rounds,
) -> tuple[Ints, int]:
    """Anneal labels 0..grids-1 by flips of single boundary units; units above the cap keep their grid.

    Their grids come first and are theirs alone: no other unit with a load joins them. ``schedule`` has the
    temperature, fixed charge and slope of a miss for each round of ``steps`` proposals (rounds x 3),
    ``weights`` are those of :func:`soft_cost`. Returns the best labels at the end of a round, fewest grids
    out of range first, and their energy without the cost of misses.
    """
    u, v, cost, bounds = problem.u, problem.v, problem.cost, problem.bounds()
    held, members = problem.held(begin), np.bincount(begin, minlength=problem.grids).astype(np.int64)
    cut = np.flatnonzero(begin[u] != begin[v])
    place, cut_edges = np.full(len(u), -1, dtype=np.int64), np.empty(len(u), dtype=np.int64)
    place[cut], cut_edges[: len(cut)] = np.arange(len(cut)), cut
    energy = energy_of(problem, begin, weights)
    best, mark = begin.copy(), np.zeros(len(begin), dtype=np.int64)
    state = np.array([seed | 1], dtype=np.uint64)
    _, reached = kernel(
        *problem.rows, u, v, cost, problem.holdings, problem.pinned, bounds, schedule, steps, weights, LOG_TABLE,
        state, begin.copy(), best, held, members, place, cut_edges, len(cut), energy, mark, mark.copy(),
        len(problem.above),
    )  # fmt: skip
    return best, int(reached)
