"""A random spanning tree that cuts a connected graph in two connected sides, compiled.

Kruskal's algorithm with random keys draws the tree (Kruskal, 1956, "On the shortest spanning subtree of a
graph and the traveling salesman problem", doi:10.1090/S0002-9939-1956-0078686-7); cutting one of its edges
leaves two connected sides (DeFord, Duchin and Solomon, 2021, "Recombination: a family of Markov chains for
redistricting", doi:10.1162/99608f92.eb30390f).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from gridmap.partition.kernels import Ints, below, compiled

Mask = NDArray[np.bool_]
State = NDArray[np.uint64]


@register_jitable
def root(leader: Ints, i: int) -> Any:
    """The leader of i, halving the path."""
    while leader[i] != i:
        leader[i] = leader[leader[i]]
        i = leader[i]
    return i


@register_jitable
def first_tree(u: Ints, v: Ints, order: Ints, n: int) -> tuple[Ints, Ints]:
    """Compressed rows of the spanning tree that takes edges in this order."""
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
    begin = degree
    for i in range(n):
        begin[i + 1] += begin[i]
    fill = begin.copy()
    other = np.empty(2 * size, dtype=np.int64)
    for p in range(size):
        a, b = u[picked[p]], v[picked[p]]
        other[fill[a]] = b
        fill[a] += 1
        other[fill[b]] = a
        fill[b] += 1
    return begin, other


@register_jitable
def walk_from(first: int, begin: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The nodes of a tree in breadth-first order, and the parent of each."""
    n = len(begin) - 1
    parent = np.full(n, -1, dtype=np.int64)
    order = np.empty(n, dtype=np.int64)
    order[0] = first
    parent[first] = first
    reached = 1
    for p in range(n):
        a = order[p]
        for q in range(begin[a], begin[a + 1]):
            b = other[q]
            if parent[b] < 0:
                parent[b] = a
                order[reached] = b
                reached += 1
    return order, parent


@register_jitable
def miss(s: int, low: int, high: int) -> Any:
    """How far s lies outside low..high."""
    return max(0, low - s, s - high)


@register_jitable
def best_branch(order: Ints, sums: Ints, low: int, want: int, high: int, state: State) -> tuple[Any, bool]:
    """The node whose branch (or all but it) misses low..high least and then is nearest to what is wanted.

    Both sides hold some of the load; -1 where no branch leaves that.
    """
    total = sums[order[0]]
    chosen, turned, least = np.int64(-1), False, np.int64(2**62)
    for p in range(1, len(order)):
        for other_side in (False, True):
            s = total - sums[order[p]] if other_side else sums[order[p]]
            if s == 0 or s == total:
                continue
            key = miss(s, low, high) * np.int64(2**24) + abs(s - want) * 16 + below(state, 16)
            if key < least:
                chosen, turned, least = order[p], other_side, key
    return chosen, turned


@register_jitable
def branch(chosen: int, order: Ints, parent: Ints) -> Mask:
    """The nodes at and below a node."""
    side = np.zeros(len(order), dtype=np.bool_)
    side[chosen] = True
    for p in range(1, len(order)):
        if order[p] != chosen and side[parent[order[p]]]:
            side[order[p]] = True
    return side


@register_jitable
def cut_cost(u: Ints, v: Ints, cost: Ints, side: Mask) -> Any:
    """The cost of the edges between two sides."""
    total = np.int64(0)
    for e in range(len(u)):
        if side[u[e]] != side[v[e]]:
            total += cost[e]
    return total


def _splits(
    u: Ints, v: Ints, cost: Ints, load: Ints, orders: Ints, low: int, want: int, high: int, state: State
) -> tuple[Mask, bool, Any]:
    """The best of the cuts of one tree for each order of the edges; see :func:`tree_split`."""
    n = len(load)
    best, best_turned = np.zeros(n, dtype=np.bool_), False
    best_miss: Any = np.int64(2**62)
    best_cost: Any = np.int64(2**62)
    for trial in range(len(orders)):
        begin, other = first_tree(u, v, orders[trial], n)
        order, parent = walk_from(below(state, n), begin, other)
        sums = load.copy()
        for p in range(n - 1, 0, -1):
            sums[parent[order[p]]] += sums[order[p]]
        chosen, turned = best_branch(order, sums, low, want, high, state)
        if chosen < 0:
            continue
        side = branch(chosen, order, parent)
        held = sums[order[0]] - sums[chosen] if turned else sums[chosen]
        missed, cut = miss(held, low, high), cut_cost(u, v, cost, side)
        if missed < best_miss or (missed == best_miss and cut < best_cost):
            best_miss, best_cost, best, best_turned = missed, cut, side, turned
    return best, best_turned, best_miss


splits = compiled(_splits)


def tree_split(
    u: Ints,
    v: Ints,
    cost: Ints,
    load: Ints,
    *,
    low: int,
    want: int,
    high: int,
    trials: int,
    rng: np.random.Generator,
    kernel: Callable[..., Any] = splits,
) -> tuple[Mask, int]:
    """Cut one connected graph in two connected sides; the first should hold ``want`` of the load.

    It should hold at least ``low`` and at most ``high``. Of several random trees, which prefer dear edges
    so that cuts tend to cross cheap ones, the one whose side misses that least is taken, then the one with
    the cheapest cut. Returns the mask of the first side and its miss.
    """
    keys = -(cost + 1) * rng.integers(512, 1536, size=(trials, len(u)))
    orders = np.argsort(keys, axis=1, kind="stable")
    state = rng.integers(2**62, size=1).astype(np.uint64) | np.uint64(1)
    side, turned, missed = kernel(u, v, cost, load, orders, low, want, high, state)
    return (~side if turned else side), int(missed)
