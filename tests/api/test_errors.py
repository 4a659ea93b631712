"""What every error is: a problem document that helps, and reveals nothing that is not ours to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from gridmap.api import Settings, create_app
from gridmap.api.errors import STATUS, QueryError, add_handlers, status_of
from gridmap.api.limits import RequestLimits
from gridmap.errors import Finding, GridmapError, InputFaults
from tests.api.conftest import Serve, problem


@pytest.fixture
def broken(serve: Serve) -> httpx.Client:
    """A service that fails in every way it can."""
    app = FastAPI()
    add_handlers(app)
    app.add_middleware(RequestLimits, max_url_bytes=500, max_body_bytes=100)

    @app.get("/internal")
    def internal() -> None:
        raise RuntimeError("the password is in /etc/secret")

    @app.get("/plain")
    def plain() -> None:
        raise GridmapError("in plain words")

    @app.get("/faults")
    def faults() -> None:
        raise InputFaults([Finding("CRS_MISSING", "communities")])

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    return serve(app)


def test_nothing_there(client: httpx.Client) -> None:
    found = problem(client.get("/nowhere"), 404)
    assert "/nowhere" in str(found["detail"])


def test_another_method(client: httpx.Client) -> None:
    answer = client.post("/health")
    assert "POST" in str(problem(answer, 405)["detail"])
    assert "GET" in answer.headers["allow"]


def test_an_internal_fault_reveals_nothing(broken: httpx.Client) -> None:
    answer = broken.get("/internal")
    problem(answer, 500)
    assert "password" not in answer.text
    assert "RuntimeError" not in answer.text


def test_an_error_of_ours_says_what_it_says(broken: httpx.Client) -> None:
    assert problem(broken.get("/plain"), 400)["detail"] == "in plain words"
    assert problem(broken.get("/faults"), 422)["code"] == "INPUT"


def test_problems_speak_chinese(client: httpx.Client) -> None:
    assert "没有方案" in str(problem(client.get("/api/plans/x?lang=zh"), 404)["detail"])
    chinese = {"Accept-Language": "zh"}
    assert "没有地址" in str(problem(client.get("/x", headers=chinese), 404)["detail"])
    found = problem(client.get("/api/plans/town/grids?limit=a&status=x", headers=chinese), 422)
    assert "必须是整数" in str(found["detail"])
    assert " or " not in str(found["detail"])


def test_an_address_has_a_limit(client: httpx.Client) -> None:
    assert "500" in str(problem(client.get("/api/plans", params={"lang": "x" * 600}), 414)["detail"])


def test_a_body_has_a_limit(client: httpx.Client, broken: httpx.Client) -> None:
    assert "100" in str(problem(client.request("GET", "/health", content=b"x" * 101), 413)["detail"])
    assert broken.post("/body", content=b"x" * 100).json() == 100
    problem(broken.post("/body", content=b"x" * 101), 413)


def test_a_body_of_unknown_length_has_the_same_limit(broken: httpx.Client) -> None:
    def parts(count: int) -> Iterator[bytes]:
        yield from (b"x" * 50 for _ in range(count))

    assert broken.post("/body", content=parts(2)).json() == 100
    assert "100" in str(problem(broken.post("/body", content=parts(3)), 413)["detail"])


def test_the_table_knows_every_exception() -> None:
    assert status_of(QueryError("BBOX_NUMBER", text="x")) == 422
    assert status_of(ValueError()) == 500
    assert STATUS[-1] == (Exception, 500)


def test_a_plan_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(GridmapError, match=r"away\.gpkg cannot be served"):
        create_app(Settings(plans=(tmp_path / "away.gpkg",)))


def test_a_plan_file_that_is_none_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "letter.gpkg"
    path.write_text("Dear colleague")
    with pytest.raises(GridmapError, match=r"letter\.gpkg cannot be served"):
        create_app(Settings(plans=(path,)))


def test_two_plans_of_one_name_stop_the_start(plan_files: tuple[Path, ...], tmp_path: Path) -> None:
    twin = tmp_path / plan_files[0].name
    twin.write_bytes(plan_files[0].read_bytes())
    with pytest.raises(GridmapError, match="Two plan files would be served as 'town'"):
        create_app(Settings(plans=(plan_files[0], twin)))
