"""The notebooks run from top to bottom, on public names only, and are committed without outputs."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

import gridmap

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


class ThisPython(KernelSpecManager):
    """The kernel of the Python that runs the tests, whatever kernels the machine has."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name=kernel_name, language="python")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_is_a_notebook() -> None:
    assert [path.name for path in NOTEBOOKS] == ["01-divide-a-district.ipynb"]


def test_a_notebook_is_committed_without_outputs(notebook: nbformat.NotebookNode) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


def test_a_notebook_uses_public_names_only(notebook: nbformat.NotebookNode) -> None:
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    used = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("gridmap")
        if isinstance(node, ast.Import):
            assert not [name.name for name in node.names if name.name.startswith("gridmap.")]
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
            if isinstance(node.value, ast.Name) and node.value.id == "gridmap":
                used.add(node.attr)
    assert {"sample", "check", "divide", "read_plan"} <= used <= set(gridmap.__all__)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that the first notebook prints and shows, run in an empty folder."""
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    folder = str(tmp_path_factory.mktemp("notebook"))
    client = NotebookClient(notebook, km=manager, timeout=300, resources={"metadata": {"path": folder}})
    client.execute(env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "module://matplotlib_inline.backend_inline"})
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(str(output.get("text") or output.get("data")) for output in outputs)


def test_the_notebook_runs_and_shows_what_it_tells_of(said: str) -> None:
    assert "COLUMN_UNKNOWN" in said
    assert "TOWN_UNKNOWN" in said
    assert "NO_COUNT_FITS" in said
    assert "leaflet" in said.lower()
    assert "image/png" in said
    assert "40 grids, putuo-2008 version 1 - seed 1" in said
    assert "['taohua.csv', 'taohua.geojson', 'taohua.gpkg']" in said
