"""Maps: what stands on the page, what must never stand on it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import folium
import folium.plugins
import geopandas as gpd
import pytest
import shapely
from shapely.geometry import LineString

from gridmap import maps
from gridmap.errors import OutputError
from gridmap.locale import LANGUAGES, sentence
from gridmap.maps import assets
from gridmap.maps.shapes import light
from tests.drawn_plan import CRS, HOUSEHOLDS, NASTY, STATUSES, drawn


def data(html: str) -> dict[str, Any]:
    """The plan as it stands in a page."""
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def text(html: str) -> str:
    """The words beside the map."""
    panel = html[html.index("<aside") : html.index("</aside>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", panel))


def test_a_plan_is_a_folium_map() -> None:
    assert isinstance(maps.plan_map(drawn()), folium.Map)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_grid_is_drawn_once_with_what_its_note_tells(lang: str) -> None:
    features = data(maps.page(drawn(), lang=lang))["grids"]["features"]
    told = [feature["properties"] for feature in features]
    assert [grid["households"] for grid in told] == list(HOUSEHOLDS)
    assert [grid["status"] for grid in told] == list(STATUSES)
    assert all((grid["lo"], grid["target"], grid["hi"]) == (100, 125, 150) for grid in told)
    assert all(shapely.contains_xy(shapely.geometry.shape(f["geometry"]), *f["properties"]["at"]) for f in features)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_legend_says_in_words_what_each_colour_means(lang: str) -> None:
    words = text(maps.page(drawn(), lang=lang))
    for status in STATUSES:
        assert sentence(f"status.{status}", lang).lower() in words.lower()
    assert sentence("map.rule_rural_households", lang, lo=100, target=125, hi=150) in words
    assert sentence("map.rule_urban_households", lang, lo=240, target=300, hi=360) not in words
    assert sentence("barrier.road", lang) in words
    assert sentence("basis.registered", lang) in words
    assert "2008-12-31" in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_grids_out_of_range_are_listed_with_reason_and_remedy(lang: str) -> None:
    words = text(maps.page(drawn(), lang=lang))
    assert words.count(f"reason in {lang}") == 2
    assert words.count(f"remedy in {lang}") == 2


def test_a_plan_without_misses_says_so() -> None:
    plan = drawn()
    good = plan.grids.assign(status="ok")
    assert sentence("map.problems_none", "en") in text(maps.page(drawn(grids=good)))


def test_a_synthetic_basis_is_marked_on_the_map_and_beside_it() -> None:
    html = maps.page(drawn(basis="synthetic-2008"))
    assert "synthetic" in data(html)["counts"]
    assert "synthetic" in text(html)
    assert "GSHHG" in text(html)


def test_an_unknown_basis_is_shown_as_it_is_written() -> None:
    assert "counted by hand" in text(maps.page(drawn(basis="counted by hand")))


def test_a_range_of_a_communitys_own_is_told() -> None:
    grids = drawn().grids
    grids["hi"] = 160
    assert sentence("map.rule_own", "en") in text(maps.page(drawn(grids=grids)))
    assert sentence("map.rule_own", "en") not in text(maps.page(drawn()))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_fetches_nothing(lang: str) -> None:
    html = maps.page(drawn(), lang=lang, points=True)
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=(?![\"']?data:)", html)
    assert not re.search(r"url\((?!\s*[\"']?(data:|#))", html.replace("url(#default#VML)", ""))
    assert "sourceMappingURL" not in html
    assert "https://cdn" not in html


def test_names_are_text_and_never_run() -> None:
    html = maps.page(drawn(name=NASTY), title=NASTY)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "1337" not in html
    assert data(html)["grids"]["features"][0]["properties"]["label"] == f"{NASTY} 00"


@pytest.mark.parametrize("plugin", [folium.plugins.Fullscreen, folium.plugins.MiniMap, folium.plugins.HeatMapWithTime])
def test_a_plugin_from_another_host_is_refused_with_its_address(plugin: Any) -> None:
    drawn_map = maps.plan_map(drawn())
    (plugin([[[30, 122]]]) if plugin is folium.plugins.HeatMapWithTime else plugin()).add_to(drawn_map)
    with pytest.raises(OutputError, match="https://"):
        drawn_map.get_root().render()


def test_layers_of_folium_itself_can_be_added() -> None:
    drawn_map = maps.plan_map(drawn())
    folium.Circle([29.8, 123.0], radius=50).add_to(drawn_map)
    assert "L.circle(" in drawn_map.get_root().render()


def test_buildings_stand_on_a_page_only_when_asked_for() -> None:
    assert "points" not in data(maps.page(drawn()))
    assert len(data(maps.page(drawn(), points=True))["points"]) == 5


def test_a_barrier_of_unknown_kind_is_drawn_as_a_lane() -> None:
    kinds = [line["kind"] for line in data(maps.page(drawn()))["lines"]]
    assert kinds == ["lane", "road", "community"]


def test_ferries_are_drawn_where_there_are_some() -> None:
    line = LineString([(500_000, 3_300_000), (490_000, 3_300_000)])
    html = maps.page(drawn(ferries=gpd.GeoDataFrame({"minutes": [20.0]}, geometry=[line], crs=CRS)))
    assert "ferry" in [line["kind"] for line in data(html)["lines"]]
    assert sentence("map.legend_ferry", "en") in text(html)


@pytest.mark.parametrize(("lang", "declared"), [("en", "en"), ("zh", "zh-CN")])
def test_a_page_says_its_language_and_links_the_other(lang: str, declared: str) -> None:
    html = maps.page(drawn(), lang=lang, other={"en": "?lang=en", "zh": "?lang=zh"})
    assert f'<html lang="{declared}">' in html
    other = {"en": "zh", "zh": "en"}[lang]
    assert f'href="?lang={other}"' in html
    assert f'href="?lang={lang}"' not in html


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(OutputError, match="no language 'fr'"):
        maps.page(drawn(), lang="fr")


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert maps.page(drawn(), points=True) == maps.page(drawn(), points=True)


def test_rendering_twice_changes_nothing() -> None:
    root = maps.plan_map(drawn()).get_root()
    assert root.render() == root.render()


def test_a_notebook_shows_the_map_in_a_frame() -> None:
    assert "<iframe srcdoc=" in maps.plan_map(drawn())._repr_html_()


def test_light_outlines_share_their_edges() -> None:
    wave = [(500_400 + (i % 2) * 0.02, 3_300_000 + i * 4.0) for i in range(101)]
    left = shapely.Polygon([(500_000, 3_300_000), *wave, (500_000, 3_300_400)])
    right = shapely.Polygon([(500_800, 3_300_000), *wave, (500_800, 3_300_400)])
    fewer = light(gpd.GeoDataFrame(geometry=[left, right], crs=CRS))
    assert shapely.get_num_coordinates(fewer.to_numpy()).sum() < 20
    assert shapely.coverage_is_valid(fewer.to_numpy())
    assert fewer.union_all().area == pytest.approx(800 * 400, rel=1e-6)


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    maps.save(drawn(), tmp_path / "plan.html", lang="zh")
    assert (tmp_path / "plan.html").read_text(encoding="utf-8") == maps.page(drawn(), lang="zh")
    assert os.listdir(tmp_path) == ["plan.html"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        maps.save(drawn(), tmp_path / "missing" / "plan.html")


def test_a_missing_browser_file_is_told_with_what_mends_it() -> None:
    with pytest.raises(OutputError, match="pip install"):
        assets.asset("vendor/missing.js")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ink", ["ink", "ink-soft", "link"])
@pytest.mark.parametrize("ground", ["paper", "paper-soft", "ok", "water"])
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    tokens = dict(re.findall(r"--([\w-]+): (#\w{6});", assets.text("tokens.css")))
    dark, pale = sorted([luminance(tokens[ink]), luminance(tokens[ground])])
    assert (pale + 0.05) / (dark + 0.05) >= 4.5
