"""Every fault of the input: found, named with its rows, with a remedy, in every format that can hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, MultiPoint, Polygon, box

from gridmap import io
from gridmap.errors import Finding, InputFaults
from gridmap.locale import catalogue
from tests.small_town import FORMATS, IDS, NEW_YORK, Town, X, Y, at, changed, save, small_town, square

BOW_TIE = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
# The whole square of the second community, with two of its corners exchanged on a short stretch.
BIG_BOW_TIE = Polygon(
    [
        (X + 1000, Y),
        (X + 2000, Y),
        (X + 2000, Y + 1000),
        (X + 1000, Y + 1000),
        (X + 1000, Y + 520),
        (X + 1100, Y + 480),
        (X + 1100, Y + 520),
        (X + 1000, Y + 480),
    ]
)
IDENTITY = "11010519491231002X"


@dataclass(frozen=True)
class Case:
    """A change to the small town that makes one fault."""

    code: str
    rows: tuple[str, ...]
    change: Callable[[Town], Town]
    options: Mapping[str, Any] = field(default_factory=dict)
    counted: str = "buildings"
    formats: tuple[str, ...] = FORMATS


def row(layer: str, number: int, **values: Any) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: changed(town[layer], number, **values)}


def without(layer: str, column: str) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: town[layer].drop(columns=column)}


def renamed(layer: str, **names: str) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: town[layer].rename(columns=names)}


def holding(layer: str, column: str, values: object) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: town[layer].assign(**{column: values})}


def added(layer: str, **values: Any) -> Callable[[Town], Town]:
    def add(town: Town) -> Town:
        more = gpd.GeoDataFrame([values], geometry="geometry", crs=town[layer].crs)
        return {**town, layer: pd.concat([town[layer], more], ignore_index=True)}

    return add


def unreferenced(layer: str) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: town[layer].set_crs(None, allow_override=True)}


def in_new_york(crs: int) -> Callable[[Town], Town]:
    def move(town: Town) -> Town:
        dx, dy = NEW_YORK[0] - X, NEW_YORK[1] - Y
        moved = {name: frame.set_geometry(frame.translate(dx, dy)) for name, frame in town.items()}
        return {name: frame.set_crs(32618, allow_override=True).to_crs(crs) for name, frame in moved.items()}

    return move


def emptied(layer: str) -> Callable[[Town], Town]:
    return lambda town: {**town, layer: town[layer].iloc[:0]}


def words(layer: str, column: str, number: int, word: str) -> Callable[[Town], Town]:
    """A column of numbers as text, one of them a word."""

    def write(town: Town) -> Town:
        text = [str(value) for value in town[layer][column]]
        text[number] = word
        return {**town, layer: town[layer].assign(**{column: text})}

    return write


PLAIN = ("gpkg", "shp.zip", "fgb")  # GeoJSON always has a CRS
NULLS = ("gpkg", "geojson", "shp.zip")  # FlatGeobuf turns an empty geometry away

CASES = [
    Case("MISSING_COLUMN", (), without("buildings", "households")),
    Case("MISSING_COLUMN", (), without("communities", "community_id")),
    Case("MISSING_COLUMN", (), lambda town: town, {"sums": ("rented",)}),
    Case("COLUMN_UNKNOWN", (), lambda town: town, {"columns": {"buildings.households": "hushu"}}),
    Case("COLUMN_UNKNOWN", (), lambda town: town, {"columns": {"units.unit_id": "code"}}, "units"),
    Case("COLUMN_NAME_UNKNOWN", (), lambda town: town, {"columns": {"buildings.height": "h"}}),
    Case("COLUMN_NAME_UNKNOWN", (), lambda town: town, {"columns": {"houses": "h"}}),
    Case("SUM_RESERVED", (), lambda town: town, {"sums": ("households",)}),
    Case("SUM_RESERVED", (), lambda town: town, {"sums": ("status",)}, "units"),
    Case("HOUSEHOLDS_MISSING", ("b3",), row("buildings", 2, households=None)),
    Case("HOUSEHOLDS_MISSING", ("u1",), row("units", 0, households=None), counted="units"),
    Case("HOUSEHOLDS_NEGATIVE", ("b1",), row("buildings", 0, households=-1)),
    Case("HOUSEHOLDS_NEGATIVE", ("u16",), row("units", 15, households=-20), counted="units"),
    Case("HOUSEHOLDS_NOT_A_NUMBER", ("b4",), words("buildings", "households", 3, "三户")),
    Case("HOUSEHOLDS_NOT_A_NUMBER", ("b2",), row("buildings", 1, households=2.5)),
    Case("HOUSEHOLDS_NOT_A_NUMBER", ("u4",), words("units", "households", 3, "1,200"), counted="units"),
    Case("NUMBER_MISSING", ("b2",), row("buildings", 1, people=None), {"sums": ("people",)}),
    Case("NUMBER_MISSING", ("b12",), row("buildings", 11, people=None), {"sums": ("people",)}),
    Case("NUMBER_NEGATIVE", ("b2",), row("buildings", 1, people=-3), {"sums": ("people",)}),
    Case("NUMBER_NEGATIVE", ("#1",), row("ferries", 0, minutes=-1.0)),
    Case("NOT_A_NUMBER", ("b6",), words("buildings", "people", 5, "many"), {"sums": ("people",)}),
    Case("NOT_A_NUMBER", ("#1",), words("ferries", "minutes", 0, "一刻钟")),
    Case("DUPLICATE_ID", ("b1",), row("buildings", 4, building_id="b1")),
    Case("DUPLICATE_ID", ("u2",), row("units", 5, unit_id="u2"), counted="units"),
    Case("DUPLICATE_ID", (IDS[0],), row("communities", 1, community_id=IDS[0])),
    Case("ID_MISSING", ("#2",), row("communities", 1, community_id=None, name="x")),
    Case("ID_MISSING", ("#5",), row("buildings", 4, building_id=None)),
    Case("GEOMETRY_INVALID", ("b5",), row("buildings", 4, geometry=BOW_TIE), formats=("gpkg", "geojson", "fgb")),
    Case("GEOMETRY_INVALID", (IDS[1],), row("communities", 1, geometry=BIG_BOW_TIE)),
    Case("GEOMETRY_INVALID", ("u1",), row("units", 0, geometry=BOW_TIE), counted="units"),
    Case("GEOMETRY_EMPTY", ("b5",), row("buildings", 4, geometry=None), formats=NULLS),
    Case("GEOMETRY_EMPTY", ("u1",), row("units", 0, geometry=Polygon()), counted="units", formats=NULLS),
    Case("GEOMETRY_TYPE", ("#1",), holding("barriers", "geometry", at(10, 10))),
    Case("GEOMETRY_TYPE", ("u1",), holding("units", "geometry", at(10, 10)), counted="units"),
    Case("GEOMETRY_TYPE", ("b1",), holding("buildings", "geometry", MultiPoint([at(1, 1), at(2, 2)]))),
    Case("OUTSIDE", ("b1",), row("buildings", 0, geometry=at(-200, 500))),
    Case("OUTSIDE", ("b12",), row("buildings", 11, geometry=at(1500, 2051)), {"outside": 50.5}),
    Case("COMMUNITIES_OVERLAP", IDS[:2], row("communities", 0, geometry=box(X, Y, X + 1006, Y + 1000))),
    Case(
        "COMMUNITIES_OVERLAP",
        (IDS[0], "9"),
        added(
            "communities", community_id="9", name="9", town_id="1", **{"class": "urban"}, geometry=square(0.4, 0.4, 200)
        ),
    ),
    Case(
        "COMMUNITIES_GAP",
        IDS[:2],
        row("communities", 0, geometry=square(0, 0).difference(box(X + 994, Y + 300, X + 1000, Y + 700))),
    ),
    Case(
        "COMMUNITIES_GAP",
        (IDS[0], "9"),
        lambda town: added(
            "communities", community_id="9", name="9", town_id="1", **{"class": "urban"}, geometry=square(0.4, 0.4, 200)
        )(row("communities", 0, geometry=square(0, 0).difference(square(0.39, 0.39, 220)))(town)),
    ),
    Case(
        "COMMUNITY_LOST",
        ("9",),
        added(
            "communities", community_id="9", name="9", town_id="1", **{"class": "urban"}, geometry=square(0.4, 0.4, 3)
        ),
    ),
    Case(
        "COMMUNITY_LOST",
        ("a",),
        added(
            "communities", community_id="a", name="a", town_id="1", **{"class": "rural"}, geometry=square(1.4, 1.4, 4)
        ),
    ),
    Case("UNIT_STRADDLES", ("u2",), row("units", 1, geometry=box(X + 500, Y, X + 1004, Y + 500)), counted="units"),
    Case("UNIT_STRADDLES", ("u1",), row("units", 0, community_id=IDS[3]), counted="units"),
    Case("UNITS_OVERLAP", ("u1+u2",), row("units", 0, geometry=box(X, Y, X + 506, Y + 500)), counted="units"),
    Case(
        "UNITS_OVERLAP",
        ("u1+u17",),
        added("units", unit_id="u17", households=3, community_id=IDS[0], geometry=square(0.1, 0.1, 100)),
        counted="units",
    ),
    Case("CLASS_UNKNOWN", (IDS[2],), row("communities", 2, **{"class": "suburb"})),
    Case("CLASS_UNKNOWN", ("A1",), row("communities", 0, community_id="A1", **{"class": None})),
    Case("KIND_UNKNOWN", (), lambda town: town, {"kind": "village"}),
    Case("KIND_UNKNOWN", (), lambda town: town, {"kind": "Urban area"}, "units"),
    Case("BAND_INVALID", (IDS[0],), holding("communities", "lo", [100.0, None, None, None])),
    Case(
        "BAND_INVALID",
        (IDS[1],),
        lambda town: {
            **town,
            "communities": town["communities"].assign(lo=[1, 9, 1, 1], target=[5, 5, 5, 5], hi=[9, 9, 9, 9]),
        },
    ),
    Case("CRS_MISSING", (), unreferenced("communities"), formats=PLAIN),
    Case("CRS_MISSING", (), unreferenced("buildings"), formats=PLAIN),
    Case("CRS_GEOGRAPHIC", (), in_new_york(4326)),
    Case("CRS_GEOGRAPHIC", (), in_new_york(4269), counted="units", formats=PLAIN),
    Case("CRS_NOT_METRES", (), in_new_york(2263), formats=PLAIN),
    Case("CRS_NOT_METRES", (), in_new_york(3857), formats=PLAIN),
    Case("CRS_WISH_NOT_METRES", (), lambda town: town, {"crs": "EPSG:4490"}),
    Case("CRS_WISH_NOT_METRES", (), lambda town: town, {"crs": 3857}),
    Case("CRS_UNKNOWN", (), lambda town: town, {"crs": "metres"}),
    Case("CRS_UNKNOWN", (), lambda town: town, {"crs": "EPSG:99999999"}),
    Case(
        "PERSONAL_DATA",
        (),
        renamed("buildings", building_id="户主姓名"),
        {"columns": {"buildings.building_id": "户主姓名"}},
        formats=("gpkg", "geojson", "fgb"),
    ),
    Case("PERSONAL_DATA", ("#2",), row("buildings", 1, building_id=IDENTITY)),
    Case("PERSONAL_DATA", ("#3",), row("units", 2, unit_id="13812345678"), counted="units"),
    Case("COMMUNITY_UNKNOWN", ("u3",), row("units", 2, community_id="330903104999"), counted="units"),
    Case("COMMUNITY_UNKNOWN", tuple(f"b{n}" for n in range(1, 13)), holding("buildings", "community_id", "x")),
    Case("FERRY_END", ("#1",), row("ferries", 0, geometry=LineString([at(2600, 1300), at(4000, 1300)]))),
    Case("FERRY_END", ("#2",), added("ferries", minutes=3.0, geometry=LineString([at(2000, 1300), at(2000, 2501)]))),
    Case("LAYER_EMPTY", (), emptied("buildings")),
    Case("LAYER_EMPTY", (), emptied("units"), counted="units"),
    Case("TOWN_UNKNOWN", ("330903999",), lambda town: town, {"towns": ("330903999",)}),
    Case("TOWN_UNKNOWN", ("1",), lambda town: town, {"towns": ("330903104", "1")}),
]


# Two mistakes that come together: a doubled community overlaps itself, an unnamed one is not found.
ALSO = {
    "DUPLICATE_ID": {"COMMUNITIES_OVERLAP"},
    "ID_MISSING": {"COMMUNITY_UNKNOWN"},
    "CLASS_UNKNOWN": {"COMMUNITY_UNKNOWN"},
    "MISSING_COLUMN": {"COMMUNITY_UNKNOWN"},
}


def faults_of(inputs: Mapping[str, Any], **options: Any) -> tuple[Finding, ...]:
    with pytest.raises(InputFaults) as caught:
        io.check(**inputs, **options)
    return caught.value.faults


def chosen(town: Town, counted: str) -> Town:
    other = "units" if counted == "buildings" else "buildings"
    return {name: frame for name, frame in town.items() if name != other}


def name_of(case: Case) -> str:
    return case.code + "-" + case.counted


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_fault_is_found_and_nothing_else(case: Case) -> None:
    """What is wrong once is one fault, with its rows, in words, and with a remedy."""
    faults = faults_of(chosen(case.change(small_town()), case.counted), **case.options)
    hits = [fault for fault in faults if fault.code == case.code]
    assert all(row in hits[0].rows for row in case.rows), hits[0]
    assert {fault.code for fault in faults} <= {case.code, *ALSO.get(case.code, set())}
    for lang in ("en", "zh"):
        for fault in faults:
            assert fault.remedy(lang)
            assert "{" not in fault.line(lang)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_fault_is_found_in_files(case: Case, suffix: str, tmp_path: Path) -> None:
    if suffix not in case.formats:
        return
    before = small_town()
    town = chosen(case.change(before), case.counted)
    touched = [name for name, frame in town.items() if frame is not before[name]] or [case.counted]
    files = {name: save(town[name], tmp_path, name, suffix) for name in touched}
    hits = [fault for fault in faults_of({**town, **files}, **case.options) if fault.code == case.code]
    assert hits
    assert all(row in hits[0].rows for row in case.rows), hits[0]
    assert hits[0].file in {"", *(path.name for path in files.values())}


def test_every_fault_is_tried_twice() -> None:
    codes = [case.code for case in CASES]
    elsewhere = {"FILE_MISSING", "FILE_UNREADABLE", "LAYER_UNKNOWN", "PARQUET_EXTRA", "LAYERS_CHOICE"}
    elsewhere |= {"GEOMETRY_NONE", "COORDINATES_INVALID", "CRS_UNFIT", "TABLE_UNEVEN"}
    known = {key.partition(".")[2] for key in catalogue("en") if key.startswith("fault.")}
    of_input = {code for code in known if not code.startswith("PLAN_")}
    assert {code for code in of_input if codes.count(code) < 2} <= elsewhere


def test_faults_have_a_sentence_and_a_remedy_in_both_languages() -> None:
    for lang in ("en", "zh"):
        keys = catalogue(lang).keys()
        assert {k.partition(".")[2] for k in keys if k.startswith("fault.")} == {
            k.partition(".")[2] for k in keys if k.startswith("remedy.")
        }


def test_eight_faults_of_one_file_are_reported_together(tmp_path: Path) -> None:
    town = small_town()
    buildings = town["buildings"].assign(community_id=None)
    buildings["households"] = [str(value) for value in buildings["households"]]
    buildings = changed(buildings, 0, households=None)
    buildings = changed(buildings, 1, households="-4")
    buildings = changed(buildings, 2, households="many")
    buildings = changed(buildings, 4, building_id="b4")
    buildings = changed(buildings, 5, geometry=None)
    buildings = changed(buildings, 6, geometry=at(-300, 200))
    buildings = changed(buildings, 7, community_id="nowhere")
    buildings = buildings.assign(group="", phone="13812345678")
    path = save(buildings, tmp_path, "buildings", "gpkg")
    columns = {"buildings.group": "phone"}
    faults = faults_of({"communities": town["communities"], "buildings": path}, columns=columns)
    assert {fault.file for fault in faults} == {"buildings.gpkg"}
    assert sorted(fault.code for fault in faults) == [
        "COMMUNITY_UNKNOWN",
        "DUPLICATE_ID",
        "GEOMETRY_EMPTY",
        "HOUSEHOLDS_MISSING",
        "HOUSEHOLDS_NEGATIVE",
        "HOUSEHOLDS_NOT_A_NUMBER",
        "OUTSIDE",
        "PERSONAL_DATA",
    ]
    text = InputFaults(faults).text("zh")
    assert all(fault.code in text for fault in faults)


def test_faults_of_all_layers_come_together(tmp_path: Path) -> None:
    town = small_town()
    inputs = {
        "communities": changed(town["communities"], 0, **{"class": "?"}),
        "buildings": tmp_path / "gone.csv",
        "barriers": town["barriers"].drop(columns="kind"),
        "ferries": changed(town["ferries"], 0, geometry=LineString([at(9000, 9000), at(9001, 9000)])),
    }
    found = [(fault.layer, fault.code) for fault in faults_of(inputs)]
    assert found == [
        ("communities", "CLASS_UNKNOWN"),
        ("buildings", "FILE_MISSING"),
        ("barriers", "MISSING_COLUMN"),
        ("ferries", "FERRY_END"),
    ]


def test_buildings_or_units_and_not_both() -> None:
    town = small_town()
    assert [fault.code for fault in faults_of(town)] == ["LAYERS_CHOICE"]
    assert [fault.code for fault in faults_of({"communities": town["communities"]})] == ["LAYERS_CHOICE"]


@pytest.mark.parametrize("text", ["", "not a layer", '{"type": "FeatureCollection", "features": [{"type"'])
@pytest.mark.parametrize("name", ["x.gpkg", "x.geojson", "x.zip", "x.fgb", "x.parquet", "x.csv.gz"])
def test_a_broken_file_is_a_fault(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    faults = faults_of({"communities": small_town()["communities"], "buildings": tmp_path / name})
    empty = name.endswith(".csv.gz") and not text
    assert [fault.code for fault in faults] == ["LAYER_EMPTY" if empty else "FILE_UNREADABLE"]
    assert name in faults[0].line("zh")


def test_a_table_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    town = small_town()
    for name in ("houses", "blocks"):
        path = save(town["buildings"], tmp_path, name, "gpkg")
    both = tmp_path / "both.gpkg"
    for name in ("houses", "blocks"):
        town["buildings"].to_file(both, layer=name)
    for given in (f"{path}:villages", str(both), f"{both}:villages"):
        faults = faults_of({"communities": town["communities"], "buildings": given})
        assert [fault.code for fault in faults] == ["LAYER_UNKNOWN"]
        assert "blocks" in faults[0].sentence()
    assert len(io.check(town["communities"], buildings=f"{both}:blocks").counted) == 12


def test_an_outside_building_tells_its_distance() -> None:
    town = chosen(row("buildings", 0, geometry=at(-200, 500))(small_town()), "buildings")
    [fault] = faults_of(town)
    assert fault.values["distance"] == pytest.approx(200, abs=0.1)
    assert "200.0 m" in fault.sentence()


def test_a_gap_tells_its_width_and_area() -> None:
    hole = box(X + 994, Y + 300, X + 1000, Y + 700)
    town = row("communities", 0, geometry=square(0, 0).difference(hole))(small_town())
    [fault] = faults_of(chosen(town, "buildings"))
    assert (fault.values["width"], fault.values["area"]) == (pytest.approx(6, abs=0.1), pytest.approx(2400))


def test_personal_ids_are_never_repeated() -> None:
    """Where the ids themselves may be personal, no finding shows them."""
    frame = changed(changed(small_town()["buildings"], 1, building_id=IDENTITY), 1, households=-2)
    error = InputFaults(faults_of({"communities": small_town()["communities"], "buildings": frame}))
    named = small_town()["buildings"].assign(community_id=IDENTITY)
    error = InputFaults([*error.faults, *faults_of({"communities": small_town()["communities"], "buildings": named})])
    assert IDENTITY not in error.text("en") + error.text("zh") + str([fault.to_dict() for fault in error.faults])


def test_impossible_coordinates_are_a_fault(tmp_path: Path) -> None:
    swapped = tmp_path / "swapped.csv"
    swapped.write_text("households,lon,lat\n3,29.9,122.2\n4,29.9,122.3\n", encoding="utf-8")
    faults = faults_of({"communities": small_town()["communities"], "buildings": swapped})
    assert [fault.code for fault in faults] == ["COORDINATES_INVALID"]
    assert faults[0].rows == ("#1", "#2")


def test_communities_far_from_their_stated_crs_are_a_fault() -> None:
    town = small_town()
    degrees = town["communities"].set_crs(4326, allow_override=True)
    codes = {fault.code for fault in faults_of({"communities": degrees, "buildings": town["buildings"]})}
    assert codes == {"CRS_UNFIT"}


def test_a_table_without_geometry_is_a_fault(tmp_path: Path) -> None:
    town = small_town()
    path = tmp_path / "communities.csv"
    pd.DataFrame(town["communities"].drop(columns="geometry")).to_csv(path, index=False)
    faults = faults_of({"communities": path, "buildings": town["buildings"]})
    assert [fault.code for fault in faults] == ["GEOMETRY_NONE"]
    plain = tmp_path / "buildings.csv"
    pd.DataFrame(town["buildings"].drop(columns="geometry")).to_csv(plain, index=False)
    faults = faults_of({"communities": town["communities"], "buildings": plain})
    assert [(fault.code, fault.values["name"]) for fault in faults] == [
        ("MISSING_COLUMN", "lon"),
        ("MISSING_COLUMN", "lat"),
    ]


def test_geoparquet_without_its_extra_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    town = small_town()
    path = save(town["buildings"], tmp_path, "buildings", "parquet")
    monkeypatch.setattr("gridmap.reading.parquet_module", lambda: None)
    [fault] = faults_of({"communities": town["communities"], "buildings": path})
    assert fault.code == "PARQUET_EXTRA"
    assert "gridmap[parquet]" in fault.remedy("en")
    assert "gridmap[parquet]" in fault.remedy("zh")


@pytest.mark.parametrize("cells", ["东港,3号楼,7,122.2,29.9", "7,122.2", "东港,7,122.2,29.9,,x"])
def test_a_row_with_cells_too_many_or_too_few_is_a_fault(cells: str, tmp_path: Path) -> None:
    """An unquoted comma would move every number after it by one column."""
    path = tmp_path / "buildings.csv"
    path.write_text(f"group,households,lon,lat\n东港,1,122.2,29.9\n{cells}\n", encoding="utf-8")
    [fault] = faults_of({"communities": small_town()["communities"], "buildings": path})
    assert (fault.code, fault.rows) == ("TABLE_UNEVEN", ("#2",))


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_table_is_a_fault(text: str, tmp_path: Path) -> None:
    path = tmp_path / "buildings.csv"
    path.write_text(text, encoding="utf-8")
    [fault] = faults_of({"communities": small_town()["communities"], "buildings": path})
    assert fault.code == "LAYER_EMPTY"
