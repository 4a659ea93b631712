"""What the bundled data promise."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.rules import PUTUO_2008, Share, apportion, wish

ROOT = Path(__file__).resolve().parent.parent
PUTUO, STATEN_ISLAND = ROOT / "geodata" / "putuo", ROOT / "geodata" / "staten_island"
LAYERS = ("communities", "buildings", "barriers", "ferries")
TAOHUA = "330903104"
SYNTHETIC = "synthetic: 2008 totals, derived, on today's divisions"
MEGABYTE = 1_000_000
MILLIMETRE = 0.001
Frames = Mapping[str, gpd.GeoDataFrame]


def frames_of(path: Path) -> dict[str, gpd.GeoDataFrame]:
    return {layer: gpd.read_file(path, layer=layer) for layer in LAYERS}


@pytest.fixture(scope="module")
def putuo() -> Frames:
    return frames_of(PUTUO / "putuo.gpkg")


@pytest.fixture(scope="module")
def houses(putuo: Frames) -> gpd.GeoDataFrame:
    """Buildings with the community that each lies in; one row for each pair."""
    return gpd.sjoin(
        putuo["buildings"], putuo["communities"][["community_id", "class", "geometry"]], predicate="within"
    )


@pytest.fixture(scope="module")
def land_pieces(putuo: Frames) -> gpd.GeoDataFrame:
    """Each community's pieces of land."""
    return putuo["communities"][["community_id", "geometry"]].explode(ignore_index=True)


def is_urban(class_code: pd.Series) -> pd.Series:
    return class_code.str.startswith("1")


def test_totals_are_those_of_2008(houses: gpd.GeoDataFrame) -> None:
    assert houses["households"].sum() == 126_875
    assert houses.loc[houses["community_id"].str.startswith(TAOHUA), "households"].sum() == 5_665


def test_names_and_codes_are_the_real_ones(putuo: Frames) -> None:
    communities = putuo["communities"]
    villages = pd.read_csv(PUTUO / "base" / "villages.csv", dtype=str).set_index("village_id")
    towns = pd.read_csv(PUTUO / "base" / "towns.csv", dtype=str).set_index("town_id")
    assert sorted(communities["community_id"]) == sorted(villages.index)
    assert (communities["name"] == communities["community_id"].map(villages["name"])).all()
    assert (communities["town_name"] == communities["town_id"].map(towns["name_zh"])).all()
    assert communities["town_id"].nunique() == len(towns) == 9
    assert len(communities) == 133


def test_codes_nest(putuo: Frames) -> None:
    communities = putuo["communities"]
    assert communities["community_id"].is_unique
    assert communities["community_id"].str.fullmatch(r"330903\d{6}").all()
    assert (communities["community_id"].str[:9] == communities["town_id"]).all()


def test_the_zone_is_that_of_the_longitude(putuo: Frames) -> None:
    for frame in putuo.values():
        assert frame.crs.to_epsg() == 4550
    longitude = putuo["communities"].to_crs(4326).total_bounds[[0, 2]]
    meridian = {p.name: p.value for p in pyproj.CRS(4550).coordinate_operation.params}["Longitude of natural origin"]
    assert np.abs(longitude - meridian).max() < 1.5


def test_outlines_are_one_tiling_of_the_land(putuo: Frames) -> None:
    outlines = putuo["communities"].geometry
    assert outlines.is_valid.all()
    assert shapely.coverage_is_valid(outlines.values)
    whole = shapely.coverage_union_all(outlines.values)
    # coverage_is_valid is True on a gap: no piece of land has a hole, and nothing overlaps.
    assert sum(shapely.get_num_interior_rings(shapely.get_parts(whole))) == 0
    assert outlines.area.sum() == pytest.approx(whole.area, abs=0.01)


def test_outlines_end_at_the_real_coast(putuo: Frames) -> None:
    islands = gpd.read_file(PUTUO / "base" / "islands.geojson").to_crs(4550)
    land = shapely.union_all(putuo["communities"].geometry.values)
    zhoushan = islands["island_id"] == "ZS001"
    for island in islands.loc[~zhoushan].geometry:
        assert shapely.area(shapely.difference(island, land)) < island.length * MILLIMETRE
    assert shapely.area(shapely.difference(land, islands.union_all())) < islands.length.sum() * MILLIMETRE
    assert len(shapely.get_parts(land)) == len(islands) >= 122


