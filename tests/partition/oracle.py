"""What a plan promises, worked out again from the input and the frames of the plan alone.

Nothing here calls the code that made the plan: neighbours, pieces of land, numbers of grids and reasons are
recomputed with plain Shapely. ``broken`` lists every promise that does not hold, in words.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from gridmap import Plan

TILING_M2 = 0.01
MOVED_M = 0.001
NEAR_BORDER_M = 0.002
FERRY_REACH_M = 500.0
SAME_UNIT_M = 0.5
TINY = 8

Band = tuple[int, int, int]


def legal_counts(households: int, band: Band) -> list[int]:
    """Every k with k * lo <= households <= k * hi, k at least 1."""
    lo, _, hi = band
    return [k for k in range(1, households + 1) if k * lo <= households <= k * hi]


def rule_count(households: int, band: Band) -> int:
    """The legal number nearest to households / target, else the nearest integer, at least 1; fewest on a tie."""
    choices = legal_counts(households, band) or range(1, households // band[1] + 2)
    return min(choices, key=lambda k: (abs(households / band[1] - k), k)) if households else 0


@dataclass(frozen=True)
class Landmass:
    """Units of one community that may share grids: positions in ``plan.units``, cap units, R, legal numbers."""

    community: str
    units: tuple[int, ...]
    above: tuple[int, ...]
    rest: int
    band: Band
    small_units: int
    pieces: int

    def count(self) -> int:
        own = min(rule_count(self.rest, self.band), self.small_units)
        return len(self.above) + (0 if self.above and self.rest < self.band[0] else own)

    def bounds(self) -> tuple[int, int]:
        legal = legal_counts(self.rest, self.band)
        if not legal:
            return self.count(), self.count()
        return len(self.above) + legal[0], len(self.above) + min(legal[-1], self.small_units)

    def cost(self, grids: int) -> float:
        k = grids - len(self.above)
        return k * ((self.rest / k - self.band[1]) / self.band[1]) ** 2 if k else 0.0


class Facts:
    """The input and a plan of it, with land, bands and loads worked out once."""

    def __init__(self, town: Mapping[str, Any], plan: Plan) -> None:
        self.town, self.plan = town, plan
        self.load = plan.units[plan.rules.measure].to_numpy()
        self.unit_shapes = np.asarray(plan.units.geometry.array, dtype=object)
        self.unit_community = plan.units["community_id"].to_numpy()
        self.bands = self._bands()
        self.parts, self.part_community = self._land()
        self.unit_parts = self._unit_parts()
        self.landmasses = self._landmasses()

    def _bands(self) -> dict[str, Band]:
        frame = self.town["communities"]
        bands = {}
        for row in frame.itertuples():
            rule = getattr(self.plan.rules, row.kind)
            own = getattr(row, "lo", None)
            has = own is not None and not np.isnan(float(own))
            bands[row.community_id] = (
                (int(row.lo), int(row.target), int(row.hi)) if has else (rule.lo, rule.target, rule.hi)
            )
        return bands

    def _land(self) -> tuple[np.ndarray, list[str]]:
        frame = self.plan.communities
        parts, row = shapely.get_parts(np.asarray(frame.geometry.array, dtype=object), return_index=True)
        return parts, list(frame["community_id"].to_numpy()[row])

    def _unit_parts(self) -> list[set[int]]:
        """The pieces of land that each unit has ground on."""
        found: list[set[int]] = []
        for shape, community in zip(self.unit_shapes, self.unit_community, strict=True):
            points = shapely.point_on_surface(shapely.get_parts(shape))
            own = [p for p, name in enumerate(self.part_community) if name == community]
            found.append({min(own, key=lambda p: shapely.distance(self.parts[p], point)) for point in points})
        return found

    def _landmasses(self) -> list[Landmass]:
        """Pieces of land joined by units in several pieces, by ferries, or freely where no ferries are declared."""
        group = list(range(len(self.parts)))

        def join(a: int, b: int) -> None:
            old, new = group[a], group[b]
            group[:] = [new if g == old else g for g in group]

        for touched in self.unit_parts:
            for a, b in itertools.pairwise(sorted(touched)):
                join(a, b)
        for a, b in self._ferries():
            join(a, b)
        lived = {group[min(p)] for p, load in zip(self.unit_parts, self.load, strict=True) if load}
        found = []
        for name in sorted(self.bands):
            own = sorted({group[p] for p, c in enumerate(self.part_community) if c == name})
            inhabited = [g for g in own if g in lived]
            free = self.town.get("ferries") is None or len(inhabited) < 2
            for chosen in [own] if free else [[g] for g in inhabited]:
                units = [i for i, p in enumerate(self.unit_parts) if group[min(p)] in chosen]
                found.append(self._landmass(name, units))
        return found

    def _landmass(self, name: str, units: list[int]) -> Landmass:
        band = self.bands[name]
        own = [i for i in units if self.unit_community[i] == name]
        above = tuple(i for i in own if self.load[i] > band[2])
        small = [int(self.load[i]) for i in own if 0 < self.load[i] <= band[2]]
        pieces = len(set().union(*(self.unit_parts[i] for i in own)))
        return Landmass(name, tuple(own), above, sum(small), band, len(small), pieces)

    def _ferries(self) -> Iterator[tuple[int, int]]:
        ferries = self.town.get("ferries")
        for line in () if ferries is None else ferries.geometry:
            ends = [shapely.Point(line.coords[i]) for i in (0, -1)]
            near = [int(np.argmin(shapely.distance(self.parts, end))) for end in ends]
            reached = all(shapely.distance(self.parts[p], e) <= FERRY_REACH_M for p, e in zip(near, ends, strict=True))
            if reached and self.part_community[near[0]] == self.part_community[near[1]]:
                yield near[0], near[1]

    def rest(self, community: str) -> int:
        """R: the households of a community less its units above the cap."""
        return sum(land.rest for land in self.landmasses if land.community == community)

    def edges(self, units: list[int]) -> set[tuple[int, int]]:
        """The pairs of these units, both ways round, that share a border with a length."""
        shapes = self.unit_shapes[units]
        pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        shared = shapely.length(shapely.intersection(shapes[pairs[0]], shapes[pairs[1]]))
        return {(units[a], units[b]) for a, b in pairs[:, shared > 1e-9].T.tolist() if a != b}


def broken(town: Mapping[str, Any], plan: Plan, *, grids: int | None = None) -> list[str]:
    """Every promise that the plan of this town breaks; ``grids`` is the wished number of grids, if any."""
    facts = Facts(town, plan)
    checks = (households, tiling, pieces, apart, statuses, reasons, codes, report)
    found = [*itertools.chain.from_iterable(check(facts) for check in checks), *numbers(facts, grids)]
    return [str(one) for one in found]


def households(facts: Facts) -> Iterator[str]:
    """Every household is in exactly one grid, by unit and by place, and every total is the sum of its units."""
    plan, name = facts.plan, "buildings" if "buildings" in facts.town else "units"
    source = facts.town[name]
    if int(source["households"].sum()) != int(plan.grids["households"].sum()):
        yield "the grids do not hold the households of the input"
    if plan.units["unit_id"].duplicated().any():
        yield "a unit is listed twice"
    for column in ("households", *plan.sums):
        sums = plan.units.groupby("grid_code")[column].sum()
        written = plan.grids.set_index("grid_code")[column]
        if len(sums) != len(plan.grids) or not sums.equals(written.reindex(sums.index)):
            yield f"{column} of grids are not the sums of their units"
    if name == "buildings":
        yield from _buildings(facts)
    else:
        yield from _ready_made(facts)


def _buildings(facts: Facts) -> Iterator[str]:
    plan, source = facts.plan, facts.town["buildings"]
    given = dict(zip(source["building_id"], source["households"], strict=True))
    if dict(zip(plan.buildings["building_id"], plan.buildings["households"], strict=True)) != given:
        yield "the buildings written are not the buildings given"
    by_unit = plan.buildings.groupby("unit_id")["households"].sum().reindex(plan.units["unit_id"], fill_value=0)
    if by_unit.tolist() != plan.units["households"].tolist():
        yield "the households of units are not those of their buildings"
    grid_of = dict(zip(plan.units["unit_id"], plan.units["grid_code"], strict=True))
    shapes = dict(zip(plan.grids["grid_code"], plan.grids.geometry, strict=True))
    for row in plan.buildings[~plan.buildings["listed"]].itertuples():
        own = grid_of[row.unit_id]
        inside = [c for c, s in shapes.items() if s.contains(row.geometry) and _deep(s, row.geometry)]
        if shapely.distance(shapes[own], row.geometry) > NEAR_BORDER_M or inside not in ([], [own]):
            yield f"building {row.building_id} does not lie in the grid that counts it"
    for unit, own in plan.buildings[~plan.buildings["listed"]].groupby("unit_id"):
        if not _chained(shapely.get_coordinates(np.asarray(own.geometry.array))):
            yield f"unit {unit} unites buildings that stand apart"


def _deep(shape: shapely.Geometry, point: shapely.Point) -> bool:
    return float(shapely.distance(shapely.boundary(shape), point)) > NEAR_BORDER_M


def _chained(xy: np.ndarray) -> bool:
    """Whether each place is reached from the first by steps of half a metre."""
    reached, waiting = {0}, [0]
    while waiting:
        a = waiting.pop()
        near = np.flatnonzero(np.hypot(*(xy - xy[a]).T) <= SAME_UNIT_M + NEAR_BORDER_M)
        waiting += [int(b) for b in near if int(b) not in reached]
        reached |= set(near.tolist())
    return len(reached) == len(xy)


def _ready_made(facts: Facts) -> Iterator[str]:
    source, plan = facts.town["units"], facts.plan
    written = plan.units.set_index("unit_id")
    for row in source.itertuples():
        if row.unit_id not in written.index:
            yield f"unit {row.unit_id} is lost"
        elif written["households"][row.unit_id] != row.households:
            yield f"unit {row.unit_id} has other households"
        elif shapely.area(shapely.symmetric_difference(written.geometry[row.unit_id], row.geometry)) > (
            2 + 0.51 * shapely.length(row.geometry)
        ):
            yield f"unit {row.unit_id} has another shape"
    if plan.units.loc[~plan.units["unit_id"].isin(source["unit_id"]), "households"].any():
        yield "land without a unit has households"


def tiling(facts: Facts) -> Iterator[str]:
    """Grids tile their community exactly, each inside it, and all of them match along their edges."""
    plan = facts.plan
    grids, units = (np.asarray(f.geometry.array, dtype=object) for f in (plan.grids, plan.units))
    for name, shapes in (("grids", grids), ("units", units)):
        if not shapely.is_valid(shapes).all() or shapely.is_empty(shapes).any():
            yield f"{name} hold an invalid or empty shape"
            return
        if not shapely.coverage_is_valid(shapes):
            yield f"{name} are no valid coverage"
    came = dict(zip(facts.town["communities"]["community_id"], facts.town["communities"].geometry, strict=True))
    for community, outline in zip(plan.communities["community_id"], plan.communities.geometry, strict=True):
        own = grids[(plan.grids["community_id"] == community).to_numpy()]
        if shapely.area(shapely.symmetric_difference(shapely.union_all(own), outline)) > TILING_M2:
            yield f"the grids of {community} do not tile it"
        if abs(shapely.area(own).sum() - shapely.area(outline)) > TILING_M2:
            yield f"the grids of {community} overlap"
        if any(shapely.area(shapely.difference(grid, outline)) > TILING_M2 for grid in own):
            yield f"a grid of {community} leaves it"
        if _holes(outline) != _holes(came[community]):
            yield f"{community} has {_holes(outline)} holes, not {_holes(came[community])}"
        moved = shapely.area(shapely.symmetric_difference(outline, came[community]))
        if moved > 4 * MOVED_M * shapely.length(outline):
            yield f"the outline of {community} moved by {moved} m2"
    area = plan.units.assign(area=shapely.area(units)).groupby("grid_code")["area"].sum()
    if (abs(area.reindex(plan.grids["grid_code"]).to_numpy() - shapely.area(grids)) > TILING_M2).any():
        yield "a grid is not the union of its units"


def _holes(shape: shapely.Geometry) -> int:
    return int(shapely.get_num_interior_rings(shapely.get_parts(shape)).sum())


def pieces(facts: Facts) -> Iterator[str]:
    """A grid has at most one piece for each piece of land it touches, and the extra pieces of its own units."""
    shapes = dict(zip(facts.plan.grids["grid_code"], facts.plan.grids.geometry, strict=True))
    grid_of = facts.plan.units["grid_code"].to_numpy()
    for code, shape in shapes.items():
        own = np.flatnonzero(grid_of == code)
        touched = set().union(*(facts.unit_parts[i] for i in own))
        extra = sum(int(shapely.get_num_geometries(facts.unit_shapes[i])) - 1 for i in own)
        if shapely.get_num_geometries(shape) > len(touched) + extra:
            yield f"grid {code} is in {shapely.get_num_geometries(shape)} pieces on {len(touched)} pieces of land"
        if len(set(facts.unit_community[own])) != 1:
            yield f"grid {code} crosses communities"


def apart(facts: Facts) -> Iterator[str]:
    """A unit above the cap is a grid of its own; others join it only where they fit no grid without it."""
    grid_of = facts.plan.units["grid_code"].to_numpy()
    for land in facts.landmasses:
        if not land.above or land.rest < land.band[0] or land.pieces > 1:
            continue
        free = [i for i in land.units if i not in land.above]
        for component in components(free, facts.edges(free)):
            joined = [i for i in component if facts.load[i] and grid_of[i] in grid_of[list(land.above)]]
            if joined and legal_counts(sum(int(facts.load[i]) for i in component), land.band):
                yield f"units {joined} joined a unit above the cap and need not"


def numbers(facts: Facts, wished: int | None) -> Iterator[str]:
    """The number of grids is the rule's, or the wished one; a community without households has one grid."""
    plan = facts.plan
    status = plan.grids["status"].to_numpy()
    for community in facts.bands:
        own = (plan.grids["community_id"] == community).to_numpy()
        land = [one for one in facts.landmasses if one.community == community]
        empty = not any(one.rest or one.above for one in land)
        if empty and status[own].tolist() != ["empty"]:
            yield f"{community} has no household and grids {status[own].tolist()}"
        if not empty and "empty" in status[own]:
            yield f"{community} has an empty grid"
        expected = sum(one.count() for one in land)
        if not empty and wished is None and own.sum() != expected:
            yield f"{community} has {own.sum()} grids, not {expected}"
    if wished is not None and (status != "empty").sum() != wished:
        yield f"{(status != 'empty').sum()} grids, not the wished {wished}"


