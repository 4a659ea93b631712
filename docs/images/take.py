"""Takes the pictures of the README from the demo's pages.

Run ``gridmap demo --no-serve`` first, then ``python docs/images/take.py [FOLDER]`` with the demo's folder
(``gridmap-demo`` where none is named). Needs what the tests need: playwright, Chromium and a Chinese font
(``apt install chromium fonts-noto-cjk``), or a browser named in GRIDMAP_CHROMIUM.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1080, "height": 600}
MOST_BYTES = 300_000
LANGUAGES = ("en", "zh")
# Name, then latitude, longitude and zoom of the middle, and whether a grid's note is open.
VIEWS = (("district", 29.83, 122.25, 10.75, False), ("taohua", 29.812, 122.285, 13.0, True))


def look(page: Page, lat: float, lon: float, zoom: float, *, noted: bool) -> None:
    """Move the map to a place, with the note of the grid in the middle open where it is wished."""
    page.evaluate("view => map_plan.setView(view.slice(0, 2), view[2], { animate: false })", [lat, lon, zoom])
    if noted:
        middle = page.evaluate("""() => {
          const box = map_plan.getContainer().getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        }""")
        page.mouse.move(middle[0] - 3, middle[1] - 3)
        page.mouse.move(*middle)
        page.locator(".leaflet-tooltip.tip").wait_for(state="visible")


def take(browser: Browser, folder: Path, lang: str) -> None:
    """Take every picture of the page in one language; one that is too large is an error."""
    page = browser.new_page(viewport=SIZE)
    page.goto((folder / f"putuo.{lang}.html").resolve().as_uri())
    page.wait_for_selector("html[data-drawn]")
    for name, lat, lon, zoom, noted in VIEWS:
        look(page, lat, lon, zoom, noted=noted)
        content = page.screenshot(animations="disabled")
        if len(content) > MOST_BYTES:
            raise SystemExit(f"{name}.{lang}.png would have {len(content)} bytes; {MOST_BYTES} is the most.")
        (HERE / f"{name}.{lang}.png").write_bytes(content)
        print(f"{name}.{lang}.png: {len(content)} bytes")
    page.close()


def main(folder: Path) -> None:
    """Take all pictures anew."""
    program = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for lang in LANGUAGES:
            take(browser, folder, lang)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("gridmap-demo"))
