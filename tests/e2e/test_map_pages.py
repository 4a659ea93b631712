"""The demo's maps in a real browser: as files and as the service gives them, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from gridmap.locale import LANGUAGES, sentence

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
KINDS = ("file", "served")
STATUSES = ("ok", "under", "over", "empty")
PLAN = "JSON.parse(document.getElementById('plan').textContent)"
OVERLAPS = """() => {
  const boxes = Array.from(document.querySelectorAll('.name'), (name) => name.getBoundingClientRect());
  const map = document.querySelector('.folium-map').getBoundingClientRect();
  const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const clipped = boxes.filter((box) => !inside(box, map));
  const crossed = boxes.filter((a, i) => boxes.some((b, j) => j > i && !apart(a, b)));
  return [boxes.length, clipped.length, crossed.length];
}"""


@pytest.fixture(scope="module")
def service(demo_folder: Path) -> Iterator[str]:
    """The address of ``gridmap serve`` on the demo's plan."""
    command = [sys.executable, "-u", "-m", "gridmap.cli", "serve", str(demo_folder / "putuo.gpkg"), "--port", "0"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, "GRIDMAP_LANG": "en", "COLUMNS": "200"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            found = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in lines)), None)
            assert found, "the service ended before it said where it listens"
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def opened(browser: Browser, address: str, size: dict[str, int]) -> Iterator[Page]:
    """A page on which nothing went wrong and that asked no other host for anything."""
    page = browser.new_page(viewport=size)
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_selector("html[data-drawn]")
    yield page
    page.close()
    home = urlsplit(address)
    others = [url for url in asked if urlsplit(url).scheme not in ("data", "blob")]
    assert [url for url in others if urlsplit(url)[:2] != home[:2]] == []
    assert faults == []


@pytest.fixture(params=[f"{kind}-{lang}" for kind in KINDS for lang in LANGUAGES])
def shown(request: pytest.FixtureRequest, demo_folder: Path) -> tuple[str, str]:
    """The address and the language of each of the four pages."""
    kind, lang = request.param.split("-")
    if kind == "file":
        return (demo_folder / f"putuo.{lang}.html").as_uri(), lang
    return f"{request.getfixturevalue('service')}/maps/putuo?lang={lang}", lang


def test_grids_legend_and_note_are_there_and_nothing_is_fetched(browser: Browser, shown: tuple[str, str]) -> None:
    address, lang = shown
    with opened(browser, address, DESK) as page:
        assert page.locator("path.grid").count() >= 600
        assert page.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[lang]
        legend = page.locator(".legend").inner_text().lower()
        for status in STATUSES:
            assert sentence(f"status.{status}", lang).lower() in legend
        assert sentence("basis.synthetic-2008", lang) in page.locator(".leaflet-control-attribution").inner_text()
        code = page.evaluate(
            "JSON.parse(document.getElementById('plan').textContent).grids.features[0].properties.code"
        )
        middle(page, code)
        tip = page.locator(".leaflet-tooltip.tip")
        tip.wait_for(state="visible")
        assert sentence("map.tip_code", lang, code=code) in tip.inner_text()
        assert tip.evaluate("({ firstChild: text }) => text.scrollWidth <= text.clientWidth")


def middle(page: Page, code: str) -> None:
    """Zoom to a grid and move the mouse onto it, as a planner would."""
    at = page.evaluate(
        """code => {
          const { features } = JSON.parse(document.getElementById("plan").textContent).grids;
          const { at } = features.find((feature) => feature.properties.code === code).properties;
          map_plan.setView([at[1], at[0]], 16, { animate: false });
          const box = map_plan.getContainer().getBoundingClientRect();
          const point = map_plan.latLngToContainerPoint([at[1], at[0]]);
          return [box.left + point.x, box.top + point.y];
        }""",
        code,
    )
    page.mouse.move(at[0] - 3, at[1] - 3)
    page.mouse.move(at[0], at[1])


