"""Files in: layers from GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet and CSV.

The names of a file's columns are read first, then only the columns that are asked for.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from gridmap.columns import Header, match
from gridmap.sources import Raw, from_frame, from_header, unreadable

CSV_SUFFIXES = (".csv", ".csv.gz")
PARQUET_SUFFIXES = (".parquet", ".geoparquet")
SHAPEFILE_SUFFIXES = (".shp", ".zip", ".dbf", ".shz")
ZIP_SUFFIXES = (".zip", ".shz")
ZIPPED_SUFFIXES = (".gpkg", ".geojson", ".json", ".fgb")
NULLS = frozenset({"", "NULL", "null", "NaN", "nan", "None"})
DELIMITERS = ",;\t"
UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    OSError,
    EOFError,
    UnicodeError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    csv.Error,
)


def read(layer: str, given: object, mapping: Mapping[str, str], *, sums: Sequence[str] = ()) -> Raw:
    """A layer from a frame or from ``FILE`` or ``FILE:table``; one that cannot be read carries the fault."""
    if isinstance(given, pd.DataFrame):
        return from_frame(layer, given, mapping, sums=sums)
    path, table = split(str(given))
    name = path.name
    if not path.exists():
        return unreadable(layer, name, "FILE_MISSING", path=str(path))

    def matched(have: Sequence[str], *, lonlat: bool) -> Header:
        short = name.lower().endswith(SHAPEFILE_SUFFIXES)
        return match(layer, have, mapping, sums=sums, lonlat=lonlat, short=short)

    try:
        return _reader(name)(layer, path, table, matched)
    except UNREADABLE as error:
        return unreadable(layer, name, "FILE_UNREADABLE", path=str(path), why=reason(error))


def split(text: str) -> tuple[Path, str]:
    """File and table of ``FILE:table``; a colon that belongs to the file's name or drive stays there.

    >>> split("no-such.gpkg:blocks")
    (PosixPath('no-such.gpkg'), 'blocks')
    """
    head, colon, table = text.rpartition(":")
    if not colon or Path(text).exists() or not Path(head).suffix or re.search(r"[\\/]", table):
        return Path(text), ""
    return Path(head), table


def reason(error: BaseException) -> str:
    """What a library said, on one line, without its advice on how to call it."""
    said = str(error).partition("; It might help to specify")[0]
    return " ".join(said.split()) or type(error).__name__


def _reader(name: str) -> Callable[[str, Path, str, Callable[..., Header]], Raw]:
    if name.lower().endswith(CSV_SUFFIXES):
        return _read_csv
    return _read_parquet if name.lower().endswith(PARQUET_SUFFIXES) else _read_gdal


def _read_gdal(layer: str, path: Path, table: str, matched: Callable[..., Header]) -> Raw:
    source = _inside(path)
    tables = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    chosen = _choose(layer, table, tables)
    if chosen is None:
        return unreadable(layer, path.name, "LAYER_UNKNOWN", table=table or layer, tables=", ".join(tables))
    encoding = _encoding(path)
    info = pyogrio.read_info(source, layer=chosen, encoding=encoding)
    header = matched([str(field) for field in info["fields"]], lonlat=info["geometry_type"] is None)
    wanted = [field for field in info["fields"] if field in set(header.read.values())]
    frame = pyogrio.read_dataframe(source, layer=chosen, columns=wanted, encoding=encoding)
    return from_header(layer, frame, header, file=path.name, table=chosen)


def _inside(path: Path) -> str | Path:
    """What GDAL opens for a file: of an archive, the folder of its Shapefiles or its only file of data."""
    if path.suffix.lower() not in ZIP_SUFFIXES:
        return path
    with zipfile.ZipFile(path) as archive:
        members = [PurePosixPath(name) for name in archive.namelist()]
    folders = {str(member.parent) for member in members if member.suffix.lower() == ".shp"}
    others = [str(member) for member in members if member.suffix.lower() in ZIPPED_SUFFIXES]
    held = sorted(folders) or others
    inner = "" if len(held) != 1 or held[0] == "." else f"/{held[0]}"
    return f"/vsizip/{path.absolute().as_posix()}{inner}"


def _choose(layer: str, table: str, tables: Sequence[str]) -> str | None:
    """The table that was named; else the only one, or the one of the layer's own name."""
    if table:
        return table if table in tables else None
    if len(tables) == 1:
        return tables[0]
    return layer if layer in tables else None


