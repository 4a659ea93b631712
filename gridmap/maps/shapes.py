"""A plan's geometry in degrees, as light as a screen allows, in GeoJSON-ready records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import mapping

if TYPE_CHECKING:
    from gridmap.partition.plan import Plan

DECIMALS = 6  # a tenth of a metre
TOLERANCES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # metres
MOST_VERTICES = 120_000
KINDS = ("coast", "river", "road_main", "road", "lane", "wall")
LINE_ORDER = ("lane", "wall", "road", "river", "road_main")  # what matters most is drawn last
TOLD = {  # a grid's columns and what the page's script calls them
    "grid_code": "code",
    "label": "label",
    "community_name": "community",
    "town_name": "town",
    **{name: name for name in ("class", "households", "lo", "target", "hi", "status")},
}

Frame = gpd.GeoDataFrame
Record = dict[str, Any]
Place = list[float]  # longitude and latitude
Lines = np.ndarray[Any, np.dtype[np.object_]]


def shapes(plan: Plan, *, points: bool) -> Record:
    """The layers of a map: grids, lines by kind, names, and points of buildings where asked for."""
    outlines = light(plan.grids)
    middles, room = widest(outlines)
    drawn: Record = {
        "grids": {"type": "FeatureCollection", "features": list(_grids(plan.grids, outlines, middles))},
        "lines": list(_lines(plan, outlines)),
        "names": [*_places(plan), *_grid_names(plan.grids, middles, room)],
    }
    if points and len(plan.buildings):
        places = plan.buildings.geometry.to_crs(4326).get_coordinates().to_numpy()
        drawn["points"] = np.round(places, DECIMALS).tolist()
    return drawn


def bounds(plan: Plan) -> list[list[float]]:
    """South-west and north-east corner as latitude and longitude."""
    west, south, east, north = plan.grids.geometry.to_crs(4326).total_bounds.tolist()
    return [[south, west], [north, east]]


def light(grids: Frame) -> gpd.GeoSeries:
    """The outlines for the screen: the tiling simplified as one, so that neighbours still share their edge."""
    outlines = grids.geometry.to_numpy()
    for tolerance in TOLERANCES:
        fewer = shapely.coverage_simplify(outlines, tolerance)
        if shapely.get_num_coordinates(fewer).sum() <= MOST_VERTICES:
            break
    return gpd.GeoSeries(fewer, index=grids.index, crs=grids.crs)


def rounded(geometries: gpd.GeoSeries) -> list[Record]:
    """GeoJSON geometries in degrees."""
    degrees = shapely.transform(geometries.to_crs(4326).to_numpy(), lambda places: np.round(places, DECIMALS))
    return [mapping(geometry) for geometry in degrees]


def known_kinds(barriers: Frame) -> pd.Series[str]:
    """The kind that each barrier is drawn as: one that is not known counts as a lane."""
    return barriers["kind"].where(barriers["kind"].isin(KINDS), "lane")


def _grids(grids: Frame, outlines: gpd.GeoSeries, middles: list[Place]) -> Iterator[Record]:
    rows = grids[list(TOLD)].astype(object).to_numpy().tolist()
    for row, geometry, at in zip(rows, rounded(outlines), middles, strict=True):
        values = (_plain(value) for value in row)
        properties = {**dict(zip(TOLD.values(), values, strict=True)), "at": at}
        yield {"type": "Feature", "properties": properties, "geometry": geometry}


def _plain(value: Any) -> Any:
    if value is pd.NA or value is None:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _lines(plan: Plan, outlines: gpd.GeoSeries) -> Iterator[Record]:
    kinds, drawn = known_kinds(plan.barriers).to_numpy(), plan.barriers.geometry.to_numpy()
    layers = {kind: drawn[kinds == kind] for kind in LINE_ORDER}
    layers["ferry"] = plan.ferries.geometry.to_numpy()
    layers["community"] = _edges(plan.grids["community_id"], outlines)
    layers["coast"] = drawn[kinds == "coast"]
    for kind, lines in layers.items():
        if len(lines):
            yield {"kind": kind, "geometry": _one(lines, plan.crs)}


def _edges(owners: pd.Series[str], outlines: gpd.GeoSeries) -> Lines:
    """The outline of each community, from the same light outlines as its grids."""
    shapes, groups = outlines.to_numpy(), owners.reset_index(drop=True).groupby(owners.to_numpy()).indices
    return np.array([shapely.boundary(shapely.union_all(shapes[rows])) for rows in groups.values()])


def _one(lines: Lines, crs: Any) -> Record:
    """Many lines as one, each piece drawn once."""
    joined = shapely.line_merge(shapely.union_all(shapely.simplify(lines, TOLERANCES[0])))
    return rounded(gpd.GeoSeries([joined], crs=crs))[0]


def _places(plan: Plan) -> Iterator[Record]:
    """Names of towns, the greatest first, then of communities; each where there is most room for it."""
    communities = plan.communities
    centres, _ = widest(communities.geometry)
    order = communities["households"].to_numpy().argsort(kind="stable")[::-1]
    if communities["town_id"].nunique() > 1:
        seen: set[str] = set()
        for i in order:
            town = communities["town_id"].iloc[i]
            if town not in seen:
                seen.add(town)
                yield {"text": str(communities["town_name"].iloc[i]), "rank": "town", "at": centres[i]}
    for i in order:
        yield {"text": str(communities["name"].iloc[i]), "rank": "community", "at": centres[i]}


def widest(areas: gpd.GeoSeries) -> tuple[list[Place], list[float]]:
    """The middle of the widest place of each area, in degrees, and how wide it is in metres."""
    parts, owners = shapely.get_parts(areas.to_numpy(), return_index=True)
    order = np.lexsort((shapely.area(parts), owners))
    largest = parts[order][np.flatnonzero(np.diff(owners[order], append=-1))]
    radii = shapely.maximum_inscribed_circle(largest, np.sqrt(shapely.area(largest)) / 50)
    middles = gpd.GeoSeries(shapely.get_point(radii, 0), crs=areas.crs).to_crs(4326)
    places = np.round(middles.get_coordinates().to_numpy(), DECIMALS).tolist()
    return places, (2 * shapely.length(radii)).tolist()


def _grid_names(grids: Frame, middles: list[Place], room: list[float]) -> Iterator[Record]:
    for code, label, at, wide in zip(grids["grid_code"], grids["label"], middles, room, strict=True):
        yield {"text": str(label), "rank": "grid", "code": str(code), "at": at, "room": round(wide)}
