"""Plans as Folium maps and as whole HTML pages that call no other host.

A page holds all that it needs: Leaflet, our own script and style, the plan. It opens from a disk as it does
from the service, and two pages of the same plan are the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import folium

from gridmap.errors import OutputError
from gridmap.locale import LANGUAGES
from gridmap.maps.figure import Page, PlanMap
from gridmap.maps.panel import counts_text, panel
from gridmap.maps.shapes import bounds, shapes
from gridmap.maps.words import script_words

if TYPE_CHECKING:
    from gridmap.partition.plan import Plan

__all__ = ["page", "plan_map", "save"]


def plan_map(
    plan: Plan,
    *,
    lang: str = "en",
    points: bool = False,
    title: str | None = None,
    other: Mapping[str, str] | None = None,
) -> folium.Map:
    """A plan as a Folium map, with its legend and the list of grids out of range beside it.

    ``points`` adds a dot for each building; ``other`` gives the address of the same page in another
    language (``{"zh": "plan.zh.html"}``) for the link that switches.
    """
    if lang not in LANGUAGES:
        raise OutputError("MAP_LANGUAGE", language=lang, known=", ".join(LANGUAGES))
    text, beside = panel(plan, lang=lang, points=points, title=title, other=other or {})
    problems = dict(zip(beside["grid_code"], beside["sentence"], strict=True))
    data = {
        "words": script_words(lang, plan.rules.measure),
        "counts": counts_text(plan, lang),
        "reasons": problems,
        **shapes(plan, points=points),
    }
    drawn = PlanMap(bounds(plan))
    Page(lang=lang, title=text.title, panel=text.html, data=data).add_child(drawn, name="plan")
    return drawn


def page(
    plan: Plan,
    *,
    lang: str = "en",
    points: bool = False,
    title: str | None = None,
    other: Mapping[str, str] | None = None,
) -> str:
    """The same as one complete HTML page."""
    return plan_map(plan, lang=lang, points=points, title=title, other=other).get_root().render()


def save(
    plan: Plan,
    path: str | Path,
    *,
    lang: str = "en",
    points: bool = False,
    title: str | None = None,
    other: Mapping[str, str] | None = None,
) -> None:
    """Write the page whole, or not at all."""
    target = Path(path)
    content = page(plan, lang=lang, points=points, title=title, other=other).encode()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError("MAP_UNWRITABLE", file=str(target), why=error.strerror or str(error)) from error
