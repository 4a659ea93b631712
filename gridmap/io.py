"""Frames in and out of files: layers read and checked, plans and grids written whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from pyproj import CRS

from gridmap import layers
from gridmap.columns import layer_mapping
from gridmap.geojson import to_geojson, to_lonlat
from gridmap.layers import OUTSIDE, Layers
from gridmap.reading import read
from gridmap.sources import Raw
from gridmap.writing import read_layers, to_csv, write_grids, write_layers, write_text

__all__ = ["Given", "check", "read_inputs", "read_layers", "to_csv", "to_geojson", "to_lonlat", "write_grids"]
__all__ += ["write_layers", "write_text"]

Given = str | Path | pd.DataFrame


def read_inputs(
    communities: Given,
    *,
    buildings: Given | None = None,
    units: Given | None = None,
    barriers: Given | None = None,
    ferries: Given | None = None,
    columns: Mapping[str, str] | None = None,
    sums: Sequence[str] = (),
) -> dict[str, Raw]:
    """The layers as they come, by name; what cannot be read carries its fault and raises nothing."""
    given = {
        "communities": communities,
        "buildings": buildings,
        "units": units,
        "barriers": barriers,
        "ferries": ferries,
    }
    return {
        layer: read(layer, value, layer_mapping(layer, columns), sums=sums)
        for layer, value in given.items()
        if value is not None
    }


def check(
    communities: Given,
    *,
    buildings: Given | None = None,
    units: Given | None = None,
    barriers: Given | None = None,
    ferries: Given | None = None,
    columns: Mapping[str, str] | None = None,
    kind: str | None = None,
    sums: Sequence[str] = (),
    crs: str | int | CRS | None = None,
    outside: float = OUTSIDE,
    towns: Sequence[str] = (),
) -> Layers:
    """Read layers and check them; see :func:`gridmap.layers.check` for the options.

    Each layer is a frame, or ``FILE`` or ``FILE:table``. Buildings may be a table with columns ``lon``
    and ``lat`` (WGS 84). ``columns`` maps names to a file's own: ``{"buildings.households": "hushu"}``.
    Raises :class:`gridmap.errors.InputFaults` with every fault of every layer.
    """
    raws = read_inputs(
        communities,
        buildings=buildings,
        units=units,
        barriers=barriers,
        ferries=ferries,
        columns=columns,
        sums=sums,
    )
    return layers.check(raws, columns=columns, kind=kind, sums=sums, crs=crs, outside=outside, towns=towns)
