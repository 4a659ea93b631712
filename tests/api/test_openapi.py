"""The OpenAPI document reads well, and holds what the service does."""

from __future__ import annotations

import httpx
import pytest

PATHS = {
    "/",
    "/docs",
    "/health",
    "/api/plans",
    "/api/plans/{plan_id}",
    "/api/plans/{plan_id}/grids",
    "/api/plans/{plan_id}/report",
    "/api/plans/{plan_id}/locate",
    "/maps/{plan_id}",
}


def test_it_names_every_address(client: httpx.Client) -> None:
    assert set(client.get("/openapi.json").json()["paths"]) == PATHS


def test_every_operation_and_parameter_is_described(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path in document["paths"].values():
        operation = path["get"]
        assert operation["summary"] and operation["description"] and operation["tags"]
        assert all(parameter.get("description") for parameter in operation["parameters"])
        assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert {tag["name"] for tag in document["tags"]} == {"plans", "grids", "pages", "service"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_answers_are_squeezed_where_it_helps(client: httpx.Client) -> None:
    with client.stream("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
    with client.stream("GET", "/health", headers={"Accept-Encoding": "gzip"}) as answer:
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
def test_no_page_of_the_framework_is_left(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
