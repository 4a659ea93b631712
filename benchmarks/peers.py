"""The invented towns of the shared benchmark: made, scored and given to a peer by its own programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BARRIER_DISCOUNT = 0.7


def shared_folder() -> Path:
    """The folder of large public data sets: GRIDMAP_SHARED, else ``shared`` beside the checkout."""
    folder = Path(os.environ.get("GRIDMAP_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        raise SystemExit(f"the folder of shared data is not at {folder}; name it in GRIDMAP_SHARED")
    return folder


def town(shared: Path, size: str, seed: int, folder: Path) -> Path:
    """An invented town of size S, M or L as a GeoPackage in the folder, made at the first call."""
    path = folder / f"{size}{seed}.gpkg"
    if not path.exists():
        _run(shared, "generate.py", "--size", size, "--seed", str(seed), "--out", str(path))
    return path


def layers(instance: Path) -> dict[str, str]:
    """The layers of a town that :func:`gridmap.divide` takes."""
    return {name: f"{instance}:{name}" for name in ("communities", "buildings", "barriers")}


def score(shared: Path, instance: Path, grids: Path) -> dict[str, Any]:
    """The common scorer's figures of a plan file or any file of grids."""
    table = ("--layer", "grids") if grids.suffix == ".gpkg" else ()
    return _last(_run(shared, "score.py", "--instance", str(instance), "--grids", str(grids), *table))


def peer(shared: Path, instance: Path, *, adapter: str = "metis", seed: int = 1) -> dict[str, Any]:
    """One run of a peer, scored; raises where it did not finish."""
    figures = _last(_run(shared, "run.py", "--adapter", adapter, "--instance", str(instance), "--seed", str(seed)))
    if figures["status"] != "ok":
        raise RuntimeError(f"{adapter} on {instance.name}: {figures['status']}")
    return figures


def weighted_boundary(figures: dict[str, Any]) -> float:
    """Metres of boundary inside communities, what runs on a barrier counted at 30 %."""
    return float(figures["cut_m"]) * (1 - BARRIER_DISCOUNT * float(figures["barrier_share"]))


def _run(shared: Path, program: str, *arguments: str) -> str:
    command = [sys.executable, str(shared / "bench" / program), *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _last(text: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
    return figures
