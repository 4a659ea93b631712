"""Whether the service is up."""

from __future__ import annotations

from fastapi import APIRouter

from gridmap.api.dependencies import AskedLang, Plans
from gridmap.api.models import Health
from gridmap.release import release

router = APIRouter(tags=["service"])


@router.get("/health", summary="Is the service up?", response_description="It is.")
def health(plans: Plans, asked: AskedLang) -> Health:
    """Answers as soon as every plan is read, with the version and the number of plans."""
    return Health(version=release(), plans=len(plans))
