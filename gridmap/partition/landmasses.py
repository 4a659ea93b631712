"""The landmasses of a plan and how many grids each of them gets.

A landmass is the land of one community that can be divided together: its pieces of land, joined by the
crossings. Numbers of grids are by rule and by landmass, since no grid can reach from one to another.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np

from gridmap.partition.contiguity import Contiguity
from gridmap.partition.edges import Floats, Ints
from gridmap.partition.landmass import Crossings, crossings, pieces
from gridmap.partition.problem import Problem
from gridmap.rules import Band, RuleSet, Share, Wish, apportion

CROSSING_COST = 30.0
CENTIMETRES = 100


@dataclass(frozen=True, eq=False)
class Landmasses:
    """Units by landmass and piece of land, and the share of households of each landmass.

    ``of_unit`` numbers the landmass of each unit and ``piece`` its piece of land; ``shares`` and ``counts``
    have an entry for each landmass, its share and its number of grids. A community without households is
    one landmass with a share of none, and one grid.
    """

    of_unit: Ints
    piece: Ints
    load: Ints
    crossings: Crossings
    shares: tuple[Share, ...]
    counts: tuple[int, ...]


def bands(communities: gpd.GeoDataFrame, rules: RuleSet) -> list[Band]:
    """The band of each community: its own lo, target, hi where it has them, else that of its class."""
    own = communities["lo"].notna() if "lo" in communities else np.zeros(len(communities), dtype=bool)
    columns = (communities[name] for name in ("lo", "target", "hi", "class"))
    return [
        Band(int(lo), int(target), int(hi)) if has else rules.band(class_)
        for has, lo, target, hi, class_ in zip(own, *columns, strict=True)
    ]


def landmasses(
    communities: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    graph: Contiguity,
    ferries: gpd.GeoDataFrame | None,
    rules: RuleSet,
    wished: Wish,
) -> Landmasses:
    """The landmasses of all communities and the number of grids of each, by rule and wish."""
    load = units[rules.measure].to_numpy().astype(np.int64)
    piece = pieces(len(units), graph.u, graph.v)
    joins = crossings(units, piece, load, ferries)
    of_unit = pieces(len(units), np.concatenate([graph.u, joins.u]), np.concatenate([graph.v, joins.v]))
    band = dict(zip(communities["community_id"], bands(communities, rules), strict=True))
    town = dict(zip(communities["community_id"], communities["town_id"], strict=True))
    shares = []
    for number, first in enumerate(np.unique(of_unit, return_index=True)[1]):
        own, name = load[of_unit == number], units["community_id"].iloc[first]
        small = own[own <= band[name].hi]
        apart = len(own) - len(small)
        shares.append(
            Share(name, town[name], int(small.sum()), band[name], int((small > 0).sum()), apart, int(piece[first]))
        )
    counts = [max(1, count) for count in apportion(shares, wished)]
    return Landmasses(of_unit, piece, load, joins, tuple(shares), tuple(counts))


def problems(units: gpd.GeoDataFrame, graph: Contiguity, land: Landmasses, places: Floats) -> list[Problem]:
    """One problem for each landmass, in their order; ``places`` is a point (x, y) for each unit."""
    u = np.concatenate([graph.u, land.crossings.u])
    v = np.concatenate([graph.v, land.crossings.v])
    cost = np.concatenate([graph.cost, np.full(len(land.crossings.u), CROSSING_COST)])
    cost = np.maximum(1, np.rint(cost * CENTIMETRES)).astype(np.int64)
    position = np.empty(len(units), dtype=np.int64)
    made = []
    by_land = np.argsort(land.of_unit, kind="stable")
    bounds = np.searchsorted(land.of_unit[by_land], np.arange(len(land.shares) + 1))
    edge_order = np.argsort(land.of_unit[u], kind="stable")
    edge_bounds = np.searchsorted(land.of_unit[u][edge_order], np.arange(len(land.shares) + 1))
    for number, (share, count) in enumerate(zip(land.shares, land.counts, strict=True)):
        members = by_land[bounds[number] : bounds[number + 1]]
        edges = edge_order[edge_bounds[number] : edge_bounds[number + 1]]
        position[members] = np.arange(len(members))
        x, y = np.rint(places[members] - np.rint(places[members].mean(axis=0))).astype(np.int64).T
        key = f"{share.community_id}|{np.rint(places[members[0]]).astype(int).tolist()}"
        made.append(
            Problem(
                key,
                land.load[members],
                x.copy(),
                y.copy(),
                position[u[edges]],
                position[v[edges]],
                cost[edges],
                share.band,
                count,
            )
        )
    return made