def statuses(facts: Facts) -> Iterator[str]:
    """Each grid has its community's band and the status that follows."""
    for row in facts.plan.grids.itertuples():
        lo, target, hi = facts.bands[row.community_id]
        load = getattr(row, facts.plan.rules.measure)
        due = "empty" if load == 0 else "under" if load < lo else "over" if load > hi else "ok"
        if (row.lo, row.target, row.hi) != (lo, target, hi) or row.status != due:
            yield f"grid {row.grid_code} of {load} is {row.status} under {row.lo}, {row.target}, {row.hi}"


def reasons(facts: Facts) -> Iterator[str]:
    """Every grid out of range has the first reason that applies, and what it carries is true."""
    plan = facts.plan
    grid_of = plan.units["grid_code"].to_numpy()
    for row in plan.grids.itertuples():
        if row.status in ("ok", "empty"):
            if row.reason or row.reason_detail:
                yield f"grid {row.grid_code} is {row.status} and has the reason {row.reason}"
            continue
        if not row.reason_detail:
            yield f"grid {row.grid_code} is {row.status} and has no reason"
            continue
        detail = json.loads(row.reason_detail)
        units = np.flatnonzero(grid_of == row.grid_code).tolist()
        land = next(one for one in facts.landmasses if set(units) & set(one.units))
        due = _due(facts, land, units)
        if row.reason not in due:
            yield f"grid {row.grid_code} has the reason {row.reason}, not {' or '.join(due)}"
        elif not _true(facts, land, units, row.reason, detail):
            yield f"grid {row.grid_code}: {row.reason} carries {detail}"