def _encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's text: its own word, else UTF-8 if it can be that, else GB 18030.

    GDAL takes text without a declared encoding for Latin-1, which no file of a Chinese office is.
    """
    if path.suffix.lower() not in SHAPEFILE_SUFFIXES:
        return None
    files = _parts(path)
    if any(name.endswith(".cpg") for name in files):
        return None
    for name, content in files.items():
        if name.endswith(".dbf"):
            return _text_encoding(content)
    return None


def _parts(path: Path) -> dict[str, bytes]:
    """Codepage and table files of a Shapefile, beside it or in its archive, by lower-case name."""
    if path.suffix.lower() in ZIP_SUFFIXES:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith((".cpg", ".dbf"))]
            return {name.lower(): archive.read(name) for name in names}
    beside = [p for p in path.parent.iterdir() if p.stem == path.stem and p.suffix.lower() in (".cpg", ".dbf")]
    return {p.name.lower(): p.read_bytes() for p in beside}


def _text_encoding(content: bytes) -> str:
    try:
        content[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _read_csv(layer: str, path: Path, table: str, matched: Callable[..., Header]) -> Raw:
    content = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    text = decode(content)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    have, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row] or [[]]
    have = [column.strip() for column in have]
    if not have:
        return unreadable(layer, path.name, "LAYER_EMPTY")
    width = len(have)
    uneven = [f"#{n}" for n, row in enumerate(rows, 1) if len(row) != width and (len(row) < width or any(row[width:]))]
    if uneven:
        return unreadable(layer, path.name, "TABLE_UNEVEN", uneven, columns=width)
    header = matched(have, lonlat=True)
    frame = pd.DataFrame({column: _cells(rows, have.index(column)) for column in header.read.values()}, dtype=object)
    return from_header(layer, frame.reindex(range(len(rows))), header, file=path.name, table=table)


def _cells(rows: Sequence[Sequence[str]], position: int) -> list[str | None]:
    """One column, None where a cell is empty or says so."""
    cells = [row[position].strip() for row in rows]
    return [None if cell in NULLS else cell for cell in cells]


def decode(content: bytes) -> str:
    """Text of a table from a spreadsheet: UTF-8, UTF-16 with its mark, else GB 18030.

    >>> decode("户数".encode("gbk")), decode("户数".encode("utf-8-sig"))
    ('户数', '户数')
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _read_parquet(layer: str, path: Path, table: str, matched: Callable[..., Header]) -> Raw:
    parquet = parquet_module()
    if parquet is None:
        return unreadable(layer, path.name, "PARQUET_EXTRA")
    schema = parquet.read_schema(path)
    geometry = _geometry_columns(schema.metadata or {})
    header = matched([name for name in schema.names if name not in geometry], lonlat=not geometry)
    wanted = list(dict.fromkeys(header.read.values()))
    frame = (
        gpd.read_parquet(path, columns=[*wanted, geometry[0]]) if geometry else pd.read_parquet(path, columns=wanted)
    )
    return from_header(layer, frame, header, file=path.name, table=table)


def _geometry_columns(metadata: Mapping[bytes, bytes]) -> list[str]:
    """The geometry columns of a GeoParquet file, the primary one first."""
    geo = json.loads(metadata.get(b"geo", b"{}"))
    primary = geo.get("primary_column")
    return [primary, *(name for name in geo.get("columns", {}) if name != primary)] if primary else []


def parquet_module() -> ModuleType | None:
    """pyarrow's Parquet module, or None where the extra is not installed."""
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError:
        return None
