"""Each broken promise of a plan is found by the library's own second look, with the ids it concerns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from gridmap import Plan, divide, verify
from gridmap.locale import catalogue
from tests.partition.test_oracle import TOWN
from tests.partition.towns import RULES


@pytest.fixture(scope="module")
def plan() -> Plan:
    return divide(**TOWN, rules=RULES)


def grids_with(plan: Plan, column: str, values: list[object]) -> Plan:
    return replace(plan, grids=plan.grids.assign(**{column: values}))


def more_households(plan: Plan) -> Plan:
    return grids_with(plan, "households", [plan.grids["households"].iloc[0] + 1, *plan.grids["households"].iloc[1:]])


def unit_of_no_grid(plan: Plan) -> Plan:
    return replace(plan, units=plan.units.assign(grid_code=["nowhere", *plan.units["grid_code"].iloc[1:]]))


def all_in_range(plan: Plan) -> Plan:
    return grids_with(plan, "status", ["ok"] * len(plan.grids))


def another_reason(plan: Plan) -> Plan:
    return grids_with(plan, "reason", [reason and "NOT_FOUND" for reason in plan.grids["reason"]])


def shapes_with(plan: Plan, change: Callable[[shapely.Geometry], shapely.Geometry]) -> Plan:
    shapes = [change(plan.grids.geometry.iloc[0]), *plan.grids.geometry.iloc[1:]]
    return replace(plan, grids=plan.grids.set_geometry(gpd.GeoSeries(shapes, crs=plan.crs)))


def hole(plan: Plan) -> Plan:
    return shapes_with(plan, lambda shape: shape.difference(shape.representative_point().buffer(1)))


def overlap(plan: Plan) -> Plan:
    return shapes_with(plan, lambda shape: shape.buffer(1))


def torn(plan: Plan) -> Plan:
    """The first unit of the first community goes to the grid farthest from it there."""
    units = plan.units.copy()
    last = plan.grids.loc[plan.grids["community_id"] == units["community_id"].iloc[0], "grid_code"].iloc[-1]
    units.loc[units.index[0], "grid_code"] = last
    return replace(plan, units=units)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (more_households, "PLAN_TOTAL"),
        (unit_of_no_grid, "PLAN_UNIT_LOST"),
        (all_in_range, "PLAN_STATUS"),
        (another_reason, "PLAN_REASON"),
        (hole, "PLAN_TILING"),
        (overlap, "PLAN_TILING"),
        (overlap, "PLAN_EDGES"),
        (torn, "PLAN_PIECES"),
    ],
)
def test_a_broken_promise_is_found(plan: Plan, spoil: Callable[[Plan], Plan], code: str) -> None:
    found = {finding.code: finding for finding in verify(spoil(plan))}
    assert code in found
    assert found[code].rows
    assert all(found[code].sentence(lang) and found[code].remedy(lang) for lang in ("en", "zh"))


def test_a_plan_as_it_was_made_keeps_every_promise(plan: Plan) -> None:
    assert verify(plan) == ()


def test_every_promise_of_the_catalogue_is_broken_here() -> None:
    marks = test_a_broken_promise_is_found.pytestmark[0].args[1]
    known = {key.partition(".")[2] for key in catalogue("en") if key.startswith("fault.PLAN_")}
    assert known == {code for _, code in marks}
