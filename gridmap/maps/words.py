"""The sentences that a map needs, by language."""

from __future__ import annotations

from typing import Any

from gridmap.locale import catalogue, sentence
from gridmap.rules import CLASSES

STATUSES = ("ok", "under", "over", "empty")
SCRIPT_WORDS = ("zoom_in", "zoom_out", "whole", "north", "scale_m", "scale_km", "map_label", "tip_code", "tip_place")


def map_words(lang: str) -> dict[str, str]:
    """All sentences of the maps' own table, placeholders unfilled."""
    return {key.removeprefix("map."): text for key, text in catalogue(lang).items() if key.startswith("map.")}


def script_words(lang: str, measure: str) -> dict[str, Any]:
    """The sentences that the page's script fills itself."""
    words = map_words(lang)
    return {
        **{key: words[key] for key in SCRIPT_WORDS},
        "tip_count": words[f"tip_{measure}"],
        "tip_empty": words[f"tip_{measure}_empty"],
        "statuses": {status: sentence(f"status.{status}", lang) for status in STATUSES},
        "classes": {class_: sentence(f"class.{class_}", lang) for class_ in CLASSES},
    }
