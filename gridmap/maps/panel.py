"""What stands beside the map: counts, legend, rules and the grids out of range, as HTML with all text escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd

from gridmap.locale import known, sentence
from gridmap.maps import assets
from gridmap.maps.shapes import KINDS, known_kinds
from gridmap.maps.words import STATUSES, map_words
from gridmap.rules import CLASSES

if TYPE_CHECKING:
    from gridmap.partition.plan import Plan


@dataclass(frozen=True)
class Panel:
    """The text beside a map, and the page's title."""

    title: str
    html: str


def panel(
    plan: Plan, *, lang: str, points: bool, title: str | None, other: Mapping[str, str]
) -> tuple[Panel, pd.DataFrame]:
    """The panel of a plan, and the table of its grids out of range with their sentences."""
    words = map_words(lang)
    heading = title or words["title"]
    problems = plan.problems(lang=lang)
    template = jinja2.Environment(autoescape=True).from_string(assets.text("panel.html"))
    html = template.render(
        words=words,
        title=heading,
        switch=_switch(lang, other),
        basis=_basis(plan, lang),
        synthetic=plan.basis.startswith("synthetic"),
        as_of=sentence("map.as_of", lang, date=plan.as_of) if plan.as_of else "",
        figures=list(_figures(plan, words)),
        statuses=list(_statuses(plan, lang)),
        lines=list(_lines(plan, lang)),
        points=words["legend_points"] if points and len(plan.buildings) else "",
        rules=list(_rules(plan, lang)),
        problems=list(_problems(problems, plan.rules.measure, lang)),
        rule_name=sentence("map.rule_name", lang, name=plan.rules.name, version=plan.rules.version),
        made=sentence("map.made", lang, version=plan.version, seed=plan.seed),
        credit=sentence(f"credit.{plan.basis}", lang) if known(f"credit.{plan.basis}") else "",
    )
    return Panel(heading, html), problems


def counts_text(plan: Plan, lang: str) -> str:
    """What was counted and when; it stands on the map itself."""
    parts = [_basis(plan, lang), sentence("map.as_of", lang, date=plan.as_of) if plan.as_of else ""]
    return " · ".join(part for part in parts if part)


def _basis(plan: Plan, lang: str) -> str:
    if not plan.basis:
        return ""
    named = sentence(f"basis.{plan.basis}", lang) if known(f"basis.{plan.basis}") else plan.basis
    return sentence("map.basis", lang, basis=named)


def _switch(lang: str, other: Mapping[str, str]) -> dict[str, str] | None:
    for language, href in other.items():
        if language != lang:
            return {"href": href, "hreflang": {"zh": "zh-CN"}.get(language, language)}
    return None


def _figures(plan: Plan, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    out = plan.grids["status"].isin(["under", "over"]).sum()
    counts = {
        "grids": (plan.grids["status"] != "empty").sum(),
        plan.rules.measure: plan.grids["households"].sum(),
        "of_which_out": out,
        "communities": len(plan.communities),
        "towns": plan.communities["town_id"].nunique(),
    }
    for name, count in counts.items():
        yield words[name], f"{int(count):,}"


def _statuses(plan: Plan, lang: str) -> Iterator[tuple[str, str]]:
    counts = plan.grids["status"].value_counts()
    for status in STATUSES:
        count = f"{int(counts.get(status, 0)):,}"
        named = sentence(f"status.{status}", lang)
        yield status, sentence("map.legend_status", lang, status=named[:1].upper() + named[1:], count=count)


def _lines(plan: Plan, lang: str) -> Iterator[tuple[str, str]]:
    yield "community", sentence("map.legend_community", lang)
    kinds = set(known_kinds(plan.barriers))
    for kind in KINDS:
        if kind in kinds:
            yield kind, sentence(f"barrier.{kind}", lang)
    if len(plan.ferries):
        yield "ferry", sentence("map.legend_ferry", lang)


def _rules(plan: Plan, lang: str) -> Iterator[str]:
    own = False
    for class_ in CLASSES:
        band, grids = plan.rules.band(class_), plan.grids[plan.grids["class"] == class_]
        own |= bool(((grids["lo"] != band.lo) | (grids["hi"] != band.hi)).any())
        if len(grids):
            yield sentence(f"map.rule_{class_}_{plan.rules.measure}", lang, **vars(band))
    if own:
        yield sentence("map.rule_own", lang)


def _problems(problems: pd.DataFrame, measure: str, lang: str) -> Iterator[dict[str, Any]]:
    for row in problems.to_dict("records"):
        count = sentence(f"map.count_{measure}", lang, households=f"{row['households']:,}", lo=row["lo"], hi=row["hi"])
        yield {
            "code": row["grid_code"],
            "label": row["label"],
            "status": row["status"],
            "count": count,
            "sentence": row["sentence"],
            "remedy": row["remedy"],
        }
