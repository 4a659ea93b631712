"""Codes and labels of grids.

The code of a grid is the 12-digit community code and a 3-digit serial; a community with another id gives
``<id>-001``. A label is short enough for a map: "公前村 03".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import PlanError

MOST_GRIDS = 999
# Committees by what is left of their community's name without them.
COMMITTEES = (("村民委员会", "村"), ("村委会", "村"), ("居民委员会", ""), ("居委会", ""))


def grid_code(community_id: str, serial: int) -> str:
    """The code of a grid of a community.

    >>> grid_code("330903104201", 3), grid_code("SI0101", 3)
    ('330903104201003', 'SI0101-003')
    """
    joint = "" if len(community_id) == 12 and community_id.isdecimal() else "-"
    return f"{community_id}{joint}{serial:03d}"


def short_name(name: str) -> str:
    """The name of a community without its committee.

    >>> short_name("公前村委会"), short_name("新街社区居委会"), short_name("St. George")
    ('公前村', '新街社区', 'St. George')
    """
    for ending, rest in COMMITTEES:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending).removesuffix(rest) + rest
    return name


def label(name: str, serial: int) -> str:
    """The label of a grid: its community's short name and its serial.

    >>> label("公前村委会", 3)
    '公前村 03'
    """
    return f"{short_name(name)} {serial:02d}"


def serials(community_id: str, points: NDArray[np.float64]) -> Sequence[int]:
    """Serials 1, 2, ... of grids by place: easting rounded to 1 m ascending, then northing descending."""
    if len(points) > MOST_GRIDS:
        raise PlanError("SERIAL_OVERFLOW", community=community_id, count=len(points))
    order = np.lexsort((-points[:, 1], np.rint(points[:, 0])))
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.arange(1, len(points) + 1)
    return [int(serial) for serial in rank]
