"""Settings by name and by the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from gridmap.api.settings import Settings, SettingsError


def test_the_environment_is_read() -> None:
    given = {"GRIDMAP_API_PAGE_MAX": "20", "GRIDMAP_API_PAGE_DEFAULT": "10", "GRIDMAP_LANG": "zh", "PATH": "/bin"}
    given["GRIDMAP_API_PLANS"] = os.pathsep.join(["a.gpkg", "b.gpkg"])
    found = Settings.from_environment(given)
    assert (found.page_default, found.page_max) == (10, 20)
    assert found.plans == (Path("a.gpkg"), Path("b.gpkg"))


def test_what_is_given_by_name_wins() -> None:
    given = {"GRIDMAP_API_PLANS": "a.gpkg"}
    assert Settings.from_environment(given, plans=(Path("b.gpkg"),)).plans == (Path("b.gpkg"),)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PAGE_MX", "20", "GRIDMAP_API_PAGE_MX"),
        ("PAGE_MAX", "0", "GRIDMAP_API_PAGE_MAX"),
        ("PAGE_MAX", "many", "GRIDMAP_API_PAGE_MAX"),
        ("PAGE_MAX", "10", "page_default"),
        ("MAX_BODY_BYTES", "-1", "GRIDMAP_API_MAX_BODY_BYTES"),
        ("MAX_URL_BYTES", "5", "GRIDMAP_API_MAX_URL_BYTES"),
    ],
)
def test_a_setting_that_cannot_be_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings.from_environment({f"GRIDMAP_API_{name}": value})


def test_settings_are_frozen_and_known() -> None:
    with pytest.raises(ValidationError):
        Settings().__setattr__("page_max", 5)
    with pytest.raises(ValidationError):
        Settings.model_validate({"page_mx": 5})
