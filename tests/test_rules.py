"""Rule sets, numbers of grids that fit, and wished numbers shared out: held against their definitions."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import RuleError
from gridmap.locale import LANGUAGES
from gridmap.rules import PRESETS, PUTUO_2008, Band, RuleSet, Share, Wish, apportion, from_dict, rule_set, wish

SOME = settings(deadline=None, max_examples=200, derandomize=True, database=None)
BANDS = st.tuples(st.integers(1, 40), st.integers(0, 20), st.integers(0, 20)).map(
    lambda t: Band(t[0], t[0] + t[1], t[0] + t[1] + t[2])
)
TOML = """
name = "our-town"
version = "2026-1"
measure = "households"
[rural]
lo = 100
target = 125
hi = 150
[urban]
lo = 250
target = 300
hi = 350
"""


@SOME
@given(BANDS, st.integers(1, 400))
def test_the_numbers_that_fit_are_those_of_the_definition(band: Band, households: int) -> None:
    fitting = [k for k in range(1, households + 1) if k * band.lo <= households <= k * band.hi]
    assert list(band.counts(households)) == fitting
    assert band.fits(households) is bool(fitting)


@SOME
@given(BANDS, st.integers(1, 400))
def test_the_number_by_rule_is_the_fitting_one_nearest_to_the_target(band: Band, households: int) -> None:
    fitting = [k for k in range(1, households + 1) if k * band.lo <= households <= k * band.hi]
    choices = fitting or range(1, households + 2)
    nearest = min(choices, key=lambda k: (abs(Fraction(households, band.target) - k), k))
    assert band.count(households) == nearest


def test_no_household_needs_no_grid_and_fits() -> None:
    band = Band(100, 125, 150)
    assert band.count(0) == 0
    assert band.fits(0)
    assert [band.status(n) for n in (99, 100, 150, 151)] == ["under", "ok", "ok", "over"]


def test_the_preset_is_that_of_putuo() -> None:
    assert PUTUO_2008.band("rural") == Band(100, 125, 150)
    assert PUTUO_2008.band("urban") == Band(240, 300, 360)
    assert rule_set("putuo-2008") is PRESETS["putuo-2008"] is rule_set(PUTUO_2008)


def test_a_toml_file_is_read_and_written_back_as_a_record(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text("\ufeff" + TOML, encoding="utf-8")  # as an editor on Windows saves it
    rules = rule_set(file)
    assert rules == RuleSet("our-town", "2026-1", "households", Band(250, 300, 350), Band(100, 125, 150))
    assert rule_set(str(file)) == rules
    assert from_dict(rules.to_dict()) == rules


def test_an_unknown_name_is_told_the_presets() -> None:
    with pytest.raises(RuleError) as caught:
        rule_set("putuo-2009")
    assert caught.value.code == "RULES_UNKNOWN"
    assert "putuo-2009" in str(caught.value)
    assert "putuo-2008" in str(caught.value)


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\xfa", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "rules.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RuleError) as caught:
        rule_set(file)
    assert caught.value.code == "RULES_UNREADABLE"
    for lang in LANGUAGES:
        assert "rules.toml" in caught.value.text(lang)


def broken(**changes: Any) -> dict[str, Any]:
    """The record of a good rule set with some entries changed; None takes one away."""
    record = {**PUTUO_2008.to_dict(), **changes}
    return {key: value for key, value in record.items() if value is not None}


FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": None}, ["name is missing"]),
    ({"urban": None}, ["urban is missing"]),
    ({"suburban": {"lo": 1, "target": 1, "hi": 1}}, ["suburban is not known"]),
    ({"measure": "dogs"}, ["'dogs'", "households, people"]),
    ({"measure": ["households"]}, ["measure"]),
    ({"rural": {"lo": 1, "hi": 2}}, ["[rural] needs lo, target and hi"]),
    ({"rural": {"lo": 1, "target": 2, "hi": 3, "top": 4}}, ["[rural] needs lo, target and hi"]),
    ({"rural": [1, 2, 3]}, ["[rural] needs lo, target and hi"]),
    ({"rural": {"lo": 1.5, "target": 2, "hi": 3}}, ["[rural]", "whole numbers"]),
    ({"rural": {"lo": True, "target": 2, "hi": 3}}, ["[rural]", "whole numbers"]),
    ({"rural": {"lo": 0, "target": 2, "hi": 3}}, ["[rural] needs 0 < lo"]),
    ({"rural": {"lo": 3, "target": 2, "hi": 3}}, ["[rural] needs 0 < lo"]),
    ({"rural": {"lo": 2, "target": 4, "hi": 3}}, ["[rural] needs 0 < lo"]),
    (
        {"version": None, "measure": "dogs", "extra": 1, "urban": {"lo": 0, "target": 1, "hi": 2}, "rural": 7},
        ["version is missing", "extra is not known", "'dogs'", "[urban] needs 0", "[rural] needs lo, target"],
    ),
]


@pytest.mark.parametrize(("changes", "said"), FAULTS)
def test_all_that_is_wrong_with_a_rule_set_is_named_at_once(changes: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(RuleError) as caught:
        from_dict(broken(**changes))
    assert caught.value.code == "RULES_INVALID"
    assert [part for part in said if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("given", "wished"),
    [
        (None, Wish()),
        (652, Wish(652)),
        ("652", Wish(652)),
        ("330903104=40", Wish(None, (("330903104", 40),))),
        ("652,330903104=40", Wish(652, (("330903104", 40),))),
        (" 652 , B = 2, A=1 ", Wish(652, (("A", 1), ("B", 2)))),
        ({"B": 2, "A": 1, "": 9}, Wish(9, (("A", 1), ("B", 2)))),
        (Wish(3), Wish(3)),
    ],
)
def test_a_wish_is_read(given: Any, wished: Wish) -> None:
    assert wish(given) == wished


@pytest.mark.parametrize(
    "given",
    ["", ",", "many", "A=", "=3", "A=B", "3,4", "A=1,A=2", "-3", "0", 0, "1.5", {"A": 0}, {"A": True}, {"A": "x"}],
)
def test_a_wish_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(RuleError) as caught:
        wish(given)
    assert caught.value.code == "GRIDS_INVALID"


@st.composite
def shares(draw: st.DrawFn) -> list[Share]:
    found = []
    for n in range(draw(st.integers(1, 4))):
        band, households = draw(BANDS), draw(st.integers(0, 60))
        apart = draw(st.sampled_from([0, 0, 1, 2]))
        units = max(-(-households // band.hi), draw(st.integers(0, 9))) if households else 0
        found.append(Share(f"C{n}", f"T{n % 2}", households, band, units, apart))
    return found


def legal(share: Share) -> range:
    """The numbers a share may have, from the definition; one number where nothing fits."""
    band, rest = share.band, share.households
    fitting = [k for k in range(1, share.units + 1) if k * band.lo <= rest <= k * band.hi]
    if fitting:
        return range(share.apart + fitting[0], share.apart + fitting[-1] + 1)
    return range(share.count(), share.count() + 1)


@SOME
@given(shares())
def test_the_number_of_a_share_follows_the_rule(parts: list[Share]) -> None:
    for share in parts:
        low, high = share.legal()
        assert range(low, high + 1) == legal(share)
        if share.households < share.band.lo and share.apart:
            assert share.count() == share.apart
        else:
            assert share.count() == share.apart + min(share.band.count(share.households), share.units)


def deviation(share: Share, grids: int) -> Fraction:
    """Sum over the grids of ((R / k - target) / target) squared."""
    k = grids - share.apart
    target = share.band.target
    return k * (Fraction(share.households, k * target) - 1) ** 2 if k else Fraction(0)


@SOME
@given(shares(), st.data())
def test_a_wished_total_is_shared_out_at_the_least_cost(parts: list[Share], data: st.DataObject) -> None:
    bounds = [legal(share) for share in parts]
    total = data.draw(st.integers(sum(b[0] for b in bounds), sum(b[-1] for b in bounds)))
    if total == 0:
        return
    counts = apportion(parts, Wish(total))
    assert sum(counts) == total
    assert all(count in bound for count, bound in zip(counts, bounds, strict=True))
    best = min(
        sum(deviation(share, k) for share, k in zip(parts, choice, strict=True))
        for choice in itertools.product(*bounds)
        if sum(choice) == total
    )
    assert sum(deviation(share, k) for share, k in zip(parts, counts, strict=True)) == best


@SOME
@given(shares(), st.randoms(use_true_random=False))
def test_sharing_out_does_not_depend_on_the_order(parts: list[Share], random: Any) -> None:
    low = sum(share.legal()[0] for share in parts)
    high = sum(share.legal()[1] for share in parts)
    total = Wish(max(1, (low + high) // 2)) if high else Wish()
    if not low <= (total.district or low) <= high:
        return
    mixed = list(parts)
    random.shuffle(mixed)
    ids = [share.community_id for share in parts]
    straight = dict(zip(ids, apportion(parts, total), strict=True))
    assert {s.community_id: k for s, k in zip(mixed, apportion(mixed, total), strict=True)} == straight


def test_ties_go_to_the_lesser_community_id() -> None:
    band = Band(100, 125, 150)
    parts = [Share(name, "T", 600, band, 50) for name in ("b", "a", "c")]
    assert apportion(parts, Wish(13)) == [4, 5, 4]
    assert apportion(parts, Wish(14)) == [5, 5, 4]


def test_a_town_with_a_wish_of_its_own_is_left_out_of_the_rest() -> None:
    band = Band(100, 125, 150)
    parts = [Share("a", "X", 600, band, 50), Share("b", "X", 500, band, 50), Share("c", "Y", 600, band, 50)]
    assert apportion(parts, Wish(None, (("X", 10),))) == [5, 5, 5]
    counts = apportion(parts, Wish(15, (("X", 10),)))
    assert sum(counts[:2]) == 10
    assert counts[2] == 5


@pytest.mark.parametrize("wanted", [3, 7])
def test_a_total_out_of_range_names_both_bounds(wanted: int) -> None:
    parts = [Share("a", "X", 600, Band(100, 125, 150), 50)]
    of_town = Wish(None, (("X", wanted),))
    for wished, code in ((Wish(wanted), "GRIDS_OUT_OF_RANGE"), (of_town, "GRIDS_OUT_OF_RANGE_TOWN")):
        with pytest.raises(RuleError) as caught:
            apportion(parts, wished)
        assert caught.value.code == code
        assert (caught.value.values["low"], caught.value.values["high"]) == (4, 6)
        for lang in LANGUAGES:
            assert all(str(n) in caught.value.text(lang) for n in (wanted, 4, 6))


@pytest.mark.parametrize("wanted", [9, 14])
def test_the_bounds_of_a_district_count_the_towns_that_are_fixed(wanted: int) -> None:
    parts = [Share("a", "X", 600, Band(100, 125, 150), 50), Share("b", "Y", 750, Band(100, 125, 150), 50)]
    with pytest.raises(RuleError) as caught:
        apportion(parts, Wish(wanted, (("X", 5),)))
    assert (caught.value.values["low"], caught.value.values["high"]) == (10, 12)


def test_an_unknown_town_is_told_the_towns() -> None:
    parts = [Share("a", "X", 600, Band(100, 125, 150), 50), Share("b", "Y", 600, Band(100, 125, 150), 50)]
    with pytest.raises(RuleError) as caught:
        apportion(parts, Wish(None, (("Z", 5), ("X", 5))))
    assert caught.value.code == "GRIDS_TOWN_UNKNOWN"
    assert caught.value.values == {"towns": "Z", "known": "X, Y"}


def test_a_community_without_a_legal_number_adds_its_own_to_both_bounds() -> None:
    parts = [Share("a", "X", 80, Band(100, 125, 150), 9), Share("b", "X", 160, Band(100, 125, 150), 9, apart=1)]
    assert [share.legal() for share in parts] == [(1, 1), (2, 2)]
    assert apportion(parts, Wish(3)) == [1, 2]
