"""Codes, labels and serials of grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.codes import MOST_GRIDS, grid_code, label, serials, short_name
from gridmap.errors import PlanError
from gridmap.locale import LANGUAGES

POINT = st.tuples(st.integers(0, 50).map(lambda n: n / 5), st.integers(0, 50).map(lambda n: n / 5))


@pytest.mark.parametrize(
    ("community", "code"),
    [
        ("330903104201", "330903104201007"),
        ("33090310420", "33090310420-007"),
        ("3309031042011", "3309031042011-007"),
        ("33090310420A", "33090310420A-007"),
        ("SI0101", "SI0101-007"),
    ],
)
def test_a_twelve_digit_community_code_takes_its_serial_without_a_dash(community: str, code: str) -> None:
    assert grid_code(community, 7) == code


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("公前村民委员会", "公前村"),
        ("公前村委会", "公前村"),
        ("新街社区居民委员会", "新街社区"),
        ("新街社区居委会", "新街社区"),
        ("公前村", "公前村"),
        ("村委会", "村委会"),
        ("居委会", "居委会"),
        ("St. George", "St. George"),
        ("", ""),
    ],
)
def test_a_short_name_drops_the_committee(name: str, short: str) -> None:
    assert short_name(name) == short
    assert label(name, 3) == f"{short} 03"


def test_a_label_has_as_many_digits_as_it_needs() -> None:
    assert [label("A", n) for n in (1, 99, 100, 999)] == ["A 01", "A 99", "A 100", "A 999"]


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(POINT, min_size=1, max_size=30, unique=True))
def test_serials_go_east_by_whole_metres_then_south(points: list[tuple[float, float]]) -> None:
    numbers = serials("C", np.array(points))
    assert sorted(numbers) == list(range(1, len(points) + 1))
    order = [points[numbers.index(n)] for n in range(1, len(points) + 1)]
    assert order == sorted(order, key=lambda p: (round(p[0]), -p[1]))


def test_a_serial_has_three_digits() -> None:
    points = np.column_stack([np.arange(MOST_GRIDS + 1.0), np.zeros(MOST_GRIDS + 1)])
    assert serials("C", points[:-1])[-1] == 999
    with pytest.raises(PlanError) as caught:
        serials("330903104201", points)
    assert caught.value.code == "SERIAL_OVERFLOW"
    for lang in LANGUAGES:
        assert all(number in caught.value.text(lang) for number in ("330903104201", "1000", "999"))
