"""The app: settings in, an ASGI application out."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from gridmap.api import errors
from gridmap.api.headers import SafeHeaders
from gridmap.api.limits import RequestLimits
from gridmap.api.problems import told
from gridmap.api.routes import grids, health, maps, plans, reports, start
from gridmap.api.served import Pages, served_plans
from gridmap.api.settings import Settings
from gridmap.release import release

ABOUT = """
Plans that divide communities into service grids by household count, over HTTP and read-only.

Places are longitude and latitude in degrees (WGS84). Every list has pages: `limit` and `offset`, and a
link `next` while there is more. Every error is a problem document (RFC 9457) whose `detail` says what to
do. Sentences are English or Chinese: `?lang=`, then Accept-Language.
"""
TAGS = [
    {"name": "plans", "description": "The plans that are served, and their reports."},
    {"name": "grids", "description": "The grids of a plan, and the grid at a place."},
    {"name": "pages", "description": "Pages to look at in a browser."},
    {"name": "service", "description": "About the service itself."},
]


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service over the plan files that its settings name; without settings, the environment's.

    Every plan is read now: raises :class:`gridmap.GridmapError` naming the file that cannot be served.
    """
    settings = settings or Settings.from_environment()
    app = FastAPI(
        title="gridmap",
        version=release(),
        summary="Service grids by household count",
        description=ABOUT,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        responses=told(422),
    )
    app.state.settings = settings
    app.state.plans = served_plans(settings.plans)
    app.state.pages = Pages()
    errors.add_handlers(app)
    for resource in (plans, grids, reports, maps, start, health):
        app.include_router(resource.router)
    _add_middleware(app, settings)
    return app


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added is the first to see a request."""
    app.add_middleware(SafeHeaders)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    app.add_middleware(RequestLimits, max_url_bytes=settings.max_url_bytes, max_body_bytes=settings.max_body_bytes)
