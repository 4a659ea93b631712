"""The input layers of a plan: checked, mended, in one CRS in metres; all faults of all layers at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridmap import crs as metres
from gridmap.columns import COUNTED, RESERVED, unknown_names
from gridmap.errors import Finding, InputFaults
from gridmap.relations import relate
from gridmap.sources import Raw, Source
from gridmap.tables import Table, codes, project, table

LAYERS = ("communities", "buildings", "units", "barriers", "ferries")
OUTSIDE = 50.0

Frame = gpd.GeoDataFrame


@dataclass(frozen=True, eq=False)
class Layers:
    """Input that a plan can be made of; exactly one of ``buildings`` and ``units`` is there.

    ``buildings.geometry`` is the place its cell is drawn from, strictly inside its community;
    ``source_x`` and ``source_y`` are where it came, and ``listed`` says that the two differ.
    ``ferries`` is None where no such layer was given, which an empty layer is not.
    """

    communities: Frame
    buildings: Frame | None
    units: Frame | None
    barriers: Frame
    ferries: Frame | None
    crs: CRS
    sums: tuple[str, ...]
    notes: tuple[Finding, ...]
    sources: tuple[Source, ...]

    @property
    def counted(self) -> Frame:
        """The layer that has the households: buildings or units."""
        chosen = self.buildings if self.buildings is not None else self.units
        if chosen is None:
            raise ValueError("layers without buildings and without units")
        return chosen

    def summary(self) -> dict[str, Any]:
        """What the layers hold, JSON-ready."""
        frames = {name: getattr(self, name) for name in LAYERS}
        pairs = zip(self.communities["class"], self.communities["class_source"], strict=True)
        return {
            "rows": {name: len(frame) for name, frame in frames.items() if frame is not None},
            "households": int(self.counted["households"].sum()),
            "sums": {name: np.sum(self.counted[name].to_numpy()).item() for name in self.sums},
            "towns": int(self.communities["town_id"].nunique()),
            "classes": [
                {"class": class_, "class_source": source, "communities": count}
                for (class_, source), count in sorted(Counter(pairs).items())
            ],
            "crs": self.crs.to_string(),
            "crs_name": self.crs.name,
            "bounds": [round(float(v), 1) for v in self.communities.total_bounds],
            "area_m2": round(float(self.communities.area.sum()), 1),
            "sources": [source.to_dict() for source in self.sources],
            "notes": [note.to_dict() for note in self.notes],
        }


def check(
    raws: Mapping[str, Raw],
    *,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    sums: Sequence[str] = (),
    crs: str | int | CRS | None = None,
    outside: float = OUTSIDE,
    towns: Sequence[str] = (),
) -> Layers:
    """Check and mend layers as they came in; raise :class:`InputFaults` with every fault of all of them.

    ``raws`` has ``communities``, one of ``buildings`` and ``units``, and maybe ``barriers`` and
    ``ferries``. ``kind`` is the class of every community, ``sums`` further columns to add up,
    ``outside`` the metres within which a building goes to the nearest community, ``towns`` the town
    ids to keep (all where there is none).
    """
    asked = _asked(raws, columns, sums)
    known = codes(raws)
    tables = {name: table(raws[name], kind, sums, known) for name in LAYERS if name in raws}
    plan_crs, crs_findings = _plan_crs(tables, crs)
    if plan_crs is not None:
        projected = {name: project(one, plan_crs) for name, one in tables.items() if one.raw.frame is not None}
        tables = {**tables, **relate(projected, outside=outside)}
    findings = [*asked, *crs_findings]
    for one in tables.values():
        findings += [*one.raw.faults, *one.findings]
    findings += _town_faults(tables, towns)
    faults = [finding for finding in findings if finding.kind == "fault"]
    if faults or plan_crs is None:
        raise InputFaults(sorted(faults, key=lambda fault: _rank(fault.layer)))
    return _layers(tables, plan_crs, tuple(sums), tuple(findings), tuple(towns))


def _rank(layer: str) -> int:
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def _asked(raws: Mapping[str, Raw], columns: Mapping[str, str] | None, sums: Sequence[str]) -> list[Finding]:
    """Faults of what was asked for, before any row is looked at."""
    found = []
    given = [name for name in COUNTED if name in raws]
    if len(given) != 1:
        found.append(Finding("LAYERS_CHOICE", "buildings", values={"given": len(given)}))
    unknown = unknown_names(columns, sums)
    found += [Finding("COLUMN_NAME_UNKNOWN", key.partition(".")[0] or key, values={"name": key}) for key in unknown]
    reserved = sorted(set(sums) & RESERVED)
    if reserved:
        found.append(Finding("SUM_RESERVED", given[0] if given else "buildings", values={"names": ", ".join(reserved)}))
    return found


def _plan_crs(tables: Mapping[str, Table], wished: str | int | CRS | None) -> tuple[CRS | None, list[Finding]]:
    """The CRS of the plan from the communities'; a fault for every layer without one."""
    found = [
        t.raw.fault("CRS_MISSING") for t in tables.values() if isinstance(t.raw.frame, Frame) and t.raw.crs is None
    ]
    base = tables.get("communities")
    if base is None or base.raw.crs is None or not base.present().any():
        return None, found
    minx, miny, maxx, maxy = (float(v) for v in shapely.total_bounds(base.shapes[base.present()]))
    choice = metres.plan_crs(base.raw.crs, (minx, miny, maxx, maxy), wished)
    values = {"crs": base.raw.crs.name, "wished": str(wished), "zone": f"EPSG:{choice.suggested}"}
    if choice.fault:
        found.append(base.raw.fault(choice.fault, **values))
    elif choice.chosen:
        found.append(base.raw.note("CRS_CHOSEN", **values))
    return choice.crs, found


