"""What a route asks of the app and of the request: plans, settings, language, a page, a box."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from shapely import Polygon, box

from gridmap.api.errors import NotFoundError, QueryError
from gridmap.api.language import language
from gridmap.api.models import Link
from gridmap.api.served import Pages, ServedPlan
from gridmap.api.settings import Settings

LANG_TEXT = "Language of sentences, `en` or `zh`; without it Accept-Language decides."


class Asked(BaseModel):
    """Query parameters; one that is not known is refused, so that a misspelt name is not lost."""

    model_config = ConfigDict(extra="forbid")

    lang: Literal["en", "zh"] | None = Field(None, description=LANG_TEXT)


class PageAsked(Asked):
    """A page of a list."""

    limit: int | None = Field(None, ge=1, description="How many at most; the service has an upper bound of its own.")
    offset: int = Field(0, ge=0, le=10_000_000, description="How many to leave out from the start.")


def settings_of(request: Request) -> Settings:
    """The settings of the app."""
    settings: Settings = request.app.state.settings
    return settings


def plans_of(request: Request) -> dict[str, ServedPlan]:
    """All plans by id."""
    plans: dict[str, ServedPlan] = request.app.state.plans
    return plans


def pages_of(request: Request) -> Pages:
    """The map pages drawn so far."""
    pages: Pages = request.app.state.pages
    return pages


def plan_of(
    request: Request,
    plan_id: Annotated[str, Path(description="The name of the plan's file without the suffix.", examples=["putuo"])],
) -> ServedPlan:
    """The plan that an address names."""
    plans = plans_of(request)
    if plan_id not in plans:
        raise NotFoundError("PLAN_UNKNOWN", id=plan_id)
    return plans[plan_id]


def page_size(asked: PageAsked, settings: Settings) -> int:
    """The size of a page; raises :class:`QueryError` above the service's bound."""
    if asked.limit is None:
        return settings.page_default
    if asked.limit > settings.page_max:
        raise QueryError("LIMIT_TOO_LARGE", limit=asked.limit, most=settings.page_max)
    return asked.limit


def page_links(
    request: Request, *, offset: int, limit: int, matched: int, media: str = "application/json"
) -> list[Link]:
    """The links of a page: itself, and the next and the one before where they are; absolute."""
    starts = {"self": offset, "next": offset + limit, "prev": max(0, offset - limit)}
    there = {"self": True, "next": offset + limit < matched, "prev": offset > 0}
    return [
        Link(rel=rel, href=str(request.url.include_query_params(offset=start, limit=limit)), type=media)
        for rel, start in starts.items()
        if there[rel]
    ]


def bounds_of(text: str | None) -> Polygon | None:
    """A box from ``minx,miny,maxx,maxy`` in degrees; raises :class:`QueryError` saying what is wrong.

    >>> bounds_of("122,29.5,123,30").bounds
    (122.0, 29.5, 123.0, 30.0)
    """
    if text is None:
        return None
    parts = text.split(",")
    if len(parts) != 4:
        raise QueryError("BBOX_COUNT", text=text, count=len(parts))
    try:
        minx, miny, maxx, maxy = (float(part) for part in parts)
    except ValueError as error:
        raise QueryError("BBOX_NUMBER", text=text) from error
    if not all(math.isfinite(v) for v in (minx, miny, maxx, maxy)):
        raise QueryError("BBOX_NUMBER", text=text)
    if minx < -180 or maxx > 180 or miny < -90 or maxy > 90:
        raise QueryError("BBOX_DEGREES", text=text)
    if minx > maxx or miny > maxy:
        raise QueryError("BBOX_ORDER", text=text)
    return box(minx, miny, maxx, maxy)


Lang = Annotated[str, Depends(language)]
ServiceSettings = Annotated[Settings, Depends(settings_of)]
Plans = Annotated[dict[str, ServedPlan], Depends(plans_of)]
Plan = Annotated[ServedPlan, Depends(plan_of)]
MapPages = Annotated[Pages, Depends(pages_of)]
AskedPage = Annotated[PageAsked, Query()]
AskedLang = Annotated[Asked, Query()]
