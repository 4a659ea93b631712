"""Small random towns: communities cut from one piece of land, islands, lakes, an enclave, and what stands on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import assume
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import split, unary_union

from gridmap.rules import Band, RuleSet

X, Y = 400_000, 3_310_000
WIDE, HIGH = 600, 400
CRS = "EPSG:4550"
RULES = RuleSet("tiny", "1", "households", urban=Band(20, 25, 30), rural=Band(10, 12, 15))
KINDS = ("coast", "river", "road_main", "road", "lane", "wall")

Town = dict[str, Any]


def _at(x: float, y: float) -> tuple[float, float]:
    return X + x, Y + y


def rectangle(x: float, y: float, width: float, height: float) -> Polygon:
    """A rectangle, from the corner of the town."""
    return box(X + x, Y + y, X + x + width, Y + y + height)


@st.composite
def mainland(draw: st.DrawFn) -> list[Polygon]:
    """A rectangle or an L, maybe with a lake and an enclave, cut by up to three lines."""
    land: Any = rectangle(0, 0, WIDE, HIGH)
    if draw(st.booleans()):
        land = land.difference(rectangle(draw(st.integers(100, 500)), draw(st.integers(100, 300)), WIDE, HIGH))
    enclave = rectangle(draw(st.integers(20, 300)), draw(st.integers(20, 200)), draw(st.integers(30, 200)), 60)
    cut_out = draw(st.sampled_from(["none", "none", "lake", "enclave"]))
    if cut_out == "enclave":
        land = land.difference(enclave)
    parts = list(shapely.get_parts(land))
    for _ in range(draw(st.integers(0, 3))):
        a, b = draw(st.integers(20, 580)), draw(st.integers(20, 580))
        across = draw(st.booleans())
        ends = [(a, -9), (b, HIGH + 9)] if across else [(-9, a * HIGH / WIDE), (WIDE + 9, b * HIGH / WIDE)]
        line = LineString([_at(*end) for end in ends])
        parts = [piece for part in parts for piece in split(part, line).geoms]
    if cut_out == "enclave":
        parts.append(enclave)
    if cut_out == "lake":  # a hole that two communities border would be a gap
        parts = [part.difference(enclave) if part.contains(enclave.buffer(5)) else part for part in parts]
    assume(all(part.buffer(-2).area > 20 for part in parts))
    return parts


@st.composite
def islands(draw: st.DrawFn) -> list[Polygon]:
    """Up to three islands east of the mainland, the first sometimes half a metre from it."""
    found, x = [], WIDE + draw(st.sampled_from([0.5, 20, 300]))
    for _ in range(draw(st.integers(0, 3))):
        width = draw(st.integers(20, 120))
        found.append(rectangle(x, draw(st.integers(0, 200)), width, draw(st.integers(20, 120))))
        x += width + draw(st.integers(30, 600))
    return found


@st.composite
def communities(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """One to four communities; one may have land in several places."""
    base = draw(mainland())
    count = draw(st.integers(1, min(4, len(base))))
    owned: list[list[Polygon]] = [[] for _ in range(count)]
    for n, part in enumerate(base):
        owned[n % count].append(part)
    for island in draw(islands()):
        owned[draw(st.integers(0, count - 1))].append(island)
    coded = draw(st.booleans())
    own_band = [draw(st.sampled_from([None, None, None, (7, 9, 11)])) for _ in owned]
    frame = {
        "community_id": [f"33090310420{n}" if coded else f"C{n}" for n in range(count)],
        "name": [f"村{n}" for n in range(count)],
        "town_id": [f"T{n % 2}" for n in range(count)],
        "kind": [draw(st.sampled_from(["rural", "rural", "urban"])) for _ in owned],
    }
    for place, name in enumerate(("lo", "target", "hi")):
        frame[name] = [band[place] if band else None for band in own_band]
    shapes = [_multi(unary_union(parts)) for parts in owned]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def _multi(shape: Any) -> Any:
    return MultiPolygon(shape.geoms) if shape.geom_type == "MultiPolygon" else shape


def _households(cap: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 9), st.integers(0, 4), st.just(1), st.just(0), st.just(cap))


@st.composite
def buildings(draw: st.DrawFn, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Up to 40 buildings: some in one place, in rows, on a border, one above the cap, or none with a household."""
    parts = shapely.get_parts(np.asarray(places.geometry.array, dtype=object))
    points: list[Point] = []
    for _ in range(draw(st.integers(1, 40))):
        how = draw(st.sampled_from(["free", "free", "free", "free", "row", "same", "beside", "border"]))
        if how in ("same", "beside") and points:
            shift = 0 if how == "same" else 0.3
            points.append(Point(points[-1].x + shift, points[-1].y))
            continue
        part = parts[draw(st.integers(0, len(parts) - 1))]
        x0, y0, x1, y1 = part.bounds
        fx = draw(st.integers(0, 100)) / 100
        fy = 0.5 if how == "row" else draw(st.integers(0, 100)) / 100
        point = Point(x0 + fx * (x1 - x0), y0 + fy * (y1 - y0))
        edge = part.boundary.interpolate(part.boundary.project(point))
        points.append(edge if how == "border" or not part.contains(point) else point)
    above = draw(st.sampled_from([9, 9, 9, 40]))
    many = draw(st.sampled_from(["some", "some", "some", "none", "one"]))
    counts = [draw(_households(above)) if many == "some" else 0 for _ in points]
    if many == "one":
        counts[0] = 1
    names = [f"b{n:02d}" for n in range(len(points))]
    frame = gpd.GeoDataFrame({"building_id": names, "households": counts}, geometry=points, crs=CRS)
    if draw(st.sampled_from([False, False, True])):
        owners = list(places["community_id"])
        frame["community_id"] = [draw(st.sampled_from([None, None, None, *owners])) for _ in points]
    return frame


