"""Personal data of residents, which gridmap never takes in: told by a column's header and its values."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

CHINESE = re.compile("姓名|户主|身份证|证件号|电话|手机|联系方式|微信")
ENGLISH = re.compile(
    r"\b(phones?|telephone|tel|mobile|cellphone|surname|passport|ssn|householder|id ?card|identity( ?(card|no|number))?"
    r"|(first|last|full|family|given|middle|resident|owner|person|contact|head)s? ?name|e ?mail)\b"
)
MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SHORTEST_CODE = 6
IDENTITY_CHECKS = "10X98765432"


def header(column: str) -> bool:
    """Whether a column's name says that it holds a person's name, identity number or phone.

    >>> [header(name) for name in ("户主姓名", "phone_no", "ownerName", "hotel", "households")]
    [True, True, True, False, False]
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    words = re.sub(r"[\W_]+", " ", words).strip().casefold()
    return bool(CHINESE.search(column) or ENGLISH.search(words))


def identity_number(text: str) -> bool:
    """Whether 18 characters are a resident identity number with a valid check digit (GB 11643-1999).

    >>> identity_number("11010519491231002X"), identity_number("110105194912310021")
    (True, False)
    """
    if not IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_CHECKS[total % 11] == text[17].upper()


def value(text: str) -> bool:
    """Whether a value holds a mobile number or an identity number."""
    return bool(MOBILE.search(text)) or any(identity_number(found) for found in IDENTITY.findall(text))


def rows(values: pd.Series, codes: Collection[str] = ()) -> list[int]:
    """The positions of values that hold personal data.

    A value that begins with one of ``codes`` (ids of communities) is an id that continues such a code,
    as a census section's does, and not a number of eleven digits by itself.
    """
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text = values.astype("string").fillna("")
    suspects = text.str.contains(r"\d{11}", regex=True).fillna(False).to_numpy(dtype=bool)
    lengths = sorted({len(code) for code in codes if len(code) >= SHORTEST_CODE})
    found = []
    for i in suspects.nonzero()[0].tolist():
        one = str(text.iloc[i]).strip()
        if value(one) and not any(one[:length] in codes for length in lengths):
            found.append(i)
    return found
