"""The metre CRS of a plan: wished, the communities' own, or the CGCS2000 zone of a longitude.

Axis order is always x, y: easting before northing, longitude before latitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

WGS84 = CRS.from_epsg(4326)
CHINA = (73.0, 18.0, 136.0, 54.0)
ZONE_MERIDIANS = (75, 135)
ZONE_FIRST_EPSG = 4534

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Choice:
    """The CRS of a plan, or why there is none.

    ``fault`` is the code of a fault, ``suggested`` the EPSG code of a zone that would do, ``chosen``
    whether gridmap chose the zone itself.
    """

    crs: CRS | None
    fault: str = ""
    suggested: int | None = None
    chosen: bool = False


def parse(text: str | int | CRS) -> CRS | None:
    """A CRS from an EPSG number, ``EPSG:4550``, WKT or a CRS; None where it is none.

    >>> parse("4550").to_epsg(), parse("EPSG:4550").to_epsg(), parse("metres")
    (4550, 4550, None)
    """
    if isinstance(text, str) and text.strip().isdecimal():
        text = int(text)
    try:
        return CRS.from_user_input(text)
    except CRSError:
        return None


def in_metres(crs: CRS) -> bool:
    """Whether lengths in this CRS are metres on the ground, near enough to plan by.

    False for Mercator on the equator (the web maps' EPSG:3857): its metres are not the ground's.

    >>> [in_metres(CRS.from_epsg(code)) for code in (4550, 32618, 4326, 2263, 3857)]
    [True, True, False, False, False]
    """
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    if not flat.is_projected or any(axis.unit_conversion_factor != 1 for axis in flat.axis_info):
        return False
    operation = flat.coordinate_operation
    method = operation.method_name if operation is not None else ""
    return not (method.startswith("Mercator") or "Pseudo Mercator" in method)


def in_china(lon: float, lat: float) -> bool:
    """Whether a place lies in the box around China that the CGCS2000 zones serve."""
    west, south, east, north = CHINA
    return west <= lon <= east and south <= lat <= north


def cgcs2000_zone(lon: float) -> int:
    """The EPSG code of the CGCS2000 3-degree zone, without zone number, of a longitude.

    >>> cgcs2000_zone(122.3), cgcs2000_zone(120.2)
    (4550, 4549)
    """
    low, high = ZONE_MERIDIANS
    meridian = min(max(3 * round(lon / 3), low), high)
    return ZONE_FIRST_EPSG + (meridian - low) // 3


def utm_zone(lon: float, lat: float) -> int:
    """The EPSG code of the WGS 84 UTM zone of a place.

    >>> utm_zone(-74.1, 40.6), utm_zone(39.3, -5.7)
    (32618, 32737)
    """
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


@cache
def transformer(source: CRS, target: CRS) -> Transformer:
    """The way from one CRS to another, x before y; finding it takes a tenth of a second."""
    return Transformer.from_crs(source, target, always_xy=True)


def centre_lonlat(bounds: Bounds, crs: CRS) -> tuple[float, float] | None:
    """Longitude and latitude of the centre of some bounds; None where they are impossible in this CRS."""
    minx, miny, maxx, maxy = bounds
    degrees = max(abs(minx), abs(maxx)) <= 360 and max(abs(miny), abs(maxy)) <= 90
    if degrees and in_metres(crs):
        return None
    lon, lat = transformer(crs, WGS84).transform((minx + maxx) / 2, (miny + maxy) / 2)
    return (float(lon), float(lat)) if abs(lon) <= 360 and abs(lat) <= 90 else None


def plan_crs(own: CRS, bounds: Bounds, wished: str | int | CRS | None = None) -> Choice:
    """The CRS of a plan whose communities came in ``own`` with these bounds.

    The wished one must be in metres; else the communities' own if that is in metres; else, inside
    China, the CGCS2000 zone by longitude; else a fault that suggests a UTM zone.
    """
    centre = centre_lonlat(bounds, own)
    if centre is None:
        return Choice(None, "CRS_UNFIT")
    lon, lat = centre
    china = in_china(lon, lat)
    suggested = cgcs2000_zone(lon) if china else utm_zone(lon, lat)
    if wished is not None:
        crs = parse(wished)
        if crs is None:
            return Choice(None, "CRS_UNKNOWN", suggested)
        return Choice(crs) if in_metres(crs) else Choice(None, "CRS_WISH_NOT_METRES", suggested)
    if in_metres(own):
        return Choice(own)
    if china:
        return Choice(CRS.from_epsg(suggested), suggested=suggested, chosen=True)
    return Choice(None, "CRS_GEOGRAPHIC" if own.is_geographic else "CRS_NOT_METRES", suggested)


def transform(xy: NDArray[np.float64], source: CRS, target: CRS) -> NDArray[np.float64]:
    """Coordinates of shape (n, 2) in another CRS; the same place gives the same numbers."""
    if source == target:
        return xy
    x, y = transformer(source, target).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])
