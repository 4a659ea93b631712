"""Takes the pictures of the README from the demo's pages.

Run ``gridmap demo --no-serve`` first, then ``python docs/images/take.py [FOLDER]`` with the demo's folder.
Needs playwright, Chromium and a Chinese font (``apt install chromium fonts-noto-cjk``; or name a browser in
GRIDMAP_CHROMIUM), and Pillow, which comes with matplotlib.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1200, "height": 700}
COLOURS = 128
MOST_BYTES = 300_000
# Picture, page, latitude, longitude and zoom of the middle; None shows the whole plan.
VIEWS: tuple[tuple[str, str, tuple[float, float, float] | None], ...] = (
    ("putuo.en.png", "putuo.en.html", None),
    ("putuo.zh.png", "putuo.zh.html", None),
    ("shenjiamen.png", "putuo.en.html", (29.945, 122.300, 14.0)),
)


def take(browser: Browser, page: Path, view: tuple[float, float, float] | None) -> bytes:
    """A picture of a page, PNG of few colours."""
    opened = browser.new_page(viewport=SIZE)
    opened.goto(page.resolve().as_uri())
    opened.wait_for_selector("html[data-drawn]")
    if view is not None:
        opened.evaluate("([lat, lon, zoom]) => map_plan.setView([lat, lon], zoom, { animate: false })", list(view))
    opened.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(opened.screenshot()))
    opened.close()
    small = io.BytesIO()
    taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main(folder: Path) -> None:
    """Take every picture anew; one that is too large is an error."""
    program = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, page, view in VIEWS:
            content = take(browser, folder / page, view)
            if len(content) > MOST_BYTES:
                raise SystemExit(f"{name} would have {len(content)} bytes; {MOST_BYTES} is the most.")
            (HERE / name).write_bytes(content)
            print(f"{name}: {len(content)} bytes")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("gridmap-demo"))
