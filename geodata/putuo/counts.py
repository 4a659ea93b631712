"""How many grids and households each community gets, before anything is drawn on the ground."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from gridmap.rules import PUTUO_2008

DISTRICT_GRIDS, DISTRICT_HOUSEHOLDS = 652, 126_875
TAOHUA, TAOHUA_GRIDS, TAOHUA_HOUSEHOLDS = "330903104", 40, 5_665
SPARE = 0.05
Counts = NDArray[np.int64]

# How large a community tends to be, in grids, by class and by town.
WEIGHTS = {
    ("330903001", "urban"): 7.0,
    ("330903003", "urban"): 7.0,
    ("330903004", "urban"): 5.0,
    ("330903100", "urban"): 5.0,
    ("330903106", "urban"): 3.2,
    ("", "urban"): 4.0,
    ("", "rural"): 4.4,
}
# Small islands hold few households.
SMALL = {
    "330903001200": 1.0,
    "330903001203": 3.0,
    "330903001019": 3.0,
    "330903001020": 3.0,
    "330903001021": 3.0,
    "330903003200": 2.0,
    "330903005223": 2.0,
    "330903102221": 2.0,
    "330903005400": 1.0,
    "330903004500": 2.0,
}


def statistical_class(community_id: str, urban_too: dict[str, str]) -> str:
    """A statistical class code: 111 to 123 urban, 220 rural; drawn up for this data set."""
    if community_id in urban_too:
        return urban_too[community_id]
    if community_id[9:] > "199":
        return "220"
    return "111" if community_id[:9] in ("330903001", "330903003") else "121"


def draw(villages: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """The villages with ``grids_drawn`` and ``households``, exact in the district and on Taohua."""
    urban = (villages["class"] < "200").to_numpy()
    taohua = (villages["town_id"] == TAOHUA).to_numpy()
    grids = np.zeros(len(villages), np.int64)
    households = np.zeros(len(villages), np.int64)
    wish = _weights(villages, urban) * rng.uniform(0.65, 1.35, len(villages))
    for rows, k, h in (
        (taohua, TAOHUA_GRIDS, TAOHUA_HOUSEHOLDS),
        (~taohua, DISTRICT_GRIDS - TAOHUA_GRIDS, DISTRICT_HOUSEHOLDS - TAOHUA_HOUSEHOLDS),
    ):
        grids[rows] = _share_grids(wish[rows], urban[rows], k, h)
        households[rows] = _share_households(grids[rows], urban[rows], h, rng)
    return villages.assign(grids_drawn=grids, households=households)


def _weights(villages: pd.DataFrame, urban: NDArray[np.bool_]) -> NDArray[np.float64]:
    kinds = np.where(urban, "urban", "rural")
    pairs = zip(villages["community_id"], villages["town_id"], kinds, strict=True)
    return np.array([SMALL.get(c, WEIGHTS.get((t, k), WEIGHTS["", k])) for c, t, k in pairs])


def _share_grids(wish: NDArray[np.float64], urban: NDArray[np.bool_], total: int, households: int) -> Counts:
    """Whole grids in proportion, so many of them urban that both classes average near their target."""
    city, country = PUTUO_2008.urban.target, PUTUO_2008.rural.target
    in_city = round((households - total * country) / (city - country))
    grids = np.zeros(len(wish), np.int64)
    grids[urban] = _largest_remainder(wish[urban], in_city)
    grids[~urban] = _largest_remainder(wish[~urban], total - in_city)
    return grids


def _largest_remainder(wish: NDArray[np.float64], total: int) -> Counts:
    """Whole numbers of at least 1 in proportion to a wish, with an exact sum."""
    exact = np.round(1 + (total - len(wish)) * wish / wish.sum(), 9)
    whole = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole


def _share_households(grids: Counts, urban: NDArray[np.bool_], total: int, rng: Generator) -> Counts:
    """Households inside each legal range with room to spare, with an exact sum."""
    city, country = PUTUO_2008.urban, PUTUO_2008.rural
    low = np.ceil(grids * np.where(urban, city.lo, country.lo) * (1 + SPARE)).astype(np.int64)
    high = np.floor(grids * np.where(urban, city.hi, country.hi) * (1 - SPARE)).astype(np.int64)
    target = grids * np.where(urban, city.target, country.target)
    households = np.clip(np.round(target * rng.uniform(0.9, 1.1, len(grids))).astype(np.int64), low, high)
    missing = total - int(households.sum())
    room = (high - households) if missing > 0 else (households - low)
    if room.sum() < abs(missing):
        raise ValueError(f"{total} households do not fit {grids.sum()} grids")
    return households + np.sign(missing) * np.array(split(abs(missing), room.tolist()), np.int64)


def split(total: int, shares: list[float]) -> list[int]:
    """A whole number in proportion to shares, nothing lost."""
    edges = np.round(np.cumsum([0.0, *shares]) / sum(shares) * total).astype(np.int64)
    return [int(n) for n in np.diff(edges)]


def building_households(total: int, class_: str, rng: Generator) -> Counts:
    """Households of each building of a community: 1-90 in towns, 1-8 in villages."""
    drawn: list[int] = []
    while sum(drawn) < total:
        drawn.append(min(_one_building(class_, rng), total - sum(drawn)))
    return np.array(drawn, np.int64)


def _one_building(class_: str, rng: Generator) -> int:
    if class_ == "rural":
        return int(np.searchsorted([0.52, 0.76, 0.87, 0.93, 0.96, 0.98, 0.99], rng.random())) + 1
    part = rng.random()
    low, high = (1, 5) if part < 0.55 else (6, 25) if part < 0.9 else (26, 91)
    return int(rng.integers(low, high))
