"""Rebuild the Staten Island data set: ``python geodata/staten_island/rebuild.py [FOLDER]``.

Everything is read from the data folder of the installed package councilcount, which is never imported::

    pip install --no-deps councilcount==0.11.4
"""

from __future__ import annotations

import gzip
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

HERE = Path(__file__).parent
PACKAGE, PACKAGE_VERSION = "councilcount", "0.11.4"
BOROUGH, BOROUGH_DIGIT = "SI", "5"
CRS = "EPSG:32618"
TOTAL_LOTS, TOTAL_UNITS = 111_706, 178_060


def package_data() -> Path:
    """The data folder of the installed package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None or version(PACKAGE) != PACKAGE_VERSION:
        raise SystemExit(f"Install the source first: pip install --no-deps {PACKAGE}=={PACKAGE_VERSION}")
    return Path(spec.origin).parent / "data"


def read_lots(folder: Path) -> pd.DataFrame:
    """Tax lots of the borough with at least one residential unit: building_id, lon, lat, households."""
    columns = ["borough", "block", "lot", "unitsres", "latitude", "longitude"]
    table = pd.read_csv(folder / "bbl-population-estimates_2023.csv", usecols=columns)
    table = table[(table["borough"] == BOROUGH) & (table["unitsres"] >= 1)]
    block, lot = table["block"].astype(str).str.zfill(5), table["lot"].astype(str).str.zfill(4)
    lots = pd.DataFrame(
        {
            "building_id": BOROUGH_DIGIT + block + lot,
            "lon": table["longitude"].round(7),
            "lat": table["latitude"].round(7),
            "households": table["unitsres"].astype(int),
        }
    )
    # One lot stands in the source twice, under two postal areas.
    return lots.drop_duplicates("building_id").sort_values("building_id", ignore_index=True)


def read_neighbourhoods(folder: Path) -> gpd.GeoDataFrame:
    """Neighbourhood outlines (NTA 2020) of the borough as they are, in metres."""
    table = gpd.read_file(folder / "nta-boundaries.geojson")
    table = table[table["nta2020"].str.startswith(BOROUGH)].to_crs(CRS).sort_values("nta2020", ignore_index=True)
    outlines = shapely.set_precision(table.geometry.values, 0.001, mode="pointwise")
    names = {"community_id": table["nta2020"], "name": table["ntaname"]}
    return gpd.GeoDataFrame(names, geometry=outlines, crs=CRS)


def write_lots(lots: pd.DataFrame, path: Path) -> None:
    """Gzipped CSV without a time stamp or a file name in it."""
    text = lots.to_csv(index=False, lineterminator="\n").encode()
    path.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def write_neighbourhoods(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A GeoPackage with a fixed date."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-01T00:00:00.000Z"})
    path.unlink(missing_ok=True)
    frame.to_file(path, layer="communities", driver="GPKG")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def main(folder: Path) -> None:
    """Rebuild into a folder; the totals are checked before anything is written."""
    source = package_data()
    lots, neighbourhoods = read_lots(source), read_neighbourhoods(source)
    if (len(lots), lots["households"].sum()) != (TOTAL_LOTS, TOTAL_UNITS) or lots["building_id"].duplicated().any():
        raise SystemExit(f"The source has changed: {len(lots)} lots with {lots['households'].sum()} units.")
    folder.mkdir(parents=True, exist_ok=True)
    write_lots(lots, folder / "lots.csv.gz")
    write_neighbourhoods(neighbourhoods, folder / "communities.gpkg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
