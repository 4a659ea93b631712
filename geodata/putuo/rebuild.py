"""Rebuild the Putuo data set from its base files: ``python geodata/putuo/rebuild.py [FOLDER]``.

Real are the islands' coasts and the names and codes of towns and villages; all else is drawn from one seed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from base_files import CRS, MILLIMETRE, Base, read_base
from counts import draw, split, statistical_class
from crossings import crossing, ferry_frame, pier, village_ferries
from fill import Filled, Quota, fill
from outlines import Island, give_islets, lands, settle, stream, village_islands
from relief import relief
from settle import Streets

HERE = Path(__file__).parent
SEED = 2008
LABEL = "synthetic: 2008 totals, derived, on today's divisions"
NO_STREETS = Streets(np.array([], object), np.array([], object), 0.0)
Frames = dict[str, gpd.GeoDataFrame]


def build(base: Base, *, seed: int = SEED) -> Frames:
    """All layers of the data set."""
    codes = [statistical_class(c, base.places["classes"]) for c in base.villages["community_id"]]
    villages = draw(base.villages.assign(**{"class": codes}), stream(seed, "counts"))
    land, home = lands(base, seed), village_islands(base)
    of_island = villages.groupby(villages["community_id"].map(home))
    islands = {i: settle(str(i), rows, base, land, seed) for i, rows in of_island}
    owner = give_islets(land, list(islands.values()), base, villages)
    second = {i: _second(i, owner[i], land, seed) for i in sorted(base.places["second_islands"])}
    filled = _fill_all({**islands, **second}, villages, home, owner, base, seed)
    return {
        "communities": _communities(villages, islands, land, owner),
        "buildings": _buildings(filled, dict(zip(villages["community_id"], villages["name"], strict=True))),
        "barriers": _barriers(base, {**land, **{i: _whole(island) for i, island in islands.items()}}, filled),
        "ferries": _ferries(base, islands, second, owner),
    }


def _second(island_id: str, community_id: str, land: Mapping[str, shapely.Geometry], seed: int) -> Island:
    """A smaller island with some households of a village whose centre is elsewhere."""
    ground = relief(land[island_id], stream(seed, "settle", island_id))
    centre = ground.xy(np.array([np.argmax(ground.ease)]))[0]
    return Island(
        island_id, ground, {community_id: centre}, {community_id: land[island_id]}, shapely.Polygon(), NO_STREETS
    )


def _fill_all(
    islands: Mapping[str, Island],
    villages: pd.DataFrame,
    home: Mapping[str, str],
    owner: Mapping[str, str],
    base: Base,
    seed: int,
) -> dict[str, Filled]:
    quotas: dict[str, list[Quota]] = {island_id: [] for island_id in sorted(islands)}
    for row in villages.to_dict("records"):
        community_id = row["community_id"]
        others = {i: s for i, s in base.places["second_islands"].items() if owner[i] == community_id}
        parts = [home[community_id], *sorted(others)]
        shares = [1 - sum(others.values()), *(others[i] for i in sorted(others))]
        class_ = "urban" if row["class"] < "200" else "rural"
        for island_id, households in zip(parts, split(row["households"], shares), strict=True):
            quotas[island_id].append(Quota(community_id, row["name"], class_, households))
    return {i: fill(islands[i], quotas[i], stream(seed, "fill", i)) for i in sorted(islands)}


def _communities(
    villages: pd.DataFrame,
    islands: Mapping[str, Island],
    land: Mapping[str, shapely.Geometry],
    owner: Mapping[str, str],
) -> gpd.GeoDataFrame:
    parts: dict[str, list[shapely.Geometry]] = {}
    for island_id in sorted(islands):
        for community_id, outline in islands[island_id].outline.items():
            parts.setdefault(community_id, []).append(outline)
    for island_id in sorted(owner):
        parts[owner[island_id]].append(land[island_id])
    shapes = [_multi(parts[community_id]) for community_id in villages["community_id"]]
    table = villages[["community_id", "name", "town_id", "town_name", "class"]]
    table = table.assign(origin="synthetic", source=f"{LABEL}; name, code and coast are real")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def _multi(parts: list[shapely.Geometry]) -> shapely.MultiPolygon:
    """One outline, its largest piece first."""
    pieces = shapely.normalize(shapely.get_parts(np.array(parts, object)))
    order = np.lexsort([shapely.get_y(shapely.centroid(pieces)), -shapely.area(pieces)])
    return shapely.MultiPolygon(list(pieces[order]))


def _buildings(filled: Mapping[str, Filled], names: Mapping[str, str]) -> gpd.GeoDataFrame:
    table = pd.concat([filled[i].buildings for i in sorted(filled)], ignore_index=True)
    table = table.sort_values(["community_id", "x", "y"], ignore_index=True)
    serial = table.groupby("community_id").cumcount() + 1
    table["building_id"] = table["community_id"] + "B" + serial.astype(str).str.zfill(4)
    points = shapely.points(table["x"], table["y"])
    table["group"] = _natural_villages(table, names)
    table["origin"] = "synthetic"
    return gpd.GeoDataFrame(table[["building_id", "households", "group", "origin"]], geometry=points, crs=CRS)


def _natural_villages(table: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    """Hamlets numbered within their village: 公前村第1自然村; none in a town's streets."""
    hamlets = table[["community_id", "group"]].dropna().drop_duplicates().sort_values(["community_id", "group"])
    number = hamlets.groupby("community_id").cumcount() + 1
    label = {
        (c, group): f"{_short(names[c])}第{n}自然村"
        for c, group, n in zip(hamlets["community_id"], hamlets["group"], number, strict=True)
    }
    keys = zip(table["community_id"], table["group"], strict=True)
    return pd.Series([label.get(key) for key in keys], dtype=object, index=table.index)


