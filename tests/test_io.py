"""Files in, in every format and encoding of an office; files out, whole or not at all."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridmap import geojson, io, reading, tiling, writing
from gridmap.errors import InputFaults, OutputError, PlanError
from gridmap.layers import Layers
from tests.small_town import IDS, Town, changed, save, small_town

FORMATS = ("gpkg", "geojson", "shp.zip", "shp", "fgb", "parquet")
GRID_FORMATS = ("geojson", "fgb", "parquet", "csv")


def town_of(layers: Layers) -> list[list[object]]:
    return [layers.communities.drop(columns="geometry").values.tolist(), layers.counted["households"].tolist()]


def grids() -> gpd.GeoDataFrame:
    """Four grids that fit, one in two pieces and one with a lake."""
    lake = box(400_200, 3_310_200, 400_300, 3_310_300)
    frame = small_town()["communities"]
    frame = changed(frame, 0, geometry=shapely.difference(frame.geometry[0], lake))
    frame["grid_code"] = [f"{community}001" for community in IDS]
    frame["households"] = [120, 130, 140, 0]
    frame["lo"] = pd.array([100, 100, None, 100], dtype="Int64")
    frame["compactness"] = [0.5, np.nan, 0.7, 0.8]
    return frame


def plan_layers() -> dict[str, pd.DataFrame]:
    town = small_town()
    empty = gpd.GeoDataFrame({"building_id": pd.Series(dtype=object)}, geometry=[], crs=4550)
    return {
        "grids": grids(),
        "units": town["units"],
        "communities": town["communities"],
        "report": pd.DataFrame({"community_id": IDS, "grids": [1, 1, 1, 1]}),
        "buildings": empty,
        "barriers": town["barriers"],
        "ferries": town["ferries"],
        "plan": pd.DataFrame({"key": ["seed", "basis"], "value": ["1", "户籍户"]}),
    }


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("counted", ["buildings", "units"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_town_is_the_same_in_every_format(suffix: str, counted: str, tmp_path: Path) -> None:
    town = {name: frame for name, frame in small_town().items() if name in ("communities", "barriers", counted)}
    files = {name: save(frame, tmp_path, name, suffix) for name, frame in town.items()}
    assert town_of(io.check(**files)) == town_of(io.check(**town))


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_buildings_may_be_a_table_with_longitude_and_latitude(suffix: str, tmp_path: Path) -> None:
    town = small_town()
    path = save(town["buildings"], tmp_path, "buildings", suffix)
    layers = io.check(town["communities"], buildings=path)
    first = io.check(town["communities"], buildings=town["buildings"])
    assert layers.buildings is not None
    assert first.buildings is not None
    assert layers.buildings.distance(first.buildings).max() < 0.001
    assert layers.sources[1].crs == "EPSG:4326"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_a_spreadsheet_are_read(encoding: str, delimiter: str, tmp_path: Path) -> None:
    town = small_town()
    lonlat = town["buildings"].to_crs(4326).geometry
    rows = [["楼栋编号", "户数", "经度", "纬度"]]
    rows += [[f"{n}号楼", str(n), str(p.x), str(p.y)] for n, p in enumerate(lonlat, 1)]
    path = tmp_path / "楼栋.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    columns = {"buildings.building_id": "楼栋编号", "buildings.households": "户数"}
    layers = io.check(town["communities"], buildings=path, columns=columns)
    assert layers.counted["households"].sum() == 78
    assert "12号楼" in set(layers.counted["building_id"])


def gbk_shapefile(folder: Path, *, codepage: bool) -> Path:
    """Communities with Chinese names as an old desktop program writes them."""
    pyogrio.write_dataframe(small_town()["communities"], folder / "cun.shp", driver="ESRI Shapefile", encoding="CP936")
    declared = folder / "cun.cpg"
    declared.unlink(missing_ok=True)
    if codepage:
        declared.write_text("GBK", encoding="ascii")
    else:
        table = bytearray((folder / "cun.dbf").read_bytes())
        table[29] = 0  # the language driver, which GDAL sets and others leave out
        (folder / "cun.dbf").write_bytes(table)
    return folder / "cun.shp"


@pytest.mark.filterwarnings("ignore:Normalized")
@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("codepage", [True, False])
def test_chinese_shapefiles_land_right(codepage: bool, zipped: bool, tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path, codepage=codepage)
    if zipped:
        parts = [part for part in tmp_path.iterdir() if part.stem == "cun"]
        path = tmp_path / "cun.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in parts:
                archive.write(part, part.name)
    layers = io.check(path, buildings=small_town()["buildings"])
    assert layers.communities["name"].tolist() == ["东港", "西港", "南岙村", "北岙村"]


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson"])
@pytest.mark.parametrize("folder", ["", "数据/"])
def test_an_archive_may_hold_a_folder(suffix: str, folder: str, tmp_path: Path) -> None:
    town = small_town()
    save(town["buildings"], tmp_path, "houses", suffix)
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in [part for part in tmp_path.iterdir() if part.stem == "houses"]:
            archive.write(part, folder + part.name)
    assert io.check(town["communities"], buildings=path).counted["households"].sum() == 66


def test_cells_may_hold_the_delimiter_and_line_ends(tmp_path: Path) -> None:
    town = small_town()
    lonlat = town["buildings"].to_crs(4326).geometry
    rows = [f'"{n}号,\r\n东","{n}",{p.x},{p.y}' for n, p in enumerate(lonlat)]
    path = tmp_path / "buildings.csv"
    path.write_bytes("\r\n".join(['"building_id","households",lon,lat', *rows, ""]).encode())
    assert io.check(town["communities"], buildings=path).counted["households"].sum() == 66


def test_only_the_columns_that_are_asked_for_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    real = pyogrio.read_dataframe

    def watched(path: Path, *, columns: list[str], **options: object) -> gpd.GeoDataFrame:
        asked.append(list(columns))
        return real(path, columns=columns, **options)

    monkeypatch.setattr(pyogrio, "read_dataframe", watched)
    town = small_town()
    path = save(town["buildings"].assign(phone="13812345678"), tmp_path, "buildings", "gpkg")
    layers = io.check(town["communities"], buildings=path)
    assert asked == [["building_id", "households"]]
    assert layers.sources[1].columns_unread == ("people", "phone")
    assert (layers.sources[1].file, layers.sources[1].table, layers.sources[1].rows) == (
        "buildings.gpkg",
        "buildings",
        12,
    )


def test_a_file_of_many_tables_gives_each_layer_its_own(tmp_path: Path) -> None:
    path = tmp_path / "town.gpkg"
    for name, frame in small_town().items():
        frame.to_file(path, layer=name)
    assert town_of(io.check(path, buildings=path)) == town_of(io.check(str(path), buildings=f"{path}:buildings"))


@pytest.mark.parametrize(
    ("text", "file", "table"),
    [
        ("a.gpkg", "a.gpkg", ""),
        ("a.gpkg:b", "a.gpkg", "b"),
        (r"C:\maps\a.gpkg", r"C:\maps\a.gpkg", ""),
        (r"C:\maps\a.gpkg:b", r"C:\maps\a.gpkg", "b"),
        ("C:/maps/a.gpkg", "C:/maps/a.gpkg", ""),
        ("/maps/v1.2/a", "/maps/v1.2/a", ""),
    ],
)
def test_a_colon_parts_file_and_table_but_not_a_drive(text: str, file: str, table: str) -> None:
    assert reading.split(text) == (Path(file), table)


def test_a_file_with_a_colon_in_its_name_is_that_file(tmp_path: Path) -> None:
    path = save(small_town()["buildings"], tmp_path, "b", "geojson").rename(tmp_path / "a.gpkg:b")
    assert reading.split(str(path)) == (path, "")


def test_no_address_of_another_host_is_opened() -> None:
    for address in ("https://example.org/a.geojson", "/vsicurl/https://example.org/a.gpkg"):
        with pytest.raises(InputFaults) as caught:
            io.check(small_town()["communities"], buildings=address)
        assert [fault.code for fault in caught.value.faults] == ["FILE_MISSING"]


def test_a_plan_file_comes_back_as_it_was(tmp_path: Path) -> None:
    layers = plan_layers()
    path = tmp_path / "plan.gpkg"
    io.write_layers(path, layers)
    back = io.read_layers(path)
    assert list(back) == list(writing.PLAN_LAYERS)
    for name, frame in layers.items():
        kept = [column for column in frame.columns if column != "geometry"]
        assert [column for column in back[name].columns if column != "geometry"] == kept
        assert len(back[name]) == len(frame)
        if isinstance(frame, gpd.GeoDataFrame):
            assert back[name].crs == frame.crs
            assert shapely.equals(np.asarray(back[name].geometry.array), np.asarray(frame.geometry.array)).all()
    assert back["grids"]["lo"].tolist()[:2] == [100, 100]
    assert str(back["grids"]["lo"].dtype) == "Int64"
    assert back["plan"]["value"].tolist() == ["1", "户籍户"]
    assert left_in(tmp_path) == ["plan.gpkg"]


def test_a_plan_file_is_closed_after_reading(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    io.write_layers(path, plan_layers())
    io.read_layers(path)
    io.write_layers(path, plan_layers())
    path.unlink()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_a_damaged_plan_file_is_an_error(share: float, tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    io.write_layers(path, plan_layers())
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(PlanError) as caught:
        io.read_layers(path)
    assert caught.value.code == "PLAN_UNREADABLE"
    assert "plan.gpkg" in caught.value.text("zh")


def test_another_geopackage_is_no_plan_file(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        io.read_layers(save(small_town()["units"], tmp_path, "units", "gpkg"))
    assert caught.value.code == "PLAN_FOREIGN"
    assert "grids" in caught.value.text("en")
    with pytest.raises(PlanError) as caught:
        io.read_layers(tmp_path / "none.gpkg")
    assert caught.value.code == "PLAN_MISSING"


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    io.write_layers(path, plan_layers())
    before = path.read_bytes()
    broken = {**plan_layers(), "plan": pd.DataFrame({"value": [1 + 2j]})}
    with pytest.raises(OutputError) as caught:
        io.write_layers(path, broken)
    assert caught.value.code == "OUTPUT_UNWRITABLE"
    assert path.read_bytes() == before
    assert left_in(tmp_path) == ["plan.gpkg"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "grids.csv"
    with pytest.raises(KeyboardInterrupt), writing.whole(path) as part:
        part.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert left_in(tmp_path / "new") == []


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        io.write_grids(tmp_path / "file" / "grids.csv", grids())
    assert caught.value.code == "OUTPUT_UNWRITABLE"


@pytest.mark.parametrize("name", ["grids.shp", "grids", "grids.gpkg", "grids.xlsx"])
def test_an_unknown_suffix_names_those_that_are_known(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        io.write_grids(tmp_path / name, grids())
    for lang in ("en", "zh"):
        assert ".geojson, .parquet, .fgb, .csv" in caught.value.text(lang)
    assert left_in(tmp_path) == []


def test_geoparquet_without_its_extra_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "parquet_module", lambda: None)
    with pytest.raises(OutputError) as caught:
        io.write_grids(tmp_path / "grids.parquet", grids())
    assert caught.value.code == "OUTPUT_PARQUET"


@pytest.mark.parametrize("suffix", ["fgb", "parquet", "geojson"])
def test_grids_come_back_from_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "made" / f"grids.{suffix}"
    io.write_grids(path, grids())
    back = gpd.read_parquet(path) if suffix == "parquet" else gpd.read_file(path)
    back = back.sort_values("grid_code", ignore_index=True)
    assert back["grid_code"].tolist() == [f"{community}001" for community in IDS]
    assert back["households"].tolist() == [120, 130, 140, 0]
    assert back.to_crs(4550).geometry.symmetric_difference(grids().geometry).area.max() < 100
    assert left_in(tmp_path / "made") == [f"grids.{suffix}"]


def rings(collection: geojson.Record) -> list[list[list[tuple[float, float]]]]:
    """The rings of every polygon, its exterior first."""
    found = []
    for feature in collection["features"]:
        shape = feature["geometry"]
        found += [shape["coordinates"]] if shape["type"] == "Polygon" else list(shape["coordinates"])
    return found


def test_geojson_is_rfc_7946(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    io.write_grids(path, grids())
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert collection["type"] == "FeatureCollection"
    assert "crs" not in collection
    assert [feature["id"] for feature in collection["features"]] == [f"{community}001" for community in IDS]
    assert collection["features"][2]["properties"]["lo"] is None
    assert collection["features"][1]["properties"]["compactness"] is None
    for exterior, *holes in rings(collection):
        assert exterior[0] == exterior[-1]
        assert shapely.is_ccw(shapely.linearrings(exterior))
        assert not any(shapely.is_ccw(shapely.linearrings(hole)) for hole in holes)
        for x, y in exterior:
            assert 121 < x < 123 and 29 < y < 31
            assert (round(x, 7), round(y, 7)) == (x, y)
    west, south, east, north = collection["bbox"]
    assert west < east and south < north


def test_neighbours_in_geojson_share_their_vertices() -> None:
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in io.to_geojson(grids())["features"]])
    assert shapely.coverage_is_valid(shapes)
    assert shapely.is_valid(shapes).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), size=st.sampled_from([0.05, 0.5, 5.0]))
def test_cells_of_a_few_centimetres_stay_valid_and_fit(seed: int, size: float) -> None:
    """Seven decimals are a centimetre: what rounding folds is cleaned, all cells together."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform([400_000, 3_310_000], [400_000 + size, 3_310_000 + size], (30, 2)))
    cells = tiling.clean(np.array(shapely.get_parts(shapely.voronoi_polygons(points)), dtype=object))
    lonlat = io.to_lonlat(gpd.GeoDataFrame(geometry=cells, crs=4550))
    whole = lonlat[~shapely.is_empty(lonlat)]
    assert shapely.is_valid(whole).all()
    assert len(whole) < 2 or shapely.coverage_is_valid(whole)


