"""A divided town on disk, and services over it: real ones, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

import gridmap
from gridmap.api import Settings, create_app
from gridmap.cli.serving import listening
from tests.api import town

Serve = Callable[[ASGIApp], httpx.Client]


@pytest.fixture(scope="session")
def plan() -> gridmap.Plan:
    """The town, divided."""
    return gridmap.divide(
        town.communities(), buildings=town.buildings(), barriers=town.barriers(), basis="registered", as_of="2026-01-01"
    )


@pytest.fixture(scope="session")
def plan_files(plan: gridmap.Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The same plan under two names, one of them not for an address as it stands."""
    folder = tmp_path_factory.mktemp("plans")
    paths = (folder / "town.gpkg", folder / "桃花 1.gpkg")
    for path in paths:
        plan.save(path)
    return paths


@pytest.fixture(scope="session")
def app(plan_files: tuple[Path, ...]) -> FastAPI:
    """The app over both files, with small pages."""
    return create_app(Settings(plans=plan_files, page_default=2, page_max=100, max_url_bytes=500, max_body_bytes=100))


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the service."""
    with served(app) as client:
        yield client


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve another app for as long as a test lasts."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


@contextmanager
def served(app: ASGIApp) -> Iterator[httpx.Client]:
    """An app on a free port, and a client of it; the socket listens before the server runs, so nobody waits."""
    with listening("127.0.0.1", 0, tries=1) as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    """The problem document of a response, after a look at what all of them promise."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, object] = json.loads(response.text)
    assert document["status"] == status
    assert document["title"] and document["detail"] and document["code"]
    return document
