"""The grids of a plan as GeoJSON, and the grid at a place."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from gridmap.api.dependencies import (
    Asked,
    PageAsked,
    Plan,
    ServiceSettings,
    bounds_of,
    page_links,
    page_size,
)
from gridmap.api.models import GridCollection, GridProperties, Located, Page
from gridmap.api.problems import told

GEOJSON = "application/geo+json"

router = APIRouter(prefix="/api/plans/{plan_id}", tags=["grids"], responses=told(404))


class GridsAsked(PageAsked):
    """Which grids are wanted."""

    bbox: str | None = Field(
        None,
        description="Only grids that touch this box: minx,miny,maxx,maxy in degrees (WGS84).",
        examples=["122.25,29.85,122.35,29.95"],
    )
    community: str | None = Field(None, description="Only grids of this community, by its id.")
    status: Literal["ok", "under", "over", "empty"] | None = Field(None, description="Only grids of this status.")


class PlaceAsked(Asked):
    """A place."""

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Longitude in degrees (WGS84).")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Latitude in degrees (WGS84).")


class GeoJSONResponse(Response):
    """A GeoJSON document."""

    media_type = GEOJSON


@router.get(
    "/grids",
    summary="Get the grids as GeoJSON",
    response_class=GeoJSONResponse,
    responses={200: {"model": GridCollection, "description": "A page of grids."}},
)
def grids(
    request: Request, served: Plan, settings: ServiceSettings, asked: Annotated[GridsAsked, Query()]
) -> GeoJSONResponse:
    """Grids in the order of their codes, in WGS84 with seven decimals, a page at a time.

    Follow the link `next` to the last page; `numberMatched` says how many grids there are in all.
    """
    limit = page_size(asked, settings)
    found = served.features.matching(bounds=bounds_of(asked.bbox), community=asked.community, status=asked.status)
    page = found[asked.offset : asked.offset + limit]
    about = Page(
        number_matched=len(found),
        number_returned=len(page),
        links=page_links(request, offset=asked.offset, limit=limit, matched=len(found), media=GEOJSON),
    )
    return GeoJSONResponse(_collection(about, [served.features.texts[i] for i in page]))


@router.get("/locate", summary="Find the grid at a place", response_description="The grid, or null.")
def locate(served: Plan, asked: Annotated[PlaceAsked, Query()]) -> Located:
    """The grid that holds a place; on a border between grids, the one with the lowest code.

    A place outside every grid is no error: `grid` is null.
    """
    found = served.locate(asked.lon, asked.lat)
    grid = None if found is None else GridProperties(**found)
    return Located(plan=served.id, lon=asked.lon, lat=asked.lat, grid=grid)


def _collection(about: Page, features: list[str]) -> str:
    """The features are text already; only what stands around them is written anew."""
    around = json.dumps({"type": "FeatureCollection", **about.model_dump(by_alias=True)}, ensure_ascii=False)
    return f'{around[:-1]}, "features": [{",".join(features)}]}}'
