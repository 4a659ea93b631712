"""Ready-made units as a clean tiling of their communities.

Units keep their shape but for what overhangs their community by a hair, which is clipped, and for
overlaps and slits between them, which cleaning gives to the neighbour with the longest shared border.
Land that no unit covers becomes units of no household.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridmap.errors import Finding, PlanError
from gridmap.layers import Layers
from gridmap.partition.blocks import NODING_GRID
from gridmap.partition.cells import Tick
from gridmap.partition.edges import Ints, Shapes, longest_neighbour, shared_edges
from gridmap.partition.units import Units, unit_ids, unite

SLIT_WIDTH = 0.5


def units_from_parcels(layers: Layers, tick: Tick) -> tuple[Units, tuple[Finding, ...]]:
    """The units of all communities and what was clipped, filled or comes in several pieces.

    Raises :class:`PlanError` where a unit would vanish in cleaning.
    """
    assert layers.units is not None
    outlines = np.asarray(layers.communities.geometry.array, dtype=object)
    codes = pd.Index(layers.communities["community_id"])
    community = codes.get_indexer(layers.units["community_id"]).astype(np.int64)
    shapes, clipped = _clip(np.asarray(layers.units.geometry.array, dtype=object), outlines[community])
    tick(1, 4)
    faces, unit, face_home = _faces(shapes, community, outlines)
    tick(2, 4)
    lost = len(shapes) - len(np.unique(unit[unit >= 0]))
    if lost:
        raise PlanError("UNIT_VANISHED", count=lost)
    rest, rest_home = _rest(faces[unit < 0], face_home[unit < 0])
    own = unite(faces[unit >= 0], unit[unit >= 0], len(shapes))
    tick(3, 4)
    cleaned, home = np.concatenate([own, rest]), np.concatenate([community, rest_home])
    shapes, home, filled = _absorb_slits(cleaned, home, len(shapes))
    frame = _frame(layers, shapes, home, codes)
    tick(4, 4)
    ids = layers.units["unit_id"].to_numpy()
    several = shapely.get_num_geometries(shapes[: len(ids)]) > 1
    notes = [
        _note("UNITS_CLIPPED", ids[clipped]),
        _note("LAND_WITHOUT_UNITS", frame["unit_id"].to_numpy()[~frame["unit_id"].isin(ids)], filled),
        _note("UNITS_IN_PIECES", ids[several]),
    ]
    return Units(frame, np.empty(0, dtype=np.int64)), tuple(note for note in notes if note.rows)


def _note(code: str, ids: NDArray[np.object_], area: float = 0.0) -> Finding:
    return Finding(code, "units", rows=tuple(map(str, ids)), values={"area": round(area)}, kind="note")


def _clip(shapes: Shapes, outlines: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Each unit inside its community, and which of them lost more than 1 m2."""
    shapely.prepare(outlines)
    over = ~shapely.covers(outlines, shapes)
    clipped = shapes.copy()
    clipped[over] = [_polygons(g) for g in shapely.intersection(shapes[over], outlines[over])]
    return clipped, shapely.area(shapes) - shapely.area(clipped) > 1.0


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a geometry, as one polygon or multipolygon."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    whole: shapely.Geometry = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return whole


def _faces(shapes: Shapes, community: Ints, outlines: Shapes) -> tuple[Shapes, Ints, Ints]:
    """Units and outlines noded together on a 1 mm grid: polygons, the unit of each or -1, and its community.

    Cleaning the units as a coverage loses whole units where two borders run a hair apart. Where units overlap,
    the smallest keeps the land.
    """
    noded = shapely.union_all(shapely.boundary(np.concatenate([outlines, shapes])), grid_size=NODING_GRID)
    faces = shapely.normalize(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    faces = faces[np.argsort(shapely.to_wkb(faces), kind="stable")]
    middle = shapely.point_on_surface(faces)
    home, unit = np.full((2, len(faces)), -1, dtype=np.int64)
    face, outline = STRtree(outlines).query(middle, predicate="intersects")
    home[face[::-1]] = outline[::-1]
    face, holder = STRtree(shapes).query(middle, predicate="intersects")
    rank = np.lexsort((-holder, -shapely.area(shapes)[holder]))
    rank = rank[community[holder[rank]] == home[face[rank]]]
    unit[face[rank]] = holder[rank]
    return faces[home >= 0], unit[home >= 0], home[home >= 0]


def _rest(faces: Shapes, home: Ints) -> tuple[Shapes, Ints]:
    """Land that no unit covers, as single polygons, with their community."""
    communities, group = np.unique(home, return_inverse=True)
    parts, owner = shapely.get_parts(unite(faces, group.ravel(), len(communities)), return_index=True)
    return parts, communities[owner]


def _absorb_slits(cleaned: Shapes, home: Ints, units: int) -> tuple[Shapes, Ints, float]:
    """Give slits narrower than half a metre to the neighbour with the longest shared border.

    Returns the shapes (units first), their community and the area of the land that stays without a unit.
    """
    rest = np.arange(len(cleaned)) >= units
    slit = rest & shapely.is_empty(shapely.buffer(cleaned, -SLIT_WIDTH / 2, quad_segs=1))
    edges = shared_edges(cleaned)
    edges = edges.take(home[edges.i] == home[edges.j])
    target = np.arange(len(cleaned))
    while slit.any():
        best = longest_neighbour(edges, slit, ~slit)
        found = np.flatnonzero(best >= 0)
        if len(found) == 0:
            break
        target[found] = target[best[found]]
        slit[found] = False
    keep, group = np.unique(target, return_inverse=True)
    keep_area = float(shapely.area(cleaned[keep[keep >= units]]).sum())
    return unite(cleaned, group.ravel(), len(keep)), home[keep], keep_area


def _frame(layers: Layers, shapes: Shapes, home: Ints, codes: pd.Index) -> gpd.GeoDataFrame:
    units = layers.units
    assert units is not None
    filled = len(shapes) - len(units)
    community_id = codes.to_numpy()[home]
    rest_ids = unit_ids(community_id[len(units) :], "r")
    columns: dict[str, object] = {"unit_id": [*units["unit_id"], *rest_ids]}
    for column in ("households", *layers.sums):
        columns[column] = np.concatenate(
            [units[column].to_numpy(), np.zeros(filled, dtype=units[column].to_numpy().dtype)]
        )
    columns["community_id"] = community_id
    columns["group"] = np.concatenate([units["group"].to_numpy(dtype=object), np.full(filled, None, dtype=object)])
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=layers.crs)
