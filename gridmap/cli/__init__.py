"""The command line: ``gridmap demo``, ``check``, ``partition``, ``map`` and ``serve``.

Each command is a thin call into the library. Exit codes: 0 good, 1 error, 2 usage, 3 done but with
grids out of range (only with ``--strict``).
"""

from __future__ import annotations

from gridmap.cli.app import app, main

__all__ = ["app", "main"]