def test_every_building_is_well_inside_one_community(putuo: Frames, houses: gpd.GeoDataFrame) -> None:
    assert len(houses) == len(putuo["buildings"])
    assert houses["building_id"].is_unique
    assert (houses["building_id"].str[:12] == houses["community_id"]).all()
    borders = putuo["communities"].set_index("community_id").boundary[houses["community_id"]]
    assert shapely.distance(houses.geometry.values, borders.values).min() >= 2


def test_every_building_is_off_the_barriers(putuo: Frames) -> None:
    places, lines = putuo["buildings"].geometry.values, putuo["barriers"].geometry.values
    assert len(shapely.STRtree(lines).query(places, predicate="dwithin", distance=2.0)[0]) == 0


def test_buildings_are_in_distinct_places(putuo: Frames) -> None:
    places = putuo["buildings"].geometry
    assert not places.duplicated().any()


def test_households_of_a_building_suit_its_class(houses: gpd.GeoDataFrame) -> None:
    urban = is_urban(houses["class"])
    assert houses.loc[urban, "households"].between(1, 90).all()
    assert houses.loc[~urban, "households"].between(1, 8).all()


def shares(putuo: Frames, houses: gpd.GeoDataFrame) -> list[Share]:
    sums = houses.groupby("community_id")["households"].agg(["sum", "size"])
    rows = putuo["communities"].set_index("community_id")
    return [
        Share(c, rows.at[c, "town_id"], int(n), PUTUO_2008.urban if code < "200" else PUTUO_2008.rural, units=int(size))
        for c, code, n, size in zip(
            rows.index, rows["class"], sums["sum"][rows.index], sums["size"][rows.index], strict=True
        )
    ]


def test_the_wish_of_652_and_40_leaves_room_in_every_community(putuo: Frames, houses: gpd.GeoDataFrame) -> None:
    parts = shares(putuo, houses)
    counts = apportion(parts, wish(f"652,{TAOHUA}=40"))
    assert sum(counts) == 652
    assert sum(k for part, k in zip(parts, counts, strict=True) if part.town_id == TAOHUA) == 40
    for part, k in zip(parts, counts, strict=True):
        assert k * part.band.lo * 1.05 <= part.households <= k * part.band.hi * 0.95, part.community_id


def test_barriers_have_known_kinds(putuo: Frames) -> None:
    barriers = putuo["barriers"]
    assert set(barriers["kind"]) == {"coast", "river", "road_main", "road", "lane"}
    assert (barriers.geom_type == "LineString").all()
    assert barriers.geometry.is_valid.all()


def pieces_at(pieces: gpd.GeoDataFrame, points: np.ndarray) -> np.ndarray:
    return shapely.STRtree(pieces.geometry.values).nearest(points)


def test_ferries_end_on_a_coast(putuo: Frames, land_pieces: gpd.GeoDataFrame) -> None:
    for end in (0, -1):
        places = shapely.get_point(putuo["ferries"].geometry.values, end)
        nearest = land_pieces.geometry.values[pieces_at(land_pieces, places)]
        assert shapely.distance(places, nearest).max() < 0.01
    assert (putuo["ferries"]["minutes"] > 0).all()


def test_inhabited_pieces_of_a_community_are_joined_by_ferries(
    putuo: Frames, houses: gpd.GeoDataFrame, land_pieces: gpd.GeoDataFrame
) -> None:
    lines = putuo["ferries"].geometry.values
    start, end = (pieces_at(land_pieces, shapely.get_point(lines, i)) for i in (0, -1))
    lived_on = np.unique(pieces_at(land_pieces, houses.geometry.values))
    owner = land_pieces["community_id"]
    several = owner[lived_on].value_counts()
    assert (several > 1).sum() >= 5
    inside = owner[start].to_numpy() == owner[end].to_numpy()
    joined = coo_array((np.ones(inside.sum()), (start[inside], end[inside])), shape=(len(owner),) * 2)
    group = connected_components(joined, directed=False)[1]
    assert (pd.Series(group[lived_on]).groupby(owner[lived_on].to_numpy()).nunique() == 1).all()


def test_a_natural_village_is_in_one_community(houses: gpd.GeoDataFrame) -> None:
    assert (houses.dropna(subset="group").groupby("group")["community_id"].nunique() == 1).all()


