"""gridmap divides towns into service grids that a planner can defend.

Names are loaded when they are first used, so that importing gridmap costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridmap.errors import GridmapError, InputFaults
    from gridmap.io import check
    from gridmap.partition.divide import divide
    from gridmap.partition.plan import Plan, read_plan
    from gridmap.partition.verify import verify
    from gridmap.rules import RuleSet, rule_set
    from gridmap.samples import sample

_HOMES = {
    "GridmapError": "gridmap.errors",
    "InputFaults": "gridmap.errors",
    "check": "gridmap.io",
    "divide": "gridmap.partition.divide",
    "Plan": "gridmap.partition.plan",
    "read_plan": "gridmap.partition.plan",
    "RuleSet": "gridmap.rules",
    "rule_set": "gridmap.rules",
    "sample": "gridmap.samples",
    "verify": "gridmap.partition.verify",
}

__all__ = [
    "GridmapError",
    "InputFaults",
    "Plan",
    "RuleSet",
    "check",
    "divide",
    "read_plan",
    "rule_set",
    "sample",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("gridmap.release").release()
    if name not in _HOMES:
        raise AttributeError(f"module 'gridmap' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
