"""The CRS of a plan is in metres, and never guessed."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS

from gridmap import crs

CHINA = (121.9, 29.8, 122.4, 30.1)


@pytest.mark.parametrize("meridian", range(75, 136, 3))
def test_a_zone_is_the_one_whose_meridian_is_nearest(meridian: int) -> None:
    for lon in (meridian - 1.4, meridian, meridian + 1.4):
        zone = CRS.from_epsg(crs.cgcs2000_zone(lon))
        assert zone.name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"
        assert crs.in_metres(zone)


@pytest.mark.parametrize("lon", [73.0, 74.0, 135.9])
def test_the_edges_of_china_have_a_zone(lon: float) -> None:
    assert 4534 <= crs.cgcs2000_zone(lon) <= 4554


@pytest.mark.parametrize("place", [(-74.1, 40.6), (39.3, -5.7), (-8.6, 41.1), (179.9, -16.0), (-180.0, 10.0)])
def test_a_utm_zone_holds_its_place(place: tuple[float, float]) -> None:
    area = CRS.from_epsg(crs.utm_zone(*place)).area_of_use
    assert area is not None
    assert area.west <= place[0] <= area.east
    assert area.south <= place[1] <= area.north


def test_the_communities_own_crs_stays_if_it_is_in_metres() -> None:
    own = CRS.from_epsg(32651)
    assert crs.plan_crs(own, (400_000, 3_300_000, 420_000, 3_320_000)).crs == own


def test_degrees_in_china_take_the_zone_by_longitude() -> None:
    choice = crs.plan_crs(CRS.from_epsg(4490), CHINA)
    assert choice.crs == CRS.from_epsg(4550)
    assert choice.chosen


def test_degrees_elsewhere_are_a_fault_that_names_a_zone() -> None:
    choice = crs.plan_crs(CRS.from_epsg(4326), (-74.3, 40.4, -74.0, 40.7))
    assert (choice.crs, choice.fault, choice.suggested) == (None, "CRS_GEOGRAPHIC", 32618)


def test_the_wished_crs_wins_if_it_is_in_metres() -> None:
    own = CRS.from_epsg(4326)
    assert crs.plan_crs(own, CHINA, "EPSG:32651").crs == CRS.from_epsg(32651)
    assert crs.plan_crs(own, CHINA, "4549").crs == CRS.from_epsg(4549)
    assert crs.plan_crs(own, CHINA, 4490).fault == "CRS_WISH_NOT_METRES"
    assert crs.plan_crs(own, CHINA, "EPSG:1").fault == "CRS_UNKNOWN"


@pytest.mark.parametrize("code", [2263, 3857, 3395, 4326])
def test_feet_degrees_and_web_mercator_are_no_metres_on_the_ground(code: int) -> None:
    assert not crs.in_metres(CRS.from_epsg(code))


def test_heights_change_nothing() -> None:
    assert crs.in_metres(CRS.from_user_input("EPSG:4549+5737"))


def test_numbers_that_the_crs_cannot_have_are_a_fault() -> None:
    assert crs.plan_crs(CRS.from_epsg(4326), (400_000, 3_300_000, 410_000, 3_310_000)).fault == "CRS_UNFIT"
    assert crs.plan_crs(CRS.from_epsg(4550), CHINA).fault == "CRS_UNFIT"


def test_x_is_east_and_y_is_north() -> None:
    xy = crs.transform(np.array([[123.0, 30.0]]), CRS.from_epsg(4490), CRS.from_epsg(4550))
    assert xy[0] == pytest.approx([500_000, 3_320_114], abs=1)
