"""Why a grid is out of range: facts about the input, and only where there is none, that the search failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.locale import sentence
from gridmap.partition.exact import lone_unit, misfit_sums, prove
from gridmap.partition.landmasses import Landmasses
from gridmap.partition.problem import Problem
from gridmap.partition.search import Found
from gridmap.rules import Band

REASONS = (
    "UNIT_ABOVE_CAP",
    "UNDER_MIN",
    "NO_COUNT_FITS",
    "MULTIPART_ISLAND",
    "UNIT_INDIVISIBLE",
    "NOT_FOUND",
)
SHOWN_UNITS = 50


@dataclass(frozen=True)
class Reason:
    """A reason code and what it carries; no code where the grid is in range or has no households."""

    code: str = ""
    detail: Mapping[str, Any] | None = None

    def to_json(self) -> str:
        """What it carries as a JSON object; empty where it carries nothing."""
        return "" if self.detail is None else json.dumps(self.detail, ensure_ascii=False, sort_keys=True)


def words(code: str, detail: str, lang: str) -> tuple[str, str]:
    """What a reason says and what would mend it, in words; ``detail`` is its JSON object."""
    if not code:
        return "", ""
    values: dict[str, Any] = json.loads(detail) if detail else {}
    flat = {key: _flat(value, lang) for key, value in values.items()}
    key = f"reason.{code}_{values['proof'].upper()}" if "proof" in values else f"reason.{code}"
    return sentence(key, lang, **flat), sentence(f"mend.{code}", lang, **flat)


def _flat(value: Any, lang: str) -> object:
    """Lists as text: the first few and how many more."""
    if not isinstance(value, list):
        return value
    items = [" ".join(str(v) for v in item.values()) if isinstance(item, dict) else str(item) for item in value]
    shown = ", ".join(items[:5])
    return shown if len(items) <= 5 else sentence("finding.rows_more", lang, rows=shown, more=len(items) - 5)


@dataclass(frozen=True, eq=False)
class Community:
    """What the reasons need of one community: R over all its landmasses, and its pieces of land."""

    households: int
    band: Band
    pieces: Sequence[Mapping[str, object]]

    def shortage(self) -> Reason | None:
        """UNDER_MIN or NO_COUNT_FITS, where the community as a whole cannot be divided legally."""
        if self.households < self.band.lo:
            return Reason("UNDER_MIN", {"households": self.households, "lo": self.band.lo})
        if not self.band.fits(self.households):
            few = self.households // self.band.lo
            bounds = {"lo": self.band.lo, "hi": self.band.hi}
            return Reason("NO_COUNT_FITS", {"households": self.households, "counts": [few, few + 1], **bounds})
        return None


def communities(land: Landmasses, unit_ids: NDArray[np.object_]) -> dict[str, Community]:
    """The facts of every community by its id. A piece of land is named after its first unit."""
    totals: dict[str, int] = {}
    pieces: dict[str, list[Mapping[str, object]]] = {}
    band: dict[str, Band] = {}
    loads = np.bincount(land.piece, weights=land.load).astype(int)
    first = np.unique(land.piece, return_index=True)[1]
    for number, share in enumerate(land.shares):
        name = share.community_id
        totals[name] = totals.get(name, 0) + share.households
        band[name] = share.band
        for piece in np.unique(land.piece[land.of_unit == number]):
            if loads[piece]:
                entry = {"piece": str(unit_ids[first[piece]]), "households": int(loads[piece])}
                pieces.setdefault(name, []).append(entry)
    return {name: Community(totals[name], band[name], tuple(pieces.get(name, ()))) for name in totals}


def explain(
    problem: Problem, found: Found, facts: Community, ids: NDArray[np.object_], *, seed: int, share_fits: bool
) -> list[Reason]:
    """The reason of every grid of one landmass.

    ``ids`` are the ids of its units, ``share_fits`` whether its own households can be divided legally.
    """
    sums, out = problem.loads(found.label), problem.out_of_range(found.label)
    reasons = [Reason()] * problem.grids
    general: Reason | None = None
    for grid in np.flatnonzero(out & (sums > 0)):
        if grid < len(problem.above):
            unit = problem.above[grid]
            detail = {"unit": str(ids[unit]), "households": int(problem.load[unit]), "hi": problem.band.hi}
            reasons[grid] = Reason("UNIT_ABOVE_CAP", detail)
            continue
        if general is None:
            general = facts.shortage() or _island(facts, share_fits) or indivisible(problem, found, ids)
        reasons[grid] = general or _not_found(problem, found, seed)
    return reasons


def _island(facts: Community, share_fits: bool) -> Reason | None:
    return None if share_fits else Reason("MULTIPART_ISLAND", {"pieces": list(facts.pieces)})


def indivisible(problem: Problem, found: Found, ids: NDArray[np.object_]) -> Reason | None:
    """The proof that no legal division of a landmass exists, where there is one.

    Four proofs, cheapest first: a part that units above the cap cut off fits no number of grids; the loads
    in range that units add up to never make up the whole; a unit fits no grid, whatever its neighbours;
    every division was tried.
    """
    free, grids = ~problem.pinned, problem.grids - len(problem.above)
    _, component = problem.components(free[problem.u] & free[problem.v])
    loads = np.bincount(component, weights=problem.load * free)
    stuck = [c for c in range(len(loads)) if loads[c] and not problem.band.fits(int(loads[c]))]
    if stuck and len(problem.above):
        return _proof("component", ids[free & (component == stuck[0])], households=int(loads[stuck[0]]))
    sums = misfit_sums(problem)
    if sums is not None:
        households = int(problem.load[free].sum())
        return _proof(
            "sums" if sums else "no_sum", ids[free & (problem.load > 0)], sums=sums, households=households, grids=grids
        )
    missed = np.flatnonzero(problem.out_of_range(found.label)[found.label] & free & (problem.load > 0))
    lone = lone_unit(problem, missed[np.argsort(-problem.load[missed], kind="stable")])
    if lone is not None:
        return _proof("unit", ids[[lone]], households=int(problem.load[lone]))
    verdict = prove(problem)
    if verdict.legal is False:
        return _proof("exhausted", ids[free & (problem.load > 0)], steps=verdict.steps, grids=grids)
    return None


def _proof(kind: str, units: NDArray[np.object_], **values: object) -> Reason:
    names = sorted(str(unit) for unit in units)
    return Reason("UNIT_INDIVISIBLE", {"proof": kind, "units": names[:SHOWN_UNITS], "count": len(names), **values})


def _not_found(problem: Problem, found: Found, seed: int) -> Reason:
    effort = {"starts": found.starts, "proposals": found.proposals, "seed": seed}
    return Reason("NOT_FOUND", {**effort, "bound": len(problem.above), "missed": found.missed})
