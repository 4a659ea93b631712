"""The same input and seed give the same plan, whatever the order of rows, the threads or the hash seed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap import Plan, divide, sample
from gridmap.partition.planfile import GEOMETRY_LAYERS
from gridmap.rules import Band, RuleSet

ROOT = Path(__file__).resolve().parents[2]
TAOHUA = "330903104"
LAYERS = ("communities", "buildings", "units", "barriers", "ferries")


def taohua() -> dict[str, Any]:
    """Forty grids of one town of the bundled district, rows as they are in the file."""
    given = {**sample("putuo"), "towns": [TAOHUA], "grids": {TAOHUA: 40}}
    for name in LAYERS:
        if name in given:
            file, _, layer = str(given[name]).rpartition(":")
            given[name] = gpd.read_file(file, layer=layer)
    return given


def town_of_parcels() -> dict[str, Any]:
    """Four communities of ready-made squares, with holes in the cover and units that overlap by millimetres."""
    rng = np.random.default_rng(7)
    corners = [(c, r, i, j) for c in (0, 1) for r in (0, 1) for i in range(12) for j in range(12)]
    kept = [corner for corner in corners if rng.random() > 0.05]
    loose = [0.002 if rng.random() < 0.3 else 0.0 for _ in kept]
    shapes = [_square(*corner).buffer(more, join_style="mitre") for corner, more in zip(kept, loose, strict=True)]
    units = {
        "unit_id": [f"p{n:03d}" for n in range(len(kept))],
        "households": rng.integers(0, 30, len(kept)),
        "community_id": [f"{c}{r}" for c, r, _, _ in kept],
    }
    outlines = [shapely.union_all([_square(c, r, i, j) for i in range(12) for j in range(12)]) for c, r in _PAIRS]
    communities = {"community_id": [f"{c}{r}" for c, r in _PAIRS], "class": "rural"}
    lines = [shapely.LineString([(500_000, 3_300_500.5), (503_000, 3_300_500.5)])]
    return {
        "communities": gpd.GeoDataFrame(communities, geometry=outlines, crs="EPSG:4550"),
        "units": gpd.GeoDataFrame(units, geometry=shapes, crs="EPSG:4550"),
        "barriers": gpd.GeoDataFrame({"kind": ["road"]}, geometry=lines, crs="EPSG:4550"),
    }


_PAIRS = [(c, r) for c in (0, 1) for r in (0, 1)]


def _square(c: int, r: int, i: int, j: int) -> shapely.Polygon:
    x, y = 500_000 + 1200 * c + 100 * i, 3_300_000 + 1200 * r + 100 * j
    return shapely.box(x, y, x + 100, y + 100)


TOWNS = {"taohua": taohua, "parcels": town_of_parcels}


def shuffled(given: dict[str, Any], seed: int) -> dict[str, Any]:
    """Every layer with its rows in another order."""
    frames = {name: given[name].sample(frac=1, random_state=seed) for name in LAYERS if name in given}
    return {**given, **frames}


def fingerprint(plan: Plan) -> str:
    """A digest of every frame, to the last bit of every coordinate, and of the report."""
    digest = hashlib.sha256()
    for name in GEOMETRY_LAYERS:
        frame = getattr(plan, name)
        digest.update(frame.drop(columns="geometry").to_csv(index=False, float_format="%r").encode())
        digest.update(b"".join(shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object))))
    digest.update(json.dumps({**plan.report(), "sources": None}, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


@pytest.fixture(scope="module", params=TOWNS)
def town(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], Plan]:
    given = TOWNS[request.param]()
    return request.param, given, divide(**given, jobs=1)


Case = tuple[str, dict[str, Any], Plan]


def test_the_towns_are_worth_the_comparison(town: Case) -> None:
    name, _, plan = town
    assert (plan.grids["status"] == "ok").mean() > 0.9
    assert len(plan.grids) == 40 if name == "taohua" else len(plan.grids) > 20


@pytest.mark.parametrize("jobs", [2, None])
def test_threads_change_nothing(town: Case, jobs: int | None) -> None:
    _, given, plan = town
    assert fingerprint(divide(**given, jobs=jobs)) == fingerprint(plan)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing(town: Case, seed: int) -> None:
    _, given, plan = town
    assert fingerprint(divide(**shuffled(given, seed), jobs=1)) == fingerprint(plan)


def test_another_hash_seed_changes_nothing(town: Case) -> None:
    name, _, plan = town
    code = (
        "from gridmap import divide\n"
        "from tests.partition import test_same_answer as t\n"
        f"print(t.fingerprint(divide(**t.TOWNS[{name!r}](), jobs=2)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert done.stdout.strip() == fingerprint(plan), done.stderr


def test_another_seed_gives_another_plan_that_is_as_lawful(town: Case) -> None:
    _, given, plan = town
    other = divide(**given, jobs=1, seed=2)
    assert fingerprint(other) != fingerprint(plan)
    assert len(other.grids) == len(plan.grids)


@pytest.mark.shared
def test_a_benchmark_town_does_not_depend_on_row_order(shared: Path, tmp_path: Path) -> None:
    file = tmp_path / "town.gpkg"
    command = [sys.executable, "generate.py", "--size", "S", "--seed", "1", "--out", str(file)]
    done = subprocess.run(command, cwd=shared / "bench", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    rules = RuleSet("bench", "1", "households", urban=Band(250, 300, 350), rural=Band(100, 125, 150))
    given = {name: gpd.read_file(file, layer=name) for name in ("communities", "units", "barriers")}
    plan = divide(**given, rules=rules, jobs=1)
    assert fingerprint(divide(**shuffled(given, 3), rules=rules, jobs=2)) == fingerprint(plan)
    assert (plan.grids["status"] == "ok").all()
