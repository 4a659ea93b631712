"""A town drawn by hand: four square communities on a line, one of them too small and one without households."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from shapely import LineString, Point, box

SIDE = 400.0
WEST, SOUTH = 400_000.0, 3_300_000.0
CRS = "EPSG:4549"
# id, name, class, households of each building, buildings a side
COMMUNITIES = (
    ("330903104201", "公前村", "rural", 4, 9),
    ("330903104202", "沙岙村", "rural", 3, 5),
    ("330903104001", "塔湾社区", "urban", 8, 9),
    ("330903104203", "稻棚村", "rural", 0, 0),
)


def communities() -> gpd.GeoDataFrame:
    """The communities as a planner's file has them."""
    rows = [
        {
            "community_id": code,
            "name": name,
            "town_id": "330903104",
            "town_name": "桃花镇",
            "class": class_,
            "geometry": box(WEST + SIDE * place, SOUTH, WEST + SIDE * (place + 1), SOUTH + SIDE),
        }
        for place, (code, name, class_, _, _) in enumerate(COMMUNITIES)
    ]
    return gpd.GeoDataFrame(rows, crs=CRS)


def buildings() -> gpd.GeoDataFrame:
    """The buildings, in rows and columns."""
    rows = [
        {
            "building_id": f"{code}-{i}-{j}",
            "households": households,
            "geometry": Point(
                WEST + SIDE * place + (i + 0.5 + 0.1 * (j % 2)) * SIDE / side, SOUTH + (j + 0.5) * SIDE / side
            ),
        }
        for place, (code, _, _, households, side) in enumerate(COMMUNITIES)
        for i in range(side)
        for j in range(side)
    ]
    return gpd.GeoDataFrame(rows, crs=CRS)


def barriers() -> gpd.GeoDataFrame:
    """A road through all of them."""
    road = LineString([(WEST, SOUTH + SIDE / 2), (WEST + SIDE * len(COMMUNITIES), SOUTH + SIDE / 2)])
    return gpd.GeoDataFrame({"kind": ["road"]}, geometry=[road], crs=CRS)


def write(folder: Path) -> Path:
    """All layers in one GeoPackage."""
    path = folder / "town.gpkg"
    for name, frame in (("communities", communities()), ("buildings", buildings()), ("barriers", barriers())):
        frame.to_file(path, layer=name, engine="pyogrio")
    return path
