"""Putuo, the district of the demo, as written and by the rule alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

import gridmap
from gridmap import Plan
from gridmap.partition.reasons import REASONS
from tests.real.promises import broken, shapes_of

HOUSEHOLDS = 126_875
TAOHUA, TAOHUA_HOUSEHOLDS = "330903104", 5_665
PROVEN = {"", *REASONS} - {"NOT_FOUND"}
LAYERS = ("grids", "units", "communities", "buildings", "barriers", "ferries")
SIGNIFICANT_DECIMALS = 7
# A GDAL from before GeoPackage 1.4 says so, and reads the file.
OLDER_GDAL = "This version of GeoPackage user_version="


@pytest.fixture(scope="module")
def geojson(demo_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo_folder / "putuo.geojson").read_text(encoding="utf-8"))
    return found


def test_the_wish_of_652_grids_with_40_on_taohua_is_kept(putuo: Plan) -> None:
    on_taohua = putuo.grids[putuo.grids["town_id"] == TAOHUA]
    assert (len(putuo.grids), len(on_taohua)) == (652, 40)
    assert on_taohua["households"].sum() == TAOHUA_HOUSEHOLDS
    assert set(putuo.grids["status"]) <= {"ok", "under", "over"}
    assert set(putuo.grids["reason"]) <= PROVEN


def test_the_written_plan_keeps_every_promise(putuo: Plan) -> None:
    assert broken(putuo, HOUSEHOLDS) == []
    assert gridmap.verify(putuo) == ()


def test_the_rule_alone_gives_a_number_for_the_district_and_for_taohua(putuo_by_rule: Plan) -> None:
    communities = putuo_by_rule.communities
    assert (communities["grids"] == communities["grids_rule"]).all()
    assert len(putuo_by_rule.grids) == communities["grids_rule"].sum()
    assert (communities["grids_low"] <= communities["grids"]).all()
    assert (communities["grids"] <= communities["grids_high"]).all()
    nearest = {"rural": 125, "urban": 300}
    target = communities["class"].map(nearest)
    assert ((communities["households"] - communities["grids"] * target).abs() <= target / 2 + 1).all()
    assert set(putuo_by_rule.grids["reason"]) <= PROVEN


def test_the_plan_by_rule_keeps_every_promise(putuo_by_rule: Plan) -> None:
    assert broken(putuo_by_rule, HOUSEHOLDS) == []


def rings(geojson: dict[str, Any]) -> list[tuple[bool, list[list[float]]]]:
    """Every ring, and whether it is an exterior."""
    polygons = [
        polygon
        for feature in geojson["features"]
        for polygon in (
            [feature["geometry"]["coordinates"]]
            if feature["geometry"]["type"] == "Polygon"
            else feature["geometry"]["coordinates"]
        )
    ]
    return [(number == 0, ring) for polygon in polygons for number, ring in enumerate(polygon)]


def test_geojson_has_the_members_of_rfc_7946_and_no_crs(geojson: dict[str, Any], putuo: Plan) -> None:
    assert geojson["type"] == "FeatureCollection"
    assert "crs" not in geojson
    assert {feature["type"] for feature in geojson["features"]} == {"Feature"}
    assert {feature["geometry"]["type"] for feature in geojson["features"]} <= {"Polygon", "MultiPolygon"}
    assert {feature["id"] for feature in geojson["features"]} == set(putuo.grids["grid_code"])
    west, south, east, north = geojson["bbox"]
    assert 121 < west < east < 123.5
    assert 29 < south < north < 31


def test_geojson_rings_are_closed_by_the_right_hand_rule_and_of_seven_decimals(geojson: dict[str, Any]) -> None:
    for exterior, ring in rings(geojson):
        assert len(ring) >= 4
        assert ring[0] == ring[-1]
        assert shapely.is_ccw(shapely.linearrings(ring)) == exterior
        xy = np.array(ring)
        assert xy.shape[1] == 2
        assert np.array_equal(np.round(xy, SIGNIFICANT_DECIMALS), xy)


def test_rounded_grids_are_valid_and_still_share_their_vertices(geojson: dict[str, Any]) -> None:
    shapes = np.array([shapely.geometry.shape(feature["geometry"]) for feature in geojson["features"]], dtype=object)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-9)


def test_geojson_lies_where_the_plan_does(demo_folder: Path, putuo: Plan) -> None:
    read = gpd.read_file(demo_folder / "putuo.geojson").set_index("grid_code").to_crs(putuo.crs)
    own = putuo.grids.set_index("grid_code").reindex(read.index)
    assert shapely.hausdorff_distance(shapes_of(read), shapes_of(own)).max() < 0.05
    assert (read["households"] == own["households"]).all()


@pytest.fixture(scope="module")
def ogrinfo() -> str:
    found = shutil.which("ogrinfo")
    if found is None:
        pytest.skip("needs GDAL's command line tools: apt install gdal-bin")
    return found


@pytest.mark.gdal
def test_gdal_reads_every_layer_of_the_plan_file_with_its_crs(ogrinfo: str, demo_folder: Path, putuo: Plan) -> None:
    done = subprocess.run(
        [ogrinfo, "-ro", "-al", "-so", str(demo_folder / "putuo.gpkg")], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if OLDER_GDAL not in line]
    assert (done.returncode, told) == (0, [])
    parts = {part.split("\n", 1)[0]: part for part in done.stdout.split("Layer name: ")[1:]}
    assert set(parts) == {*LAYERS, "report", "plan"}
    for name in LAYERS:
        assert f"Feature Count: {len(getattr(putuo, name))}\n" in parts[name]
        assert f'ID["EPSG",{putuo.crs.to_epsg()}]' in parts[name]
    assert "Geometry: None" in parts["plan"]


def test_the_plan_file_tells_its_crs_and_layers_to_pyogrio_too(demo_folder: Path, putuo: Plan) -> None:
    file = demo_folder / "putuo.gpkg"
    assert {name for name, _ in pyogrio.list_layers(file)} == {*LAYERS, "report", "plan"}
    assert {pyogrio.read_info(file, layer=name)["crs"] for name in LAYERS} == {putuo.crs.to_string()}
