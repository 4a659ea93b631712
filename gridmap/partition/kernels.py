"""The compiled inner loops: a random tree that bisects, and annealing by boundary flips.

All energies are integers, so that every platform takes the same decisions. Graphs are compressed rows:
the neighbours of unit ``i`` are ``neighbour[start[i]:start[i + 1]]``, the edges to them ``edge_of`` alike.
Each function also runs uncompiled, for tests and debuggers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

Ints = NDArray[np.int64]

TABLE_BITS = 12
SCALE = 1024
# -ln of the middles of 4096 equal parts of (0, 1), in 1/1024: a step up by D is taken at temperature T
# where D * 1024 <= T * LOG_TABLE[random], the Metropolis rule without a floating-point number.
LOG_TABLE = np.rint(-np.log((np.arange(2**TABLE_BITS) + 0.5) / 2**TABLE_BITS) * SCALE).astype(np.int64)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at first use, kept on disk where a place to keep it can be written to."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True)(function)


@register_jitable
def draw(state: NDArray[np.uint64]) -> Any:
    """The next number of a xorshift64* stream; ``state`` holds one number and is advanced."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)


@register_jitable
def below(state: NDArray[np.uint64], n: int) -> Any:
    """A number in 0..n-1."""
    return np.int64(draw(state)) % n


@register_jitable
def root(leader: Ints, i: int) -> int:
    """The leader of i, halving the path."""
    while leader[i] != i:
        leader[i] = leader[leader[i]]
        i = leader[i]
    return i


def _tree_split(
    u: Ints, v: Ints, cost: Ints, load: Ints, low: int, want: int, high: int, trials: int, seed: int
) -> tuple[NDArray[np.bool_], Any]:
    """Cut one connected graph in two connected sides by an edge of a random spanning tree.

    The first side should hold ``want`` of the load, at least ``low`` and at most ``high``; both sides hold
    some, so at least two units must. Of ``trials`` trees the side with the least miss of low..high is
    taken, then the cheapest cut. Returns the mask of the first side and its miss.
    """
    n, m = len(load), len(u)
    state = np.array([np.uint64(seed) | np.uint64(1)], dtype=np.uint64)
    best = np.zeros(n, dtype=np.bool_)
    best_miss, best_cost = np.int64(2**62), np.int64(2**62)
    total = load.sum()
    for _ in range(trials):
        key = np.empty(m, dtype=np.int64)
        for e in range(m):
            key[e] = -(cost[e] + 1) * (512 + below(state, 1024))
        order = np.argsort(key, kind="mergesort")
        leader = np.arange(n)
        degree = np.zeros(n + 1, dtype=np.int64)
        picked = np.empty(max(n - 1, 0), dtype=np.int64)
        size = 0
        for e in order:
            a, b = root(leader, u[e]), root(leader, v[e])
            if a != b:
                leader[a] = b
                picked[size] = e
                size += 1
                degree[u[e] + 1] += 1
                degree[v[e] + 1] += 1
        begin = np.cumsum(degree)
        fill = begin.copy()
        other = np.empty(2 * size, dtype=np.int64)
        for p in range(size):
            a, b = u[picked[p]], v[picked[p]]
            other[fill[a]] = b
            fill[a] += 1
            other[fill[b]] = a
            fill[b] += 1
        parent = np.full(n, -1, dtype=np.int64)
        walk = np.empty(n, dtype=np.int64)
        walk[0] = below(state, n)
        parent[walk[0]] = walk[0]
        reached = 1
        for p in range(n):
            a = walk[p]
            for q in range(begin[a], begin[a + 1]):
                b = other[q]
                if parent[b] < 0:
                    parent[b] = a
                    walk[reached] = b
                    reached += 1
        sums = load.copy()
        for p in range(n - 1, 0, -1):
            sums[parent[walk[p]]] += sums[walk[p]]
        chosen, flip, chosen_key = np.int64(-1), False, np.int64(2**62)
        for p in range(1, n):
            for turned in (False, True):
                s = total - sums[walk[p]] if turned else sums[walk[p]]
                if s == 0 or s == total:
                    continue
                miss = max(0, low - s, s - high)
                this = miss * np.int64(2**24) + abs(s - want) * 16 + below(state, 16)
                if this < chosen_key:
                    chosen, flip, chosen_key = walk[p], turned, this
        if chosen < 0:
            continue
        side = np.zeros(n, dtype=np.bool_)
        side[chosen] = True
        for p in range(1, n):
            if side[parent[walk[p]]] and walk[p] != chosen:
                side[walk[p]] = True
        s = total - sums[chosen] if flip else sums[chosen]
        miss = max(0, low - s, s - high)
        cut = np.int64(0)
        for e in range(m):
            if side[u[e]] != side[v[e]]:
                cut += cost[e]
        if miss < best_miss or (miss == best_miss and cut < best_cost):
            best_miss, best_cost = miss, cut
            best = ~side if flip else side
    return best, best_miss


