"""The map of a plan as a page."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from gridmap.api.dependencies import AskedLang, Lang, MapPages, Plan
from gridmap.api.headers import map_policy
from gridmap.api.problems import told

router = APIRouter(tags=["pages"])


@router.get(
    "/maps/{plan_id}",
    summary="Open the map of a plan",
    response_class=HTMLResponse,
    response_description="The page.",
    responses=told(404),
)
def map_page(served: Plan, pages: MapPages, lang: Lang, asked: AskedLang) -> HTMLResponse:
    """Grids coloured by status, communities, barriers and building points; the page asks no other host."""
    page = pages.page(served, lang)
    return HTMLResponse(page, headers={"Content-Security-Policy": map_policy(page), "Content-Language": lang})
