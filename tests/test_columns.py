"""Columns are matched by mapping, name or alias; personal data are told by header and value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridmap import columns, personal


def test_the_default_name_goes_before_an_alias_and_a_mapping_before_both() -> None:
    have = ["cid", "community_id", "code"]
    assert columns.match("units", have, {}).read["community_id"] == "community_id"
    assert columns.match("units", ["cid", "households"], {}).read["community_id"] == "cid"
    assert columns.match("units", have, {"community_id": "code"}).read["community_id"] == "code"


def test_the_exact_spelling_goes_first() -> None:
    assert columns.match("units", ["HOUSEHOLDS", "households"], {}).read["households"] == "households"
    assert columns.match("units", ["Households"], {}).read["households"] == "Households"


def test_what_nothing_asks_for_is_left_out_and_named() -> None:
    header = columns.match("buildings", ["households", "owner", "phone"], {})
    assert header.unread == ("owner", "phone")
    assert columns.match("buildings", ["households", "rented"], {}, sums=["rented"]).unread == ()


def test_a_mapped_column_that_is_not_there_is_absent_not_missing() -> None:
    header = columns.match("buildings", ["households"], {"households": "hushu"})
    assert header.absent == (("households", "hushu"),)
    assert header.missing == ()


def test_a_shapefile_keeps_ten_letters() -> None:
    have = ["building_i", "households", "community_"]
    assert columns.match("buildings", have, {}, short=True).read == {
        "building_id": "building_i",
        "households": "households",
        "community_id": "community_",
    }
    assert "community_id" not in columns.match("buildings", have, {}).read


@pytest.mark.parametrize("names", [("lon", "lat"), ("LNG", "Lat"), ("longitude", "latitude"), ("经度", "纬度")])
def test_longitude_and_latitude_have_several_names(names: tuple[str, str]) -> None:
    header = columns.match("buildings", ["households", *names], {}, lonlat=True)
    assert (header.read["lon"], header.read["lat"]) == names


def test_ids_are_text() -> None:
    for values in ([1, 2], [1.0, 2.0], ["1", "2"], [" 1", "2 "], ["1.0", "2.0"], ["\t1", "2"], [1, "2"]):
        assert columns.id_text(pd.Series(values)).tolist() == ["1", "2"]
    assert columns.id_text(pd.Series(["007", "1.5", "1e3"])).tolist() == ["007", "1.5", "1e3"]
    assert columns.id_text(pd.Series([330903104201.0, None])).isna().tolist() == [False, True]


def test_numbers_of_any_type_are_read_and_words_are_not() -> None:
    read = columns.numbers(pd.Series(["1", " 2 ", "", None, "1,000", "3.5", "inf"], dtype=object))
    assert np.nan_to_num(read.values, nan=-1).tolist() == [1, 2, -1, -1, -1, 3.5, -1]
    assert read.missing.tolist() == [False, False, True, True, False, False, False]
    assert read.wrong.tolist() == [False, False, False, False, True, False, True]
    assert read.whole().tolist() == [True, True, False, False, False, False, False]


def test_truth_values_and_dates_are_no_numbers() -> None:
    assert columns.numbers(pd.Series([True, False])).wrong.all()
    assert columns.numbers(pd.Series(pd.to_datetime(["2026-01-01"]))).wrong.all()


def test_nullable_integers_are_numbers() -> None:
    read = columns.numbers(pd.Series([1, None], dtype="Int64"))
    assert (read.values[0], read.missing.tolist()) == (1, [False, True])


@pytest.mark.parametrize(
    "header",
    ["姓名", "户主", "联系电话", "手机号", "身份证号码", "phone", "Tel", "owner_name", "idCard", "ID_CARD", "E-mail"],
)
def test_headers_of_personal_data_are_known(header: str) -> None:
    assert personal.header(header)


@pytest.mark.parametrize("header", ["households", "name", "hotel", "group", "building_id", "户数", "hushu", "telecom"])
def test_other_headers_are_not(header: str) -> None:
    assert not personal.header(header)


def test_identity_numbers_are_told_by_their_check_digit() -> None:
    assert personal.value("11010519491231002X")
    assert personal.value("张三 11010519491231002x")
    assert not personal.value("110105194912310021")
    assert not personal.value("330903104201001999")


def test_mobile_numbers_are_told_from_other_numbers() -> None:
    assert personal.rows(pd.Series(["13812345678", "12812345678", "1381234567", "113812345678"])) == [0]
    assert personal.rows(pd.Series([13812345678, 5])) == [0]
    assert personal.rows(pd.Series([13812345678.0, None])) == [0]
    assert personal.rows(pd.Series(["电话:13812345678"])) == [0]


def test_an_id_that_continues_the_code_of_its_community_is_no_phone() -> None:
    """Porto's census subsections have eleven digits, beginning with 13."""
    assert personal.rows(pd.Series(["13121000702"]), {"131210007"}) == []
    assert personal.rows(pd.Series(["13121000702"]), {"131210008"}) == [0]
    assert personal.rows(pd.Series(["13121000702"]), {"1"}) == [0]
