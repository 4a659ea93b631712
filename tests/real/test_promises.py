"""The oracle sees what it is there to see: each promise broken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from gridmap import Plan
from tests.real.promises import broken, shapes_of

TOWN = "330903104"


def with_grid(plan: Plan, row: int, **values: object) -> Plan:
    grids = plan.grids.copy()
    for column, value in values.items():
        grids.loc[row, [column]] = [value]
    return replace(plan, grids=grids)


def far_apart(plan: Plan) -> tuple[int, int]:
    """Two grids of one community on one land that do not touch."""
    for _, own in plan.grids[plan.grids.geom_type == "Polygon"].groupby("community_id"):
        shapes = shapes_of(own)
        for second in range(1, len(own)):
            if shapely.distance(shapes[0], shapes[second]) > 1:
                return own.index[0], own.index[second]
    raise AssertionError("no two grids apart")


def moved_grid(plan: Plan) -> Plan:
    return with_grid(plan, 0, geometry=translate(plan.grids.geometry.iloc[0], 1.0, 0.0))


def lost_household(plan: Plan) -> Plan:
    return with_grid(plan, 0, households=int(plan.grids["households"].iloc[0]) - 1)


def wrong_status(plan: Plan) -> Plan:
    return with_grid(plan, 0, status="over", reason="UNDER_MIN", reason_detail="{}")


def torn_grid(plan: Plan) -> Plan:
    """One grid takes in another that it does not touch."""
    a, b = far_apart(plan)
    codes = plan.grids["grid_code"]
    units = plan.units.assign(grid_code=plan.units["grid_code"].replace(codes[b], codes[a]))
    grids = plan.grids.copy()
    grids.loc[[a], "geometry"] = shapely.union_all(shapes_of(plan.grids.loc[[a, b]]))
    grids["households"] = units.groupby("grid_code")["households"].sum().reindex(codes).to_numpy()
    return replace(plan, grids=grids.drop(index=b).reset_index(drop=True), units=units)


def moved_building(plan: Plan) -> Plan:
    buildings = plan.buildings.copy()
    places = shapes_of(buildings).copy()
    places[0] = places[-1]
    return replace(plan, buildings=buildings.set_geometry(pd.Series(places, index=buildings.index), crs=plan.crs))


def without_ferries(plan: Plan) -> Plan:
    return replace(plan, ferries=plan.ferries.iloc[:0])


@pytest.fixture(scope="module")
def town(putuo: Plan) -> Plan:
    """The part of the plan that is one town of islands."""
    communities = putuo.communities[putuo.communities["town_id"] == TOWN].reset_index(drop=True)
    ids = communities["community_id"]
    units = putuo.units[putuo.units["community_id"].isin(ids)].reset_index(drop=True)
    return replace(
        putuo,
        communities=communities,
        units=units,
        grids=putuo.grids[putuo.grids["community_id"].isin(ids)].reset_index(drop=True),
        buildings=putuo.buildings[putuo.buildings["unit_id"].isin(units["unit_id"])].reset_index(drop=True),
    )


def test_a_whole_plan_breaks_no_promise(town: Plan) -> None:
    assert broken(town, int(town.communities["households"].sum())) == []


@pytest.mark.parametrize(
    ("breach", "said"),
    [
        (moved_grid, ("edges of grids", "m2 off")),
        (lost_household, ("not the sum of their units", "households of")),
        (wrong_status, ("wrong status", "UNDER_MIN does not hold")),
        (torn_grid, ("in pieces on one land",)),
        (moved_building, ("buildings outside their grid", "buildings in two grids")),
        (without_ferries, ("over water without a ferry",)),
    ],
)
def test_a_broken_promise_is_seen(breach: Callable[[Plan], Plan], said: tuple[str, ...], town: Plan) -> None:
    faults = broken(breach(town), int(town.communities["households"].sum()))
    assert [words for words in said if not any(words in fault for fault in faults)] == []