def _due(facts: Facts, land: Landmass, units: list[int]) -> tuple[str, ...]:
    rest, (lo, _, hi) = facts.rest(land.community), land.band
    if any(facts.load[i] > hi for i in units):
        return ("UNIT_ABOVE_CAP",)
    if rest < lo:
        return ("UNDER_MIN",)
    if not legal_counts(rest, land.band):
        return ("NO_COUNT_FITS",)
    if not legal_counts(land.rest, land.band):
        return ("MULTIPART_ISLAND",)
    if len(land.units) <= TINY and land.pieces == 1:
        return ("UNIT_INDIVISIBLE",)  # a tiny one is either divided or proven
    return ("UNIT_INDIVISIBLE", "NOT_FOUND")


def _true(facts: Facts, land: Landmass, units: list[int], reason: str, detail: dict[str, Any]) -> bool:
    lo, _, hi = land.band
    ids, rest = facts.plan.units["unit_id"].to_numpy(), facts.rest(land.community)
    if reason == "UNIT_ABOVE_CAP":
        named = [i for i in units if ids[i] == detail["unit"]]
        return len(named) == 1 and facts.load[named[0]] == detail["households"] > hi == detail["hi"]
    if reason == "UNDER_MIN":
        return detail == {"households": rest, "lo": lo}
    if reason == "NO_COUNT_FITS":
        few, many = detail["counts"]
        return many == few + 1 and few * hi < rest == detail["households"] < many * lo
    if reason == "MULTIPART_ISLAND":
        total = sum(land.rest + sum(int(facts.load[i]) for i in land.above) for land in _lands(facts, land.community))
        return sum(p["households"] for p in detail["pieces"]) == total and len(_lands(facts, land.community)) > 1
    if reason == "UNIT_INDIVISIBLE":
        known = set(detail["units"]) <= set(ids[list(land.units)])
        tiny = len(land.units) <= TINY and land.pieces == 1
        count = len({facts.plan.units["grid_code"].iloc[i] for i in land.units})
        return known and not (tiny and divisible(facts, land, count))
    return {"starts", "proposals", "seed", "bound", "missed"} <= set(detail)