def test_the_chinese_page_has_no_english_words(browser: Browser, demo_folder: Path) -> None:
    with opened(browser, (demo_folder / "putuo.zh.html").as_uri(), DESK) as page:
        words = set(re.findall(r"[A-Za-z]{2,}", page.locator("body").inner_text()))
    assert words <= {"English", "Leaflet", "GSHHG", "Wessel", "Smith", "LGPL", "gridmap", "putuo"}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("zoom", [10.5, 12, 13.5, 15])
def test_names_are_whole_and_apart(browser: Browser, demo_folder: Path, size: dict[str, int], zoom: float) -> None:
    with opened(browser, (demo_folder / "putuo.zh.html").as_uri(), size) as page:
        page.evaluate("zoom => { map_plan.setView([29.945, 122.30], zoom, { animate: false }); }", zoom)
        shown, clipped, crossed = page.evaluate(OVERLAPS)
    assert shown > 0
    assert (clipped, crossed) == (0, 0)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_reaches_over_the_page(browser: Browser, demo_folder: Path, size: dict[str, int]) -> None:
    with opened(browser, (demo_folder / "putuo.en.html").as_uri(), size) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_click_zooms_and_the_address_brings_a_colleague_there(browser: Browser, demo_folder: Path) -> None:
    address = (demo_folder / "putuo.en.html").as_uri()
    with opened(browser, address, DESK) as page:
        before = page.evaluate("map_plan.getZoom()")
        page.locator("path.grid").nth(100).dispatch_event("click")
        assert page.evaluate("map_plan.getZoom()") > before
        assert page.locator("path.grid.chosen").count() == 1
        there = page.evaluate("location.href")
        view = page.evaluate("map_plan.getCenter().lat.toFixed(4)")
        note = page.locator(".leaflet-tooltip.tip").inner_text()
        assert page.locator("#language").get_attribute("href").endswith(there[there.index("#") :])
    with opened(browser, there, DESK) as page:
        assert page.evaluate("map_plan.getCenter().lat.toFixed(4)") == view
        assert page.locator(".leaflet-tooltip.tip").inner_text() == note


def test_the_link_opens_the_other_language(browser: Browser, shown: tuple[str, str]) -> None:
    address, lang = shown
    other = {"en": "zh-CN", "zh": "en"}[lang]
    with opened(browser, address, DESK) as page:
        page.locator("#language").click()
        page.wait_for_selector(f"html[lang='{other}'][data-drawn]")


def test_the_served_page_has_points_and_the_file_has_none(browser: Browser, demo_folder: Path, service: str) -> None:
    told = f"'points' in {PLAN}"
    with opened(browser, f"{service}/maps/putuo?lang=en", DESK) as page:
        assert page.evaluate(told)
        page.evaluate("() => { map_plan.setView([29.945, 122.30], 15, { animate: false }); }")
        assert page.locator(".leaflet-points-pane canvas").count() == 1
    with opened(browser, (demo_folder / "putuo.en.html").as_uri(), DESK) as page:
        assert not page.evaluate(told)


def test_the_start_page_leads_to_the_map_and_fetches_nothing(browser: Browser, service: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service}/?lang=en")
    page.locator("a[href*='/maps/putuo'], a[href*='maps/putuo']").first.click()
    page.wait_for_selector("html[data-drawn]")
    page.close()
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {urlsplit(service).netloc}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_opened_note_is_whole(browser: Browser, demo_folder: Path, size: dict[str, int]) -> None:
    with opened(browser, (demo_folder / "putuo.zh.html").as_uri(), size) as page:
        for number in (0, 200, 400, 600):
            page.locator("path.grid").nth(number).dispatch_event("click")
            assert page.locator(".leaflet-tooltip.tip").count() == 1
            inside = page.evaluate("""() => {
              const a = document.querySelector('.leaflet-tooltip.tip').getBoundingClientRect();
              const b = document.querySelector('.folium-map').getBoundingClientRect();
              return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
            }""")
            assert inside
