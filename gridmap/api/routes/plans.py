"""The plans that are served, each in short."""

from __future__ import annotations

from fastapi import APIRouter, Request

from gridmap.api.dependencies import AskedLang, AskedPage, Plan, Plans, ServiceSettings, page_links, page_size
from gridmap.api.models import Link, PlanList, PlanSummary, Total
from gridmap.api.problems import told
from gridmap.api.served import ServedPlan

GEOJSON = "application/geo+json"

router = APIRouter(prefix="/api/plans", tags=["plans"])


@router.get("", summary="List the plans", response_description="A page of plans.")
def plans(request: Request, served: Plans, settings: ServiceSettings, asked: AskedPage) -> PlanList:
    """All plans in the order of their ids, a page at a time."""
    limit = page_size(asked, settings)
    page = list(served.values())[asked.offset : asked.offset + limit]
    return PlanList(
        plans=[_summary(request, plan) for plan in page],
        number_matched=len(served),
        number_returned=len(page),
        links=page_links(request, offset=asked.offset, limit=limit, matched=len(served)),
    )


@router.get("/{plan_id}", summary="Show a plan in short", response_description="The plan.", responses=told(404))
def plan(request: Request, served: Plan, asked: AskedLang) -> PlanSummary:
    """Its rule set, what its counts stand for, how many grids are in and out of range, and where to go on."""
    return _summary(request, served)


def _summary(request: Request, served: ServedPlan) -> PlanSummary:
    plan = served.plan
    return PlanSummary(
        id=served.id,
        rules=plan.rules.to_dict(),
        seed=plan.seed,
        version=plan.version,
        basis=plan.basis,
        as_of=plan.as_of,
        crs=plan.crs.to_string(),
        bounds=served.bounds,
        total=Total(**served.report["total"]),
        links=_links(request, served.id),
    )


def _links(request: Request, plan_id: str) -> list[Link]:
    places = {
        "self": ("plan", "application/json"),
        "grids": ("grids", GEOJSON),
        "report": ("report", "application/json"),
        "map": ("map_page", "text/html"),
    }
    return [
        Link(rel=rel, href=str(request.url_for(name, plan_id=plan_id)), type=media)
        for rel, (name, media) in places.items()
    ]
