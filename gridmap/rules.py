"""Rule sets, the numbers of grids that fit, and how a wished number is shared out.

A rule set has one band (lo, target, hi) of households, or people, for each class of community. A number
of grids k fits H households when ``k * lo <= H <= k * hi``.
"""

from __future__ import annotations

import heapq
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from gridmap.errors import RuleError

CLASSES = ("urban", "rural")
MEASURES = ("households", "people")


@dataclass(frozen=True)
class Band:
    """The range of households a grid of one class may hold, and the number it aims at."""

    lo: int
    target: int
    hi: int

    def counts(self, households: int) -> range:
        """The numbers of grids that fit so many households; empty where none does.

        >>> Band(100, 125, 150).counts(400)
        range(3, 5)
        >>> len(Band(100, 125, 150).counts(160))
        0
        """
        return range(-(-households // self.hi), households // self.lo + 1)

    def count(self, households: int) -> int:
        """The number of grids by rule alone: the fitting one nearest to households / target.

        The fewest where two are equally near. Where none fits, the nearest integer, at least 1; no
        household needs no grid.

        >>> [Band(100, 125, 150).count(h) for h in (0, 80, 160, 375, 5665)]
        [0, 1, 1, 3, 45]
        """
        if households == 0:
            return 0
        fitting = self.counts(households) if households >= self.lo else range(0)
        near = fitting or range(max(1, households // self.target), households // self.target + 2)
        return min(near, key=lambda k: (abs(k * self.target - households), k))

    def fits(self, households: int) -> bool:
        """Whether some number of grids fits so many households (none fits none)."""
        return households == 0 or len(self.counts(households)) > 0

    def status(self, households: int) -> str:
        """``ok``, ``under`` or ``over``."""
        if households < self.lo:
            return "under"
        return "over" if households > self.hi else "ok"


@dataclass(frozen=True)
class RuleSet:
    """A named, versioned rule set; stored with every plan."""

    name: str
    version: str
    measure: str
    urban: Band
    rural: Band

    def band(self, class_: str) -> Band:
        """The band of a class."""
        return self.urban if class_ == "urban" else self.rural

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready record; :func:`from_dict` reads it back."""
        bands = {c: vars(self.band(c)) for c in CLASSES}
        return {"name": self.name, "version": self.version, "measure": self.measure, **bands}


PUTUO_2008 = RuleSet("putuo-2008", "1", "households", Band(240, 300, 360), Band(100, 125, 150))
PRESETS = {PUTUO_2008.name: PUTUO_2008}


def rule_set(source: str | Path | RuleSet) -> RuleSet:
    """A rule set from its preset's name or a TOML file; a rule set comes back as it is.

    >>> rule_set("putuo-2008").rural
    Band(lo=100, target=125, hi=150)
    """
    if isinstance(source, RuleSet):
        return source
    if str(source) in PRESETS:
        return PRESETS[str(source)]
    path = Path(source)
    if path.suffix != ".toml":
        raise RuleError("RULES_UNKNOWN", name=str(source), presets=", ".join(PRESETS))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleError("RULES_UNREADABLE", file=str(path), why=str(error)) from error
    return from_dict(table)


def from_dict(table: dict[str, Any]) -> RuleSet:
    """A rule set from the record of a TOML or JSON file, checked; all that is wrong is named at once."""
    wrong = [f"{key} is missing" for key in ("name", "version", "measure", *CLASSES) if key not in table]
    wrong += [f"{key} is not known" for key in table if key not in ("name", "version", "measure", *CLASSES)]
    if table.get("measure", "households") not in MEASURES:
        wrong.append(f"measure is {table['measure']!r}, not one of {', '.join(MEASURES)}")
    for class_ in CLASSES:
        wrong += _band_faults(class_, table.get(class_, {"lo": 1, "target": 1, "hi": 1}))
    if wrong:
        raise RuleError("RULES_INVALID", name=str(table.get("name", "?")), why="; ".join(wrong))
    bands = {c: Band(**table[c]) for c in CLASSES}
    return RuleSet(str(table["name"]), str(table["version"]), table["measure"], **bands)


def _band_faults(class_: str, band: Any) -> list[str]:
    if not isinstance(band, dict) or set(band) != {"lo", "target", "hi"}:
        return [f"[{class_}] needs lo, target and hi and nothing else"]
    if any(isinstance(v, bool) or not isinstance(v, int) for v in band.values()):
        return [f"[{class_}] lo, target and hi must be whole numbers"]
    if not 0 < band["lo"] <= band["target"] <= band["hi"]:
        return [f"[{class_}] needs 0 < lo <= target <= hi"]
    return []


@dataclass(frozen=True)
class Share:
    """Households that are divided together: a community, or a part of one that no ferry reaches.

    ``apart`` counts the units above the cap; each is a grid of its own and is not in ``households``.
    ``units`` counts the other units with households: a unit is never cut, so there are no more grids.
    """

    community_id: str
    town_id: str
    households: int
    band: Band
    units: int
    apart: int = 0
    piece: int = 0

    def count(self) -> int:
        """The number of grids by rule alone, units above the cap included."""
        return self.apart + self._rest_count()

    def legal(self) -> tuple[int, int]:
        """The fewest and the most grids; both the rule's own number where none fits."""
        fitting = self.band.counts(self.households)
        if self.households < self.band.lo or not fitting:
            return self.count(), self.count()
        return self.apart + fitting[0], self.apart + min(fitting[-1], self.units)

    def fits(self) -> bool:
        """Whether some number of grids fits what is to be divided here; none to divide fits."""
        return self.households == 0 or (self.households >= self.band.lo and self.band.fits(self.households))

    def cost(self, grids: int) -> Fraction:
        """Sum over its grids of ((R / k - target) / target) squared, exactly."""
        k, target = grids - self.apart, self.band.target
        if k <= 0:
            return Fraction(0)
        return Fraction((self.households - k * target) ** 2, k * target**2)

    def _rest_count(self) -> int:
        if self.households < self.band.lo and self.apart:
            return 0
        return min(self.band.count(self.households), self.units)


@dataclass(frozen=True)
class Wish:
    """How many grids a planner fixed: for the district, for towns, or for both."""

    district: int | None = None
    towns: tuple[tuple[str, int], ...] = ()


def wish(grids: str | int | dict[str, int] | Wish | None) -> Wish:
    """A wish from ``"652,330903104=40"``, a number, or a mapping of towns ("" is the district).

    >>> wish("652,330903104=40")
    Wish(district=652, towns=(('330903104', 40),))
    """
    if grids is None or isinstance(grids, Wish):
        return grids or Wish()
    if isinstance(grids, dict):
        pairs = [(str(town), number) for town, number in grids.items()]
    else:
        pairs = [_wish_part(part.strip(), str(grids)) for part in str(grids).split(",")]
    keys = [town for town, _ in pairs]
    if len(set(keys)) < len(keys) or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for _, n in pairs):
        raise RuleError("GRIDS_INVALID", text=str(grids))
    return Wish(dict(pairs).get(""), tuple(sorted((t, n) for t, n in pairs if t)))


def _wish_part(part: str, whole: str) -> tuple[str, int]:
    town, _, number = part.rpartition("=")
    if not number.strip().isdecimal() or part.startswith("="):
        raise RuleError("GRIDS_INVALID", text=whole)
    return town.strip(), int(number)


def apportion(shares: Sequence[Share], wished: Wish) -> list[int]:
    """The number of grids of each share, by rule, or as near to it as a wish allows.

    A wished total is shared out inside each legal range so that the sum of ``cost`` is least, ties by
    community id. Raises :class:`RuleError` naming both bounds where a total cannot be met.
    """
    counts = [share.count() for share in shares]
    towns = {share.town_id for share in shares}
    unknown = [town for town, _ in wished.towns if town not in towns]
    if unknown:
        raise RuleError("GRIDS_TOWN_UNKNOWN", towns=", ".join(unknown), known=", ".join(sorted(towns)))
    fixed = dict(wished.towns)
    for town, number in wished.towns:
        _fill(shares, counts, [i for i, s in enumerate(shares) if s.town_id == town], number, town)
    if wished.district is not None:
        free = [i for i, s in enumerate(shares) if s.town_id not in fixed]
        _fill(shares, counts, free, wished.district - sum(fixed.values()), "", offset=sum(fixed.values()))
    return counts


def _fill(
    shares: Sequence[Share], counts: list[int], chosen: list[int], total: int, town: str, offset: int = 0
) -> None:
    """Set ``counts`` of the chosen shares to sum to ``total``; the cost is convex, so greedy is exact."""
    legal = {i: shares[i].legal() for i in chosen}
    low, high = sum(lo for lo, _ in legal.values()), sum(hi for _, hi in legal.values())
    if not low <= total <= high:
        code = "GRIDS_OUT_OF_RANGE_TOWN" if town else "GRIDS_OUT_OF_RANGE"
        raise RuleError(code, town=town, wanted=total + offset, low=low + offset, high=high + offset)
    for i in chosen:
        counts[i] = legal[i][0]

    def step(i: int) -> tuple[Fraction, str, int, int]:
        share = shares[i]
        gain = share.cost(counts[i] + 1) - share.cost(counts[i])
        return gain, share.community_id, share.piece, i

    heap = [step(i) for i in chosen if counts[i] < legal[i][1]]
    heapq.heapify(heap)
    for _ in range(total - low):
        i = heapq.heappop(heap)[-1]
        counts[i] += 1
        if counts[i] < legal[i][1]:
            heapq.heappush(heap, step(i))
