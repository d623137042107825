"""Identifiers: every way to write a number is one term."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.index.numbers import (
    isbn_keys,
    issn_key,
    language_keys,
    lc_card_number_key,
    local_number_keys,
    local_number_terms,
    number_key,
    number_term,
)


@pytest.mark.parametrize(
    "text",
    ["0-306-40615-2 (pbk.)", "9780306406157", "978-0-306-40615-7 : $12.00", "ISBN 0306406152"],
)
def test_isbn_forms_find_each_other(text: str) -> None:
    assert set(isbn_keys(text)) == {"9780306406157", "0306406152"}


def test_isbn_x_is_lower_case() -> None:
    assert isbn_keys("0-8044-2957-X") == ["9780804429573", "080442957x"]


def test_isbn_979_has_no_short_form() -> None:
    assert isbn_keys("979-10-90636-07-1") == ["9791090636071"]


@pytest.mark.parametrize(
    ("text", "keys"),
    [("0306406153", ["0306406153"]), ("12345", ["12345"]), ("unknown", ["unknown"]), ("...", [])],
)
def test_invalid_isbn_is_kept_as_found(text: str, keys: list[str]) -> None:
    assert isbn_keys(text) == keys


@given(st.integers(0, 999_999_999))
def test_isbn_forms_are_each_others(number: int) -> None:
    thirteen = next(
        key
        for check in "0123456789"
        for key in [f"978{number:09d}{check}"]
        if len(isbn_keys(key)) == 2
    )
    long, short = isbn_keys(thirteen)
    assert isbn_keys(short) == [long, short]


@given(st.text())
def test_any_text_has_keys(text: str) -> None:
    for key in [*isbn_keys(text), issn_key(text), number_key(text), lc_card_number_key(text)]:
        assert key == number_key(key)


@given(st.text())
def test_terms_are_the_keys_of_utf_8(text: str) -> None:
    value = text.encode()
    assert number_term(value).decode() == number_key(text)
    assert [term.decode() for term in local_number_terms(value)] == local_number_keys(text)


def test_a_lower_case_that_is_ascii_counts() -> None:
    assert number_term("\N{KELVIN SIGN} 1-å".encode()).decode() == number_key("\N{KELVIN SIGN} 1-å")
    assert number_term(b"K\xff 1") == b"k1"


def test_issn() -> None:
    assert issn_key("ISSN 0378-5955 (print)") == issn_key("03785955") == "03785955"
    assert issn_key("1050-124x") == "1050124x"


def test_local_number_is_found_with_and_without_its_source() -> None:
    assert local_number_keys("(OCoLC)ocm00123") == ["ocolcocm00123", "ocm00123"]
    assert local_number_keys("9 182 502 3") == ["91825023"]
    assert local_number_keys("no (DK) 1") == ["nodk1"]
    assert local_number_keys("\N{NO-BREAK SPACE}(DK) 1") == ["dk1", "1"]
    assert local_number_keys("(DK)") == ["dk"]
    assert local_number_keys("(-) 1") == ["1"]
    assert local_number_keys("(...)") == []


@pytest.mark.parametrize(
    ("text", "key"),
    [("   85-2 ", "85000002"), ("2001-000002", "2001000002"), ("75-425165//r75", "75425165")],
)
def test_lc_card_number(text: str, key: str) -> None:
    assert lc_card_number_key(text) == key


def test_language_codes_may_run_together() -> None:
    assert language_keys("engfre") == ["eng", "fre"]
    assert language_keys("mul") == []
