"""Our own pages, from templates: the start page and the list of addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from gridmap.api.served import ServedPlan
from gridmap.locale import LANGUAGES, known, sentence

_NAMES = ("base.html", "start.html", "docs.html")


def start(plans: Sequence[ServedPlan], *, lang: str) -> str:
    """The start page: every plan with its counts and where to go on."""
    rows = [{"id": plan.id, "total": plan.report["total"], "about": _about(plan, lang)} for plan in plans]
    return _render("start.html", lang, plans=rows)


def docs(document: Mapping[str, Any], *, lang: str) -> str:
    """The OpenAPI document as a list that reads without any script."""
    return _render("docs.html", lang, info=document["info"], operations=list(_operations(document)))


def style() -> str:
    """The style sheet of both."""
    return _file("style.css")


def _about(plan: ServedPlan, lang: str) -> str:
    """What the counts stand for, in words where the catalogues know it."""
    key = f"basis.{plan.plan.basis}"
    basis = sentence(key, lang) if known(key) else plan.plan.basis
    return " · ".join(part for part in (basis, plan.plan.as_of, plan.plan.rules.name) if part)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "text": operation.get("description", "").split("\n\n"),
                "parameters": [_parameter(each) for each in operation.get("parameters", [])],
                "answers": [(code, answer["description"]) for code, answer in operation["responses"].items()],
            }


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "required": parameter.get("required", False),
        "text": parameter.get("description", ""),
    }


def _render(name: str, lang: str, **values: Any) -> str:
    say = partial(sentence, lang=lang)
    other = next(each for each in LANGUAGES if each != lang)
    return _templates().get_template(name).render(lang=lang, other=other, say=say, **values)


@cache
def _templates() -> Environment:
    loader = DictLoader({name: _file(name) for name in _NAMES})
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["coded"] = _coded
    return made


def _coded(text: str) -> Markup:
    """Text with what stands between backticks marked as code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))


def _file(name: str) -> str:
    return (files("gridmap.api") / "templates" / name).read_text(encoding="utf-8")
