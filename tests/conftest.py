"""What tests need from the machine, and how they say what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The browser itself is to call nobody: what it asks for on its own account would stand in the log of requests.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def shared_folder() -> Path | None:
    """The folder of large public data sets, where there is one."""
    named = os.environ.get("GRIDMAP_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    return folder if folder.is_dir() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests on the shared data where that is missing: there is nothing to install for them."""
    if shared_folder() is not None:
        return
    out = [item for item in items if "shared" in item.keywords]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if "shared" not in item.keywords]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the report passes through
    """With GRIDMAP_NO_SKIP=1 a skip is a failure: nothing goes untested in silence."""
    report = yield
    if report.skipped and os.environ.get("GRIDMAP_NO_SKIP") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped where no skip is allowed: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of large public data sets; mark such a test with ``pytest.mark.shared``."""
    folder = shared_folder()
    assert folder is not None, "mark this test with pytest.mark.shared"
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium, or a skip that says what to install."""
    found = os.environ.get("GRIDMAP_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip("needs Chromium: apt install chromium fonts-noto-cjk, or set GRIDMAP_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def ogr2ogr() -> str:
    """The path of GDAL's ogr2ogr, or a skip that says what to install."""
    found = shutil.which("ogr2ogr")
    if found is None:
        pytest.skip("needs GDAL's command line tools: apt install gdal-bin")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one real run of the demo leaves behind: putuo.gpkg, .geojson, .json, .csv, .en.html and .zh.html."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "gridmap.cli", "demo", "--no-serve", "--out", str(folder)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        command,
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"the demo failed:\n{done.stdout}\n{done.stderr}"
    return folder
