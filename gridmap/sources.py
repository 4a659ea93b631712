"""Where a layer came from, and the layer as it came: canonical columns, nothing checked yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridmap.columns import ID_COLUMNS, Header, id_text, match, numbers
from gridmap.crs import WGS84
from gridmap.errors import Finding


@dataclass(frozen=True)
class Source:
    """The origin of a layer: its file, the table in it, and the columns read and left unread."""

    layer: str
    file: str = ""
    table: str = ""
    rows: int = 0
    crs: str = ""
    columns_read: Mapping[str, str] = field(default_factory=dict)
    columns_unread: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready record."""
        read, unread = dict(self.columns_read), list(self.columns_unread)
        return {**vars(self), "columns_read": read, "columns_unread": unread}


@dataclass(frozen=True, eq=False)
class Raw:
    """A layer as it came, with canonical column names; ``frame`` is None where it could not be read.

    A frame without geometry is a plain DataFrame. ``faults`` are those met on the way in.
    """

    source: Source
    frame: pd.DataFrame | None = None
    faults: tuple[Finding, ...] = ()

    @property
    def layer(self) -> str:
        """Which layer this is: communities, buildings, units, barriers or ferries."""
        return self.source.layer

    @property
    def crs(self) -> CRS | None:
        """The CRS it came in."""
        return self.frame.crs if isinstance(self.frame, gpd.GeoDataFrame) else None

    def fault(self, code: str, rows: Sequence[str] = (), **values: object) -> Finding:
        """A fault of this layer."""
        return Finding(code, self.layer, self.source.file, tuple(rows), values)

    def note(self, code: str, rows: Sequence[str] = (), **values: object) -> Finding:
        """A note on this layer."""
        return Finding(code, self.layer, self.source.file, tuple(rows), values, kind="note")


def unreadable(layer: str, file: str, code: str, rows: Sequence[str] = (), **values: object) -> Raw:
    """A layer that could not be read, with the fault that says why."""
    return Raw(Source(layer, file), None, (Finding(code, layer, file, tuple(rows), values),))


def from_frame(layer: str, frame: pd.DataFrame, mapping: Mapping[str, str], *, sums: Sequence[str] = ()) -> Raw:
    """A layer from a frame in memory; columns that nothing asks for are left where they are."""
    spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    geometry = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    have = [str(column) for column in frame.columns if column != geometry]
    header = match(layer, have, mapping, sums=sums, lonlat=not spatial)
    wanted = [*dict.fromkeys(header.read.values()), *([geometry] if spatial else [])]
    return from_header(layer, frame[wanted], header)


def from_header(layer: str, frame: pd.DataFrame, header: Header, *, file: str = "", table: str = "") -> Raw:
    """A layer from the columns that its header named, renamed to canonical names."""
    plain = pd.DataFrame({name: frame[column].to_numpy() for name, column in header.read.items()}, index=None)
    plain = plain.set_index(pd.RangeIndex(len(frame))) if header.read else pd.DataFrame(index=pd.RangeIndex(len(frame)))
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        whole: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    else:
        whole = _placed(plain)
    crs = whole.crs.to_string() if isinstance(whole, gpd.GeoDataFrame) and whole.crs is not None else ""
    source = Source(layer, file, table, len(whole), crs, dict(header.read), header.unread)
    raw = Raw(source, whole)
    faults = [
        raw.fault("COLUMN_UNKNOWN", column=column, name=name, have=", ".join(_have(header)))
        for name, column in header.absent
    ]
    faults += [raw.fault("MISSING_COLUMN", name=name, have=", ".join(_have(header))) for name in header.missing]
    return Raw(source, whole, tuple(faults))


def _have(header: Header) -> list[str]:
    return [*header.read.values(), *header.unread]


def _placed(plain: pd.DataFrame) -> pd.DataFrame:
    """Points from longitude and latitude, WGS 84; a row without both has no point."""
    if not {"lon", "lat"} <= set(plain.columns):
        return plain
    lon, lat = numbers(plain["lon"]).values, numbers(plain["lat"]).values
    points = np.asarray(gpd.points_from_xy(lon, lat), dtype=object)
    points[~(np.isfinite(lon) & np.isfinite(lat))] = None
    return gpd.GeoDataFrame(plain.drop(columns=["lon", "lat"]), geometry=points, crs=WGS84)


def labels(raw: Raw, *, hide: bool = False) -> list[str]:
    """The ids by which findings name the rows; ``#n`` for the n-th row where it has no id.

    ``hide`` names every row by its number, where the ids themselves may be personal data.
    """
    if raw.frame is None:
        return []
    numbered = [f"#{n}" for n in range(1, len(raw.frame) + 1)]
    column = ID_COLUMNS.get(raw.layer)
    if hide or column is None or column not in raw.frame.columns:
        return numbered
    ids = id_text(raw.frame[column])
    return [n if pd.isna(i) else str(i) for i, n in zip(ids, numbered, strict=True)]
