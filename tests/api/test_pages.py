"""Our own pages and the maps: language, policy, no other host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from gridmap.api.headers import map_policy
from gridmap.locale import sentence
from tests.api.conftest import problem

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
ADDRESS = re.compile(r"""(?:src|href)=["']?([^"' >]+)""")


@pytest.mark.parametrize("path", ["/", "/docs"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_our_pages_speak_both_languages(client: httpx.Client, path: str, lang: str) -> None:
    key = "start.title" if path == "/" else "docs.title"
    answer = client.get(path, params={"lang": lang})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == lang
    assert f'<html lang="{lang}">' in answer.text
    assert sentence(key, lang) in answer.text


def test_the_address_wins_over_the_browser(client: httpx.Client) -> None:
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
    assert client.get("/", headers=chinese).headers["content-language"] == "zh"
    assert client.get("/?lang=en", headers=chinese).headers["content-language"] == "en"
    assert client.get("/", headers={"Accept-Language": "fr"}).headers["content-language"] == "en"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_our_pages_ask_no_other_host_and_their_links_answer(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert "script" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    for address in ADDRESS.findall(answer.text):
        assert address.startswith(("/", "?", "data:"))
        if not address.startswith("data:"):
            assert client.get(address if address.startswith("/") else path + address).status_code == 200


def test_the_start_page_lists_every_plan(client: httpx.Client) -> None:
    text = client.get("/").text
    assert "桃花 1" in text
    assert 'href="/maps/%E6%A1%83%E8%8A%B1%201?lang=en"' in text
    assert sentence("basis.registered") in text


def test_docs_name_every_address(client: httpx.Client) -> None:
    document, text = client.get("/openapi.json").json(), client.get("/docs").text
    assert all(f"GET {path}</code>" in text for path in document["paths"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_map_is_drawn_in_both_languages(client: httpx.Client, lang: str) -> None:
    answer = client.get("/maps/town", params={"lang": lang})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == lang
    assert answer.headers["content-security-policy"] == map_policy(answer.text)
    assert not re.search(r"""(?:src|href)=["']https?:""", SCRIPT.sub("", answer.text))


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/docs", "/maps/town", "/maps/town?lang=zh"])
def test_a_browser_finds_nothing_to_refuse(client: httpx.Client, browser: Browser, path: str) -> None:
    page = browser.new_page()
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(str(client.base_url.join(path)), wait_until="networkidle")
    drawn = page.locator("canvas, svg path").count()
    page.close()
    assert told == []
    assert all(url.startswith((str(client.base_url), "data:")) for url in asked)
    assert (drawn > 0) == path.startswith("/maps")


def test_a_map_is_drawn_once(client: httpx.Client) -> None:
    assert client.get("/maps/town?lang=en").text == client.get("/maps/town?lang=en").text


def test_the_policy_of_a_map_names_its_scripts() -> None:
    policy = map_policy("<script>alert(1)</script><script>\nlet a;\n</script>")
    assert policy.count("'sha256-") == 2
    assert "unsafe-inline'" not in policy.split("style-src")[0]
    assert "script-src 'none'" in map_policy("<p>")


@pytest.mark.parametrize("path", ["/", "/health", "/api/plans", "/style.css", "/nowhere", "/openapi.json"])
def test_every_answer_has_safe_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_misspelt_parameter_of_a_page_is_a_problem(client: httpx.Client) -> None:
    assert "query.lnag" in str(problem(client.get("/?lnag=zh"), 422)["detail"])
