"""Community outlines: each island with villages is divided, each islet given to a village close by."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from base_files import MILLIMETRE, Array, Base, to_metres
from numpy.random import Generator
from numpy.typing import NDArray
from relief import Relief, relief
from settle import BUILT_BELOW, Streets, borders, centres, fractal, label_faces, streets, zone

NOTHING = shapely.Polygon()


@dataclass(frozen=True)
class Island:
    """An island with villages: its relief, the centre and outline of each village, and its streets."""

    island_id: str
    relief: Relief
    centre: Mapping[str, Array]
    outline: Mapping[str, shapely.Geometry]
    zone: shapely.Geometry
    streets: Streets


def stream(seed: int, *keys: str) -> Generator:
    """A generator of its own for each thing that is drawn, so that one change does not move the rest."""
    return np.random.default_rng([seed, zlib.crc32("/".join(keys).encode())])


def lands(base: Base, seed: int) -> dict[str, shapely.Geometry]:
    """The land of each island; of Zhoushan island only Putuo's part."""
    land = dict(zip(base.islands["island_id"], base.islands.geometry, strict=True))
    line, side = to_metres(base.places["inland_line"]), to_metres(base.places["sea_side"])
    rng = stream(seed, "inland line")
    wander = [fractal(a, b, rng, rough=0.07)[:-1] for a, b in pairwise(line)]
    area = shapely.Polygon(np.vstack([*wander, line[-1:], side]))
    parts = shapely.get_parts(shapely.intersection(land["ZS001"], area, grid_size=MILLIMETRE))
    return {**land, "ZS001": max(parts, key=lambda part: part.area)}


def village_islands(base: Base) -> dict[str, str]:
    """The island that each village has its centre on."""
    main, own = base.places["main_islands"], base.places["village_islands"]
    return {
        c: own.get(c, main[t]) for c, t in zip(base.villages["community_id"], base.villages["town_id"], strict=True)
    }


def settle(
    island_id: str, villages: pd.DataFrame, base: Base, land: Mapping[str, shapely.Geometry], seed: int
) -> Island:
    """Divide one island among its villages (rows of id, town and class)."""
    rng = stream(seed, "settle", island_id)
    whole = base.islands.set_index("island_id").geometry[island_id]
    ground = relief(land[island_id], rng, shore=whole)
    urban = villages[villages["class"] < "200"]
    centre = {c: xy for _, rows in urban.groupby("town_id") for c, xy in _urban(ground, rows, base, rng)}
    area = zone(ground, np.array(list(centre.values()))) if centre else NOTHING
    for _, rows in villages[villages["class"] >= "200"].groupby("town_id"):
        centre.update(_rural(ground, rows, base, area, rng))
    net = streets(area, rng) if not area.is_empty else Streets(np.array([], object), np.array([], object), 0.0)
    outline, drawn = _divide(ground.land, dict(sorted(centre.items())), area, net, rng)
    return Island(island_id, ground, dict(sorted(centre.items())), outline, area, drawn)


def _urban(ground: Relief, rows: pd.DataFrame, base: Base, rng: Generator) -> list[tuple[str, Array]]:
    weight = ground.ease * _region(ground, rows, base) * (ground.height < BUILT_BELOW)
    cores = to_metres(base.places["cores"].get(rows["town_id"].iloc[0], [[0, 0]]))
    cores = cores[shapely.dwithin(ground.land, shapely.points(cores), 1_000)]
    if len(cores) == 0:
        cores = ground.xy(np.array([np.argmax(weight)]))
    cells = ground.xy(np.arange(weight.size))
    away = np.sqrt(((cells[:, None] - cores) ** 2).sum(axis=2)).min(axis=1).reshape(weight.shape)
    reach = 290 * np.sqrt(max(1.0, len(rows) / len(cores)))
    weight = np.round(weight / (1 + (away / reach) ** 6), 9)
    return list(zip(rows["community_id"], centres(ground, weight, len(rows), rng), strict=True))


def _rural(ground: Relief, rows: pd.DataFrame, base: Base, area: shapely.Geometry, rng: Generator) -> dict[str, Array]:
    weight = ground.ease * _region(ground, rows, base)
    for clear in (260, 120, 0):
        taken = ground.within(area.buffer(clear)) if not area.is_empty else np.array([], np.int64)
        free = weight.copy()
        free.ravel()[taken] = 0
        if (free > 0.05).sum() * ground.cell**2 > 150_000 * len(rows):
            break
    return dict(zip(rows["community_id"], centres(ground, free, len(rows), rng), strict=True))


def _region(ground: Relief, rows: pd.DataFrame, base: Base) -> NDArray[np.bool_]:
    """Cells where a town's communities may be; all of them unless the town shares its island."""
    town = rows["town_id"].iloc[0]
    mask = np.ones(ground.coast.shape, bool)
    if town in base.places["regions"] and base.places["main_islands"][town] == "ZS001" and ground.land.area > 2e7:
        mask[:] = False
        mask.ravel()[ground.within(shapely.Polygon(to_metres(base.places["regions"][town])))] = True
    return mask


def _divide(
    land: shapely.Geometry, centre: Mapping[str, Array], area: shapely.Geometry, net: Streets, rng: Generator
) -> tuple[dict[str, shapely.Geometry], Streets]:
    points = np.array(list(centre.values()))
    lines = [shapely.boundary(land), *borders(land, points, rng, smooth=area), *net.lines]
    noded = shapely.get_parts(shapely.union_all(np.array(lines, object), grid_size=MILLIMETRE))
    faces = shapely.get_parts(shapely.polygonize(noded))
    faces = faces[shapely.contains(land.buffer(0.1), shapely.point_on_surface(faces))]
    faces = faces[np.argsort(shapely.to_wkb(shapely.normalize(faces)).astype(object))]
    labels = label_faces(faces, points)
    outline = {c: shapely.coverage_union_all(faces[labels == i]) for i, c in enumerate(centre)}
    return outline, _as_noded(noded, net)


def _as_noded(noded: NDArray[np.object_], net: Streets) -> Streets:
    """The streets with the very vertices that the outlines have."""
    if len(net.lines) == 0:
        return net
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    piece, street = shapely.STRtree(net.lines).query(middle, predicate="dwithin", distance=0.005)
    order = np.lexsort([street, piece])
    piece, first = np.unique(piece[order], return_index=True)
    kinds = net.kinds[street[order][first]]
    merged = {
        k: shapely.get_parts(shapely.line_merge(shapely.multilinestrings(noded[piece[kinds == k]])))
        for k in sorted(set(kinds))
    }
    lines = np.concatenate(list(merged.values()))
    return Streets(lines, np.repeat(list(merged), [len(m) for m in merged.values()]).astype(object), net.angle)


def give_islets(
    land: Mapping[str, shapely.Geometry], islands: list[Island], base: Base, villages: pd.DataFrame
) -> dict[str, str]:
    """The village that each island without a village of its own belongs to: the nearest of its town."""
    town = dict(zip(villages["community_id"], villages["town_id"], strict=True))
    towns = dict(zip(base.islands["island_id"], base.islands["town_id"], strict=True))
    settled = {island.island_id for island in islands}
    outlines = {c: outline for island in islands for c, outline in sorted(island.outline.items())}
    owner = {}
    for island_id in sorted(set(land) - settled):
        near = [c for c in sorted(outlines) if town[c] == towns[island_id]]
        owner[island_id] = min(near, key=lambda c: round(shapely.distance(outlines[c], land[island_id]), 3))
    return owner
