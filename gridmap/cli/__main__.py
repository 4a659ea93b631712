"""``python -m gridmap.cli``."""

from __future__ import annotations

from gridmap.cli.app import main

if __name__ == "__main__":
    main()
