"""What the checked layers promise to those who plan with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, Point, box

from gridmap import io, tiling
from gridmap.errors import InputFaults
from gridmap.layers import Layers
from tests.small_town import IDS, Town, X, Y, at, changed, small_town, square


def checked(town: Town, counted: str = "buildings", **options: Any) -> Layers:
    other = "units" if counted == "buildings" else "buildings"
    return io.check(**{name: frame for name, frame in town.items() if name != other}, **options)


def codes(layers: Layers) -> list[str]:
    return [note.code for note in layers.notes]


def buildings(town: Town, **options: Any) -> gpd.GeoDataFrame:
    frame = checked(town, **options).buildings
    assert frame is not None
    return frame.set_index("building_id")


def shuffled(town: Town, seed: int) -> Town:
    return {name: frame.sample(frac=1, random_state=seed, ignore_index=True) for name, frame in town.items()}


def test_a_town_without_fault_keeps_all_it_came_with() -> None:
    layers = checked(small_town(), sums=("people",))
    assert layers.notes == ()
    assert layers.units is None
    assert layers.counted["households"].sum() == sum(range(12))
    assert layers.counted["people"].sum() == sum(range(0, 24, 2))
    assert layers.communities["community_id"].tolist() == sorted(IDS)
    assert layers.communities["class"].tolist() == ["urban", "urban", "rural", "rural"]
    assert sorted(layers.barriers["kind"]) == ["river", "road"]
    assert layers.ferries is not None
    assert layers.ferries["minutes"].tolist() == [12.0]
    assert layers.crs.to_epsg() == 4550


def test_the_summary_counts_what_is_there() -> None:
    summary = checked(small_town(), sums=("people",)).summary()
    assert summary["rows"] == {"communities": 4, "buildings": 12, "barriers": 2, "ferries": 1}
    assert (summary["households"], summary["sums"], summary["towns"]) == (66, {"people": 132}, 1)
    assert summary["classes"] == [
        {"class": "rural", "class_source": "column", "communities": 2},
        {"class": "urban", "class_source": "column", "communities": 2},
    ]
    assert summary["bounds"] == [X, Y, X + 4300, Y + 2000]


@pytest.mark.parametrize("counted", ["buildings", "units"])
def test_the_order_of_rows_changes_nothing(counted: str) -> None:
    first = checked(small_town(), counted)
    second = checked(shuffled(small_town(), 7), counted)
    assert_geodataframe_equal(first.communities, second.communities)
    assert_geodataframe_equal(first.counted, second.counted)
    assert_geodataframe_equal(first.barriers, second.barriers)
    assert first.ferries is not None
    assert second.ferries is not None
    assert_geodataframe_equal(first.ferries, second.ferries)


def test_arguments_are_not_changed() -> None:
    town, same = small_town(), small_town()
    checked(town)
    for name, frame in town.items():
        assert_geodataframe_equal(frame, same[name])


@settings(max_examples=30, deadline=None)
@given(places=st.lists(st.tuples(st.integers(-500, 25_000), st.integers(-500, 20_500)), min_size=1, max_size=30))
def test_every_place_is_strictly_inside_its_community(places: list[tuple[int, int]]) -> None:
    """Decimetres from a corner: outside, on borders, on corners, in the sea between the islands."""
    town = small_town()
    points = [at(x / 10, y / 10) for x, y in places]
    town["buildings"] = gpd.GeoDataFrame({"households": [1] * len(points)}, geometry=points, crs=4550)
    layers = checked(town, outside=600.0)
    assert layers.buildings is not None
    outlines = layers.communities.set_index("community_id").geometry.reindex(layers.buildings["community_id"])
    assert shapely.contains_properly(outlines.to_numpy(), layers.buildings.geometry.to_numpy()).all()
    source = shapely.points(layers.buildings["source_x"], layers.buildings["source_y"])
    moved = shapely.distance(source, layers.buildings.geometry.to_numpy()) > 0
    assert moved.tolist() == layers.buildings["listed"].tolist()
    assert len(layers.buildings) == len(points)


def test_a_building_just_outside_goes_to_the_nearest_community_and_is_listed() -> None:
    town = small_town()
    town["buildings"] = changed(town["buildings"], 0, geometry=at(-49, 500))
    found = buildings(town)
    assert found.loc["b1", "community_id"] == IDS[0]
    assert found.loc["b1", "listed"]
    assert found.loc["b1", "geometry"].equals(at(0.5, 500))
    assert codes(checked(town)) == ["BUILDING_MOVED"]
    assert found["listed"].sum() == 1


def test_the_community_that_a_building_names_wins_over_its_place() -> None:
    town = small_town()
    town["buildings"] = town["buildings"].assign(cid=[IDS[1]] + [None] * 11)
    layers = checked(town)
    found = buildings(town)
    assert found.loc["b1", "community_id"] == IDS[1]
    assert found.loc["b1", "listed"]
    assert found.loc["b1", "geometry"].equals(at(1000.5, 500))
    assert (found.loc["b1", "source_x"], found.loc["b1", "source_y"]) == (X + 250, Y + 500)
    assert codes(layers) == ["BUILDING_ELSEWHERE"]


def test_a_building_on_a_border_belongs_to_the_first_community() -> None:
    town = small_town()
    town["buildings"] = changed(town["buildings"], 0, geometry=at(1000, 1000))
    assert buildings(town).loc["b1", "community_id"] == IDS[0]
    assert codes(checked(town)) == ["BUILDING_ON_BORDER"]


def test_zero_households_are_a_value() -> None:
    assert buildings(small_town()).loc["b1", "households"] == 0


def test_whole_numbers_of_any_type_are_households() -> None:
    town = small_town()
    for values in (np.arange(12.0), [str(n) for n in range(12)], pd.array(range(12), dtype="Int64")):
        frame = town["buildings"].assign(households=values)
        assert checked({**town, "buildings": frame}).counted["households"].sum() == 66


def test_outlines_of_buildings_count_by_a_place_inside() -> None:
    town = small_town()
    town["buildings"] = town["buildings"].set_geometry(town["buildings"].buffer(8))
    assert set(buildings(town).geom_type) == {"Point"}


def test_heights_and_points_in_multipoints_are_understood() -> None:
    town = small_town()
    tall = [MultiPoint([Point(p.x, p.y, 30.0)]) for p in town["buildings"].geometry]
    found = buildings({**town, "buildings": town["buildings"].set_geometry(tall, crs=4550)})
    assert not found.has_z.any()
    assert found.geometry.x.tolist() == buildings(town).geometry.x.tolist()


def test_what_is_not_given_has_a_default() -> None:
    town = small_town()
    town["communities"] = town["communities"][["community_id", "geometry"]]
    town["buildings"] = town["buildings"][["households", "geometry"]]
    layers = checked(town)
    assert layers.communities["name"].tolist() == sorted(IDS)
    assert set(layers.communities["town_id"]) == set(layers.communities["town_name"]) == {"330903104"}
    assert set(layers.communities["class_source"]) == {"village_code"}
    assert sorted(layers.counted["building_id"], key=int) == [str(n) for n in range(1, 13)]


def test_ids_that_are_no_division_codes_make_one_town() -> None:
    town = small_town()
    town["communities"] = town["communities"].assign(community_id=[1, 2, 3, 4]).drop(columns="town_id")
    layers = checked(town)
    assert layers.communities["community_id"].tolist() == ["1", "2", "3", "4"]
    assert set(layers.communities["town_id"]) == {"1"}


CLASSES = [
    ("330903104001", None, "urban", "village_code"),
    ("330903104199", None, "urban", "village_code"),
    ("330903104200", None, "rural", "village_code"),
    ("330903104399", None, "rural", "village_code"),
    ("330903104400", None, "urban", "village_code"),
    ("330903104599", None, "rural", "village_code"),
    ("330903104001", "220", "rural", "statistical_code"),
    ("330903104201", 111, "urban", "statistical_code"),
    ("a", "Urban ", "urban", "column"),
    ("330903104001", "rural", "rural", "column"),
]


@pytest.mark.parametrize(("community_id", "given", "class_", "source"), CLASSES)
def test_a_class_comes_from_a_column_else_from_the_code(
    community_id: str, given: object, class_: str, source: str
) -> None:
    town = small_town()
    town["communities"] = changed(town["communities"], 0, community_id=community_id, **{"class": given})
    town["communities"] = town["communities"].iloc[:1]
    town["buildings"] = town["buildings"].iloc[:3]
    [row] = checked({**town, "ferries": town["ferries"].iloc[:0]}).communities.itertuples()
    assert (row[5], row.class_source) == (class_, source)


@pytest.mark.parametrize("serial", ["000", "600", "999"])
def test_other_codes_have_no_class(serial: str) -> None:
    town = small_town()
    town["communities"] = changed(town["communities"], 0, community_id="330903104" + serial, **{"class": None})
    with pytest.raises(InputFaults) as caught:
        checked(town)
    assert [fault.code for fault in caught.value.faults] == ["CLASS_UNKNOWN"]


def test_classes_by_codes_from_400_to_599_are_listed_for_review() -> None:
    town = small_town()
    town["communities"] = changed(town["communities"], 0, community_id="330903104450", **{"class": None})
    [note] = checked(town).notes
    assert (note.code, note.rows) == ("CLASS_REVIEW", ("330903104450",))


def test_the_planners_word_goes_before_all() -> None:
    layers = checked(small_town(), kind="rural")
    assert set(layers.communities["class"]) == {"rural"}
    assert set(layers.communities["class_source"]) == {"kind"}


def test_a_row_may_have_a_band_of_its_own() -> None:
    town = small_town()
    town["communities"] = town["communities"].assign(
        lo=[80, None, None, None], target=[90, None, None, None], hi=[99, None, None, None]
    )
    communities = checked(town).communities
    assert communities.loc[0, ["lo", "target", "hi"]].tolist() == [80, 90, 99]
    assert communities.loc[1:, ["lo", "target", "hi"]].isna().all().all()


def test_narrow_overlaps_and_gaps_are_mended_and_listed() -> None:
    town = small_town()
    outline = shapely.difference(box(X, Y, X + 1003, Y + 1000), box(X + 996, Y + 300, X + 1003, Y + 600))
    town["communities"] = changed(town["communities"], 0, geometry=outline)
    layers = checked(town)
    assert codes(layers) == ["OVERLAPS_MENDED", "GAPS_MENDED"]
    assert all(note.rows for note in layers.notes)
    outlines = layers.communities.geometry.to_numpy()
    assert tiling.is_clean(outlines)
    assert tiling.gaps(outlines) == []
    assert shapely.area(shapely.union_all(outlines)) == pytest.approx(4_000_000 + 90_000)


def test_what_loses_nothing_is_mended() -> None:
    """A spike, and a hole drawn as part of the outline."""
    town = small_town()
    corners = [(X, Y), (X + 1000, Y), (X + 1000, Y + 1000), (X, Y + 1000), (X, Y + 1200), (X, Y + 1000)]
    town["communities"] = changed(town["communities"], 0, geometry=shapely.Polygon(corners))
    [note] = checked(town).notes
    assert (note.code, note.rows) == ("GEOMETRY_MENDED", (IDS[0],))


def test_kinds_of_barriers_have_canonical_names() -> None:
    town = small_town()
    kinds = ["Stream", "road_local", "coast", "hedge", None]
    lines = [LineString([at(10, 10 * n), at(90, 10 * n)]) for n in range(5)]
    town["barriers"] = gpd.GeoDataFrame({"kind": kinds}, geometry=lines, crs=4550)
    layers = checked(town)
    in_order = layers.barriers.iloc[np.argsort(layers.barriers.bounds["miny"])]
    assert in_order["kind"].tolist() == ["river", "road", "coast", "lane", "lane"]
    [note] = layers.notes
    assert (note.code, note.rows, note.values["kinds"]) == ("BARRIER_KIND_OTHER", ("#4", "#5"), "-, hedge")


def test_lines_of_several_parts_are_taken_apart() -> None:
    town = small_town()
    parts = MultiLineString([[at(1, 1), at(2, 2)], [at(5, 5), at(6, 6)], [at(6, 6), at(7, 7)]])
    town["barriers"] = gpd.GeoDataFrame({"kind": ["road"]}, geometry=[parts], crs=4550)
    assert checked(town).barriers.geom_type.tolist() == ["LineString", "LineString"]


def test_no_ferries_layer_differs_from_an_empty_one() -> None:
    town = small_town()
    empty = checked({**town, "ferries": town["ferries"].iloc[:0]}).ferries
    assert empty is not None
    assert len(empty) == 0
    del town["ferries"]
    assert checked(town).ferries is None
    del town["barriers"]
    assert len(checked(town).barriers) == 0


def test_units_belong_to_the_community_they_lie_in() -> None:
    town = small_town()
    named = checked(town, "units").counted
    free = checked({**town, "units": town["units"].drop(columns="community_id")}, "units").counted
    assert_geodataframe_equal(named, free)


def test_units_may_reach_out_by_a_drawing_error() -> None:
    town = small_town()
    town["units"] = changed(town["units"], 1, geometry=box(X + 500, Y, X + 1000.4, Y + 500))
    assert len(checked(town, "units").counted) == 16


def test_chosen_towns_keep_their_own_only() -> None:
    town = small_town()
    town["communities"] = town["communities"].assign(town_id=["1", "2", "1", "2"])
    layers = checked(town, towns=("1",))
    assert layers.communities["community_id"].tolist() == [IDS[0], IDS[2]]
    assert set(layers.counted["community_id"]) == {IDS[0], IDS[2]}
    assert [(note.code, note.values["left"]) for note in layers.notes] == [("TOWNS_CHOSEN", 6)]


def test_other_layers_come_to_the_crs_of_the_communities() -> None:
    town = small_town()
    town["buildings"] = town["buildings"].to_crs(4326)
    town["barriers"] = town["barriers"].to_crs(32651)
    layers = checked(town)
    first = checked(small_town())
    assert layers.buildings is not None
    assert first.buildings is not None
    assert layers.buildings.crs == layers.barriers.crs == layers.communities.crs
    assert layers.buildings.distance(first.buildings).max() < 0.001


def test_degrees_in_china_take_a_zone_and_say_so() -> None:
    town = {name: frame.to_crs(4490) for name, frame in small_town().items()}
    layers = checked(town)
    assert layers.crs.to_epsg() == 4550
    assert "CRS_CHOSEN" in codes(layers)
    assert checked(town, crs=4549).crs.to_epsg() == 4549


def test_a_column_may_be_mapped() -> None:
    town = small_town()
    town["buildings"] = town["buildings"].rename(columns={"households": "hushu"}).assign(households=-1)
    layers = checked(town, columns={"buildings.households": "hushu"})
    assert layers.counted["households"].sum() == 66
    assert layers.sources[1].columns_read["households"] == "hushu"


def test_what_is_not_asked_for_is_named_and_not_kept() -> None:
    town = small_town()
    town["buildings"] = town["buildings"].assign(phone="13812345678")
    layers = checked(town)
    assert layers.sources[1].columns_unread == ("people", "phone")
    assert "phone" not in layers.counted.columns


def test_an_enclave_is_no_fault() -> None:
    town = small_town()
    town["communities"] = changed(town["communities"], 0, geometry=square(0, 0).difference(square(0.4, 0.4, 200)))
    inner = gpd.GeoDataFrame(
        [{"community_id": "9", "name": "9", "town_id": "1", "class": "urban", "geometry": square(0.4, 0.4, 200)}],
        crs=4550,
    )
    town["communities"] = pd.concat([town["communities"], inner], ignore_index=True)
    assert len(checked(town).communities) == 5


REAL = [
    ("staten_island/si.gpkg", {"kind": "urban"}, 23, 4077, 178_060),
    ("porto_bgri2021/porto.gpkg", {"kind": "urban", "sums": ("population",)}, 243, 1659, 102_214),
]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "options", "communities", "units", "households"), REAL)
def test_real_districts_check_without_a_fault(
    shared: Path, file: str, options: dict[str, Any], communities: int, units: int, households: int
) -> None:
    """Numbers from the README beside each file."""
    path = shared / "data" / file
    layers = io.check(path, units=path, **options)
    assert (len(layers.communities), len(layers.counted)) == (communities, units)
    assert layers.counted["households"].sum() == households
    outlines = layers.communities.geometry.to_numpy()
    assert shapely.coverage_is_valid(outlines)
    assert [gap for gap in tiling.gaps(outlines) if gap.width <= 5] == []


@pytest.mark.shared
def test_a_real_city_overlaps_and_is_mended(shared: Path) -> None:
    """New York's neighbourhoods overlap by up to 3.2 m and leave hundreds of slits."""
    path = shared / "data" / "nyc_incidents" / "nyc_boundaries.gpkg"
    columns = {"communities.community_id": "nta2020", "communities.name": "ntaname"}
    units = shared / "data" / "staten_island" / "si.gpkg:units"
    layers = io.check(f"{path}:nta2020", units=units, columns=columns, kind="urban")
    assert len(layers.communities) == 262
    assert codes(layers) == ["OVERLAPS_MENDED", "GAPS_MENDED"]
    assert shapely.coverage_is_valid(layers.communities.geometry.to_numpy())
