"""Invented towns with islets, roads and streams, scored by the common scorer and held against METIS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

import gridmap
from benchmarks import peers
from gridmap import Plan
from tests.real.promises import broken

pytestmark = pytest.mark.shared

TOWNS = [
    *(pytest.param("S", seed, id=f"S{seed}") for seed in (1, 2, 3)),
    pytest.param("M", 1, id="M1", marks=pytest.mark.slow),
    *(pytest.param("M", seed, id=f"M{seed}", marks=[pytest.mark.slow, pytest.mark.long]) for seed in (2, 3)),
]


@dataclass(frozen=True)
class Divided:
    """A town, its plan and the scorer's figures of it."""

    instance: Path
    plan: Plan
    figures: dict[str, Any]


@cache
def divided(shared: Path, folder: Path, size: str, seed: int) -> Divided:
    instance = peers.town(shared, size, seed, folder)
    plan = gridmap.divide(**peers.layers(instance), rules=shared / "bench" / "rules.toml")
    grids = folder / f"{size}{seed}-grids.fgb"
    plan.save(grids)
    return Divided(instance, plan, peers.score(shared, instance, grids))


@pytest.mark.parametrize(("size", "seed"), TOWNS)
def test_every_grid_is_in_range_connected_and_inside_its_community(
    size: str, seed: int, shared: Path, towns: Path
) -> None:
    figures = divided(shared, towns, size, seed).figures
    assert figures["in_range_pct"] == figures["in_range_hh_pct"] == figures["comm_ok_pct"] == 100
    assert figures["hh_assigned"] == figures["hh_total"]
    assert (figures["under"], figures["over"], figures["empty"], figures["noncontig"]) == (0, 0, 0, 0)
    assert (figures["gap_m2"], figures["overlap_m2"], figures["outside_m2"], figures["n_lost"]) == (0, 0, 0, 0)


@pytest.mark.parametrize(("size", "seed"), TOWNS)
def test_the_rule_gives_the_number_of_grids_of_each_community(size: str, seed: int, shared: Path, towns: Path) -> None:
    town = divided(shared, towns, size, seed)
    wanted = gpd.read_file(town.instance, layer="communities").set_index("cid")["k"]
    counts = town.plan.communities.set_index("community_id")["grids"]
    assert {int(name): int(count) for name, count in counts.items()} == wanted.to_dict()


@pytest.mark.parametrize(("size", "seed"), TOWNS)
def test_the_plan_keeps_its_promises(size: str, seed: int, shared: Path, towns: Path) -> None:
    town = divided(shared, towns, size, seed)
    assert broken(town.plan, town.figures["hh_total"]) == []
    assert set(town.plan.grids["reason"]) == {""}


@pytest.mark.metis
@pytest.mark.parametrize(("size", "seed"), TOWNS)
def test_the_weighted_boundary_is_not_longer_than_that_of_metis(
    size: str, seed: int, shared: Path, towns: Path
) -> None:
    pytest.importorskip("pymetis", reason="needs METIS: pip install 'gridmap[bench]'")
    town = divided(shared, towns, size, seed)
    assert peers.weighted_boundary(town.figures) <= peers.weighted_boundary(peers.peer(shared, town.instance))
