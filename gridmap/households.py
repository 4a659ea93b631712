"""Household counts of buildings and units, and what else is counted with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.columns import ID_COLUMNS, id_text, numbers
from gridmap.errors import Finding
from gridmap.sources import Raw


def attributes(raw: Raw, ids: Sequence[str], sums: Sequence[str]) -> tuple[pd.DataFrame, list[Finding]]:
    """Ids, households, community, group and sums of buildings or units, with all that is wrong in them.

    ``community_id`` and ``group`` are None where they are not given.
    """
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    key = ID_COLUMNS[raw.layer]
    table, found = pd.DataFrame(index=frame.index), []
    table[key], faults = row_ids(raw, ids, key)
    found += faults
    table["households"], faults = _households(raw, ids)
    found += faults
    for name in ("community_id", "group"):
        table[name] = _optional(frame, name)
    for name in sums:
        table[name], faults = _sum(raw, ids, name)
        found += faults
    return table, found


def row_ids(raw: Raw, ids: Sequence[str], key: str) -> tuple[pd.Series, list[Finding]]:
    """The ids of a layer, the row number where it has no such column; those missing or twice are faults."""
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    if key not in frame.columns:
        return pd.Series([str(n) for n in range(1, len(frame) + 1)], index=frame.index, dtype=object), []
    given, found = id_text(frame[key]), []
    missing = given.isna().to_numpy(dtype=bool)
    if missing.any():
        found.append(raw.fault("ID_MISSING", pick(ids, missing), name=key))
    twice = given[given.notna() & given.duplicated(keep=False)]
    if len(twice):
        rows = pick(ids, given.duplicated(keep="first").to_numpy(dtype=bool) & ~missing)
        found.append(raw.fault("DUPLICATE_ID", tuple(dict.fromkeys(rows)), name=key))
    return given.where(~missing, pd.Series(list(ids), index=frame.index, dtype=object)), found


def pick(ids: Sequence[str], where: NDArray[np.bool_]) -> list[str]:
    """The ids of the rows where a mask is True."""
    return [ids[i] for i in np.flatnonzero(where).tolist()]


def _households(raw: Raw, ids: Sequence[str]) -> tuple[NDArray[np.int64], list[Finding]]:
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    if "households" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64), []
    counted = numbers(frame["households"])
    negative = np.nan_to_num(counted.values) < 0
    odd = counted.wrong | (~counted.missing & ~counted.whole())
    cases = {"HOUSEHOLDS_MISSING": counted.missing, "HOUSEHOLDS_NEGATIVE": negative, "HOUSEHOLDS_NOT_A_NUMBER": odd}
    found = [
        raw.fault(code, pick(ids, where), column=raw.source.columns_read["households"])
        for code, where in cases.items()
        if where.any()
    ]
    fine = ~(counted.missing | negative | odd)
    return np.where(fine, counted.values, 0).astype(np.int64), found


def _sum(raw: Raw, ids: Sequence[str], name: str) -> tuple[NDArray[np.int64] | NDArray[np.float64], list[Finding]]:
    frame = raw.frame if raw.frame is not None else pd.DataFrame()
    if name not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64), []
    counted = numbers(frame[name])
    negative = np.nan_to_num(counted.values) < 0
    cases = {"NUMBER_MISSING": counted.missing, "NUMBER_NEGATIVE": negative, "NOT_A_NUMBER": counted.wrong}
    column = raw.source.columns_read[name]
    found = [raw.fault(code, pick(ids, where), column=column) for code, where in cases.items() if where.any()]
    values = np.nan_to_num(counted.values)
    return (values.astype(np.int64) if counted.whole().all() else values), found


def _optional(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        return pd.Series(None, index=frame.index, dtype=object)
    given = id_text(frame[name])
    return given.where(given.notna(), None)
