"""The report of a plan."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from gridmap.api.dependencies import AskedLang, Plan
from gridmap.api.models import Report
from gridmap.api.problems import told

router = APIRouter(prefix="/api/plans/{plan_id}", tags=["plans"], responses=told(404))


@router.get("/report", summary="Read the report of a plan", response_model=Report, response_description="The report.")
def report(served: Plan, asked: AskedLang) -> JSONResponse:
    """Counts in all, by town and by community, and each grid out of range with its reason and its remedy.

    Sentences stand in both languages.
    """
    return JSONResponse(served.report)
