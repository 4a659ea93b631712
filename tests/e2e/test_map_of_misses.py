"""A map of a plan that has grids out of range, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gridmap import maps
from tests.drawn_plan import NASTY, drawn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The drawn plan's page; places bear the name that a test gives as parameter."""
    maps.save(drawn(getattr(request, "param", "公前村")), tmp_path / "plan.html", points=True)
    opened = browser.new_page(viewport={"width": 1000, "height": 700})
    opened.goto((tmp_path / "plan.html").as_uri())
    opened.wait_for_selector("html[data-drawn='4']")
    yield opened
    opened.close()


def focused(page: Page) -> str | None:
    return page.evaluate("document.activeElement.dataset.code || null")


def test_the_keyboard_alone_reaches_a_miss_and_opens_it(page: Page) -> None:
    for _ in range(8):
        page.keyboard.press("Tab")
        if focused(page):
            break
    code = focused(page)
    assert code is not None
    page.keyboard.press("Enter")
    note = page.locator(".leaflet-tooltip.tip").inner_text()
    assert code in note
    assert "reason in en" in note
    assert focused(page) == code
    assert code in page.locator("#told").inner_text()


def test_a_miss_that_is_chosen_is_marked_on_the_map_and_in_the_list(page: Page) -> None:
    page.locator(".problems button").nth(1).click()
    assert page.locator(".problems [aria-current='true']").count() == 1
    assert page.locator("path.grid-over.chosen").count() == 1


def test_misses_differ_from_the_rest_by_more_than_colour(page: Page) -> None:
    fills = {
        status: page.locator(f"path.grid-{status}").evaluate("path => getComputedStyle(path).fill")
        for status in ("ok", "under", "over", "empty")
    }
    assert "url" not in fills["ok"]
    assert len({fills[status] for status in ("under", "over", "empty")}) == 3
    assert all("#pattern-" in fills[status] for status in ("under", "over", "empty"))


def test_the_whole_plan_comes_back_into_view(page: Page) -> None:
    start = page.evaluate("map_plan.getZoom()")
    page.locator(".problems button").first.click()
    assert page.evaluate("map_plan.getZoom()") > start
    page.locator(".leaflet-bar button").click()
    page.wait_for_function(f"map_plan.getZoom() === {start}")


@pytest.mark.parametrize("page", [NASTY], indirect=True)
def test_a_name_never_runs(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.locator(".problems button").first.click()
    page.locator("path.grid").first.hover()
    page.locator(".leaflet-tooltip.tip").first.wait_for()
    assert page.locator("img[src='x']").count() == 0
    assert asked == []
    assert "<script>alert(1)</script>" in page.locator(".leaflet-tooltip.tip").first.inner_text()
