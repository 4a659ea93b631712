"""A plan as a value and as a file: what is saved comes back, and what is damaged is named."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gridmap
from gridmap import Plan, RuleSet, divide, read_plan
from gridmap.errors import InputFaults, PlanError, RuleError
from gridmap.locale import LANGUAGES
from gridmap.partition.planfile import GEOMETRY_LAYERS
from gridmap.partition.verify import verify
from gridmap.rules import Band
from tests.partition.oracle import broken
from tests.partition.towns import RULES, rectangle

ROOT = Path(__file__).resolve().parents[2]
CRS = "EPSG:4550"


def town(**changes: Any) -> dict[str, Any]:
    """Two towns of two communities: one with a miss of each kind of shortage, one of no household."""
    outlines = [rectangle(200 * (n % 2), 200 * (n // 2), 200, 200) for n in range(4)]
    communities = {
        "community_id": ["330903104201", "330903104202", "330903105001", "330903105002"],
        "name": ["南岙村委会", "北岙村委会", "东港", "西港"],
        "town_id": ["330903104", "330903104", "330903105", "330903105"],
        "town_name": ["桃花镇", "桃花镇", "虾峙镇", "虾峙镇"],
        "kind": ["rural", "rural", "urban", "urban"],
    }
    places = [shapely.Point(400_005 + 20 * i, 3_310_005 + 20 * j) for i in range(10) for j in range(10)]
    places += [shapely.Point(400_205 + 50 * i, 3_310_050) for i in range(2)]
    places += [shapely.Point(400_105 + 10 * i, 3_310_300) for i in range(5)]
    counts = [1] * 100 + [4, 3] + [5, 5, 5, 5, 90]
    buildings = {
        "building_id": [f"b{n:03d}" for n in range(len(places))],
        "households": counts,
        "people": [3 * n for n in counts],
        "group": ["一组" if n < 50 else None for n in range(len(places))],
    }
    line = shapely.LineString([(399_990, 3_310_101), (400_500, 3_310_101)])
    given: dict[str, Any] = {
        "communities": gpd.GeoDataFrame(communities, geometry=outlines, crs=CRS),
        "buildings": gpd.GeoDataFrame(buildings, geometry=places, crs=CRS),
        "barriers": gpd.GeoDataFrame({"kind": ["lane"]}, geometry=[line], crs=CRS),
        "rules": RULES,
        "sums": ["people"],
        "basis": "registered",
        "as_of": "2008-12-31",
        "jobs": 1,
    }
    return {**given, **changes}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return divide(**town())


@pytest.fixture
def saved(plan: Plan, tmp_path: Path) -> Path:
    file = tmp_path / "plan.gpkg"
    plan.save(file)
    return file


def test_the_plan_keeps_its_promises(plan: Plan) -> None:
    assert broken(town(), plan) == []
    assert verify(plan) == ()
    assert set(plan.grids["status"]) == {"ok", "under", "over", "empty"}


def test_a_plan_is_frozen(plan: Plan) -> None:
    with pytest.raises(FrozenInstanceError):
        plan.seed = 2  # type: ignore[misc]


def test_a_saved_plan_comes_back_as_it_was(plan: Plan, saved: Path) -> None:
    back = read_plan(saved)
    for name in GEOMETRY_LAYERS:
        same_frame(getattr(plan, name), getattr(back, name))
    for name in ("rules", "seed", "version", "basis", "as_of", "sums", "ferries_given", "notes", "sources", "crs"):
        assert getattr(back, name) == getattr(plan, name), name
    assert back.report() == plan.report()
    assert verify(back) == ()


def same_frame(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> None:
    assert list(one.columns) == list(other.columns)
    assert one.crs == other.crs
    shapes = [np.asarray(frame.geometry.array, dtype=object) for frame in (one, other)]
    assert shapely.to_wkb(shapes[0]).tolist() == shapely.to_wkb(shapes[1]).tolist()
    plain = [pd.DataFrame(frame.drop(columns="geometry")) for frame in (one, other)]
    pd.testing.assert_frame_equal(*plain, check_dtype=False, check_exact=True)


def test_a_plan_of_ready_made_units_and_ferries_comes_back(plan: Plan, tmp_path: Path) -> None:
    units = plan.units[["unit_id", "households", "community_id", "people", "geometry"]]
    lines = [shapely.LineString([(400_010, 3_310_010), (400_190, 3_310_190)])]
    ferries = gpd.GeoDataFrame({"minutes": [7.5]}, geometry=lines, crs=CRS)
    given = {name: value for name, value in town(units=units, ferries=ferries).items() if name != "buildings"}
    made = divide(**given)
    made.save(tmp_path / "p.gpkg")
    back = read_plan(tmp_path / "p.gpkg")
    assert back.ferries_given
    for name in GEOMETRY_LAYERS:
        same_frame(getattr(made, name), getattr(back, name))


@pytest.mark.parametrize("suffix", ["geojson", "fgb", "csv", "parquet"])
def test_other_suffixes_hold_the_grids_alone(plan: Plan, tmp_path: Path, suffix: str) -> None:
    plan.save(tmp_path / f"grids.{suffix}")
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / f"grids.{suffix}")
    assert f"grids.{suffix}" in str(caught.value)


DAMAGES = {
    "no rules": ("ALTER TABLE plan DROP COLUMN rules", "plan.rules"),
    "rules are no JSON": ("UPDATE plan SET rules = '{'", "plan.rules"),
    "rules are a list": ("UPDATE plan SET rules = '[1]'", "plan.rules"),
    "rules are null": ("UPDATE plan SET rules = NULL", "plan.rules"),
    "rules cannot be": ("UPDATE plan SET rules = '{\"name\": \"x\"}'", "plan.rules"),
    "seed is null": ("UPDATE plan SET seed = NULL", "plan.seed"),
    "sums are a number": ("UPDATE plan SET sums = '3'", "plan.sums"),
    "notes are text": ("UPDATE plan SET notes = '\"x\"'", "plan.notes"),
    "notes have other keys": ("UPDATE plan SET notes = '[{\"a\": 1}]'", "plan.notes"),
    "a note is a number": ("UPDATE plan SET notes = '[1]'", "plan.notes"),
    "sources are numbers": ("UPDATE plan SET sources = '[1]'", "plan.sources"),
    "no ferries_given": ("ALTER TABLE plan DROP COLUMN ferries_given", "plan.ferries_given"),
    "the plan has no row": ("DELETE FROM plan", "plan"),
    "grids without status": ("ALTER TABLE grids DROP COLUMN status", "grids.status"),
    "units without a sum": ("ALTER TABLE units DROP COLUMN people", "units.people"),
    "no such layer": ("DELETE FROM gpkg_contents WHERE table_name = 'communities'", "communities"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_plan_is_named_with_what_it_lacks(saved: Path, damage: str) -> None:
    statement, lacking = DAMAGES[damage]
    with closing(sqlite3.connect(saved)) as connection, connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger[0]}"')  # they call functions that only GDAL has
        connection.execute(statement)
    with pytest.raises(PlanError) as caught:
        read_plan(saved)
    for lang in LANGUAGES:
        assert "plan.gpkg" in caught.value.text(lang)
        assert lacking in caught.value.text(lang)


@pytest.mark.parametrize("content", [b"", b"no GeoPackage", b"SQLite format 3\x00"])
def test_a_file_that_is_no_geopackage_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "plan.gpkg"
    file.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        read_plan(file)
    assert "plan.gpkg" in str(caught.value)


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "gone.gpkg")
    assert "gone.gpkg" in str(caught.value)


def test_layers_name_all_that_is_missing_at_once(plan: Plan) -> None:
    layers = plan.to_layers()
    del layers["units"]
    layers["grids"] = layers["grids"].drop(columns=["label", "lo"])
    layers["barriers"] = pd.DataFrame(layers["barriers"].drop(columns="geometry"))
    with pytest.raises(PlanError) as caught:
        Plan.from_layers(layers)
    assert caught.value.values["missing"] == "grids.label, grids.lo, units, barriers.geometry"


def test_two_plans_in_one_are_none(plan: Plan) -> None:
    layers = plan.to_layers()
    with pytest.raises(PlanError) as caught:
        Plan.from_layers({**layers, "plan": pd.concat([layers["plan"]] * 2)})
    assert caught.value.values["missing"] == "plan"


def test_from_layers_takes_back_what_to_layers_gives(plan: Plan) -> None:
    again = Plan.from_layers(plan.to_layers())
    for name in GEOMETRY_LAYERS:
        same_frame(getattr(plan, name), getattr(again, name))
    assert again.report() == plan.report()


def test_problems_are_told_in_both_languages(plan: Plan) -> None:
    english, chinese = plan.problems(), plan.problems(lang="zh")
    assert len(english) == plan.grids["status"].isin(["under", "over"]).sum() > 0
    ids = re.compile(r"[0-9A-Za-z]*\d[0-9A-Za-z-]*|lo|target|hi")  # ids, numbers and column names stay as they are
    for column in ("sentence", "remedy"):
        assert english[column].str.fullmatch(r"[ -~]+").all()
        assert not any(re.search("[A-Za-z]", ids.sub("", text)) for text in chinese[column])
        assert chinese[column].str.contains("[\u4e00-\u9fff]").all()


def test_the_report_is_json_and_adds_up(plan: Plan) -> None:
    told = json.loads(json.dumps(plan.report(), allow_nan=False))
    assert told["total"]["households"] == 217
    assert told["total"]["people"] == 651
    assert told["basis"] == "registered"
    assert told["as_of"] == "2008-12-31"
    for count in ("households", "grids", "ok", "under", "over", "empty", "buildings"):
        assert sum(town[count] for town in told["towns"]) == told["total"][count]
        assert sum(one[count] for one in told["communities"]) == told["total"][count]
    assert sum(told["total"]["reasons"].values()) == len(told["problems"])
    report = plan.to_layers()["report"]
    assert report["level"].tolist() == ["all", *["community"] * 4]


def test_people_can_be_what_is_measured() -> None:
    rules = RuleSet("heads", "1", "people", urban=Band(60, 75, 90), rural=Band(30, 36, 45))
    given = town(rules=rules, sums=[])
    made = divide(**given)
    assert made.sums == ("people",)
    assert broken({**given, "sums": ["people"]}, made) == []
    own = made.grids[made.grids["community_id"] == "330903104201"]
    assert own["people"].between(30, 45).all()
    assert len(own) == 8  # 300 people at 36: 25/3, so 8 grids


def test_a_community_can_have_a_band_of_its_own() -> None:
    given = town()
    band = {"lo": [40, None, None, None], "target": [50, None, None, None], "hi": [60, None, None, None]}
    own = given["communities"].assign(**band)
    made = divide(**{**given, "communities": own})
    mine = made.grids[made.grids["community_id"] == "330903104201"]
    assert len(mine) == 2
    assert mine["households"].between(40, 60).all()
    assert set(zip(mine["lo"], mine["target"], mine["hi"], strict=True)) == {(40, 50, 60)}
    rest = made.grids[made.grids["community_id"] == "330903104202"]
    assert set(rest["lo"]) == {10}


def test_only_the_chosen_towns_are_divided() -> None:
    made = divide(**town(towns=["330903105"]))
    assert set(made.grids["town_id"]) == {"330903105"}
    assert set(made.communities["community_id"]) == {"330903105001", "330903105002"}
    assert made.report()["total"]["households"] == 110
    whole = divide(**town())
    same = whole.grids[whole.grids["town_id"] == "330903105"].reset_index(drop=True)
    assert same[["grid_code", "households"]].equals(made.grids[["grid_code", "households"]])
    assert same.geometry.geom_equals(made.grids.geometry).all()


def test_a_town_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(InputFaults) as caught:
        divide(**town(towns=["1"]))
    assert [fault.code for fault in caught.value.faults] == ["TOWN_UNKNOWN"]


@pytest.mark.parametrize(
    ("grids", "of_town", "whole"),
    [
        ("11", 9, 11),
        ("330903104=8", 8, 10),
        ("12,330903104=10", 10, 12),
        ({"": 11, "330903104": 9}, 9, 11),
        (11, 9, 11),
    ],
)
def test_a_wish_fixes_district_and_towns(grids: Any, of_town: int, whole: int) -> None:
    made = divide(**town(grids=grids))
    counted = made.grids[made.grids["status"] != "empty"]
    assert len(counted) == whole
    assert (counted["town_id"] == "330903104").sum() == of_town


def test_a_wish_that_the_rules_forbid_names_both_bounds() -> None:
    with pytest.raises(RuleError) as caught:
        divide(**town(grids="330903104=50"))
    assert (caught.value.values["low"], caught.value.values["high"]) == (8, 11)


def test_a_plan_can_be_drawn(plan: Plan) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = plan.plot()
    assert len(axes.collections) > 1
    assert plan.plot(ax=axes) is axes


def test_importing_gridmap_costs_little() -> None:
    code = "import sys, gridmap; print([m for m in ('numba', 'geopandas', 'pandas', 'numpy') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
    assert gridmap.divide is divide
