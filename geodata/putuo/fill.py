"""An island filled: hamlets, roads, streams, lanes and buildings of its villages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from base_files import Array
from counts import building_households
from homes import Hamlet, hamlets, town_places, village_places
from numpy.random import Generator
from numpy.typing import NDArray
from outlines import Island
from ways import Lines, as_lines, clip, hamlet_lanes, main_roads, side_roads, streams, to_shore


@dataclass(frozen=True)
class Quota:
    """What a village has on one island."""

    community_id: str
    name: str
    class_: str
    households: int


@dataclass(frozen=True)
class Filled:
    """Buildings (rows) and barriers (kind, line) of an island."""

    buildings: pd.DataFrame
    barriers: list[tuple[str, shapely.LineString]]


def fill(island: Island, quotas: list[Quota], rng: Generator) -> Filled:
    """Draw everything on one island that a village lives on."""
    homes = {q.community_id: building_households(q.households, q.class_, rng) for q in quotas}
    in_town = [q for q in quotas if q.class_ == "urban" and _built(island, q).area > 40_000]
    in_villages = [q for q in quotas if q not in in_town]
    places = {
        q.community_id: hamlets(
            island.relief, _open(island, q), island.centre.get(q.community_id), len(homes[q.community_id]), rng
        )
        for q in in_villages
    }
    barriers = _barriers(island, places, rng)
    lines = np.array([line for _, line in barriers] + [island.relief.land.boundary], object)
    tree = shapely.STRtree(lines)
    rows = [_town(island, q, homes[q.community_id], tree, rng) for q in in_town]
    ways = np.array([line for kind, line in barriers if kind != "river"] or [shapely.LineString()], object)
    rows += [_village(island, q, homes[q.community_id], places[q.community_id], ways, tree, rng) for q in in_villages]
    return Filled(pd.concat(rows, ignore_index=True), barriers)


def _built(island: Island, quota: Quota) -> shapely.Geometry:
    return shapely.intersection(island.outline[quota.community_id], island.zone)


def _open(island: Island, quota: Quota) -> shapely.Geometry:
    """The land of a village outside the streets of a town, unless that is nearly all of it."""
    outline = island.outline[quota.community_id]
    rest = shapely.difference(outline, island.zone)
    return rest if rest.area > 0.4 * outline.area else outline


def _barriers(
    island: Island, places: Mapping[str, list[Hamlet]], rng: Generator
) -> list[tuple[str, shapely.LineString]]:
    ground, land = island.relief, island.relief.land
    outside = shapely.difference(land.buffer(-12), island.zone)
    spots = np.array([h.centre for found in places.values() for h in found] or np.empty((0, 2)))
    hubs = np.array(list(island.centre.values()))
    main = main_roads(ground, hubs)
    side = side_roads(ground, main or [ground.cells(hubs[:1])], spots)
    drawn = {
        "road_main": clip(as_lines(ground, main), outside),
        "road": clip(as_lines(ground, side, used=main), outside),
        "lane": _lanes(island, places, rng),
        "river": _rivers(island, rng),
    }
    town = list(zip(island.streets.kinds, island.streets.lines, strict=True))
    return town + [(kind, line) for kind, lines in drawn.items() for line in lines]


def _lanes(island: Island, places: Mapping[str, list[Hamlet]], rng: Generator) -> Lines:
    lanes: Lines = []
    for community_id, found in places.items():
        area = shapely.difference(island.outline[community_id], island.zone)
        for hamlet in found:
            lanes += hamlet_lanes(hamlet.centre, hamlet.reach, area, rng)
    return lanes


def _rivers(island: Island, rng: Generator) -> Lines:
    ground = island.relief
    lines = [to_shore(line, ground.land) for line in as_lines(ground, streams(ground, rng), slack=1.8)]
    return clip(lines, shapely.difference(ground.land, island.zone))


def _town(
    island: Island, quota: Quota, homes: NDArray[np.int64], tree: shapely.STRtree, rng: Generator
) -> pd.DataFrame:
    places = town_places(_built(island, quota), island.streets.angle, len(homes), tree, rng)
    return _rows(quota, homes, places, np.full(len(homes), None, object))


def _village(
    island: Island,
    quota: Quota,
    homes: NDArray[np.int64],
    found: list[Hamlet],
    ways: NDArray[np.object_],
    tree: shapely.STRtree,
    rng: Generator,
) -> pd.DataFrame:
    outline = island.outline[quota.community_id]
    places, member = village_places(outline, found, ways, tree, rng)
    labels = np.array([f"{island.island_id}/{number:02d}" for number in range(len(found))], object)
    return _rows(quota, homes, places, labels[member])


def _rows(quota: Quota, homes: NDArray[np.int64], places: Array, group: NDArray[np.object_]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "community_id": quota.community_id,
            "households": homes,
            "group": group,
            "x": places[:, 0],
            "y": places[:, 1],
        }
    )
