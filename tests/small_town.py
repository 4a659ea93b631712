"""A town of four communities, drawn small, and the formats it is saved in."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from shapely import LineString, MultiPolygon, Point, box

X, Y = 400_000.0, 3_310_000.0
IDS = ("330903104001", "330903104002", "330903104201", "330903104202")
NEW_YORK = (580_000.0, 4_500_000.0)
FORMATS = ("gpkg", "geojson", "shp.zip", "fgb")

Town = dict[str, gpd.GeoDataFrame]


def square(column: float, row: float, size: float = 1000.0) -> shapely.Polygon:
    return box(X + 1000 * column, Y + 1000 * row, X + 1000 * column + size, Y + 1000 * row + size)


def at(dx: float, dy: float) -> Point:
    return Point(X + dx, Y + dy)


def small_town(crs: str = "EPSG:4550") -> Town:
    """Communities, buildings, units, barriers and ferries, none of them with a fault."""
    islet = box(X + 4000, Y + 1200, X + 4300, Y + 1500)
    outlines = [square(0, 0), square(1, 0), square(0, 1), MultiPolygon([square(1, 1), islet])]
    communities = gpd.GeoDataFrame(
        {
            "community_id": IDS,
            "name": ["东港", "西港", "南岙村", "北岙村"],
            "town_id": ["330903104"] * 4,
            "class": ["urban", "urban", "rural", "rural"],
        },
        geometry=outlines,
        crs=crs,
    )
    places = [at(250 + 1000 * i + 50 * k, 500 + 1000 * j) for j in (0, 1) for i in (0, 1) for k in (0, 1, 2)]
    buildings = gpd.GeoDataFrame(
        {"building_id": [f"b{n}" for n in range(1, 13)], "households": range(12), "people": range(0, 24, 2)},
        geometry=places,
        crs=crs,
    )
    cells = [square(i / 2, j / 2, 500) for j in range(4) for i in range(4)]
    owners = [IDS[2 * (j // 2) + i // 2] for j in range(4) for i in range(4)]
    units = gpd.GeoDataFrame(
        {"unit_id": [f"u{n}" for n in range(1, 17)], "households": range(16), "community_id": owners},
        geometry=cells,
        crs=crs,
    )
    barriers = gpd.GeoDataFrame(
        {"kind": ["road", "stream"]},
        geometry=[LineString([at(0, 300), at(2000, 300)]), LineString([at(700, 0), at(700, 2000)])],
        crs=crs,
    )
    ferries = gpd.GeoDataFrame({"minutes": [12.0]}, geometry=[LineString([at(2000, 1300), at(4000, 1300)])], crs=crs)
    return {
        "communities": communities,
        "buildings": buildings,
        "units": units,
        "barriers": barriers,
        "ferries": ferries,
    }


def changed(frame: gpd.GeoDataFrame, row: int, **values: Any) -> gpd.GeoDataFrame:
    """The frame with some values of one row changed."""
    columns = {name: list(frame[name]) for name in frame.columns}
    for name, value in values.items():
        columns[name][row] = value
    geometry = columns.pop("geometry")
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=frame.crs)


def save(frame: pd.DataFrame, folder: Path, name: str, suffix: str) -> Path:
    """Save a layer as GeoPackage, GeoJSON, zipped Shapefile, FlatGeobuf, Shapefile, GeoParquet or CSV."""
    path = folder / f"{name}.{suffix}"
    if suffix in ("csv", "csv.gz"):
        lonlat = frame.to_crs(4326) if frame.crs is not None else frame
        plain = pd.DataFrame(frame.drop(columns="geometry")).assign(lon=lonlat.geometry.x, lat=lonlat.geometry.y)
        plain.to_csv(path, index=False)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        options = {"SPATIAL_INDEX": "NO"} if suffix == "fgb" else {}
        driver = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}.get(suffix, "ESRI Shapefile")
        shown = frame.to_crs(4326) if suffix == "geojson" and frame.crs is not None else frame
        with warnings.catch_warnings():  # a Shapefile's short names and a missing CRS are meant
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(shown, path, layer=name, driver=driver, **options)
    return path
