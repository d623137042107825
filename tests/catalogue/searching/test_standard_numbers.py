"""What a scanned number can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.changes.brief_records import brief_record
from catalogue.index.collecting import terms_of
from catalogue.marc.checking import accept
from catalogue.searching.standard_numbers import NumberKind, StandardNumber, is_among, readings

ISBN, ISSN, EAN, NUMBER = NumberKind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("9780140449136", ISBN, "9780140449136"),
        ("0140449132", ISBN, "9780140449136"),
        ("0-14-044913-2", ISBN, "9780140449136"),
        ("978–0–14–044913–6", ISBN, "9780140449136"),  # noqa: RUF001 - as word processors write it
        ("ISBN-13: 978 0 14 044913 6", ISBN, "9780140449136"),
        ("urn:isbn:0140449132", ISBN, "9780140449136"),
        ("978014044913651495", ISBN, "9780140449136"),
        ("9780140449137", ISBN, "9780140449137"),
        ("9791090636071", ISBN, "9791090636071"),
        ("9790260000438", EAN, "9790260000438"),
        ("977123456700300", ISSN, "1234-5679"),
        ("1234-5679", ISSN, "1234-5679"),
        ("ISSN 0317-8471", ISSN, "0317-8471"),
        ("2434-561X", ISSN, "2434-561X"),
        ("5702015357173", EAN, "5702015357173"),
        ("51234567", NUMBER, "51234567"),
        ("  abc/12 ", NUMBER, "abc/12"),
    ],
)
def test_the_likeliest_reading(text: str, kind: NumberKind, value: str) -> None:
    assert readings(text)[0] == StandardNumber(kind, value)


@pytest.mark.parametrize("text", ["", "  ", "ISBN", "a\x01b", "x" * 65, "--", "０１２"])  # noqa: RUF001
def test_what_can_be_no_number(text: str) -> None:
    assert readings(text) == ()


def test_what_looks_like_an_issn_may_be_a_control_number() -> None:
    assert [number.kind for number in readings("12345679")] == [ISSN, NUMBER]


def test_an_isbn_has_two_forms() -> None:
    assert readings("9780140449136")[0].forms == ("9780140449136", "0140449132")
    assert readings("9791090636071")[0].forms == ("9791090636071",)


@given(st.text(max_size=70))
def test_any_text_is_read(text: str) -> None:
    for number in readings(text):
        assert number.keys
        assert number.forms


@pytest.mark.parametrize(
    "text", ["9780140449136", "1234-5679", "5702015357173", "abc/12", "9780140449137"]
)
def test_a_brief_record_is_sound_and_has_its_number(text: str) -> None:
    number = readings(text)[0]
    data = brief_record("En titel", "Nogen, Ø.", number)
    assert accept(data) == data
    terms, description = terms_of("marc21", data)
    assert is_among(number, terms)
    assert (description.title, description.author, description.year) == (
        "En titel",
        "Nogen, Ø.",
        None,
    )


def test_a_brief_record_needs_a_title() -> None:
    with pytest.raises(ValueError, match="title"):
        brief_record("\x1e ", "", readings("1")[0])