def _short(name: str) -> str:
    for ending, kept in (("社区村委会", "社区"), ("村村委会", "村"), ("村委会", "村"), ("居委会", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + kept
    return name


def _whole(island: Island) -> shapely.Geometry:
    """The land of an island with the very vertices that its communities have."""
    return shapely.coverage_union_all(np.array([island.outline[c] for c in sorted(island.outline)], object))


def _barriers(base: Base, land: Mapping[str, shapely.Geometry], filled: Mapping[str, Filled]) -> gpd.GeoDataFrame:
    whole = dict(zip(base.islands["island_id"], base.islands.geometry, strict=True))
    coast = [("coast", line) for i in sorted(land) for line in _coast(land[i], whole[i])]
    drawn = [barrier for i in sorted(filled) for barrier in filled[i].barriers]
    kinds = [kind for kind, _ in (*coast, *drawn)]
    lines = np.array([line for _, line in (*coast, *drawn)], object)
    lines = shapely.set_precision(lines, MILLIMETRE, mode="pointwise")
    origin = ["real" if kind == "coast" else "synthetic" for kind in kinds]
    return gpd.GeoDataFrame({"kind": kinds, "origin": origin}, geometry=lines, crs=CRS)


def _coast(land: shapely.Geometry, whole: shapely.Geometry) -> list[shapely.LineString]:
    """The shore of an island, without the line where the district ends inland."""
    shore = shapely.difference(shapely.boundary(land), shapely.buffer(whole, -0.05))
    return list(shapely.get_parts(shapely.line_merge(shore)))


def _ferries(
    base: Base, islands: Mapping[str, Island], second: Mapping[str, Island], owner: Mapping[str, str]
) -> gpd.GeoDataFrame:
    dry = shapely.union_all(base.islands.geometry.values)
    at = {c: (island, xy) for island in islands.values() for c, xy in island.centre.items()}
    rows = []
    for community_id in sorted({owner[i] for i in second}):
        main, xy = at[community_id]
        pieces = {main.island_id: (main.relief.land, xy)}
        pieces.update(
            {i: (s.relief.land, s.centre[community_id]) for i, s in second.items() if owner[i] == community_id}
        )
        rows += [(community_id, community_id, line) for line in village_ferries(dry, pieces)]
    for a, b in base.places["lines"].values():
        (from_, start), (to, end) = at[a], at[b]
        line = crossing(dry, pier(from_.relief.land, start, end), pier(to.relief.land, end, start))
        rows.append((a, b, line))
    return ferry_frame(rows)


def write(frames: Frames, path: Path) -> None:
    """One GeoPackage, the same to the byte for the same frames and library versions."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    path.unlink(missing_ok=True)
    for layer, frame in frames.items():
        frame.to_file(path, layer=layer, driver="GPKG", layer_options={"DESCRIPTION": LABEL})
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def main(folder: Path) -> None:
    """Rebuild into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write(build(read_base(HERE / "base")), folder / "putuo.gpkg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
