"""A small drawn plan: all that a map reads of one, made without dividing anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import LineString, Point, box

from gridmap.rules import PUTUO_2008

CRS = "EPSG:4549"
NASTY = "</script><script>alert(1)</script>{{ 7 * 191 }}{% raw %}<img src=x onerror=alert(1)>"
HOUSEHOLDS = (120, 80, 170, 0)
STATUSES = ("ok", "under", "over", "empty")


class Drawn(SimpleNamespace):
    """What a map reads of a plan."""

    def problems(self, lang: str = "en") -> Any:
        out = self.grids[self.grids["status"].isin(["under", "over"])].drop(columns="geometry")
        return out.assign(sentence=f"reason in {lang}", remedy=f"remedy in {lang}")


def drawn(name: str = "公前村", **changes: Any) -> Drawn:
    """Two communities of two square grids each, a road, a wall of unknown kind, five buildings."""
    squares = [box(500_000 + 400 * i, 3_300_000, 500_400 + 400 * i, 3_300_400) for i in range(4)]
    own = ["a", "a", "b", "b"]
    rows = {
        "grid_code": [f"33090310420{i}-001" for i in range(4)],
        "label": [f"{name} {i:02d}" for i in range(4)],
        "community_id": own,
        "community_name": [name] * 4,
        "town_name": "桃花镇",
        "class": "rural",
        "households": HOUSEHOLDS,
        "lo": 100,
        "target": 125,
        "hi": 150,
        "status": STATUSES,
    }
    whole = [shapely.union_all(squares[:2]), shapely.union_all(squares[2:])]
    places = {"community_id": ["a", "b"], "name": name, "town_id": ["t", "u"], "town_name": ["桃花镇", "虾峙镇"]}
    road = LineString([(500_000, 3_300_200), (501_600, 3_300_200)])
    hedge = LineString([(500_000, 3_300_300), (501_600, 3_300_300)])
    values: dict[str, Any] = {
        "grids": gpd.GeoDataFrame(rows, geometry=squares, crs=CRS),
        "communities": gpd.GeoDataFrame({**places, "households": [200, 170]}, geometry=whole, crs=CRS),
        "barriers": gpd.GeoDataFrame({"kind": ["road", "hedge"]}, geometry=[road, hedge], crs=CRS),
        "buildings": gpd.GeoDataFrame(geometry=[Point(500_100 + 90 * i, 3_300_111) for i in range(5)], crs=CRS),
        "ferries": gpd.GeoDataFrame({"minutes": []}, geometry=[], crs=CRS),
        "rules": PUTUO_2008,
        "crs": CRS,
        "basis": "registered",
        "as_of": "2008-12-31",
        "version": "0.1.0",
        "seed": 1,
    }
    return Drawn(**{**values, **changes})
