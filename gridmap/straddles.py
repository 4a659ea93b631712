"""Ready-made units against the communities they belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import tiling
from gridmap.communities import WIDEST_MENDED
from gridmap.errors import Finding
from gridmap.households import pick
from gridmap.places import NOWHERE, sites
from gridmap.sources import Raw

MOST_OUTSIDE_M2 = 1.0
MOST_OUTSIDE_SHARE = 0.001

Shapes = NDArray[np.object_]
Indices = NDArray[np.intp]


def assign(units: Shapes, named: Indices, outlines: Shapes) -> Indices:
    """The community of each unit: the named one (an index, -1 none), else that of a point inside it."""
    community = named.copy()
    free = np.flatnonzero(named == NOWHERE)
    if len(free):
        community[free] = sites(np.asarray(shapely.point_on_surface(units[free])), outlines).community
    return community


def outside_m2(units: Shapes, community: Indices, outlines: Shapes) -> NDArray[np.float64]:
    """The area of each unit outside its community."""
    out = np.zeros(len(units))
    for index in np.unique(community[community != NOWHERE]):
        outline = outlines[index]
        shapely.prepare(outline)
        mine = np.flatnonzero(community == index)
        over = mine[~shapely.covers(outline, units[mine])]
        out[over] = shapely.area(units[over]) - shapely.area(shapely.intersection(units[over], outline))
    return out


def straddling(raw: Raw, ids: Sequence[str], units: Shapes, community: Indices, outlines: Shapes) -> list[Finding]:
    """A fault for units that lie outside their community, as it came in, by more than a drawing error."""
    out = outside_m2(units, community, outlines)
    bad = (out > MOST_OUTSIDE_M2) & (out > MOST_OUTSIDE_SHARE * shapely.area(units))
    if not bad.any():
        return []
    areas = [round(float(a), 1) for a in out[bad]]
    return [raw.fault("UNIT_STRADDLES", pick(ids, bad), area=max(areas), areas=areas)]


def overlapping(raw: Raw, ids: Sequence[str], units: Shapes) -> list[Finding]:
    """A fault for units that overlap by more than is mended."""
    wide = [m for m in tiling.overlaps(units, wider=WIDEST_MENDED) if m.width > WIDEST_MENDED]
    if not wide:
        return []
    pairs = ["+".join(ids[i] for i in m.members) for m in wide]
    return [raw.fault("UNITS_OVERLAP", pairs, width=round(wide[0].width, 1), area=round(sum(m.area for m in wide), 1))]