def _lands(facts: Facts, community: str) -> list[Landmass]:
    return [land for land in facts.landmasses if land.community == community]


def divisible(facts: Facts, land: Landmass, grids: int) -> bool:
    """Whether the units below the cap have a division in ``grids`` legal grids: every partition is looked at.

    Units without households may stay with a unit above the cap, where there is one.
    """
    free = [i for i in land.units if i not in land.above]
    edges, wanted = facts.edges(free), grids - len(land.above)
    ways = (cells for cells in partitions(free) if _filled(facts, cells, land) == wanted)
    return any(_legal(facts, cells, edges, land) for cells in ways)


def _filled(facts: Facts, cells: list[list[int]], land: Landmass) -> int:
    return sum(1 for cell in cells if any(facts.load[i] for i in cell) or not land.above)


def _legal(facts: Facts, cells: list[list[int]], edges: set[tuple[int, int]], land: Landmass) -> bool:
    lo, _, hi = land.band
    for cell in cells:
        load = sum(int(facts.load[i]) for i in cell)
        if load == 0 and land.above:
            continue
        if not lo <= load <= hi or len(components(cell, edges)) > 1:
            return False
    return True


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """Every way to put the items in heaps."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for n, heap in enumerate(rest):
            yield [*rest[:n], [items[0], *heap], *rest[n + 1 :]]


def components(items: list[int], edges: set[tuple[int, int]]) -> list[list[int]]:
    """The items in sets that hang together."""
    left, found = list(items), []
    while left:
        reached = waiting = [left[0]]
        while waiting:
            waiting = [b for b in left if b not in reached and any((a, b) in edges for a in waiting)]
            reached = [*reached, *waiting]
        found.append(reached)
        left = [i for i in left if i not in reached]
    return found


def codes(facts: Facts) -> Iterator[str]:
    """Codes are unique, their serials go by place: easting rounded to 1 m, then northing downwards."""
    grids = facts.plan.grids
    if grids["grid_code"].duplicated().any() or not grids["grid_code"].is_monotonic_increasing:
        yield "codes are not unique and sorted"
    names = dict(zip(facts.town["communities"]["community_id"], facts.town["communities"]["name"], strict=True))
    for community, own in grids.groupby("community_id"):
        points = shapely.point_on_surface(np.asarray(own.geometry.array, dtype=object))
        order = sorted(range(len(own)), key=lambda i: (round(points[i].x), -points[i].y))
        joint = "" if len(community) == 12 and community.isdecimal() else "-"
        for serial, i in enumerate(order, start=1):
            row = own.iloc[i]
            if row["grid_code"] != f"{community}{joint}{serial:03d}":
                yield f"{row['grid_code']} is not number {serial} of {community}"
            name = names[community].replace("村委会", "村")
            if row["label"] != f"{name} {serial:02d}" or row["grid_type"] != "basic":
                yield f"{row['grid_code']} is labelled {row['label']}"


def report(facts: Facts) -> Iterator[str]:
    """The report is JSON, and its numbers are those of the grids."""
    plan = facts.plan
    told = json.loads(json.dumps(plan.report(), ensure_ascii=False, allow_nan=False))
    grids, total = plan.grids, told["total"]
    for status in ("ok", "under", "over", "empty"):
        if total[status] != int((grids["status"] == status).sum()):
            yield f"the report counts {total[status]} grids that are {status}"
    counted = {"grids": int((grids["status"] != "empty").sum()), "households": int(grids["households"].sum())}
    if any(total[name] != number for name, number in counted.items()):
        yield "the report has other totals"
    if len(told["problems"]) != int(grids["status"].isin(["under", "over"]).sum()):
        yield "the report has other problems"
    for row in told["communities"]:
        land = _lands(facts, row["community_id"])
        lows, highs = zip(*(one.bounds() for one in land), strict=True)
        due = (sum(one.count() for one in land), sum(lows), sum(highs))
        if (row["grids_rule"], row["grids_low"], row["grids_high"]) != due:
            yield f"the report gives {row['community_id']} {row['grids_rule']} grids, not {due}"
