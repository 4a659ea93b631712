"""Grids as GeoJSON, and the grid at a place."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import shapely
from pyproj import Transformer
from shapely import Point
from shapely.geometry import shape

import gridmap
from gridmap.api.models import GridCollection, Located
from tests.api import town
from tests.api.conftest import problem

GRIDS = "/api/plans/town/grids"
LOCATE = "/api/plans/town/locate"
TO_DEGREES = Transformer.from_crs(town.CRS, "EPSG:4326", always_xy=True)


def every(client: httpx.Client, **asked: str | int) -> list[dict[str, Any]]:
    """The features of all pages."""
    found: list[dict[str, Any]] = []
    answer = client.get(GRIDS, params=asked)
    while True:
        page = GridCollection.model_validate(answer.json())
        found += answer.json()["features"]
        following = [link.href for link in page.links if link.rel == "next"]
        if not following:
            assert len(found) == page.number_matched
            return found
        answer = client.get(following[0])


def test_pages_hold_every_grid_once(client: httpx.Client, plan: gridmap.Plan) -> None:
    codes = [feature["id"] for feature in every(client)]
    assert codes == sorted(plan.grids["grid_code"])
    assert len(client.get(GRIDS).json()["features"]) == 2


def test_geojson_is_as_the_standard_has_it(client: httpx.Client) -> None:
    answer = client.get(GRIDS, params={"limit": 100})
    assert answer.headers["content-type"] == "application/geo+json"
    assert "crs" not in answer.json()
    for feature in answer.json()["features"]:
        outline = shape(feature["geometry"])
        rings = [polygon.exterior for polygon in getattr(outline, "geoms", [outline])]
        assert all(shapely.is_ccw(ring) for ring in rings)
        numbers = [n for pair in shapely.get_coordinates(outline) for n in pair]
        assert all(n == round(n, 7) for n in numbers)


def test_features_carry_what_the_plan_says(client: httpx.Client, plan: gridmap.Plan) -> None:
    rows = plan.grids.set_index("grid_code")
    for feature in every(client):
        row = rows.loc[feature["id"]]
        told = feature["properties"]
        assert set(told) == {*plan.grids.columns} - {"geometry"}
        assert (told["households"], told["status"], told["reason"]) == (row.households, row.status, row.reason)
        assert (told["reason_detail"] is None) == (row.reason == "")


def test_households_add_up(client: httpx.Client) -> None:
    assert sum(f["properties"]["households"] for f in every(client)) == town.buildings()["households"].sum()


def test_a_community_and_a_status_choose(client: httpx.Client, plan: gridmap.Plan) -> None:
    community = town.COMMUNITIES[0][0]
    found = {f["id"] for f in every(client, community=community)}
    assert found == set(plan.grids.loc[plan.grids["community_id"] == community, "grid_code"])
    for status in ("ok", "under", "over", "empty"):
        found = {f["id"] for f in every(client, status=status)}
        assert found == set(plan.grids.loc[plan.grids["status"] == status, "grid_code"])


def test_a_box_chooses_what_it_touches(client: httpx.Client, plan: gridmap.Plan) -> None:
    chosen = plan.grids.to_crs(4326).geometry.iloc[0].representative_point()
    text = f"{chosen.x},{chosen.y},{chosen.x},{chosen.y}"
    assert [f["id"] for f in every(client, bbox=text)] == [plan.grids["grid_code"].iloc[0]]
    assert every(client, bbox="0,0,1,1") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,2,3", "BBOX_COUNT"),
        ("1,2,3,4,5", "BBOX_COUNT"),
        ("", "BBOX_COUNT"),
        ("1,2,three,4", "BBOX_NUMBER"),
        ("1,2,nan,4", "BBOX_NUMBER"),
        ("1,2,inf,4", "BBOX_NUMBER"),
        ("-181,2,3,4", "BBOX_DEGREES"),
        ("400000,3300000,400100,3300100", "BBOX_DEGREES"),
        ("3,2,1,4", "BBOX_ORDER"),
        ("1,4,3,2", "BBOX_ORDER"),
    ],
)
def test_a_box_that_cannot_be_is_a_problem(client: httpx.Client, text: str, code: str) -> None:
    found = problem(client.get(GRIDS, params={"bbox": text}), 422)
    assert found["code"] == code
    assert f"'{text}'" in str(found["detail"])


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"offset": "-1"}, "query.offset"),
        ({"status": "good"}, "query.status"),
        ({"bobx": "1,2,3,4"}, "query.bobx"),
        ({"lang": "fr"}, "query.lang"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(client: httpx.Client, asked: dict[str, str], where: str) -> None:
    found = problem(client.get(GRIDS, params=asked), 422)
    assert found["code"] == "REQUEST_INVALID"
    assert where in str(found["detail"])


def test_a_page_has_a_bound(client: httpx.Client) -> None:
    assert problem(client.get(GRIDS, params={"limit": 101}), 422)["code"] == "LIMIT_TOO_LARGE"


def test_an_offset_past_the_end_is_an_empty_page(client: httpx.Client) -> None:
    page = GridCollection.model_validate(client.get(GRIDS, params={"offset": 9_999}).json())
    assert page.number_returned == 0 < page.number_matched


def test_each_grid_is_found_at_a_place_inside_it(client: httpx.Client, plan: gridmap.Plan) -> None:
    inside = plan.grids.representative_point()
    for code, x, y in zip(plan.grids["grid_code"], inside.x, inside.y, strict=True):
        found = located(client, *TO_DEGREES.transform(x, y))
        assert found.grid is not None
        assert found.grid.grid_code == code


def test_outside_is_no_error(client: httpx.Client) -> None:
    assert located(client, 0.0, 0.0).grid is None
    assert located(client, -180.0, -90.0).grid is None


def test_a_border_belongs_to_the_lowest_code(app: Any, plan: gridmap.Plan) -> None:
    served = app.state.plans["town"]
    borders = plan.grids.boundary
    place = borders.iloc[0].intersection(borders.drop(borders.index[0]).union_all()).representative_point()
    hits = plan.grids.loc[plan.grids.intersects(Point(place)), "grid_code"]
    found = served.features.metres.query(Point(place), predicate="intersects")
    assert len(hits) > 1
    assert served.features.properties[min(found)]["grid_code"] == min(hits)


def test_the_same_place_gives_the_same_grid(client: httpx.Client) -> None:
    x, y = TO_DEGREES.transform(town.WEST + town.SIDE, town.SOUTH + town.SIDE / 2)
    assert len({client.get(LOCATE, params={"lon": x, "lat": y}).text for _ in range(3)}) == 1


@pytest.mark.parametrize(
    ("lon", "lat", "where"),
    [
        ("181", "0", "query.lon"),
        ("0", "-90.5", "query.lat"),
        ("nan", "0", "query.lon"),
        ("0", "inf", "query.lat"),
        ("east", "0", "query.lon"),
    ],
)
def test_a_place_that_cannot_be_is_a_problem(client: httpx.Client, lon: str, lat: str, where: str) -> None:
    assert where in str(problem(client.get(LOCATE, params={"lon": lon, "lat": lat}), 422)["detail"])


def test_a_place_needs_both_numbers(client: httpx.Client) -> None:
    found = problem(client.get(LOCATE, params={"lon": 1}), 422)
    assert found["errors"] == [{"where": "query.lat", "message": "it is missing"}]


def located(client: httpx.Client, lon: float, lat: float) -> Located:
    """What stands at a place."""
    answer = client.get(LOCATE, params={"lon": lon, "lat": lat})
    assert answer.status_code == 200
    return Located.model_validate(answer.json())
