"""How the OpenAPI document tells of problems."""

from __future__ import annotations

from typing import Any

from gridmap.api.errors import PROBLEM_TYPE
from gridmap.api.models import Problem

WORDS = {
    404: "No plan has this id.",
    422: "A parameter cannot be; `detail` says which, and why.",
}


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer, as its ``responses``."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"model": Problem, "description": WORDS[status], "content": content} for status in statuses}
