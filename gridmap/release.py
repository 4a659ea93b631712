"""Which gridmap this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version of the installed package; ``0`` where gridmap runs from its folder without being installed."""
    try:
        return version("gridmap")
    except PackageNotFoundError:
        return "0"
