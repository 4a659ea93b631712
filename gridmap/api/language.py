"""The language of an answer: ``?lang=``, then Accept-Language, then English."""

from __future__ import annotations

from fastapi import Request

from gridmap.locale import LANGUAGES


def language(request: Request) -> str:
    """The language that a request asks for."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else accepted(request.headers.get("accept-language", ""))


def accepted(header: str) -> str:
    """The language of ours that an Accept-Language header likes best.

    >>> accepted("fr, zh-CN;q=0.9, en;q=0.8")
    'zh'
    >>> accepted("")
    'en'
    """
    wishes = [_wish(part) for part in header.split(",")]
    ours = [(quality, name) for quality, name in wishes if name in LANGUAGES and quality > 0]
    return max(ours, key=lambda wish: wish[0])[1] if ours else LANGUAGES[0]


def _wish(part: str) -> tuple[float, str]:
    name, _, quality = part.partition(";")
    short = name.strip().lower().split("-")[0]
    try:
        return float(quality.strip().removeprefix("q=") or 1), short
    except ValueError:
        return 0.0, short
