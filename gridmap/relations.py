"""What takes two layers to check: the tiling, buildings and units in communities, ferries on land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import communities, lines, places, straddles
from gridmap.errors import Finding
from gridmap.households import pick
from gridmap.tables import Table, single

Shapes = NDArray[np.object_]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Land:
    """The communities that have a shape, by id: outlines as they came, and as one tiling."""

    ids: NDArray[np.object_]
    known: frozenset[str]
    came: Shapes
    tiled: Shapes


def relate(tables: Mapping[str, Table], *, outside: float) -> dict[str, Table]:
    """The tables with what they say of each other checked and mended."""
    base, land = _land(tables["communities"])
    related = {**tables, "communities": base}
    if "buildings" in tables:
        related["buildings"] = _place(tables["buildings"], land, outside)
    if "units" in tables:
        related["units"] = _assign(tables["units"], land)
    if "barriers" in tables:
        related["barriers"] = single(tables["barriers"])
    if "ferries" in tables:
        ferries = single(tables["ferries"])
        related["ferries"] = ferries.adding(lines.landless(ferries.raw, ferries.ids, ferries.shapes, land.tiled))
    return related


def _land(base: Table) -> tuple[Table, Land]:
    """The communities in the order of their ids, so that the order of rows changes nothing."""
    ids = base.table["community_id"].to_numpy(dtype=object)
    rows = np.flatnonzero(base.present())
    rows = rows[np.argsort(ids[rows].astype(str), kind="stable")]
    tiled, found = communities.tile(base.raw, [base.ids[i] for i in rows], base.shapes[rows], base.sound[rows])
    shapes = base.shapes.copy()
    shapes[rows] = tiled
    land = Land(ids[rows], frozenset(str(i) for i in ids), base.shapes[rows], tiled)
    return replace(base.adding(found), shapes=shapes), land


def _named(table: Table, land: Land) -> tuple[Indices, Indices, list[Finding]]:
    """The rows to look at and the community that each row names, by position (-1 none).

    A row that names a community without a shape, or one that is not there (a fault), is not looked at.
    """
    named = table.table["community_id"]
    position = pd.Series(np.arange(len(land.ids)), index=land.ids).groupby(level=0).first()
    at = position.reindex(named.to_numpy()).fillna(places.NOWHERE).to_numpy().astype(np.intp)
    unknown = ~(named.isna() | named.isin(land.known)).to_numpy(dtype=bool)
    rows = np.flatnonzero(table.present() & (named.isna().to_numpy(dtype=bool) | (at != places.NOWHERE)))
    if not unknown.any():
        return rows, at, []
    hidden = any(f.code == "PERSONAL_DATA" and f.values["name"] == "community_id" for f in table.findings)
    values = [] if hidden else sorted({str(value) for value in named[unknown]})
    shown = ", ".join(values[: communities.SHOWN_VALUES]) + (" ..." if len(values) > communities.SHOWN_VALUES else "")
    shown = shown or "-"
    return rows, at, [table.raw.fault("COMMUNITY_UNKNOWN", pick(table.ids, unknown), ids=shown)]


def _place(table: Table, land: Land, outside: float) -> Table:
    rows, named, found = _named(table, land)
    points = table.shapes[rows]
    areal = np.asarray(shapely.get_type_id(points) != shapely.GeometryType.POINT)
    points[areal] = shapely.point_on_surface(points[areal])
    ids = [table.ids[i] for i in rows]
    placed = places.place(table.raw, ids, points, named[rows], land.tiled, outside=outside)
    columns = _with_community(table, land, rows, placed.community)
    moved = {"listed": placed.listed, "source_x": shapely.get_x(points), "source_y": shapely.get_y(points)}
    placing = pd.DataFrame(moved, index=rows).reindex(columns.index)
    placing["listed"] = placing["listed"].eq(True)
    shapes = table.shapes.copy()
    shapes[rows] = placed.points
    return replace(table.adding([*found, *placed.findings]), table=columns.join(placing), shapes=shapes)


def _assign(table: Table, land: Land) -> Table:
    rows, named, found = _named(table, land)
    units, ids = table.shapes[rows], [table.ids[i] for i in rows]
    at = straddles.assign(units, named[rows], land.tiled)
    found += straddles.straddling(table.raw, ids, units, at, land.came)
    found += straddles.overlapping(table.raw, ids, units)
    return replace(table.adding(found), table=_with_community(table, land, rows, at))


def _with_community(table: Table, land: Land, rows: Indices, at: Indices) -> pd.DataFrame:
    """The attributes with the id of the community found for each row."""
    ids = table.table["community_id"].to_numpy(dtype=object).copy()
    known = at != places.NOWHERE
    ids[rows[known]] = land.ids[at[known]]
    return table.table.assign(community_id=ids)
