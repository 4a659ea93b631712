"""Plans of real and of large invented input, each made once a session."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import gridmap
from gridmap import Plan

METIS_HAS_A_WHEEL = sys.platform == "darwin" or (sys.platform == "linux" and platform.machine() == "x86_64")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "metis: compares with METIS; left out where it has no wheel")
    config.addinivalue_line("markers", "long: more of what is tested already; runs with GRIDMAP_LONG=1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the comparison with METIS where there is nothing to install, and what only repeats at length."""
    left = set()
    if not (METIS_HAS_A_WHEEL or find_spec("pymetis")):
        left.add("metis")
    if os.environ.get("GRIDMAP_LONG") != "1":
        left.add("long")
    config.hook.pytest_deselected(items=[item for item in items if left & set(item.keywords)])
    items[:] = [item for item in items if not left & set(item.keywords)]


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for invented towns and their plans."""
    return tmp_path_factory.mktemp("towns")


@pytest.fixture(scope="session")
def putuo(demo_folder: Path) -> Plan:
    """Putuo as the demo wrote it: 652 grids, 40 of them on Taohua."""
    return gridmap.read_plan(demo_folder / "putuo.gpkg")


@pytest.fixture(scope="session")
def putuo_by_rule() -> Plan:
    """Putuo without a wish."""
    return gridmap.divide(**{**gridmap.sample("putuo"), "grids": None})


@pytest.fixture(scope="session")
def lots() -> Plan:
    """Staten Island's residential lots."""
    return gridmap.divide(**gridmap.sample("staten-island"))


@pytest.fixture(scope="session")
def blocks(shared: Path) -> Plan:
    """Staten Island's tax blocks as ready-made units."""
    return ready_made(shared / "data" / "staten_island" / "si.gpkg")


@pytest.fixture(scope="session")
def porto(shared: Path) -> Plan:
    """Porto's census subsections as ready-made units."""
    return ready_made(shared / "data" / "porto_bgri2021" / "porto.gpkg")


def ready_made(file: Path) -> Plan:
    return gridmap.divide(f"{file}:communities", units=f"{file}:units", kind="urban", rules="putuo-2008")
