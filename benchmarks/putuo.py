"""Putuo: seconds of each stage, cold (kernels compiled first) and warm, and the peak memory.

python -m benchmarks.putuo
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.measure import HEAD, Run, machine, measured


def main() -> None:
    """Divide Putuo in processes of their own and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warm", type=int, default=2, help="runs with compiled kernels")
    options = parser.parse_args()
    print(machine(), *HEAD, sep="\n")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        task = {"sample": "putuo", "save": str(Path(cache) / "putuo.gpkg")}
        cold = measured(task, environment)
        print(cold.row("Putuo, cold"))
        warm = [measured(task, environment) for _ in range(options.warm)]
    best: Run = min(warm, key=lambda run: run.wall)
    print(best.row(f"Putuo, warm (best of {options.warm})"))
    print(f"\ncold / warm: {cold.wall / best.wall:.2f} of the time")


if __name__ == "__main__":
    main()