def test_what_is_made_up_says_so(putuo: Frames) -> None:
    assert putuo["communities"]["source"].str.startswith(SYNTHETIC).all()
    for layer in ("communities", "buildings", "ferries"):
        assert (putuo[layer]["origin"] == "synthetic").all()
    barriers = putuo["barriers"]
    assert (barriers["origin"].eq("real") == barriers["kind"].eq("coast")).all()
    assert SYNTHETIC in (PUTUO / "README.md").read_text(encoding="utf-8")


def test_the_readme_counts_the_rows(putuo: Frames) -> None:
    text = (PUTUO / "README.md").read_text(encoding="utf-8")
    for layer, frame in putuo.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| {layer} "))
        assert f"| {len(frame):,} |" in row
        assert all(f"`{column}`" in row for column in frame.columns.drop("geometry"))


def test_most_of_the_land_is_empty(putuo: Frames, land_pieces: gpd.GeoDataFrame) -> None:
    near = shapely.union_all(shapely.buffer(putuo["buildings"].geometry.values, 60, quad_segs=2))
    assert near.area < 0.2 * putuo["communities"].area.sum()
    lived_on = np.unique(pieces_at(land_pieces, putuo["buildings"].geometry.values))
    uninhabited = land_pieces.drop(index=lived_on)
    assert len(uninhabited) > 100


def rebuilt(script: Path, folder: Path) -> None:
    """Run a rebuild script as a user does."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    command, variables = [sys.executable, str(script), str(folder)], {**os.environ, "PYTHONPATH": path}
    subprocess.run(command, check=True, timeout=240, cwd=folder, env=variables)


def test_putuo_rebuilds_to_the_same_frames(putuo: Frames, tmp_path: Path) -> None:
    rebuilt(PUTUO / "rebuild.py", tmp_path)
    again = frames_of(tmp_path / "putuo.gpkg")
    for layer in LAYERS:
        assert_geodataframe_equal(again[layer], putuo[layer])


def test_sizes_are_small() -> None:
    assert sum(f.stat().st_size for f in PUTUO.rglob("*") if f.is_file() and "cache" not in str(f)) < 12 * MEGABYTE
    assert sum(f.stat().st_size for f in STATEN_ISLAND.rglob("*") if f.is_file()) < 3 * MEGABYTE


def staten_island_lots() -> gpd.GeoDataFrame:
    lots = pd.read_csv(STATEN_ISLAND / "lots.csv.gz", dtype={"building_id": str})
    return gpd.GeoDataFrame(lots, geometry=gpd.points_from_xy(lots["lon"], lots["lat"]), crs=4326).to_crs(32618)


def test_staten_island_has_all_lots_inside_its_neighbourhoods() -> None:
    lots = staten_island_lots()
    assert len(lots) == 111_706
    assert lots["households"].sum() == 178_060
    assert lots["building_id"].is_unique
    assert (lots["households"] >= 1).all()
    neighbourhoods = gpd.read_file(STATEN_ISLAND / "communities.gpkg")
    assert len(neighbourhoods) == 23
    assert neighbourhoods["community_id"].is_unique
    assert neighbourhoods.crs.to_epsg() == 32618
    assert len(gpd.sjoin(lots, neighbourhoods, predicate="within")) == len(lots)


def test_the_gzip_file_has_no_time_stamp() -> None:
    packed = (STATEN_ISLAND / "lots.csv.gz").read_bytes()
    assert packed[4:8] == bytes(4)
    assert gzip.decompress(packed).startswith(b"building_id,lon,lat,households\n")


@pytest.mark.shared
def test_staten_island_agrees_with_the_shared_copy(shared: Path) -> None:
    theirs = pd.read_parquet(shared / "data" / "nyc_incidents" / "lots_SI.parquet", columns=["bbl", "households"])
    ours = staten_island_lots().set_index("building_id")["households"]
    known = theirs.assign(building_id=theirs["bbl"].astype("int64").astype(str)).set_index("building_id")["households"]
    assert (ours.sort_index() == known.astype("int64").sort_index()).all()


def test_without_its_source_staten_island_says_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, str(STATEN_ISLAND / "rebuild.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if find_spec("councilcount") is None:
        assert "pip install --no-deps councilcount==0.11.4" in done.stderr
        return
    for file in ("lots.csv.gz", "communities.gpkg"):
        assert (tmp_path / file).read_bytes() == (STATEN_ISLAND / file).read_bytes()
