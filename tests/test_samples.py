from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

import gridmap
from gridmap.errors import CodedError
from gridmap.samples import SAMPLES, sample

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("communities", "buildings", "barriers", "ferries")
FILES = ("putuo/putuo.gpkg", "staten_island/communities.gpkg", "staten_island/lots.csv.gz")


def layer_file(source: str) -> Path:
    """The file of ``FILE`` or ``FILE:layer``."""
    return Path(source) if Path(source).is_file() else Path(source.rpartition(":")[0])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_key_is_an_argument_of_divide(name: str) -> None:
    assert set(sample(name)) <= set(inspect.signature(gridmap.divide).parameters)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_layer_is_a_file(name: str) -> None:
    given = sample(name)
    for layer in set(given) & set(LAYERS):
        assert layer_file(given[layer]).is_file(), layer


def test_putuo_layers_have_rows() -> None:
    given = sample("putuo")
    for layer in LAYERS:
        file, _, table = given[layer].rpartition(":")
        assert len(gpd.read_file(file, layer=table, rows=1)) == 1


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(CodedError, match="putuo, staten-island") as told:
        sample("atlantis")
    assert told.value.code == "SAMPLE_UNKNOWN"
    assert "atlantis" in told.value.text("zh")


def copied_package(folder: Path) -> None:
    """The package's own files in a folder, as an install leaves them."""
    for place in ("__init__.py", "errors.py", "samples.py", "locale"):
        target = folder / "gridmap" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / "gridmap" / place
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def told_by(folder: Path, expression: str) -> str:
    """What an expression about samples prints when gridmap is imported from a folder."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import gridmap.samples as s; print({expression})"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("inside", ["gridmap/geodata", "geodata"])
def test_found_in_the_package_or_beside_it(tmp_path: Path, inside: str) -> None:
    copied_package(tmp_path)
    for file in FILES:
        (tmp_path / inside / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / inside / file).touch()
    for name, layer in (("putuo", "communities"), ("staten-island", "buildings")):
        assert str(tmp_path / inside) in told_by(tmp_path, f"s.sample({name!r})[{layer!r}]")


def test_missing_files_are_told(tmp_path: Path) -> None:
    copied_package(tmp_path)
    told = told_by(tmp_path, "s.sample('putuo')")
    assert "CodedError" in told
    assert "putuo/putuo.gpkg is not there" in told
