"""What every plan promises, on small random towns."""

from __future__ import annotations

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from gridmap import divide
from gridmap.partition.verify import verify
from tests.partition.oracle import Facts, broken
from tests.partition.towns import Town, options, towns_of_buildings, towns_of_units

SOME = settings(
    deadline=None,
    max_examples=100,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
FEW = settings(SOME, max_examples=40)


@SOME
@given(towns_of_buildings())
def test_a_plan_of_buildings_keeps_every_promise(town: Town) -> None:
    plan = divide(**options(town))
    assert broken(town, plan) == []
    assert verify(plan) == ()


@SOME
@given(towns_of_units())
def test_a_plan_of_ready_made_units_keeps_every_promise(town: Town) -> None:
    plan = divide(**options(town))
    assert broken(town, plan) == []
    assert verify(plan) == ()


@FEW
@given(st.one_of(towns_of_buildings(), towns_of_units()), st.data())
def test_a_wished_number_is_met_where_the_rules_allow_it(town: Town, data: st.DataObject) -> None:
    land = [one for one in Facts(town, divide(**options(town))).landmasses if one.rest or one.above]
    low, high = (sum(one.bounds()[end] for one in land) for end in (0, 1))
    if high == 0:
        return
    wished = data.draw(st.integers(low, high))
    note(f"{wished} grids of {low} to {high}")
    assert broken(town, divide(**options(town), grids=wished), grids=wished) == []
