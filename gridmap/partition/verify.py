"""A second look at a finished plan: its promises, and its reasons recomputed from units, rules and ferries alone.

Nothing here trusts what the search said. A plan that was edited elsewhere, or written by another program,
can be held against the same promises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from gridmap.errors import Finding
from gridmap.partition import reasons
from gridmap.partition.contiguity import Contiguity, contiguity
from gridmap.partition.edges import Ints
from gridmap.partition.landmasses import Landmasses, landmasses, problems
from gridmap.partition.outlines import representative
from gridmap.partition.plan import Plan
from gridmap.partition.problem import Problem
from gridmap.partition.search import Found
from gridmap.rules import Wish

MOST_DIFFERENCE = 0.01


def verify(plan: Plan) -> tuple[Finding, ...]:
    """Every broken promise of a plan; none is a plan that can be defended.

    Checked are: each household in one grid, totals and statuses, each grid in one piece on each land it
    touches, grids that tile their community to 0.01 m2 with shared vertices, and the reason of every grid
    out of range. NOT_FOUND is a statement about a search and is held only against the proofs.
    """
    graph = contiguity(plan.units, plan.barriers)
    ferries = plan.ferries if plan.ferries_given else None
    land = landmasses(plan.communities, plan.units, graph, ferries, plan.rules, Wish())
    found = [
        *_totals(plan),
        *_statuses(plan),
        *_tiling(plan),
        *_pieces(plan, graph, land),
        *_reasons(plan, graph, land),
    ]
    return tuple(found)


def _fault(code: str, rows: list[str], **values: object) -> Iterator[Finding]:
    if rows:
        yield Finding(code, "grids", rows=tuple(rows), values=values)


def _totals(plan: Plan) -> Iterator[Finding]:
    """Households of the units of each grid against the grid's own; units of no grid."""
    grids = plan.grids.set_index("grid_code")
    for column in ("households", *plan.sums):
        sums = plan.units.groupby("grid_code")[column].sum().reindex(grids.index)
        wrong = grids.index[~np.isclose(sums.fillna(-1), grids[column])]
        yield from _fault("PLAN_TOTAL", [str(code) for code in wrong], column=column)
    lost = plan.units.loc[~plan.units["grid_code"].isin(grids.index), "unit_id"]
    yield from _fault("PLAN_UNIT_LOST", [str(unit) for unit in lost])
    if len(plan.buildings):
        at_home = plan.buildings.groupby("unit_id")["households"].sum().reindex(plan.units["unit_id"]).fillna(0)
        wrong = plan.units["unit_id"][at_home.to_numpy() != plan.units["households"].to_numpy()]
        yield from _fault("PLAN_TOTAL", [str(unit) for unit in wrong], column="households")


def _statuses(plan: Plan) -> Iterator[Finding]:
    load = plan.grids[plan.rules.measure]
    right = np.select([load == 0, load < plan.grids["lo"], load > plan.grids["hi"]], ["empty", "under", "over"], "ok")
    wrong = plan.grids["status"].to_numpy() != right
    yield from _fault("PLAN_STATUS", [str(code) for code in plan.grids["grid_code"][wrong]])


def _tiling(plan: Plan) -> Iterator[Finding]:
    """Shared vertices by the coverage test, gaps and overlaps by the difference from each community."""
    shapes = np.asarray(plan.grids.geometry.array, dtype=object)
    if not shapely.coverage_is_valid(shapes):
        invalid = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
        yield from _fault("PLAN_EDGES", [str(code) for code in plan.grids["grid_code"][invalid]])
    outline = plan.communities.set_index("community_id").geometry
    apart = []
    for name, own in plan.grids.groupby("community_id"):
        union = shapely.union_all(np.asarray(own.geometry.array, dtype=object))
        overlap = own.area.sum() - union.area
        if (
            shapely.area(shapely.symmetric_difference(union, outline[name])) > MOST_DIFFERENCE
            or overlap > MOST_DIFFERENCE
        ):
            apart.append(str(name))
    yield from _fault("PLAN_TILING", apart)


def _labels(plan: Plan, members: Ints, problem: Problem) -> tuple[Ints, list[str]]:
    """Labels of a landmass's units and the code of each label, grids of units above the cap first."""
    codes = plan.units["grid_code"].to_numpy()[members]
    above = dict.fromkeys(codes[problem.above].tolist())
    order = [*above, *sorted(set(codes.tolist()) - set(above))]
    return pd.Index(order).get_indexer(codes).astype(np.int64), order


def _solved(plan: Plan, graph: Contiguity, land: Landmasses) -> Iterator[tuple[int, Ints, Problem, Ints, list[str]]]:
    """Each landmass with its units, its problem and the labels that the plan gives it."""
    places = representative(np.asarray(plan.units.geometry.array, dtype=object))
    for number, problem in enumerate(problems(plan.units, graph, land, places)):
        members = np.flatnonzero(land.of_unit == number)
        label, codes = _labels(plan, members, problem)
        yield number, members, problem.dividing(len(codes)), label, codes


def _pieces(plan: Plan, graph: Contiguity, land: Landmasses) -> Iterator[Finding]:
    """Grids in more parts than the pieces of land they touch, or in two landmasses."""
    broken: list[str] = []
    seen: dict[str, int] = {}
    for number, _, problem, label, codes in _solved(plan, graph, land):
        broken += [code for code in codes if code in seen]
        seen.update(dict.fromkeys(codes, number))
        _, part = problem.components(label[problem.u] == label[problem.v])
        parts = pd.Series(part).groupby(label).nunique()
        broken += [codes[g] for g in parts.index[parts > 1]]
    yield from _fault("PLAN_PIECES", sorted(set(broken)))


def _reasons(plan: Plan, graph: Contiguity, land: Landmasses) -> Iterator[Finding]:
    """Reasons that differ from what units, rules and ferries say."""
    ids = plan.units["unit_id"].to_numpy()
    facts = reasons.communities(land, ids)
    said = dict(
        zip(plan.grids["grid_code"], zip(plan.grids["reason"], plan.grids["reason_detail"], strict=True), strict=True)
    )
    wrong = []
    for number, members, problem, label, codes in _solved(plan, graph, land):
        share = land.shares[number]
        found = Found(label, int(problem.out_of_range(label).sum()))
        right = reasons.explain(
            problem, found, facts[share.community_id], ids[members], seed=plan.seed, share_fits=share.fits()
        )
        wrong += [
            code for code, reason in zip(codes, right, strict=True) if not _agree(reason, *said.get(code, ("", "")))
        ]
    yield from _fault("PLAN_REASON", sorted(wrong))


def _agree(reason: reasons.Reason, code: str, detail: str) -> bool:
    if reason.code != code:
        return False
    return code in ("", "NOT_FOUND") or reason.detail == json.loads(detail)
