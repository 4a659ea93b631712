"""The report of a plan: a row for each community and one for all, towns, problems and notes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridmap.locale import LANGUAGES
from gridmap.partition.reasons import words

if TYPE_CHECKING:
    from gridmap.partition.plan import Plan

STATUSES = ("ok", "under", "over", "empty")
COUNTS = ("households", "units", "buildings", "grids", "grids_rule", "grids_low", "grids_high", *STATUSES)
PLACE = ("community_id", "name", "town_id", "town_name", "class", "class_source", "lo", "target", "hi")


def community_rows(plan: Plan) -> pd.DataFrame:
    """A row for each community: place, class, households and numbers of grids."""
    columns = [name for name in (*PLACE, *COUNTS, *plan.sums) if name in plan.communities]
    return pd.DataFrame(plan.communities[columns])


def report_rows(plan: Plan) -> pd.DataFrame:
    """The report as a table: a row for each community and, first, one for all (``level`` tells)."""
    rows = community_rows(plan)
    numbers = [*COUNTS, *plan.sums]
    total = pd.DataFrame([{"level": "all", **rows[numbers].sum().to_dict()}])
    return pd.concat([total, rows.assign(level="community")], ignore_index=True)[["level", *rows.columns]]


def report_of(plan: Plan) -> dict[str, Any]:
    """The report as one JSON-ready record."""
    rows = community_rows(plan)
    towns = rows.groupby(["town_id", "town_name"], as_index=False)[list(COUNTS)].sum()
    towns.insert(2, "communities", rows.groupby(["town_id", "town_name"]).size().to_numpy())
    totals = {name: int(rows[name].sum()) for name in COUNTS}
    reasons = plan.grids["reason"][plan.grids["reason"] != ""].value_counts().sort_index()
    return {
        "gridmap": plan.version,
        "rules": plan.rules.to_dict(),
        "seed": plan.seed,
        "basis": plan.basis,
        "as_of": plan.as_of,
        "crs": plan.crs.to_string(),
        "total": {
            "towns": len(towns),
            "communities": len(rows),
            **totals,
            **{name: plan.units[name].to_numpy().sum().item() for name in plan.sums},
            "reasons": {str(code): int(count) for code, count in reasons.items()},
        },
        "towns": records(towns),
        "communities": records(rows),
        "problems": _problems(plan),
        "notes": [note.to_dict() for note in plan.notes],
        "sources": [dict(source) for source in plan.sources],
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON-ready records; what is missing is null."""
    parsed: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", force_ascii=False))
    return parsed


def _problems(plan: Plan) -> list[dict[str, Any]]:
    found = []
    for row in records(plan.problems().drop(columns=["sentence", "remedy"])):
        detail = row.pop("reason_detail")
        said = {lang: words(row["reason"], detail, lang) for lang in LANGUAGES}
        found.append(
            {
                **row,
                "detail": json.loads(detail) if detail else {},
                "sentence": {lang: sentence for lang, (sentence, _) in said.items()},
                "remedy": {lang: remedy for lang, (_, remedy) in said.items()},
            }
        )
    return found