def test_no_geometry_is_null_in_geojson() -> None:
    frame = gpd.GeoDataFrame({"grid_code": ["1"]}, geometry=[None], crs=4550)
    assert io.to_geojson(frame)["features"][0]["geometry"] is None
    assert "bbox" not in io.to_geojson(frame)
    assert json.loads("".join(geojson.to_text(io.to_geojson(frame.iloc[:0])))) == {
        "type": "FeatureCollection",
        "features": [],
    }


def test_a_csv_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    """Chinese by a byte order mark, codes whole, no cell that runs as a formula."""
    path = tmp_path / "grids.csv"
    frame = grids()
    frame.loc[0, "name"] = "=HYPERLINK(1)"
    io.write_grids(path, frame)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    assert "geometry" not in table.columns
    assert table["grid_code"].tolist() == [f"{community}001" for community in IDS]
    assert table["name"].tolist() == ["\t=HYPERLINK(1)", "西港", "南岙村", "北岙村"]
    assert table["households"].tolist() == ["120", "130", "140", "0"]
    assert b"\r\n" in content


def test_the_tab_is_taken_off_when_the_file_comes_back(tmp_path: Path) -> None:
    town: Town = small_town()
    lonlat = town["buildings"].to_crs(4326).geometry
    table = pd.DataFrame(
        {"building_id": [f"3309031040000{n:04d}" for n in range(12)], "households": 1, "lon": lonlat.x, "lat": lonlat.y}
    )
    path = tmp_path / "buildings.csv.gz"
    path.write_bytes(gzip.compress(io.to_csv(table).encode("utf-8-sig")))
    layers = io.check(town["communities"], buildings=path)
    assert sorted(layers.counted["building_id"]) == table["building_id"].tolist()


def test_frames_are_not_changed_by_writing(tmp_path: Path) -> None:
    frame = grids()
    for suffix in GRID_FORMATS:
        io.write_grids(tmp_path / f"grids.{suffix}", frame)
    assert_geodataframe_equal(frame, grids())


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    io.write_text(tmp_path / "a" / "report.json", "{}\n")
    assert (tmp_path / "a" / "report.json").read_bytes() == b"{}\n"
