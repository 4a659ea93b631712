"""The geometry of a layer: present, of the right type, valid, in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from gridmap.errors import Finding
from gridmap.sources import Raw

POLYGONS = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
LINES = (GeometryType.LINESTRING, GeometryType.MULTILINESTRING)
PLACES = (GeometryType.POINT, *POLYGONS)
TYPES = {"communities": POLYGONS, "units": POLYGONS, "buildings": PLACES, "barriers": LINES, "ferries": LINES}
TYPE_NAMES = {
    POLYGONS: "Polygon, MultiPolygon",
    LINES: "LineString, MultiLineString",
    PLACES: "Point, Polygon, MultiPolygon",
}
SAME_AREA = 1e-6

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Geometries:
    """Geometries in two dimensions; None where ``sound`` is False, but for invalid ones made valid.

    An invalid polygon stays in, made valid, so that what lies in it is not reported as well.
    """

    shapes: NDArray[np.object_]
    sound: Mask
    findings: tuple[Finding, ...]


def check(raw: Raw, ids: Sequence[str]) -> Geometries:
    """Check the geometries of a layer and mend what loses nothing by it."""
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        shapes = np.full(len(ids), None, dtype=object)
        told = any(fault.code == "MISSING_COLUMN" and fault.values["name"] in ("lon", "lat") for fault in raw.faults)
        findings = () if told or raw.frame is None else (raw.fault("GEOMETRY_NONE", types=_allowed(raw)),)
        return Geometries(shapes, np.zeros(len(ids), dtype=bool), findings)
    shapes = _single_points(shapely.force_2d(np.asarray(raw.frame.geometry.array, dtype=object)))
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~none & ~np.isin(shapely.get_type_id(shapes), TYPES[raw.layer])
    shapes = _without(shapes, none | wrong)
    shapes, broken, mended = _mend(shapes)
    found = [
        _finding(raw, ids, none, "GEOMETRY_EMPTY"),
        _finding(raw, ids, wrong, "GEOMETRY_TYPE", types=_allowed(raw)),
        _finding(raw, ids, broken, "GEOMETRY_INVALID"),
        _finding(raw, ids, mended, "GEOMETRY_MENDED", note=True),
    ]
    return Geometries(shapes, ~(none | wrong | broken), tuple(f for f in found if f is not None))


def _allowed(raw: Raw) -> str:
    return TYPE_NAMES[TYPES[raw.layer]]


def _finding(
    raw: Raw, ids: Sequence[str], where: Mask, code: str, *, note: bool = False, **values: object
) -> Finding | None:
    if not where.any():
        return None
    rows = [ids[i] for i in np.flatnonzero(where).tolist()]
    return raw.note(code, rows, **values) if note else raw.fault(code, rows, **values)


def _single_points(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """A multipoint of one point is that point; some programs write no other."""
    single = (shapely.get_type_id(shapes) == GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes = shapes.copy()
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    return shapes


def _mend(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Mask, Mask]:
    """Valid shapes, which of them cannot be trusted, and which were mended without loss."""
    boundless = ~_finite(shapes)
    shapes = _without(shapes, boundless)
    invalid = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    made = shapes.copy()
    made[invalid] = shapely.make_valid(shapes[invalid], method="structure", keep_collapsed=False)
    alike = np.isin(shapely.get_type_id(made), POLYGONS) & ~shapely.is_empty(made)
    alike &= np.abs(shapely.area(made) - shapely.area(shapes)) <= SAME_AREA * shapely.area(made)
    broken = (invalid & ~alike) | boundless
    made[shapely.is_empty(made)] = None
    return made, broken, invalid & alike


def _without(shapes: NDArray[np.object_], where: Mask) -> NDArray[np.object_]:
    kept = shapes.copy()
    kept[where] = None
    return kept


def _finite(shapes: NDArray[np.object_]) -> Mask:
    """Whether every coordinate of a shape is a number; True for none."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(xy).all(axis=1)]] = False
    return finite
