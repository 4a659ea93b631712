"""The plans, their reports, and whether the service is up."""

from __future__ import annotations

import httpx
import pytest

import gridmap
from gridmap.api.models import Health, PlanList, PlanSummary, Report
from gridmap.release import release
from tests.api.conftest import problem


def test_health_counts_the_plans(client: httpx.Client) -> None:
    found = Health.model_validate(client.get("/health").json())
    assert found == Health(version=release(), plans=2)


def test_plans_are_listed_by_id(client: httpx.Client) -> None:
    found = PlanList.model_validate(client.get("/api/plans").json())
    assert [plan.id for plan in found.plans] == ["town", "桃花 1"]
    assert found.number_matched == found.number_returned == 2


def test_plans_come_in_pages(client: httpx.Client) -> None:
    first = PlanList.model_validate(client.get("/api/plans", params={"limit": 1}).json())
    links = {link.rel: link.href for link in first.links}
    second = PlanList.model_validate(client.get(links["next"]).json())
    assert [plan.id for plan in second.plans] == ["桃花 1"]
    assert {link.rel for link in second.links} == {"self", "prev"}


def test_every_link_of_a_plan_answers(client: httpx.Client) -> None:
    for found in PlanList.model_validate(client.get("/api/plans").json()).plans:
        for link in found.links:
            answer = client.get(link.href)
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] == link.type


def test_a_plan_says_what_it_is(client: httpx.Client, plan: gridmap.Plan) -> None:
    found = PlanSummary.model_validate(client.get("/api/plans/town").json())
    assert (found.seed, found.basis, found.as_of) == (plan.seed, plan.basis, plan.as_of)
    assert found.rules == plan.rules.to_dict()
    assert found.total.model_dump() == plan.report()["total"]
    assert -180 <= found.bounds[0] < found.bounds[2] <= 180


def test_the_report_is_the_plans_own(client: httpx.Client, plan: gridmap.Plan) -> None:
    answer = client.get("/api/plans/town/report")
    Report.model_validate(answer.json())
    assert answer.json()["total"] == plan.report()["total"]
    assert answer.json()["problems"] == plan.report()["problems"]


@pytest.mark.parametrize("tail", ["", "/grids", "/report", "/locate?lon=1&lat=1"])
def test_an_unknown_plan_is_a_problem(client: httpx.Client, tail: str) -> None:
    found = problem(client.get(f"/api/plans/nowhere{tail}"), 404)
    assert found["code"] == "PLAN_UNKNOWN"
    assert "nowhere" in str(found["detail"])


def test_a_map_of_an_unknown_plan_is_a_problem(client: httpx.Client) -> None:
    assert problem(client.get("/maps/nowhere"), 404)["code"] == "PLAN_UNKNOWN"
