"""Staten Island's real housing units: by tax blocks (ready-made units) and by lots (buildings).

python -m benchmarks.staten_island
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.measure import HEAD, machine, measured
from benchmarks.peers import shared_folder

# What the prototype of this partition left out of range, out of 601 grids.
PROTOTYPE = {"blocks": 51, "lots": 21}


def task(name: str) -> dict[str, Any]:
    """What to divide: ``blocks`` need the shared folder, ``lots`` come with gridmap."""
    if name == "lots":
        return {"sample": "staten-island"}
    file = shared_folder() / "data" / "staten_island" / "si.gpkg"
    return {"communities": f"{file}:communities", "units": f"{file}:units", "kind": "urban", "rules": "putuo-2008"}


def main() -> None:
    """Divide each input once and print a row for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="*", default=["blocks", "lots"], help="blocks, lots (default: both)")
    options = parser.parse_args()
    print(machine(), *HEAD, sep="\n")
    runs = {name: measured(task(name)) for name in options.inputs}
    for name, run in runs.items():
        print(run.row(name))
    print()
    for name, run in runs.items():
        out, above = run.total["under"] + run.total["over"], run.total["reasons"].get("UNIT_ABOVE_CAP", 0)
        print(f"{name}: {out} out of range, {above} of them a unit above the cap; prototype {PROTOTYPE[name]}")


if __name__ == "__main__":
    main()
