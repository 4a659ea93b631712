"""The base files of the data set: real islands, real towns and villages, places set by hand."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

CRS = "EPSG:4550"
MILLIMETRE = 0.001
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Base:
    """All that the data set is made from, in metres."""

    islands: gpd.GeoDataFrame
    villages: pd.DataFrame
    places: Mapping[str, Any]


def read_base(folder: Path) -> Base:
    """Islands, villages (with their town's name) and hand-set places."""
    towns = {row["town_id"]: row["name_zh"] for row in _rows(folder / "towns.csv")}
    villages = pd.DataFrame(_rows(folder / "villages.csv")).rename(columns={"village_id": "community_id"})
    villages["town_name"] = villages["town_id"].map(towns)
    islands = gpd.read_file(folder / "islands.geojson").to_crs(CRS)
    islands["geometry"] = shapely.set_precision(islands.geometry.values, MILLIMETRE)
    islands = islands.sort_values("island_id", ignore_index=True)
    places = tomllib.loads((folder / "places.toml").read_text(encoding="utf-8"))
    return Base(islands, villages.sort_values("community_id", ignore_index=True), places)


def to_metres(lonlat: Any) -> Array:
    """Points in the plane of the data set, to the millimetre."""
    to_plane = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)
    degrees = np.asarray(lonlat, float)
    return np.round(np.column_stack(to_plane.transform(degrees[:, 0], degrees[:, 1])), 3)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
