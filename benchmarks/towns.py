"""Invented towns: our boundaries, ranges and CPU time over those of METIS in the same run.

python -m benchmarks.towns --size S M --seed 1 2 3
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import machine, measured

HEAD = (
    "| town | grids | weighted boundary | in range % | METIS in range % | search CPU | all CPU s | METIS CPU s |",
    "|---|---|---|---|---|---|---|---|",
)


def row(shared: Path, size: str, seed: int, folder: Path) -> str:
    """One town divided by us and by METIS; ratios are ours over METIS."""
    instance = peers.town(shared, size, seed, folder)
    grids = folder / f"{size}{seed}-grids.gpkg"
    run = measured({**peers.layers(instance), "rules": str(shared / "bench" / "rules.toml"), "save": str(grids)})
    ours, metis = peers.score(shared, instance, grids), peers.peer(shared, instance)
    shorter = peers.weighted_boundary(ours) / peers.weighted_boundary(metis)
    cells = [f"{size}{seed}", ours["n_grids"], f"{shorter:.3f}", ours["in_range_pct"], metis["in_range_pct"]]
    cells += [f"{run.search_cpu / metis['cpu_s']:.0f} x", f"{run.cpu:.1f}", f"{metis['cpu_s']:.2f}"]
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Print a row for each town."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", nargs="+", default=["S", "M"], choices=["S", "M", "L"])
    parser.add_argument("--seed", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--folder", type=Path, help="keep towns and plans here (default: a temporary folder)")
    options = parser.parse_args()
    shared = peers.shared_folder()
    print(machine(), *HEAD, sep="\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for size in options.size:
            for seed in options.seed:
                print(row(shared, size, seed, folder), flush=True)


if __name__ == "__main__":
    main()
