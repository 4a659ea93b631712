"""Barriers and ferries: the lines that divide communities and those that join islands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.columns import id_text, numbers
from gridmap.errors import Finding
from gridmap.households import pick
from gridmap.sources import Raw

KINDS = ("coast", "river", "road_main", "road", "lane", "wall")
KIND_ALIASES = {"stream": "river", "road_local": "road"}
OTHER_KIND = "lane"
FERRY_REACH = 500.0

Shapes = NDArray[np.object_]


def kinds(raw: Raw, ids: Sequence[str]) -> tuple[pd.Series, list[Finding]]:
    """The kind of each barrier by its canonical name; one that is not known counts as a lane and is listed."""
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    if "kind" not in frame.columns:
        return pd.Series(OTHER_KIND, index=frame.index, dtype=object), []
    given = id_text(frame["kind"]).astype("string").str.casefold().replace(KIND_ALIASES)
    other = ~given.isin(KINDS).fillna(False).to_numpy(dtype=bool)
    found = []
    if other.any():
        words = sorted({"-" if pd.isna(word) else str(word) for word in given[other]})
        found.append(raw.note("BARRIER_KIND_OTHER", pick(ids, other), kinds=", ".join(words)))
    return given.astype(object).mask(other, OTHER_KIND), found


def minutes(raw: Raw, ids: Sequence[str]) -> tuple[NDArray[np.float64], list[Finding]]:
    """The minutes of each ferry; nan where they are not given."""
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    if "minutes" not in frame.columns:
        return np.full(len(frame), np.nan), []
    read = numbers(frame["minutes"])
    column = raw.source.columns_read["minutes"]
    negative = np.nan_to_num(read.values) < 0
    cases = {"NOT_A_NUMBER": read.wrong, "NUMBER_NEGATIVE": negative}
    return read.values, [raw.fault(code, pick(ids, at), column=column) for code, at in cases.items() if at.any()]


def single(shapes: Shapes) -> tuple[Shapes, NDArray[np.intp]]:
    """Lines without parts, and the row that each came from; parts that meet end to end become one."""
    whole = shapes.copy()
    many = shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING
    whole[many] = shapely.line_merge(shapes[many])
    parts, owner = shapely.get_parts(whole, return_index=True)
    return np.asarray(parts, dtype=object), owner


def landless(raw: Raw, ids: Sequence[str], ferries: Shapes, outlines: Shapes) -> list[Finding]:
    """A fault for ferries with an end farther from any land than a ferry's end may be."""
    if len(ferries) == 0 or len(outlines) == 0:
        return []
    tree = shapely.STRtree(outlines)
    distance = np.zeros(len(ferries))
    for end in (0, -1):
        points = shapely.get_point(ferries, end)
        (which, _), far = tree.query_nearest(points, return_distance=True, all_matches=False)
        distance[which] = np.maximum(distance[which], far)
    bad = distance > FERRY_REACH
    if not bad.any():
        return []
    metres = [round(float(d), 1) for d in distance[bad]]
    return [raw.fault("FERRY_END", pick(ids, bad), distance=max(metres), distances=metres, metres=int(FERRY_REACH))]