def _town_faults(tables: Mapping[str, Table], towns: Sequence[str]) -> list[Finding]:
    base = tables.get("communities")
    if base is None or base.raw.frame is None:
        return []
    known = sorted({str(town) for town in base.table["town_id"]})
    unknown = [str(town) for town in towns if str(town) not in known]
    return [base.raw.fault("TOWN_UNKNOWN", unknown, known=", ".join(known))] if unknown else []


def _layers(
    tables: Mapping[str, Table], crs: CRS, sums: tuple[str, ...], notes: tuple[Finding, ...], towns: tuple[str, ...]
) -> Layers:
    """Frames from tables without fault, the chosen towns only, in an order of their own."""
    communities = _sorted(_frame(tables["communities"], crs), ["community_id"])
    if towns:
        communities = communities[communities["town_id"].isin([str(town) for town in towns])].reset_index(drop=True)
    kept = set(communities["community_id"])
    frames: dict[str, Frame | None] = {"buildings": None, "units": None}
    for name in COUNTED:
        if name in tables:
            whole = _frame(tables[name], crs)
            frames[name] = _counted(whole[whole["community_id"].isin(kept)], name)
            left = len(whole) - len(whole[whole["community_id"].isin(kept)])
            notes += (tables[name].raw.note("TOWNS_CHOSEN", towns, left=left),) if towns else ()
    empty = gpd.GeoDataFrame({"kind": pd.Series(dtype=object)}, geometry=[], crs=crs)
    barriers = _by_shape(_frame(tables["barriers"], crs)) if "barriers" in tables else empty
    ferries = _by_shape(_frame(tables["ferries"], crs)) if "ferries" in tables else None
    sources = tuple(one.raw.source for one in tables.values())
    return Layers(communities, frames["buildings"], frames["units"], barriers, ferries, crs, sums, notes, sources)


def _frame(one: Table, crs: CRS) -> Frame:
    return gpd.GeoDataFrame(one.table, geometry=one.shapes, crs=crs)


def _counted(frame: Frame, name: str) -> Frame:
    if name == "units":
        return _sorted(frame, ["community_id", "unit_id"])
    placed = frame.assign(x=frame.geometry.x, y=frame.geometry.y)
    return _sorted(placed, ["community_id", "x", "y", "building_id"]).drop(columns=["x", "y"])


def _sorted(frame: Frame, by: list[str]) -> Frame:
    return frame.sort_values(by, kind="stable").reset_index(drop=True)


def _by_shape(frame: Frame) -> Frame:
    """Lines have no id: their order is that of their shapes, then of what they are."""
    wkb = shapely.to_wkb(np.asarray(frame.geometry.array, dtype=object))
    attribute = next(name for name in frame.columns if name != frame.geometry.name)
    return _sorted(frame.assign(wkb=list(wkb)), ["wkb", attribute]).drop(columns="wkb")
