"""Communities: their ids, towns and classes, and their outlines as one tiling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import tiling
from gridmap.columns import id_text, numbers
from gridmap.errors import Finding
from gridmap.households import pick, row_ids
from gridmap.rules import CLASSES
from gridmap.sources import Raw

DIVISION_CODE = r"\d{12}"
TOWN_DIGITS = 9
ONE_TOWN = "1"
WIDEST_MENDED = 5.0
BAND = ("lo", "target", "hi")
SHOWN_VALUES = 5

Names = NDArray[np.object_]


def attributes(raw: Raw, ids: Sequence[str], kind: str | None) -> tuple[pd.DataFrame, list[Finding]]:
    """Ids, names, towns, classes and own bands of communities, with all that is wrong in them."""
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    table = pd.DataFrame(index=frame.index)
    table["community_id"], found = row_ids(raw, ids, "community_id")
    table["name"] = _text(frame, "name", table["community_id"])
    table["town_id"], faults = _towns(raw, ids, table["community_id"])
    found += faults
    table["town_name"] = _text(frame, "town_name", table["town_id"])
    table["class"], table["class_source"], faults = _classes(raw, ids, table["community_id"], kind)
    found += faults
    bands, faults = _bands(raw, ids)
    return table.join(bands), found + faults


def _text(frame: pd.DataFrame, name: str, default: pd.Series) -> pd.Series:
    if name not in frame.columns:
        return default
    given = id_text(frame[name])
    return given.where(given.notna(), default)


def _towns(raw: Raw, ids: Sequence[str], community_id: pd.Series) -> tuple[pd.Series, list[Finding]]:
    """The town column; else the first nine digits where every id is a 12-digit code; else one town."""
    coded = community_id.astype("string").str.fullmatch(DIVISION_CODE).fillna(False).astype(bool)
    town = community_id.str[:TOWN_DIGITS].where(coded, None)
    if raw.frame is None or "town_id" not in raw.frame.columns:
        return (town if coded.all() else pd.Series(ONE_TOWN, index=community_id.index, dtype=object)), []
    given = id_text(raw.frame["town_id"])
    given = given.where(given.notna(), town)
    missing = given.isna().to_numpy(dtype=bool)
    found = [raw.fault("ID_MISSING", pick(ids, missing), name="town_id")] if missing.any() else []
    return given.where(~missing, ""), found


def _classes(
    raw: Raw, ids: Sequence[str], community_id: pd.Series, kind: str | None
) -> tuple[Names, Names, list[Finding]]:
    """Class and where it is from, row by row: the planner's word, a column, else the village code."""
    count = len(community_id)
    if kind is not None:
        found = [] if kind in CLASSES else [raw.fault("KIND_UNKNOWN", given=kind)]
        return np.full(count, kind, dtype=object), np.full(count, "kind", dtype=object), found
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    given = id_text(frame["class"]) if "class" in frame.columns else pd.Series(pd.NA, index=community_id.index)
    pairs = [_class(None if pd.isna(g) else str(g), str(i)) for g, i in zip(given, community_id, strict=True)]
    classes = np.array([class_ for class_, _ in pairs], dtype=object)
    origins = np.array([origin for _, origin in pairs], dtype=object)
    return classes, origins, _class_findings(raw, ids, given, classes, origins, community_id)


def _class(given: str | None, community_id: str) -> tuple[str, str]:
    """Class and its source; "" where it is not known.

    Statistical class codes are 1xx urban and 2xx rural; in a 12-digit code 001-199 is a residents'
    committee, 200-399 a village committee, 400-499 and 500-599 their like (urban, rural).
    """
    if given is not None:
        if given.casefold() in CLASSES:
            return given.casefold(), "column"
        if len(given) == 3 and given.isdecimal() and given[0] in "12":
            return CLASSES[int(given[0]) - 1], "statistical_code"
        return "", "column"
    if len(community_id) == 12 and community_id.isdecimal():
        serial = int(community_id[-3:])
        if 1 <= serial <= 199 or 400 <= serial <= 499:
            return "urban", "village_code"
        if 200 <= serial <= 399 or 500 <= serial <= 599:
            return "rural", "village_code"
    return "", ""


