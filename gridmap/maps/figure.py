"""The frame of a page: a Folium map whose every file stands inside it.

Branca renders what a macro returns as a template once more, so a village named ``{{ 7 * 7 }}`` would be
run. Whatever holds a user's text is therefore a :class:`Raw`, whose template is fixed.
"""

from __future__ import annotations

import json
import re
from typing import Any

import folium
from branca.element import Element, Figure, Link
from folium.template import Template
from markupsafe import escape

from gridmap.errors import OutputError
from gridmap.maps import assets

HEIGHT = "640px"  # of the frame in a notebook
MAX_ZOOM = 19
FETCHED = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)\s*=(?!\s*["']?(?:data:|#))[^>]*>""")


class Raw(Element):
    """Text that goes into the page as it is."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Page(Figure):
    """A complete page; it refuses to be rendered when something on it would be fetched."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n'
        '<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        "<title>{{ this.title|e }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n</html>\n"
    )

    def __init__(self, *, lang: str, title: str, panel: str, data: dict[str, Any]) -> None:
        super().__init__(height=HEIGHT, title=title)
        self.lang = {"zh": "zh-CN"}.get(lang, lang)
        packed = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        label = escape(data["words"]["map_label"])
        frame = f'<div class="folium-map" id="map_plan" role="region" aria-label="{label}"></div>'
        self.body = [frame, panel, f'<script type="application/json" id="plan">{packed}</script>']

    def render(self, **kwargs: Any) -> str:
        """The page as HTML; raises :class:`OutputError` naming an address that it would fetch."""
        for place in (self.header, self.html, self.script):
            place._children.clear()  # what an earlier rendering left there
        self.header.add_child(Raw(f"<style>\n{assets.style()}\n</style>"), name="style")
        self.header.add_child(Raw(f"<script>\n{assets.script()}\n</script>"), name="script")
        for number, part in enumerate(self.body):
            self.html.add_child(Raw(part), name=f"body_{number}")
        html: str = super().render(**kwargs)
        self._refuse_fetching(html)
        return html

    def _refuse_fetching(self, html: str) -> None:
        links = [element.url for element in self.header._children.values() if isinstance(element, Link)]
        found = [url for url in links if not url.startswith("data:")] or FETCHED.findall(html)
        if found:
            raise OutputError("MAP_ADDRESS", address=found[0])


class PlanMap(folium.Map):
    """A Folium map without tiles that draws the plan of its page, and takes further Folium layers."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {...{{ this.options|tojavascript }}});
        drawPlan({{ this.get_name() }}, JSON.parse(document.getElementById("plan").textContent));
        {% endmacro %}
        """
    )

    def __init__(self, extent: list[list[float]]) -> None:
        middle = [(low + high) / 2 for low, high in zip(*extent, strict=True)]
        # Half steps of zoom fit islands better; without fading, no note lingers beside the next.
        super().__init__(
            location=middle, tiles=None, zoom_control=False, max_zoom=MAX_ZOOM, zoom_snap=0.5, fade_animation=False
        )
        # Folium's own lists name ten addresses; Leaflet is all that is used here, and it stands in the page.
        self.default_js, self.default_css = [], []
        self._id = "plan"  # Folium's are random, and pages of one plan are to be equal
        self.extent = extent

    def _get_self_bounds(self) -> list[list[float | None]]:
        return [list(corner) for corner in self.extent]