@st.composite
def barriers(draw: st.DrawFn, places: gpd.GeoDataFrame, points: list[Point]) -> gpd.GeoDataFrame | None:
    """Roads and rivers: right across, dead ends, loops, along the outline, through buildings."""
    if draw(st.booleans()):
        return None
    lines: list[LineString] = []
    for _ in range(draw(st.integers(0, 4))):
        how = draw(st.sampled_from(["path", "path", "loop", "outline", "building"]))
        knots = [_at(draw(st.integers(-30, 640)), draw(st.integers(-30, 430))) for _ in range(draw(st.integers(2, 4)))]
        if how == "loop" and len(set(knots)) > 2:
            knots.append(knots[0])
        if how == "outline":
            ring = shapely.get_parts(places.geometry.iloc[0])[0].exterior
            knots = [*ring.coords[:3]]
        if how == "building" and points:
            knots[1] = (points[0].x, points[0].y)
        if len(set(knots)) > 1:
            lines.append(LineString(knots))
    kinds = [draw(st.sampled_from(KINDS)) for _ in lines]
    return gpd.GeoDataFrame({"kind": np.array(kinds, dtype=object)}, geometry=lines, crs=CRS)


@st.composite
def ferries(draw: st.DrawFn, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """No layer, an empty one, or lines between two pieces of land."""
    how = draw(st.sampled_from(["none", "none", "empty", "some", "some"]))
    if how == "none":
        return None
    parts = shapely.get_parts(np.asarray(places.geometry.array, dtype=object))
    inside = [part.representative_point() for part in parts]
    lines = []
    for _ in range(draw(st.integers(1, 4)) if how == "some" and len(parts) > 1 else 0):
        a, b = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
        if a != b:
            lines.append(LineString([inside[a], inside[b]]))
    minutes = np.arange(len(lines), dtype=float)
    return gpd.GeoDataFrame({"minutes": minutes}, geometry=lines, crs=CRS)


@st.composite
def towns_of_buildings(draw: st.DrawFn) -> Town:
    """A town whose units are drawn around buildings."""
    places = draw(communities())
    stand = draw(buildings(places))
    town: Town = {"communities": places, "buildings": stand}
    town["barriers"] = draw(barriers(places, list(stand.geometry)))
    town["ferries"] = draw(ferries(places))
    return town


@st.composite
def towns_of_units(draw: st.DrawFn) -> Town:
    """A town with ready-made units: merged squares, some in pieces, some a hair too large, some land without."""
    places = draw(communities())
    size, heaps = draw(st.sampled_from([70, 100, 150])), draw(st.integers(1, 8))
    loose = draw(st.sampled_from([0.0, 0.0, 0.002, 0.004]))
    ids, owners, shapes = [], [], []
    for community, outline in zip(places["community_id"], places.geometry, strict=True):
        heap_of: dict[int, list[Any]] = {}
        for square in _squares(outline, size):
            heap_of.setdefault(draw(st.integers(-1, heaps)), []).append(square)
        for heap, squares in sorted(heap_of.items()):
            if heap >= 0:
                whole = unary_union(squares)
                shapes.append(whole.buffer(loose, join_style="mitre") if draw(st.booleans()) else whole)
                ids.append(f"{community}/{heap}")
                owners.append(community)
    assume(ids)
    cap = draw(st.sampled_from([9, 9, 15, 40]))
    counts = [draw(_households(cap)) for _ in ids]
    frame = {"unit_id": ids, "households": counts, "community_id": owners}
    town: Town = {"communities": places, "units": gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)}
    town["barriers"] = draw(barriers(places, []))
    town["ferries"] = draw(ferries(places))
    return town


def _squares(outline: Any, size: int) -> list[Any]:
    """Squares of a lattice cut to an outline, leaving out crumbs."""
    x0, y0, x1, y1 = outline.bounds
    corners = [(x, y) for x in np.arange(x0, x1, size) for y in np.arange(y0, y1, size)]
    cut = [box(x, y, x + size, y + size).intersection(outline) for x, y in corners]
    parts = [part for piece in cut for part in shapely.get_parts(piece) if part.geom_type == "Polygon"]
    return [part for part in parts if part.area > 50]


def options(town: Mapping[str, Any]) -> dict[str, Any]:
    """The town as arguments of ``gridmap.divide``: what is None is not given."""
    return {**{name: frame for name, frame in town.items() if frame is not None}, "rules": RULES, "jobs": 1}
