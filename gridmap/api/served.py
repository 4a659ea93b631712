"""A plan as it is served: read once at the start, drawn up in WGS84, indexed, never changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely import Point, Polygon, STRtree

import gridmap
from gridmap import io, maps
from gridmap.api.errors import ServiceError
from gridmap.crs import WGS84, transform
from gridmap.errors import GridmapError, PlanError
from gridmap.locale import LANGUAGES


@dataclass(frozen=True)
class Features:
    """The grids of a plan in the order of their codes: properties, GeoJSON text and two indices."""

    properties: tuple[Mapping[str, Any], ...]
    texts: tuple[str, ...]
    community: NDArray[np.object_]
    status: NDArray[np.object_]
    degrees: STRtree
    metres: STRtree

    def matching(
        self, *, bounds: Polygon | None = None, community: str | None = None, status: str | None = None
    ) -> list[int]:
        """Positions of the grids that meet all that is asked, in the order of their codes."""
        keep = np.ones(len(self.texts), dtype=bool)
        if bounds is not None:
            keep[:] = False
            keep[self.degrees.query(bounds, predicate="intersects")] = True
        if community is not None:
            keep &= self.community == community
        if status is not None:
            keep &= self.status == status
        return [int(i) for i in np.flatnonzero(keep)]


@dataclass(frozen=True)
class ServedPlan:
    """One plan of the service: its id, the plan, its report and its features."""

    id: str
    plan: gridmap.Plan
    report: Mapping[str, Any]
    features: Features
    bounds: tuple[float, float, float, float]

    def locate(self, lon: float, lat: float) -> Mapping[str, Any] | None:
        """The grid at a place, None outside; on a border the grid with the lowest code."""
        place = transform(np.array([[lon, lat]]), WGS84, self.plan.crs)
        if not np.isfinite(place).all():
            return None
        hits = self.features.metres.query(Point(place[0]), predicate="intersects")
        return self.features.properties[int(hits.min())] if len(hits) else None


@dataclass(frozen=True)
class Pages:
    """Map pages by plan and language, each drawn once however many ask for it."""

    drawn: dict[tuple[str, str], str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, served: ServedPlan, lang: str) -> str:
        """The Folium page of a plan, points shown."""
        with self.lock:
            if (served.id, lang) not in self.drawn:
                self.drawn[served.id, lang] = _drawn(served, lang)
            return self.drawn[served.id, lang]


def _drawn(served: ServedPlan, lang: str) -> str:
    others = {other: f"?lang={other}" for other in LANGUAGES if other != lang}
    return maps.page(served.plan, lang=lang, points=True, title=served.id, other=others)


def served_plans(paths: Iterable[Path]) -> dict[str, ServedPlan]:
    """All plan files by their stems. Raises :class:`GridmapError` naming the file that cannot be served."""
    plans: dict[str, ServedPlan] = {}
    files: dict[str, Path] = {}
    for path in paths:
        if path.stem in plans:
            raise PlanError("PLAN_TWICE", id=path.stem, first=str(files[path.stem]), second=str(path))
        plans[path.stem] = served_plan(path)
        files[path.stem] = path
    return dict(sorted(plans.items()))


def served_plan(path: Path) -> ServedPlan:
    """One plan file, read and drawn up."""
    try:
        plan = gridmap.read_plan(path)
    except GridmapError as error:
        raise ServiceError("PLAN_UNSERVABLE", file=str(path), why=error) from error
    return serve_plan(path.stem, plan)


def serve_plan(plan_id: str, plan: gridmap.Plan) -> ServedPlan:
    """A plan under an id."""
    grids = plan.grids.sort_values("grid_code", ignore_index=True)
    degrees = gpd.GeoDataFrame(grids.drop(columns="geometry"), geometry=io.to_lonlat(grids), crs=WGS84)
    collection = io.to_geojson(degrees)
    minx, miny, maxx, maxy = collection["bbox"]
    return ServedPlan(plan_id, plan, plan.report(), _features(grids, degrees, collection), (minx, miny, maxx, maxy))


def _features(grids: gpd.GeoDataFrame, degrees: gpd.GeoDataFrame, collection: Mapping[str, Any]) -> Features:
    features = [_with_detail(feature) for feature in collection["features"]]
    return Features(
        properties=tuple(feature["properties"] for feature in features),
        texts=tuple(json.dumps(feature, ensure_ascii=False, allow_nan=False) for feature in features),
        community=grids["community_id"].to_numpy(dtype=object),
        status=grids["status"].to_numpy(dtype=object),
        degrees=STRtree(degrees.geometry.to_numpy()),
        metres=STRtree(grids.geometry.to_numpy()),
    )


def _with_detail(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A feature whose reason's detail is an object, not a text that holds one."""
    told = feature["properties"]
    return {**feature, "properties": {**told, "reason_detail": json.loads(told["reason_detail"] or "null")}}
