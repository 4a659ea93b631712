"""Staten Island: real housing units, by lots as buildings and by tax blocks as ready-made units."""

from __future__ import annotations

import pytest

import gridmap
from gridmap import Plan
from tests.real.promises import broken

HOUSEHOLDS = 178_060


def out_of_range(plan: Plan) -> int:
    return int(plan.grids["status"].isin(["under", "over"]).sum())


def share_in_range(plan: Plan) -> float:
    """Of the households outside units above the cap, the share in grids in range."""
    status = plan.units["grid_code"].map(plan.grids.set_index("grid_code")["status"])
    cap = plan.units["grid_code"].map(plan.grids.set_index("grid_code")["hi"])
    small = plan.units["households"].where(plan.units["households"] <= cap, 0)
    return float(small[status == "ok"].sum() / small.sum())


@pytest.mark.shared
def test_blocks_are_in_range_but_for_a_few(blocks: Plan) -> None:
    assert out_of_range(blocks) <= 55
    assert share_in_range(blocks) >= 0.95


@pytest.mark.shared
def test_blocks_keep_every_promise(blocks: Plan) -> None:
    assert broken(blocks, HOUSEHOLDS) == []
    assert gridmap.verify(blocks) == ()


@pytest.mark.slow
def test_lots_are_in_range_but_for_a_few(lots: Plan) -> None:
    assert out_of_range(lots) <= 25
    assert share_in_range(lots) >= 0.98
    assert (lots.grids["reason"] == "NOT_FOUND").sum() <= 5


@pytest.mark.slow
def test_lots_keep_every_promise(lots: Plan) -> None:
    assert broken(lots, HOUSEHOLDS) == []
    assert gridmap.verify(lots) == ()
