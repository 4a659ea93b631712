"""Corners of the rules, each as a drawn town: shortages, islands and ferries, borders, borders a hair apart."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point

from gridmap import Plan, divide
from gridmap.errors import PlanError
from gridmap.locale import LANGUAGES
from tests.partition.oracle import broken
from tests.partition.towns import CRS, RULES, X, Y, rectangle

MAIN = rectangle(0, 0, 300, 100)
ISLAND = rectangle(400, 0, 300, 100)


def communities(*outlines: Any) -> gpd.GeoDataFrame:
    """Rural communities of these outlines."""
    names = [f"C{n}" for n in range(len(outlines))]
    return gpd.GeoDataFrame({"community_id": names, "name": names, "kind": "rural"}, geometry=list(outlines), crs=CRS)


def homes(*places: tuple[float, float, int]) -> gpd.GeoDataFrame:
    """Buildings at x, y with their households."""
    points = [Point(X + x, Y + y) for x, y, _ in places]
    ids = [f"b{n:02d}" for n in range(len(places))]
    return gpd.GeoDataFrame({"building_id": ids, "households": [h for _, _, h in places]}, geometry=points, crs=CRS)


def boats(*lines: tuple[tuple[float, float], tuple[float, float]]) -> gpd.GeoDataFrame:
    """Ferries between two places."""
    shapes = [LineString([(X + x, Y + y) for x, y in line]) for line in lines]
    return gpd.GeoDataFrame({"minutes": np.ones(len(shapes))}, geometry=shapes, crs=CRS)


def divided(**town: Any) -> Plan:
    """The plan of a town, which keeps every promise."""
    plan = divide(**town, rules=RULES, jobs=1)
    assert broken(town, plan) == []
    return plan


def row(start: int, households: int, count: int, step: int = 28) -> list[tuple[float, float, int]]:
    """Homes in a row, of so many households each."""
    return [(start + step * n, 50, households) for n in range(count)]


def reasons(plan: Plan) -> list[str]:
    return sorted(plan.grids["reason"])


def test_too_few_households_join_the_unit_above_the_cap() -> None:
    plan = divided(communities=communities(MAIN), buildings=homes((50, 50, 40), (150, 50, 3), (250, 50, 4)))
    assert plan.grids["households"].tolist() == [47]
    assert reasons(plan) == ["UNIT_ABOVE_CAP"]


def test_too_few_households_are_one_grid() -> None:
    plan = divided(communities=communities(MAIN), buildings=homes(*row(20, 1, 9)))
    assert plan.grids["households"].tolist() == [9]
    assert reasons(plan) == ["UNDER_MIN"]


def test_between_two_numbers_none_fits() -> None:
    plan = divided(communities=communities(MAIN), buildings=homes(*row(20, 2, 8)))
    assert plan.grids["households"].tolist() == [16]
    assert reasons(plan) == ["NO_COUNT_FITS"]


def test_units_that_cannot_be_cut_are_proven_so() -> None:
    plan = divided(communities=communities(MAIN), buildings=homes(*row(20, 8, 3, step=100)))
    assert set(reasons(plan)) <= {"", "UNIT_INDIVISIBLE"}
    assert "UNIT_INDIVISIBLE" in reasons(plan)


def test_a_unit_above_the_cap_stands_alone() -> None:
    plan = divided(communities=communities(MAIN), buildings=homes((150, 50, 40), *row(10, 3, 4), *row(190, 3, 4)))
    assert sorted(plan.grids["households"]) == [12, 12, 40]
    assert reasons(plan) == ["", "", "UNIT_ABOVE_CAP"]


def test_a_community_without_households_is_one_empty_grid() -> None:
    plan = divided(communities=communities(MAIN, ISLAND), buildings=homes(*row(20, 4, 3), (500, 50, 0)))
    assert plan.grids["status"].tolist() == ["ok", "empty"]
    assert plan.report()["total"]["grids"] == 1


def test_a_wish_does_not_count_empty_communities() -> None:
    town = {"communities": communities(MAIN, ISLAND), "buildings": homes(*row(20, 4, 6, step=40), (500, 50, 0))}
    plan = divide(**town, rules=RULES, grids=2)
    assert broken(town, plan, grids=2) == []
    assert len(plan.grids) == 3


@pytest.mark.parametrize("ferries", [None, boats()])
def test_an_islet_without_households_joins_the_nearest_land(ferries: gpd.GeoDataFrame | None) -> None:
    islet = rectangle(320, 20, 30, 30)
    land = communities(MultiPolygon([MAIN, islet]))
    plan = divided(communities=land, buildings=homes(*row(20, 4, 3), *row(200, 4, 3)), ferries=ferries)
    assert len(plan.grids) == 2
    east = plan.grids[plan.grids.geometry.covers(Point(X + 335, Y + 35))].iloc[0]
    assert east.geometry.covers(Point(X + 290, Y + 50))
    assert [note.code for note in plan.notes] == []


def test_without_a_ferries_layer_the_shortest_crossing_is_assumed_and_noted() -> None:
    land = communities(MultiPolygon([MAIN, ISLAND]))
    plan = divided(communities=land, buildings=homes(*row(100, 1, 6), *row(420, 1, 6)))
    assert plan.grids["households"].tolist() == [12]
    (note,) = plan.notes
    assert note.code == "CROSSINGS_ASSUMED"
    assert note.values["longest"] == 100
    for lang in LANGUAGES:
        assert "100" in note.sentence(lang)


@pytest.mark.parametrize(
    "ferries", [boats(), boats(((10, 10), (290, 90)))], ids=["empty layer", "a boat that stays on one island"]
)
def test_islands_without_a_ferry_are_divided_apart(ferries: gpd.GeoDataFrame) -> None:
    land = communities(MultiPolygon([MAIN, ISLAND]))
    plan = divided(communities=land, buildings=homes(*row(100, 1, 6), *row(420, 1, 6)), ferries=ferries)
    assert plan.grids["households"].tolist() == [6, 6]
    assert reasons(plan) == ["MULTIPART_ISLAND"] * 2


def test_a_ferry_joins_islands() -> None:
    land = communities(MultiPolygon([MAIN, ISLAND]))
    town = {"communities": land, "buildings": homes(*row(100, 1, 6), *row(420, 1, 6))}
    plan = divided(**town, ferries=boats(((290, 50), (410, 50))))
    assert plan.grids["households"].tolist() == [12]
    assert plan.notes == ()


def test_a_ferry_by_way_of_an_empty_islet_joins_islands() -> None:
    islet = rectangle(340, 40, 20, 20)
    land = communities(MultiPolygon([MAIN, ISLAND, islet]))
    town = {"communities": land, "buildings": homes(*row(100, 1, 6), *row(420, 1, 6))}
    plan = divided(**town, ferries=boats(((290, 50), (350, 50)), ((350, 55), (410, 50))))
    assert plan.grids["households"].tolist() == [12]


def test_two_ferries_between_the_same_islands_tear_no_grid() -> None:
    """With both boats in the graph a grid could lie at the two ends of an island and cross twice."""
    land = communities(MultiPolygon([MAIN, rectangle(0, 150, 300, 100)]))
    south = [(x, 50, 2) for x in range(15, 300, 30)]
    north = [(x, 200, 2) for x in range(15, 300, 30)]
    both = boats(((15, 90), (15, 160)), ((285, 90), (285, 160)))
    for grids in (3, 4):
        town = {"communities": land, "buildings": homes(*south, *north), "ferries": both}
        plan = divide(**town, rules=RULES, grids=grids, jobs=1)
        assert broken(town, plan, grids=grids) == []


def test_a_building_on_a_border_belongs_to_one_community_and_is_listed() -> None:
    land = communities(MAIN, rectangle(300, 0, 300, 100))
    plan = divided(communities=land, buildings=homes((300, 50, 5), *row(20, 3, 4), *row(330, 3, 4)))
    assert sorted(plan.communities["households"]) == [12, 17]
    assert plan.buildings.set_index("building_id").loc["b00", "listed"]
    (note,) = plan.notes
    assert (note.code, note.rows) == ("BUILDING_ON_BORDER", ("b00",))


@pytest.mark.parametrize(
    ("slope", "size", "loose", "every"),
    [((171.3, 72.1), 60, 0.004, 3), ((171.3, 73.466), 50, 0.004, 2), ((123.45, 72.1), 50, 0.0013, 2)],
)
def test_units_whose_borders_run_a_hair_apart_keep_their_land(
    slope: tuple[float, float], size: int, loose: float, every: int
) -> None:
    """Cleaned as a coverage, whole units vanished or the cleaning failed, since slivers lay between them."""
    line = LineString([(X, Y + slope[0]), (X + 600, Y + slope[1])])
    west, east = shapely.get_parts(shapely.polygonize([_noded(rectangle(0, 0, 600, 400), line)]))
    corners = [(x, y) for x in range(0, 600, size) for y in range(0, 400, size)]
    shapes, owners = [], []
    for name, outline in (("C0", west), ("C1", east)):
        squares = [rectangle(*corner, size, size).intersection(outline) for corner in corners]
        for n, square in enumerate(s for s in squares if s.area > 1):
            shapes.append(square.buffer(loose, join_style="mitre") if n % every else square)
            owners.append(name)
    frame = {"unit_id": [f"u{n:03d}" for n in range(len(shapes))], "households": 1, "community_id": owners}
    plan = divided(communities=communities(west, east), units=gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS))
    assert set(plan.units["unit_id"]) == set(frame["unit_id"])
    assert plan.units.area.min() > 1


def _noded(shape: shapely.Polygon, line: LineString) -> shapely.Geometry:
    return shapely.union(shape.boundary, line)


def test_a_unit_thinner_than_the_grid_of_a_millimetre_is_an_error() -> None:
    thin = rectangle(150, 0, 0.0002, 100)
    frame = {"unit_id": ["a", "b", "thin"], "households": [5, 5, 5]}
    shapes = [rectangle(0, 0, 150, 100), rectangle(150, 0, 150, 100), thin]
    with pytest.raises(PlanError) as caught:
        divide(communities(MAIN), units=gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS), rules=RULES)
    assert caught.value.code == "UNIT_VANISHED"
    for lang in LANGUAGES:
        assert "1" in caught.value.text(lang)


def test_units_in_pieces_are_kept_whole_and_listed() -> None:
    torn = MultiPolygon([rectangle(0, 0, 50, 100), rectangle(250, 0, 50, 100)])
    frame = {"unit_id": ["torn", "between"], "households": [12, 12]}
    units = gpd.GeoDataFrame(frame, geometry=[torn, rectangle(50, 0, 200, 100)], crs=CRS)
    plan = divided(communities=communities(MAIN), units=units)
    assert plan.grids["households"].tolist() == [12, 12]
    assert [(note.code, note.rows) for note in plan.notes] == [("UNITS_IN_PIECES", ("torn",))]


def test_land_without_units_is_filled_and_noted() -> None:
    frame = {"unit_id": ["a"], "households": [12]}
    units = gpd.GeoDataFrame(frame, geometry=[rectangle(0, 0, 200, 100)], crs=CRS)
    plan = divided(communities=communities(MAIN), units=units)
    (note,) = plan.notes
    assert note.code == "LAND_WITHOUT_UNITS"
    assert note.values["area"] == 10_000
    assert len(plan.units) == 2


def test_a_group_is_kept_whole_where_it_costs_nothing() -> None:
    given = homes(*row(15, 4, 6, step=50))
    grouped = given.assign(group=["a", "a", "a", "b", "b", "b"])
    plan = divided(communities=communities(MAIN), buildings=grouped)
    together = plan.units.dropna(subset=["group"]).groupby("group")["grid_code"].nunique()
    assert together.tolist() == [1, 1]
