"""Whole-sentence catalogues in English and Chinese.

A catalogue is a TOML file of sentences with ``{placeholders}``; a language is the folder of all its
catalogues. Every key stands in both languages with the same placeholders; a test holds that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

LANGUAGES = ("en", "zh")


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All sentences of a language, keyed ``table.KEY``."""
    if lang not in LANGUAGES:
        raise ValueError(f"language {lang!r} is not one of {', '.join(LANGUAGES)}")
    sentences: dict[str, str] = {}
    folder = files("gridmap.locale") / lang
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            for table, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
                sentences.update({f"{table}.{key}": text for key, text in entries.items()})
    return MappingProxyType(sentences)


def sentence(key: str, lang: str = "en", **values: object) -> str:
    """The sentence of a key with its placeholders filled.

    >>> sentence("status.under", "zh")
    '户数不足'
    """
    return catalogue(lang)[key].format(**values)


def known(key: str) -> bool:
    """Whether the catalogues have a sentence for this key."""
    return key in catalogue("en")
