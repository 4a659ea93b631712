"""The compiled loops keep what they promise, and take the same decisions uncompiled."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gridmap
from gridmap.partition import annealing, kernels, trees
from gridmap.partition.annealing import anneal, energy_of
from gridmap.partition.problem import Problem
from gridmap.partition.search import Effort, search
from gridmap.partition.start import start
from gridmap.partition.trees import tree_split
from gridmap.rules import Band
from tests.partition.graphs import connected, lattice, problem_of, problems

SOME = settings(deadline=None, max_examples=60, derandomize=True, database=None)
SHORT = Effort(proposals=3, least=2000, extra_starts=1)
WEIGHTS = np.array([3, 1, 1000], dtype=np.int64)
PACKAGE = Path(gridmap.__file__).resolve().parent
CHESSBOARD = lattice(5, 4, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4], band=Band(20, 24, 30), grids=4)


def annealed(problem: Problem, begin: np.ndarray, *, seed: int, kernel: Callable[..., Any] = annealing.rounds) -> Any:
    """A short annealing of a problem from given labels: the best labels and their energy."""
    turns = np.arange(20, dtype=np.int64)
    schedule = np.column_stack([2000 // (1 + turns), 500 + 0 * turns, 100 + 10 * turns])
    return anneal(problem, begin, schedule=schedule, steps=200, weights=WEIGHTS, seed=seed, kernel=kernel)


def split(problem: Problem, low: int, want: int, high: int, seed: int, **options: Any) -> Any:
    """One split of a whole problem."""
    rng = np.random.default_rng(seed)
    graph = (problem.u, problem.v, problem.cost, problem.load)
    return tree_split(*graph, low=low, want=want, high=high, trials=3, rng=rng, **options)


@pytest.mark.parametrize("seed", [1, 2, 2**40 + 1])
def test_a_split_is_the_same_uncompiled(seed: int) -> None:
    with np.errstate(over="ignore"):
        side, miss = split(CHESSBOARD, 40, 48, 60, seed, kernel=trees._splits)
    quick, quick_miss = split(CHESSBOARD, 40, 48, 60, seed)
    assert side.tolist() == quick.tolist()
    assert miss == quick_miss


@pytest.mark.parametrize("seed", [1, 2, 2**40 + 1])
def test_annealing_is_the_same_uncompiled(seed: int) -> None:
    begin = start(CHESSBOARD, 5)
    with np.errstate(over="ignore"):
        slow = annealed(CHESSBOARD, begin, seed=seed, kernel=annealing._rounds)
    quick = annealed(CHESSBOARD, begin, seed=seed)
    assert slow[0].tolist() == quick[0].tolist()
    assert slow[1] == quick[1] == energy_of(CHESSBOARD, quick[0], WEIGHTS)


@SOME
@given(problems(), st.integers(1, 2**60))
def test_both_sides_of_a_split_hang_together(problem: Problem, seed: int) -> None:
    total = int(problem.load.sum())
    assume((problem.load > 0).sum() > 1)
    low, high = total // 3, total - total // 3
    side, miss = split(problem, low, total // 2, high, seed)
    halves = np.flatnonzero(side).tolist(), np.flatnonzero(~side).tolist()
    assert all(problem.load[half].any() and connected(half, problem) for half in halves)
    load = int(problem.load[side].sum())
    assert miss == max(0, low - load, load - high)


@SOME
@given(problems(heaviest=14), st.integers(1, 2**60))
def test_the_start_and_the_annealed_grids_are_connected_and_populated(problem: Problem, seed: int) -> None:
    begin = start(problem, seed % 1000)
    assert_lawful(problem, begin)
    label, energy = annealed(problem, begin, seed=seed)
    assert_lawful(problem, label)
    assert energy == energy_of(problem, label, WEIGHTS)


@SOME
@given(problems(heaviest=14), st.integers(1, 1000))
def test_found_grids_are_connected_and_populated(problem: Problem, seed: int) -> None:
    found = search(problem, seed, SHORT)
    assert_lawful(problem, found.label)
    assert found.missed == problem.out_of_range(found.label).sum()


def assert_lawful(problem: Problem, label: np.ndarray) -> None:
    """Every grid is there, hangs together and has a load; units above the cap keep their own grids."""
    assert (label >= 0).all()
    assert label.max() < problem.grids
    for grid in range(problem.grids):
        members = np.flatnonzero(label == grid).tolist()
        assert members
        assert connected(members, problem)
        assert problem.load[members].sum() > 0 or not problem.load.any()
    assert label[problem.above].tolist() == list(range(len(problem.above)))


def test_a_unit_above_the_cap_is_a_grid_of_its_own() -> None:
    """The two households between it and a full grid must not be put away in a grid that is too large anyway."""
    chain = problem_of([(0, 1), (1, 2), (2, 3)], [40, 2, 14, 14], band=Band(10, 12, 15), grids=3)
    for seed in range(1, 6):
        assert search(chain, seed).label[0] not in search(chain, seed).label[1:]


@SOME
@given(problems(heaviest=14), st.integers(1, 1000))
def test_what_fits_some_grid_joins_no_unit_above_the_cap(problem: Problem, seed: int) -> None:
    label = search(problem, seed, SHORT).label
    free = ~problem.pinned & (problem.load > 0)
    joined = free & np.isin(label, label[problem.above])
    _, part = problem.components(~problem.pinned[problem.u] & ~problem.pinned[problem.v])
    in_one_part = len(set(part[free].tolist())) == 1
    if in_one_part and problem.grids > len(problem.above):
        assert not joined.any()


def test_annealing_shortens_the_boundary() -> None:
    begin = start(CHESSBOARD, 5)
    label, energy = annealed(CHESSBOARD, begin, seed=1)
    again, energy_at_once = annealed(CHESSBOARD, annealed(CHESSBOARD, begin, seed=2)[0], seed=3)
    assert not CHESSBOARD.out_of_range(label).any() and not CHESSBOARD.out_of_range(again).any()
    assert min(energy, energy_at_once) > 0


def test_without_a_place_for_a_cache_kernels_are_compiled_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    plain = numba.njit

    def refusing(*, cache: bool = False, **options: Any) -> Any:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return plain(**options)

    monkeypatch.setattr(kernels.numba, "njit", refusing)
    double = kernels.compiled(lambda n: 2 * n)
    assert double(21) == 42
    assert asked == [True, False]


def test_a_package_and_a_home_that_cannot_be_written_still_divide(tmp_path: Path) -> None:
    """As where gridmap is installed by root and run by a user without a home: numba finds no place to keep code.

    Folders that must not be written are named through files, which stops root as well.
    """
    shutil.copytree(PACKAGE, tmp_path / "lib" / "gridmap", ignore=shutil.ignore_patterns("__pycache__", "vendor"))
    blocked = tmp_path / "lib" / "gridmap" / "partition" / "__pycache__"
    blocked.write_text("a file where numba wants a folder")
    home = tmp_path / "home"
    home.write_text("a file where a home should be")
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    environment |= {"HOME": str(home), "PYTHONPATH": str(tmp_path / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "import numpy as np\n"
        "from gridmap.partition import search, trees\n"
        "search.warm()\n"
        "import gridmap; print(gridmap.__file__, trees.splits._cache.__class__.__name__)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "lib") in done.stdout
    assert "NullCache" in done.stdout


def test_kernels_keep_their_code_where_they_can() -> None:
    assert "cache=True" in inspect.getsource(kernels.compiled)
