"""Files out, whole or not at all: a plan file, and grids as GeoJSON, FlatGeobuf, GeoParquet and CSV."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from gridmap.columns import id_text
from gridmap.errors import OutputError, PlanError
from gridmap.geojson import to_geojson, to_text
from gridmap.reading import UNREADABLE, parquet_module, reason

PLAN_LAYERS = ("grids", "units", "communities", "report", "buildings", "barriers", "ferries", "plan")
GEOMETRY_TYPES = {
    "grids": "MultiPolygon",
    "units": "MultiPolygon",
    "communities": "MultiPolygon",
    "buildings": "Point",
    "barriers": "LineString",
    "ferries": "LineString",
}
GRID_SUFFIXES = (".geojson", ".parquet", ".fgb", ".csv")
UNWRITABLE = (*UNREADABLE, RuntimeError)
TEXT_DIGITS = 16
FORMULA_STARTS = ("=", "+", "-", "@")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well, else vanishes.

    The folder is made where it is missing. Raises :class:`OutputError`; what was at ``path`` stays
    until the new file is complete.
    """
    part = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _to_disk(part)
        os.replace(part, path)
    except UNWRITABLE as error:
        raise OutputError("OUTPUT_UNWRITABLE", file=str(path), why=reason(error)) from error
    finally:
        _remove(part)


def _to_disk(part: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _remove(part: Path) -> None:
    """The temporary file and what a database leaves beside it."""
    if part.parent.is_dir():
        for left in [p for p in part.parent.iterdir() if p.name.startswith(part.name)]:
            left.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Text in UTF-8, whole or not at all; lines end as they do in ``text``."""
    with whole(Path(path)) as part:
        part.write_text(text, encoding="utf-8", newline="")


def write_layers(path: str | Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """A GeoPackage of all layers, those without geometry as tables; whole or not at all."""
    target = Path(path)
    if target.suffix.lower() != ".gpkg":
        raise OutputError("OUTPUT_SUFFIX", suffix=target.suffix, file=target.name, suffixes=".gpkg")
    with whole(target) as part:
        for name, frame in layers.items():
            _write_layer(part, name, frame)


def _write_layer(part: Path, name: str, frame: pd.DataFrame) -> None:
    if not isinstance(frame, gpd.GeoDataFrame):
        pyogrio.write_dataframe(frame, part, layer=name, driver="GPKG")
        return
    geometry_type = GEOMETRY_TYPES.get(name, "Unknown")
    multi = geometry_type.startswith("Multi")
    if geometry_type == "LineString" and (shapely.get_type_id(np.asarray(frame.geometry.array)) > 1).any():
        geometry_type, multi = "MultiLineString", True
    pyogrio.write_dataframe(frame, part, layer=name, driver="GPKG", geometry_type=geometry_type, promote_to_multi=multi)


def read_layers(path: str | Path) -> dict[str, pd.DataFrame]:
    """The layers of a plan file, read whole; the file is closed again.

    Integer columns with missing values are ``Int64``. Raises :class:`PlanError` where the file is
    missing, damaged, or no plan file.
    """
    file = Path(path)
    if not file.is_file():
        raise PlanError("PLAN_MISSING", file=str(file))
    try:
        tables = {str(name) for name in pyogrio.list_layers(file)[:, 0]}
        missing = [name for name in PLAN_LAYERS if name not in tables]
        layers = {} if missing else {name: _read_layer(file, name) for name in PLAN_LAYERS}
    except UNREADABLE as error:
        raise PlanError("PLAN_UNREADABLE", file=str(file), why=reason(error)) from error
    if missing:
        raise PlanError("PLAN_FOREIGN", file=str(file), missing=", ".join(missing))
    return layers


def _read_layer(file: Path, name: str) -> pd.DataFrame:
    info = pyogrio.read_info(file, layer=name)
    frame: pd.DataFrame = pyogrio.read_dataframe(file, layer=name)
    whole_numbers = [
        str(field) for field, kind in zip(info["fields"], info["dtypes"], strict=True) if str(kind).startswith("int")
    ]
    return frame.astype({field: "Int64" for field in whole_numbers if frame[field].isna().any()})


def write_grids(path: str | Path, grids: gpd.GeoDataFrame) -> None:
    """Grids alone, in the format that the suffix names; whole or not at all.

    GeoJSON is in longitude and latitude, FlatGeobuf and GeoParquet in the CRS of the grids, and a CSV
    has no geometry.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in GRID_SUFFIXES:
        suffixes = ", ".join((".gpkg", *GRID_SUFFIXES))
        raise OutputError("OUTPUT_SUFFIX", suffix=suffix, file=target.name, suffixes=suffixes)
    if suffix == ".parquet" and parquet_module() is None:
        raise OutputError("OUTPUT_PARQUET")
    with whole(target) as part:
        _write_grids(part, suffix, grids)


def _write_grids(part: Path, suffix: str, grids: gpd.GeoDataFrame) -> None:
    if suffix == ".csv":
        part.write_text(to_csv(grids), encoding="utf-8-sig", newline="")
    elif suffix == ".geojson":
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(to_text(to_geojson(grids)))
    elif suffix == ".parquet":
        grids.to_parquet(part, index=False)
    else:
        pyogrio.write_dataframe(
            grids, part, layer="grids", driver="FlatGeobuf", geometry_type="MultiPolygon", promote_to_multi=True
        )


def to_csv(frame: pd.DataFrame) -> str:
    """A table for a spreadsheet: no geometry, lines end with CR LF.

    Excel keeps fifteen digits, which the default codes have, and runs a cell that begins like a formula. A
    longer number or such a cell gets a tab before it, which Excel, WPS and LibreOffice do not show and
    gridmap takes off again; codes stay as they are, so that other programs can join by them.
    """
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame)
    for column in plain.columns:
        if pd.api.types.is_object_dtype(plain[column]) or pd.api.types.is_string_dtype(plain[column]):
            plain[column] = _kept_text(plain[column])
    return plain.to_csv(index=False, lineterminator="\r\n")


def _kept_text(values: pd.Series) -> pd.Series:
    text = id_text(values).astype("string")
    long = text.str.fullmatch(rf"\d{{{TEXT_DIGITS},}}").fillna(False)
    formula = text.str.startswith(FORMULA_STARTS).fillna(False)
    return text.mask(long | formula, "\t" + text).astype(object)
