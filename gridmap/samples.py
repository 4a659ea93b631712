"""The sample data that come with gridmap, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridmap.errors import CodedError

SAMPLES = ("putuo", "staten-island")


def sample(name: str) -> dict[str, Any]:
    """The keyword arguments of :func:`gridmap.divide` for a sample: layers, rules, basis and date.

    ``putuo`` is a district of islands, real in its coast and names and otherwise synthetic;
    ``staten-island`` has real housing units. Raises :class:`CodedError` for another name
    (``SAMPLE_UNKNOWN``) and where the files are not there (``SAMPLE_MISSING``).

    >>> sample("putuo")["grids"]
    '652,330903104=40'
    """
    if name not in SAMPLES:
        raise CodedError("SAMPLE_UNKNOWN", name=name, samples=", ".join(SAMPLES))
    return _putuo() if name == "putuo" else _staten_island()


def _putuo() -> dict[str, Any]:
    file = _file("putuo/putuo.gpkg")
    return {
        **{layer: f"{file}:{layer}" for layer in ("communities", "buildings", "barriers", "ferries")},
        "rules": "putuo-2008",
        "grids": "652,330903104=40",
        "basis": "synthetic-2008",
        "as_of": "2008",
    }


def _staten_island() -> dict[str, Any]:
    return {
        "communities": f"{_file('staten_island/communities.gpkg')}:communities",
        "buildings": str(_file("staten_island/lots.csv.gz")),
        "kind": "urban",
        "rules": "putuo-2008",
        "basis": "housing-units",
        "as_of": "2023",
    }


def _file(place: str) -> Path:
    """A file of the sample data: inside the installed package, else in the checkout beside it."""
    package = Path(__file__).resolve().parent
    candidates = [folder / "geodata" / place for folder in (package, package.parent)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise CodedError("SAMPLE_MISSING", file=place, folders=", ".join(str(c.parent) for c in candidates))
