"""The oracle sees what is broken: every kind of damage done to a good plan is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from gridmap import Plan, divide
from tests.partition.oracle import broken
from tests.partition.test_edge_cases import communities, homes, row
from tests.partition.towns import RULES, rectangle

TOWN = {
    "communities": communities(rectangle(0, 0, 300, 100), rectangle(300, 0, 300, 100)),
    "buildings": homes(*row(15, 4, 9, step=30), *row(315, 1, 9, step=30)),
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    made = divide(**TOWN, rules=RULES)
    assert broken(TOWN, made) == []
    assert made.grids["status"].tolist() == ["ok", "ok", "ok", "under"]
    return made


def _grids(plan: Plan, column: str, values: list[object]) -> Plan:
    return replace(plan, grids=plan.grids.assign(**{column: values}))


def _unit_moved(plan: Plan) -> Plan:
    codes = plan.units["grid_code"].tolist()
    codes[0] = codes[-1]
    return replace(plan, units=plan.units.assign(grid_code=codes))


def _recoded(plan: Plan) -> Plan:
    """The last of three serials left out, in every frame."""
    frames = {name: getattr(plan, name) for name in ("grids", "units")}
    codes = {name: frame["grid_code"].replace("C0-003", "C0-004") for name, frame in frames.items()}
    return replace(plan, **{name: frame.assign(grid_code=codes[name]) for name, frame in frames.items()})


def _excused(plan: Plan) -> Plan:
    """The grid that is under says that a unit of it is above the cap."""
    unit = plan.units["unit_id"].iloc[-1]
    detail = f'{{"unit": "{unit}", "households": 40, "hi": 15}}'
    return _grids(_grids(plan, "reason", ["", "", "", "UNIT_ABOVE_CAP"]), "reason_detail", ["", "", "", detail])


def _gap(plan: Plan) -> Plan:
    shapes = plan.grids.geometry.tolist()
    shapes[0] = shapely.difference(shapes[0], shapes[0].representative_point().buffer(1))
    return replace(plan, grids=plan.grids.set_geometry(gpd.GeoSeries(shapes, crs=plan.crs)))


def _torn(plan: Plan) -> Plan:
    """The first and the last of three grids in a row change a cell: each is in two pieces then."""
    own = plan.units[plan.units["community_id"] == "C0"].index
    codes = plan.units["grid_code"].copy()
    codes[own[0]], codes[own[-1]] = codes[own[-1]], codes[own[0]]
    units = plan.units.assign(grid_code=codes)
    shapes = units.groupby("grid_code").geometry.apply(lambda s: s.union_all()).reindex(plan.grids["grid_code"])
    return replace(plan, units=units, grids=plan.grids.set_geometry(gpd.GeoSeries(shapes.tolist(), crs=plan.crs)))


DAMAGES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a unit in another grid": (_unit_moved, "not the sums of their units"),
    "a hole": (_gap, "do not tile it"),
    "a torn grid": (_torn, "pieces"),
    "households": (lambda p: _grids(p, "households", [12, 12, 12, 10]), "households"),
    "a status": (lambda p: _grids(p, "status", ["ok", "ok", "ok", "over"]), "is over"),
    "no reason": (lambda p: _grids(_grids(p, "reason", [""] * 4), "reason_detail", [""] * 4), "has no reason"),
    "a code": (_recoded, "C0-004 is not number 3"),
    "a label": (lambda p: _grids(p, "label", ["a", "b", "c", "d"]), "is labelled a"),
    "a band": (lambda p: _grids(p, "lo", [10, 10, 10, 9]), "under 9"),
    "a reason": (_excused, "not UNDER_MIN"),
    "what a reason carries": (
        lambda p: _grids(p, "reason_detail", ["", "", "", '{"households": 8, "lo": 10}']),
        "UNDER_MIN carries",
    ),
    "a reason too many": (lambda p: _grids(p, "reason", ["X", "", "", "UNDER_MIN"]), "is ok and has the reason X"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_named(plan: Plan, damage: str) -> None:
    spoil, said = DAMAGES[damage]
    assert any(said in sentence for sentence in broken(TOWN, spoil(plan)))


def test_a_missing_grid_is_named(plan: Plan) -> None:
    assert any("grids, not the wished 5" in sentence for sentence in broken(TOWN, plan, grids=5))
