"""Porto: the census's own subsections, with real household counts, as ready-made units."""

from __future__ import annotations

import pytest

import gridmap
from gridmap import Plan
from tests.real.promises import broken

pytestmark = pytest.mark.shared


def test_porto_runs_whole_and_keeps_every_promise(porto: Plan) -> None:
    assert broken(porto, 102_214) == []
    assert gridmap.verify(porto) == ()


def test_every_section_has_its_grids_and_every_miss_is_explained(porto: Plan) -> None:
    total = porto.report()["total"]
    assert (total["communities"], total["towns"], total["units"]) == (243, 7, 1659)
    assert porto.communities["grids"].between(1, 3).all()
    assert "NOT_FOUND" not in total["reasons"]
