"""Grids as GeoJSON by RFC 7946: longitude and latitude, seven decimals, exteriors counter-clockwise."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gridmap import crs, tiling

DECIMALS = 7
GRID = 10.0**-DECIMALS

Record = dict[str, Any]


def to_geojson(frame: gpd.GeoDataFrame, *, id_column: str = "grid_code") -> Record:
    """A FeatureCollection of a frame, with a bbox and no crs member, whatever CRS the frame is in.

    Polygons that share vertices still share them. ``id_column``, if it is there, is also each
    feature's id.
    """
    shapes = to_lonlat(frame)
    columns = frame.drop(columns=frame.geometry.name)
    rows = [_plain(row) for row in columns.to_dict("records")]
    features = [_feature(row, shape, id_column) for row, shape in zip(rows, shapes, strict=True)]
    collection: Record = {"type": "FeatureCollection", "features": features}
    if features and np.isfinite(bounds := shapely.total_bounds(shapes)).all():
        collection["bbox"] = [round(float(value), DECIMALS) for value in bounds]
    return collection


def to_text(collection: Record) -> Iterator[str]:
    """A FeatureCollection as text, a feature a line."""
    head = {key: value for key, value in collection.items() if key != "features"}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n'
    for number, feature in enumerate(collection["features"]):
        yield (",\n" if number else "") + json.dumps(feature, ensure_ascii=False, allow_nan=False)
    yield "\n]}\n"


def to_lonlat(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Shapes in longitude and latitude, vertices rounded one by one so that shared ones stay shared.

    Where rounding folds a sliver, all polygons are cleaned together.
    """
    if frame.crs is None:
        raise ValueError("a frame without CRS cannot be written as GeoJSON")
    own = crs.parse(frame.crs)
    flat = shapely.force_2d(np.asarray(frame.geometry.array, dtype=object))
    degrees = shapely.transform(flat, lambda xy: crs.transform(xy, own or crs.WGS84, crs.WGS84))
    rounded = tiling.on_grid(np.asarray(degrees, dtype=object), GRID)
    areal = np.isin(shapely.get_type_id(rounded), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if not shapely.is_valid(rounded[areal]).all():
        rounded[areal] = tiling.clean(rounded[areal], grid=GRID)
    return np.asarray(shapely.orient_polygons(rounded, exterior_cw=False), dtype=object)


def _feature(row: Record, shape: BaseGeometry | None, id_column: str) -> Record:
    geometry = None if shape is None or shape.is_empty else mapping(shape)
    feature: Record = {"type": "Feature", "properties": row, "geometry": geometry}
    if row.get(id_column) is not None:
        feature["id"] = row[id_column]
    return feature


def _plain(row: dict[Any, Any]) -> Record:
    """A row of values that JSON knows; what is missing or infinite is null."""
    return {str(key): _value(value) for key, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str, list, dict)) else str(value)
