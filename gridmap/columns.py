"""The columns that gridmap knows, and how those of a file are matched with them.

A column is found by mapping, else by its default name, else by an alias; exactly first, then without
regard to case. Columns that nothing asks for are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COMMUNITY_ALIASES = ("village_id", "cid")
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "communities": {
            "community_id": COMMUNITY_ALIASES,
            "name": (),
            "town_id": (),
            "town_name": (),
            "class": ("kind",),
            "lo": (),
            "target": (),
            "hi": (),
        },
        "buildings": {
            "building_id": ("bid",),
            "households": (),
            "community_id": COMMUNITY_ALIASES,
            "group": (),
        },
        "units": {
            "unit_id": ("uid",),
            "households": (),
            "community_id": COMMUNITY_ALIASES,
            "group": (),
        },
        "barriers": {"kind": ()},
        "ferries": {"minutes": ()},
    }
)
REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "communities": ("community_id",),
        "buildings": ("households",),
        "units": ("households",),
        "barriers": ("kind",),
        "ferries": (),
    }
)
ID_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"communities": "community_id", "buildings": "building_id", "units": "unit_id"}
)
LONLAT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"lon": ("lng", "longitude", "经度"), "lat": ("latitude", "纬度")}
)
COUNTED = ("buildings", "units")
GRID_COLUMNS: tuple[str, ...] = (
    *("grid_code", "label", "name", "grid_type", "community_id", "community_name", "town_id", "town_name"),
    *("class", "households", "lo", "target", "hi", "status", "reason", "reason_detail", "area_m2"),
    *("compactness", "barrier_share", "mean_distance_m", "max_distance_m"),
)
RESERVED = frozenset({*GRID_COLUMNS, "unit_id", "building_id", "group", "geometry", "listed", "source_x", "source_y"})
SHAPEFILE_WIDTH = 10
MOST = 2**53


@dataclass(frozen=True)
class Header:
    """Which column of a file stands for which name, which are left out, and what is missing.

    ``absent`` are mapped columns that the file has not, as (name, column); ``missing`` are names that
    the layer needs and nothing stands for.
    """

    read: Mapping[str, str]
    unread: tuple[str, ...]
    absent: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def names(layer: str, sums: Sequence[str] = (), *, lonlat: bool = False) -> dict[str, tuple[str, ...]]:
    """The names that a layer may have, each with its aliases."""
    known = dict(NAMES[layer])
    if layer == "buildings" and lonlat:
        known.update(LONLAT)
    if layer in COUNTED:
        known.update(dict.fromkeys(sums, ()))
    return known


def layer_mapping(layer: str, columns: Mapping[str, str] | None) -> dict[str, str]:
    """The part of a mapping ``{"buildings.households": "hushu"}`` that concerns a layer.

    >>> layer_mapping("buildings", {"buildings.households": "hushu", "units.households": "h"})
    {'households': 'hushu'}
    """
    pairs = [(key.partition("."), column) for key, column in (columns or {}).items()]
    return {name: column for (head, _, name), column in pairs if head == layer}


def unknown_names(columns: Mapping[str, str] | None, sums: Sequence[str] = ()) -> list[str]:
    """The keys of a mapping that name no layer or no column of one."""
    unknown = []
    for key in columns or {}:
        layer, _, name = key.partition(".")
        if layer not in NAMES or name not in names(layer, sums, lonlat=True):
            unknown.append(key)
    return unknown


def match(
    layer: str,
    have: Sequence[str],
    mapping: Mapping[str, str],
    *,
    sums: Sequence[str] = (),
    lonlat: bool = False,
    short: bool = False,
) -> Header:
    """Match the columns of a file with the names of a layer.

    ``lonlat`` asks for longitude and latitude (a table without geometry), ``short`` allows for the ten
    letters that a Shapefile keeps of a name.

    >>> match("units", ["UID", "households", "phone"], {}).unread
    ('phone',)
    """
    sums = [name for name in sums if name not in RESERVED]
    known = names(layer, sums, lonlat=lonlat)
    read, absent = {}, []
    for name, aliases in known.items():
        wanted = (mapping[name],) if name in mapping else _spellings(name, aliases, short)
        column = _find(wanted, have)
        if column is not None:
            read[name] = column
        elif name in mapping:
            absent.append((name, mapping[name]))
    needed = [*REQUIRED[layer], *(LONLAT if layer == "buildings" and lonlat else ())]
    needed += [name for name in sums if layer in COUNTED]
    gone = {name for name, _ in absent}
    missing = tuple(name for name in needed if name not in read and name not in gone)
    used = set(read.values())
    return Header(read, tuple(column for column in have if column not in used), tuple(absent), missing)


def _spellings(name: str, aliases: Iterable[str], short: bool) -> tuple[str, ...]:
    cut = (name[:SHAPEFILE_WIDTH],) if short and len(name) > SHAPEFILE_WIDTH else ()
    return (name, *cut, *aliases)


def _find(wanted: Sequence[str], have: Sequence[str]) -> str | None:
    for spelling in wanted:
        if spelling in have:
            return spelling
    folded = {column.casefold(): column for column in reversed(have)}
    return next((folded[s.casefold()] for s in wanted if s.casefold() in folded), None)


def id_text(values: pd.Series) -> pd.Series:
    """Ids as text: integers without ``.0``, text without blanks around it, <NA> where there is none.

    >>> id_text(pd.Series([330903104201.0, None])).tolist(), id_text(pd.Series([" 007 ", ""])).tolist()
    (['330903104201', <NA>], ['007', <NA>])
    """
    if pd.api.types.is_float_dtype(values):
        whole = values.isna() | (np.floor(values.abs()) == values.abs())
        if whole.all() and (values.abs().fillna(0) < MOST).all():
            values = values.astype("Int64")
    text = values.astype("string").str.strip().str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
    return text.mask(text == "", pd.NA).astype(object).where(lambda t: t.notna(), pd.NA)


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: the values (nan where there is none), who lacks one, whose is no number."""

    values: NDArray[np.float64]
    missing: NDArray[np.bool_]
    wrong: NDArray[np.bool_]

    def whole(self) -> NDArray[np.bool_]:
        """Where there is a whole number that integers hold exactly."""
        with np.errstate(invalid="ignore"):
            return np.asarray((np.floor(self.values) == self.values) & (np.abs(self.values) < MOST), dtype=bool)


def numbers(values: pd.Series) -> Numbers:
    """A column of any type as numbers.

    >>> numbers(pd.Series(["3", " ", "many", 2.5])).values.tolist()
    [3.0, nan, nan, 2.5]
    """
    if pd.api.types.is_bool_dtype(values) or not (
        pd.api.types.is_numeric_dtype(values) or pd.api.types.is_object_dtype(values)
    ):
        values = values.astype("string")
    blank = values.isna().to_numpy(dtype=bool)
    if not pd.api.types.is_numeric_dtype(values):
        blank = blank | (values.astype("string").str.strip() == "").fillna(False).to_numpy(dtype=bool)
    number = pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    fine = np.isfinite(number)
    return Numbers(np.where(fine, number, np.nan), blank, ~blank & ~fine)
