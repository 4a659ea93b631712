"""docs/cli.md and docs/api.md tell of everything there is."""

from __future__ import annotations

import inspect
from pathlib import Path

import httpx
import pytest

from gridmap.api.settings import PREFIX, Settings
from gridmap.cli.check import check
from gridmap.cli.demo import demo
from gridmap.cli.page import map_page
from gridmap.cli.partition import partition
from gridmap.cli.serving import serve

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
SHOWN = {"ctx", "plan", "plans"}


@pytest.mark.parametrize("command", [check, demo, map_page, partition, serve])
def test_every_option_is_told(command: object) -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert callable(command)
    names = [name for name in inspect.signature(command).parameters if name not in SHOWN]
    for name in names:
        option = {"as_json": "--json", "serve": "--no-serve"}.get(name, f"--{name.strip('_').replace('_', '-')}")
        assert option in text, option


def test_every_address_is_told(client: httpx.Client) -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"`{path.replace('plan_id', 'id')}" in text


def test_every_setting_is_told_with_its_default() -> None:
    rows = [row for row in (DOCS / "api.md").read_text(encoding="utf-8").splitlines() if PREFIX in row]
    for name, field in Settings.model_fields.items():
        row = next(row for row in rows if f"`{PREFIX}{name.upper()}`" in row)
        assert "none" in row if field.default == () else f"| {field.default} |" in row
