"""The catalogues: whole in both languages, and every sentence that the code asks for is there."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridmap.locale import LANGUAGES, catalogue, known, sentence

ROOT = Path(__file__).resolve().parent.parent / "gridmap"
CATALOGUES = sorted(path.name for path in (ROOT / "locale" / "en").glob("*.toml"))

# What Chinese sentences may hold beside Chinese: names, and what is typed or read on a screen as it stands.
NAMES = {
    "gridmap", "English", "Esri", "Excel", "GDAL", "Python", "QGIS", "Shapefile", "Tab",
    "GSHHG", "Wessel", "Smith", "councilcount", "LGPL", "MIT",
    "CGCS2000", "CRS", "CSV", "EPSG", "FlatGeobuf", "GBK", "GeoJSON", "GeoPackage", "GeoParquet", "GPKG", "HTML",
    "JSON", "OpenAPI", "TOML", "UTF", "UTM", "WGS84", "WKB", "ID", "NaN",
}  # fmt: skip
# Columns, values and parameters, which stand in files and addresses in this spelling only.
COLUMNS = {
    "bbox", "buildings", "class", "hi", "lat", "limit", "lo", "lon", "maxx", "maxy", "minx", "miny", "next",
    "parquet", "pyarrow", "rural", "target", "units", "urban", "xx", "YYYY", "YYYY-MM", "YYYY-MM-DD", "MB",
}  # fmt: skip
TYPED = re.compile(
    r"`[^`]*`"  # marked as code
    r"|(?:apt|pip|py) install [\w.\[\]-]+(?: [\w.\[\]-]+)*"
    r"|pip install (?:--[\w-]+ )*\S+"
    r"|Ctrl-C"
    r"|--?[a-z][\w-]*(?:[ =][A-Z_:.\[\]]+)*"  # options and what follows them
    r"|[\w*]*[./_=:][\w*.:/=_-]*"  # file names, columns, addresses, NAME=VALUE
    r"|\b[A-Z_]{2,}\b(?=[=.:])"
)


def placeholders(text: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_catalogues() -> None:
    assert sorted(path.name for path in (ROOT / "locale" / "zh").glob("*.toml")) == CATALOGUES


@pytest.mark.parametrize("file", CATALOGUES)
def test_both_languages_have_the_same_keys_and_placeholders(file: str) -> None:
    en, zh = (tomllib.loads((ROOT / "locale" / lang / file).read_text(encoding="utf-8")) for lang in LANGUAGES)
    shapes = [{(t, k): placeholders(v) for t, rows in c.items() for k, v in rows.items()} for c in (en, zh)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_is_written_twice(lang: str) -> None:
    seen: dict[str, str] = {}
    for file in CATALOGUES:
        for table, rows in tomllib.loads((ROOT / "locale" / lang / file).read_text(encoding="utf-8")).items():
            for key in rows:
                assert f"{table}.{key}" not in seen, f"in {seen[f'{table}.{key}']} and in {file}"
                seen[f"{table}.{key}"] = file


def test_no_sentence_is_empty() -> None:
    assert not [key for lang in LANGUAGES for key, text in catalogue(lang).items() if not text.strip()]


def test_chinese_sentences_are_chinese() -> None:
    english = {}
    for key, text in catalogue("zh").items():
        bare = TYPED.sub(" ", re.sub(r"\{[^{}]*\}", "1", text))
        words = [word for word in re.findall(r"[A-Za-z][A-Za-z0-9-]+", bare) if word not in NAMES | COLUMNS]
        if words:
            english[key] = words
    assert not english


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of en, zh"):
        sentence("status.ok", "fr")


def keys(name: str, first: str) -> list[str]:
    """The catalogue's keys that a call with a literal first argument asks for."""
    if name in ("sentence", "say", "known"):
        return [first]
    if name == "usage":
        return [f"usage.{first}"]
    if name == "fault" or (name == "Finding" and first.isupper()):
        return [f"fault.{first}", f"remedy.{first}"]
    if name == "note" and first.isupper():
        return [f"note.{first}"]
    return [f"error.{first}"] if name.endswith("Error") and re.fullmatch(r"[A-Z][A-Z0-9_]+", first) else []


def calls() -> Iterator[tuple[str, int, ast.Call]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield str(path.relative_to(ROOT)), node.lineno, node


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_every_sentence_that_the_code_names_is_there() -> None:
    missing = []
    for file, line, node in calls():
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            notes = any(word.arg == "kind" for word in node.keywords)
            asked = [f"note.{first.value}"] if notes else keys(called(node), first.value)
            missing += [f"{file}:{line} {key}" for key in asked if not known(key)]
    assert not missing


def test_every_sentence_that_the_code_builds_a_key_for_has_some_key() -> None:
    missing = []
    for file, line, node in calls():
        first = node.args[0]
        if called(node) in ("sentence", "say") and isinstance(first, ast.JoinedStr):
            head = first.values[0]
            if isinstance(head, ast.Constant) and not any(key.startswith(str(head.value)) for key in catalogue("en")):
                missing.append(f"{file}:{line} {head.value}")
    assert not missing


def test_every_literal_sentence_gets_what_it_tells() -> None:
    lacking = []
    for file, line, node in calls():
        first = node.args[0]
        literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
        if not literal or any(word.arg is None for word in node.keywords) or called(node) not in ("sentence", "say"):
            continue
        given = {word.arg for word in node.keywords}
        lacking += [f"{file}:{line} {k}" for k in keys(called(node), first.value) if placeholders_of(k) - given]
    assert not lacking


def placeholders_of(key: str) -> set[str]:
    return placeholders(catalogue("en")[key]) if known(key) else set()
