"""The service: plans over HTTP, read-only. ``create_app(settings)`` builds it."""

from __future__ import annotations

from gridmap.api.app import create_app
from gridmap.api.settings import Settings

__all__ = ["Settings", "create_app"]
