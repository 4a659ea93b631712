"""One division in a process of its own: seconds by stage, CPU seconds and peak memory."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any

STAGES = ("read", "check", "units", "search", "outlines", "write")
PACKAGES = ("shapely", "numpy", "numba", "geopandas")
HEAD = (
    "| input | grids | out of range | NOT_FOUND | " + " | ".join(STAGES) + " | all s | CPU s | peak MB |",
    "|---|" + "---|" * (len(STAGES) + 6),
)


@dataclass(frozen=True)
class Run:
    """What one division took and gave; seconds by stage in ``stages``."""

    stages: Mapping[str, float]
    wall: float
    cpu: float
    search_cpu: float
    peak_mb: float
    total: Mapping[str, Any]

    def row(self, name: str) -> str:
        """A row of a table in Markdown, under HEAD."""
        out = self.total["under"] + self.total["over"]
        counts = [self.total["grids"], out, self.total["reasons"].get("NOT_FOUND", 0)]
        seconds = [f"{self.stages.get(stage, 0.0):.1f}" for stage in STAGES]
        ends = [f"{self.wall:.1f}", f"{self.cpu:.1f}", f"{self.peak_mb:.0f}"]
        return "| " + " | ".join([name, *map(str, counts), *seconds, *ends]) + " |"


def measured(task: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Run:
    """Divide in a child; ``task`` has ``sample`` or the keywords of gridmap.divide, and maybe ``save``."""
    command = [sys.executable, "-m", "benchmarks.measure", json.dumps(dict(task))]
    done = subprocess.run(command, env=environment or dict(os.environ), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def machine() -> str:
    """Where this runs: cores, Python and packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {system}, {packages}\n"


def peak_mb() -> float:
    """The most memory this process has held."""
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def divided(task: Mapping[str, Any]) -> dict[str, Any]:
    """Divide here; the fields of a Run."""
    import gridmap

    begun, begun_cpu = time.perf_counter(), time.process_time()
    at: dict[str, tuple[float, float]] = {}

    def tell(stage: str, done: int, total: int) -> None:
        at.setdefault(stage, (time.perf_counter(), time.process_time()))

    rest = {key: value for key, value in task.items() if key not in ("sample", "save")}
    keywords = {**(gridmap.sample(task["sample"]) if "sample" in task else {}), **rest}
    plan = gridmap.divide(**keywords, progress=tell)
    at["write"] = (time.perf_counter(), time.process_time())
    if "save" in task:
        plan.save(task["save"])
    at["end"] = (time.perf_counter(), time.process_time())
    spent = {name: at[after][0] - at[name][0] for name, after in pairwise(at)}
    return {
        "stages": {name: spent[name] for name in STAGES if name in spent},
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - begun_cpu,
        "search_cpu": at["outlines"][1] - at["search"][1],
        "peak_mb": peak_mb(),
        "total": plan.report()["total"],
    }


if __name__ == "__main__":
    print(json.dumps(divided(json.loads(sys.argv[1]))))
