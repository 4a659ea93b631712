"""A layer on its way from a file to a plan: attributes and shapes row by row, checked by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridmap import communities, crs, geometries, households, lines, personal
from gridmap.columns import COUNTED, RESERVED, id_text
from gridmap.errors import Finding
from gridmap.sources import Raw, labels

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Table:
    """A layer on its way: attributes and shapes by row, which rows are sound, and how to name them."""

    raw: Raw
    ids: list[str]
    table: pd.DataFrame
    shapes: Shapes
    sound: Mask
    findings: tuple[Finding, ...] = ()

    def adding(self, findings: Iterable[Finding]) -> Table:
        """The same with further findings."""
        return replace(self, findings=(*self.findings, *findings))

    def present(self) -> Mask:
        """Which rows have a shape to work with, sound or made valid."""
        return ~np.asarray(shapely.is_missing(self.shapes))


def codes(raws: Mapping[str, Raw]) -> frozenset[str]:
    """The ids of the communities as they came."""
    raw = raws.get("communities")
    if raw is None or raw.frame is None or "community_id" not in raw.frame.columns:
        return frozenset()
    return frozenset(str(code) for code in id_text(raw.frame["community_id"]).dropna())


def table(raw: Raw, kind: str | None, sums: Sequence[str], known: frozenset[str]) -> Table:
    """Attributes and geometry of one layer, checked row by row."""
    if raw.frame is None:
        none = np.empty(0, dtype=object)
        return Table(raw, [], pd.DataFrame(), none, none.astype(bool))
    found, hide = _personal(raw, known) if raw.layer in COUNTED else ([], False)
    ids = labels(raw, hide=hide)
    attributes, faults = _attributes(raw, ids, kind, sums)
    if not ids and raw.layer in ("communities", *COUNTED):
        faults = [*faults, raw.fault("LAYER_EMPTY")]
    shapes = geometries.check(raw, ids)
    return Table(raw, ids, attributes, shapes.shapes, shapes.sound, (*found, *faults, *shapes.findings))


def _attributes(raw: Raw, ids: list[str], kind: str | None, sums: Sequence[str]) -> tuple[pd.DataFrame, list[Finding]]:
    if raw.layer == "communities":
        return communities.attributes(raw, ids, kind)
    if raw.layer in COUNTED:
        return households.attributes(raw, ids, [name for name in sums if name not in RESERVED])
    name, read = ("kind", lines.kinds) if raw.layer == "barriers" else ("minutes", lines.minutes)
    values, found = read(raw, ids)
    return pd.DataFrame({name: np.asarray(values)}), found


def _personal(raw: Raw, known: frozenset[str]) -> tuple[list[Finding], bool]:
    """Faults for mapped columns that look like personal data; whether the ids must not be shown."""
    found, hide = [], False
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    for name, column in raw.source.columns_read.items():
        if name not in frame.columns:
            continue
        at = personal.rows(frame[name], known if name.endswith("_id") else ())
        if at or personal.header(column):
            found.append(raw.fault("PERSONAL_DATA", [f"#{i + 1}" for i in at], column=column, name=name))
            hide |= name.endswith("_id")
    return found, hide


def project(table: Table, target: CRS) -> Table:
    """Shapes in the CRS of the plan; a place that has none there is a fault."""
    own = table.raw.crs
    if own is None:
        return replace(table, shapes=np.full(len(table.shapes), None, dtype=object), sound=np.zeros_like(table.sound))
    if own == target:
        return table
    shapes = np.asarray(shapely.transform(table.shapes, lambda xy: crs.transform(xy, own, target)), dtype=object)
    lost = table.present() & ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    shapes[lost] = None
    rows = households.pick(table.ids, lost)
    found = [table.raw.fault("COORDINATES_INVALID", rows, crs=own.name)] if rows else []
    return replace(table.adding(found), shapes=shapes, sound=table.sound & ~lost)


def single(table: Table) -> Table:
    """One row for each line, those of several parts taken apart."""
    rows = np.flatnonzero(table.present() & table.sound)
    shapes, owner = lines.single(table.shapes[rows])
    taken = table.table.iloc[rows[owner]].reset_index(drop=True)
    ids = [table.ids[i] for i in rows[owner]]
    return replace(table, ids=ids, table=taken, shapes=shapes, sound=np.ones(len(shapes), dtype=bool))
