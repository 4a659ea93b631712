"""The package as it is installed: from a wheel and editable, the demo runs from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ("putuo.gpkg", "putuo.geojson", "putuo.json", "putuo.csv", "putuo.en.html", "putuo.zh.html")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "build", "dist", "tests", "gridmap-demo")

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; a failure shows all of it."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout without its browser files, as a fresh clone has it."""
    copy = tmp_path_factory.mktemp("clone") / "gridmap"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    shutil.rmtree(copy / "gridmap" / "web" / "vendor", ignore_errors=True)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip builds."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source, cwd=folder)
    return next(folder.glob("gridmap-*.whl"))


def environment(folder: Path) -> Path:
    """The Python of a new environment that finds the packages of this one, but not its gridmap."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    place = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # A plain line adds a folder without running the .pth files in it, such as that of an editable install.
    (place / "of_this_environment.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return python


def install(kind: str, python: Path, source: Path, wheel: Path) -> Path:
    """Install one way or the other; the folder from which gridmap is then imported."""
    what = ["--editable", source] if kind == "editable" else [wheel]
    elsewhere = python.parent
    run(python, "-m", "pip", "install", "--no-deps", "--force-reinstall", *what, cwd=elsewhere)
    return Path(run(python, "-c", "import gridmap; print(gridmap.__file__)", cwd=elsewhere).strip()).parent


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_the_demo_runs_from_an_empty_folder(kind: str, source: Path, wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "environment")
    package = install(kind, python, source, wheel)
    assert package.is_relative_to(source if kind == "editable" else tmp_path / "environment")
    empty = tmp_path / "empty"
    empty.mkdir()
    command = python.with_name("gridmap.exe" if os.name == "nt" else "gridmap")
    run(command, "demo", "--no-serve", "--out", "out", cwd=empty)
    assert {path.name for path in (empty / "out").iterdir()} == set(OUTPUTS)
    assert all((empty / "out" / name).stat().st_size > 1000 for name in OUTPUTS)


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    web = {"tokens.css", "map.css", "map.js", "panel.html", "vendor/leaflet/leaflet.js", "vendor/leaflet/LICENSE"}
    assert {f"gridmap/web/{name}" for name in web} <= names
    assert {f"gridmap/locale/{lang}/map.toml" for lang in ("en", "zh")} <= names
    assert "gridmap/geodata/putuo/README.md" in names
    assert not [
        name for name in names if name.startswith("gridmap/geodata/") and ("/base/" in name or name.endswith(".py"))
    ]


def test_no_browser_file_of_others_is_committed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout: run the tests in a clone")
    listed = run("git", "ls-files", "gridmap/web", cwd=ROOT).split()
    assert not [name for name in listed if "vendor" in name or name.endswith(".min.js")]


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (ROOT / "package-lock.json").read_text(encoding="utf-8")
