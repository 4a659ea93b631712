"""The start page, the list of addresses, and their style."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from gridmap.api import pages
from gridmap.api.dependencies import AskedLang, Lang, Plans
from gridmap.api.headers import OWN_POLICY

router = APIRouter(tags=["pages"])


@router.get("/", summary="Open the start page", response_class=HTMLResponse, response_description="The page.")
def start(served: Plans, lang: Lang, asked: AskedLang) -> HTMLResponse:
    """The plans that are served, with links to the map, the grids and the report of each."""
    return _page(pages.start(list(served.values()), lang=lang), lang)


@router.get("/docs", summary="Read about the addresses", response_class=HTMLResponse, response_description="The page.")
def docs(request: Request, lang: Lang, asked: AskedLang) -> HTMLResponse:
    """The OpenAPI document as a page that reads without any script."""
    return _page(pages.docs(request.app.openapi(), lang=lang), lang)


@router.get("/style.css", include_in_schema=False)
def style() -> Response:
    """The style of our own pages."""
    return Response(pages.style(), media_type="text/css")


def _page(text: str, lang: str) -> HTMLResponse:
    return HTMLResponse(text, headers={"Content-Security-Policy": OWN_POLICY, "Content-Language": lang})
