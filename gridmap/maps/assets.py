"""The browser files of the package, ready to stand inside a page."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

from gridmap.errors import OutputError

LEAFLET = "vendor/leaflet"


def asset(name: str) -> bytes:
    """A file of ``gridmap/web``."""
    try:
        return (files("gridmap") / "web" / name).read_bytes()
    except OSError as error:
        raise OutputError("MAP_FILES_MISSING", file=name) from error


def text(name: str) -> str:
    """A text file of ``gridmap/web``."""
    return asset(name).decode("utf-8").replace("\r\n", "\n")


@cache
def style() -> str:
    """Leaflet's style and ours. Its pictures stand inside; those that are not vendored are not used."""
    leaflet = re.sub(r"url\((images/[\w.-]+)\)", _picture, text(f"{LEAFLET}/leaflet.css"))
    return "\n".join([leaflet, text("tokens.css"), text("map.css")])


@cache
def script() -> str:
    """Leaflet and our own script; without the source map, which a browser's tools would ask for."""
    leaflet = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", text(f"{LEAFLET}/leaflet.js"))
    return "\n".join([leaflet, text("map.js")])


def _picture(found: re.Match[str]) -> str:
    name = found[1]
    if name.startswith("images/marker"):
        return "none"
    return f"url(data:image/png;base64,{base64.b64encode(asset(f'{LEAFLET}/{name}')).decode()})"