@register_jitable
def miss_cost(s: int, lo: int, hi: int, fixed: int, slope: int) -> int:
    """What a grid of load s costs for being out of lo..hi: a fixed charge and a slope."""
    if s < lo:
        return fixed + slope * (lo - s)
    if s > hi:
        return fixed + slope * (s - hi)
    return 0


@register_jitable
def spread(q: int, x: int, y: int, load: int) -> int:
    """Sum of load times squared distance to the centre, from sums of load*(x2+y2), load*x, load*y."""
    if load == 0:
        return 0
    return q - (x * x + y * y) // load


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


def _anneal(
    start: Ints,
    neighbour: Ints,
    edge_of: Ints,
    u: Ints,
    v: Ints,
    cost: Ints,
    load: Ints,
    x: Ints,
    y: Ints,
    pinned: NDArray[np.bool_],
    begin: Ints,
    lo: Ints,
    target: Ints,
    hi: Ints,
    temperature: Ints,
    fixed: Ints,
    slope: Ints,
    steps: int,
    aim: int,
    spread_num: int,
    spread_den: int,
    log_table: Ints,
    seed: int,
) -> tuple[Ints, Any, Any]:
    """Anneal labels 0..k-1 by flips of single boundary units; every grid stays connected and populated.

    ``temperature``, ``fixed`` and ``slope`` are schedules, one value a round of ``steps`` proposals. The
    energy is the cut cost + aim * |load - target| / 16 + spread * num / den + the cost of misses. Returns
    the best labels at the end of a round, their grids out of range and their energy without the miss cost.
    """
    n, m, k = len(load), len(u), len(lo)
    state = np.array([np.uint64(seed) | np.uint64(1)], dtype=np.uint64)
    label = begin.copy()
    best = begin.copy()
    sums, qs = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    xs, ys = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    members = np.zeros(k, dtype=np.int64)
    for i in range(n):
        g = label[i]
        sums[g] += load[i]
        qs[g] += load[i] * (x[i] * x[i] + y[i] * y[i])
        xs[g] += load[i] * x[i]
        ys[g] += load[i] * y[i]
        members[g] += 1
    place = np.full(m, -1, dtype=np.int64)
    cut_edges = np.empty(m, dtype=np.int64)
    cuts = 0
    energy = np.int64(0)
    for e in range(m):
        if label[u[e]] != label[v[e]]:
            place[e] = cuts
            cut_edges[cuts] = e
            cuts += 1
            energy += cost[e]
    for g in range(k):
        energy += aim * abs(sums[g] - target[g]) // 16
        energy += spread(qs[g], xs[g], ys[g], sums[g]) * spread_num // spread_den
    mark = np.zeros(n, dtype=np.int64)
    queue = np.empty(n, dtype=np.int64)
    stamp: Any = np.int64(1)
    best_out, best_energy = np.int64(2**62), np.int64(2**62)
    mask = np.uint64(len(log_table) - 1)
    for turn in range(len(temperature)):
        heat, charge, rise = temperature[turn], fixed[turn], slope[turn]
        for _ in range(steps):
            if cuts == 0:
                break
            e = cut_edges[below(state, cuts)]
            i, j = u[e], v[e]
            if draw(state) & np.uint64(1):
                i, j = j, i
            a, b = label[i], label[j]
            h = load[i]
            if pinned[i] or members[a] < 2 or (h > 0 and sums[a] == h):
                continue
            change = np.int64(0)
            for p in range(start[i], start[i + 1]):
                g = label[neighbour[p]]
                if g == a:
                    change += cost[edge_of[p]]
                elif g == b:
                    change -= cost[edge_of[p]]
            if h > 0:
                change += aim * abs(sums[a] - h - target[a]) // 16 - aim * abs(sums[a] - target[a]) // 16
                change += aim * abs(sums[b] + h - target[b]) // 16 - aim * abs(sums[b] - target[b]) // 16
                r = h * (x[i] * x[i] + y[i] * y[i])
                was = spread(qs[a], xs[a], ys[a], sums[a]) * spread_num // spread_den
                was += spread(qs[b], xs[b], ys[b], sums[b]) * spread_num // spread_den
                now = spread(qs[a] - r, xs[a] - h * x[i], ys[a] - h * y[i], sums[a] - h) * spread_num // spread_den
                now += spread(qs[b] + r, xs[b] + h * x[i], ys[b] + h * y[i], sums[b] + h) * spread_num // spread_den
                change += now - was
                penalty: Any = miss_cost(sums[a] - h, lo[a], hi[a], charge, rise)
                penalty += miss_cost(sums[b] + h, lo[b], hi[b], charge, rise)
                penalty -= miss_cost(sums[a], lo[a], hi[a], charge, rise)
                penalty -= miss_cost(sums[b], lo[b], hi[b], charge, rise)
            else:
                penalty = np.int64(0)
            up = change + penalty
            if up > 0 and up * 1024 > heat * log_table[draw(state) & mask]:
                continue
            if not stays_connected(i, start, neighbour, label, mark, stamp, queue):
                stamp += 3
                continue
            stamp += 3
            label[i] = b
            energy += change
            members[a] -= 1
            members[b] += 1
            if h > 0:
                sums[a] -= h
                sums[b] += h
                qs[a] -= r
                qs[b] += r
                xs[a] -= h * x[i]
                xs[b] += h * x[i]
                ys[a] -= h * y[i]
                ys[b] += h * y[i]
            for p in range(start[i], start[i + 1]):
                e = edge_of[p]
                is_cut = label[neighbour[p]] != b
                if is_cut and place[e] < 0:
                    place[e] = cuts
                    cut_edges[cuts] = e
                    cuts += 1
                elif not is_cut and place[e] >= 0:
                    cuts -= 1
                    last = cut_edges[cuts]
                    cut_edges[place[e]] = last
                    place[last] = place[e]
                    place[e] = -1
        out = np.int64(0)
        for g in range(k):
            if sums[g] < lo[g] or sums[g] > hi[g]:
                out += 1
        if out < best_out or (out == best_out and energy < best_energy):
            best_out, best_energy = out, energy
            best[:] = label
    return best, best_out, best_energy


tree_split = compiled(_tree_split)
anneal = compiled(_anneal)


def warm() -> None:
    """Compile both kernels, so that a caller can have it done while it prepares their input."""
    one, two, edge = np.arange(2), np.array([1, 0]), np.zeros(1, dtype=np.int64)
    tree_split(edge, edge + 1, edge + 1, one + 1, 1, 1, 2, 1, 1)
    start = np.array([0, 1, 2])
    free = np.zeros(2, dtype=np.bool_)
    rest = (edge + 1, edge + 1, edge + 1, 1, 1, 1, 1, LOG_TABLE, 1)
    anneal(start, two, one * 0, edge, edge + 1, edge + 1, one + 1, one, one, free, one, one, one, one + 9, *rest)