def _class_findings(
    raw: Raw, ids: Sequence[str], given: pd.Series, classes: Names, origins: Names, community_id: pd.Series
) -> list[Finding]:
    found = []
    unknown = classes == ""
    if unknown.any():
        values = [str(value) for value in given[unknown].dropna().unique()[:SHOWN_VALUES]]
        found.append(raw.fault("CLASS_UNKNOWN", pick(ids, unknown), found=", ".join(values) or "-"))
    serial = community_id.str[-3:].str[:1]
    review = (origins == "village_code") & serial.isin(["4", "5"]).to_numpy(dtype=bool)
    if review.any():
        found.append(raw.note("CLASS_REVIEW", pick(ids, review)))
    return found


def _bands(raw: Raw, ids: Sequence[str]) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows' own lo, target and hi, all three or none, as Int64."""
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    empty = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    read = {name: numbers(frame[name]) for name in BAND if name in frame.columns}
    if not read:
        return pd.DataFrame(dict.fromkeys(BAND, empty)), []
    absent = np.ones(len(frame), dtype=bool)
    missing = np.array([read[n].missing if n in read else absent for n in BAND])
    lo, target, hi = (read[n].values if n in read else np.full(len(frame), np.nan) for n in BAND)
    whole = np.array([read[n].whole() if n in read else ~absent for n in BAND]).all(axis=0)
    fine = whole & (lo > 0) & (lo <= target) & (target <= hi)
    none = missing.all(axis=0)
    bad = ~fine & ~none
    found = [raw.fault("BAND_INVALID", pick(ids, bad))] if bad.any() else []
    columns = {
        n: pd.Series(np.where(fine, v, 0).astype(np.int64), index=frame.index).astype("Int64").where(fine)
        for n, v in zip(BAND, (lo, target, hi), strict=True)
    }
    return pd.DataFrame(columns), found


def tile(raw: Raw, ids: Sequence[str], outlines: Names, sound: NDArray[np.bool_]) -> tuple[Names, list[Finding]]:
    """The outlines as one tiling; overlaps and gaps up to 5 m wide are mended, wider ones are faults.

    What an outline does that is not ``sound``, and is a fault already, is not held against it again.
    """
    overlaps = tiling.overlaps(outlines)
    cleaned = tiling.clean(outlines)
    gaps = tiling.gaps(cleaned)
    narrow = [gap for gap in gaps if gap.width <= WIDEST_MENDED]
    tiled = tiling.clean(tiling.fill(cleaned, narrow))
    overlaps, gaps = ([m for m in misfits if sound[list(m.members)].all()] for misfits in (overlaps, gaps))
    found = _misfits(raw, ids, overlaps, "OVERLAP") + _misfits(raw, ids, gaps, "GAP")
    told = {i for overlap in overlaps if overlap.width > WIDEST_MENDED for i in overlap.members}
    lost = [ids[i] for i in np.flatnonzero(shapely.is_empty(tiled) & sound).tolist() if i not in told]
    if lost:
        found.append(raw.fault("COMMUNITY_LOST", lost))
    return tiled, found


def _misfits(raw: Raw, ids: Sequence[str], misfits: Sequence[tiling.Misfit], what: str) -> list[Finding]:
    """A fault for each that is too wide, one note for all that were mended."""
    wide = [m for m in misfits if m.width > WIDEST_MENDED]
    mended = [m for m in misfits if tiling.MILLIMETRE < m.width <= WIDEST_MENDED]
    found = [
        raw.fault(f"COMMUNITIES_{what}", [ids[i] for i in m.members], width=round(m.width, 1), area=round(m.area, 1))
        for m in wide
    ]
    if mended:
        pairs = ["+".join(ids[i] for i in m.members) for m in mended]
        widest, area = max(m.width for m in mended), sum(m.area for m in mended)
        values = {
            "width": round(widest, 2),
            "area": round(area, 1),
            "widths": [round(m.width, 2) for m in mended],
            "areas": [round(m.area, 1) for m in mended],
        }
        found.append(raw.note(f"{what}S_MENDED", pairs, **values))
    return found
