"""Values made fit for the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sip2.wire.text import Charset, Dialect, cleaner, cleaners, line_cleaner


@pytest.mark.parametrize(
    ("charset", "value", "expected"),
    [
        ("utf-8", "Rødgrød med fløde", "Rødgrød med fløde"),
        ("cp850", "Rødgrød med fløde", "Rødgrød med fløde"),
        ("ascii", "Rødgrød på Ærø", "Roedgroed paa Aeroe"),
        ("ascii", "Dvořák \u2013 \u201cRusalka\u201d\u2026", 'Dvorak - "Rusalka"...'),
        ("iso-8859-1", "Łódź", "Lódz"),
        ("ascii", "Война и мир", "????? ? ???"),
        ("utf-8", "a|b", "a b"),
        ("utf-8", "first\r\nsecond\x00\x7f", "first  second  "),
        ("utf-8", "bro\u0308d", "bröd"),
        ("utf-8", "\ud800", " "),
        ("utf-8", "", ""),
    ],
)
def test_a_value_is_spelt_with_what_the_charset_has(
    charset: Any, value: str, expected: str
) -> None:
    assert cleaner(Dialect(charset))(value) == expected


@pytest.mark.parametrize("charset", ["utf-8", "cp850", "ascii"])
def test_a_value_is_cut_at_255_characters_of_the_charset(charset: Any) -> None:
    dialect = Dialect(charset)
    assert len(cleaner(dialect)("x" * 300)) == 255
    cut = cleaner(dialect)("ø" * 300)
    assert len(cut) == 255
    assert cut == (("oe" * 128)[:255] if charset == "ascii" else "ø" * 255)


@given(
    st.sampled_from(["utf-8", "cp850", "ascii"]),
    st.lists(
        st.text(st.sampled_from("aZ ø\u0308\u0301|\r\x00\u201c\ud800ł"), max_size=200), max_size=4
    ),
)
def test_all_values_of_a_message_become_what_each_of_them_would(
    charset: Charset, values: list[str]
) -> None:
    dialect = Dialect(charset)
    own = cleaners(dialect, None).choose(tuple(values))
    assert [own(value) for value in values] == [cleaner(dialect)(value) for value in values]


@pytest.mark.parametrize(("values", "are_fit"), [(("Peters jul", "søde"), True), (("a|b",), False)])
def test_what_is_fit_is_not_cleaned(values: tuple[str, ...], are_fit: bool) -> None:
    assert (cleaners(Dialect(), None).choose(values) is str) == are_fit


def test_another_delimiter_is_kept_out_of_values_and_spellings() -> None:
    dialect = Dialect("ascii", "!")
    assert cleaner(dialect)("Hey! a|b") == "Hey  a|b"


def test_lines_are_wrapped_at_blanks_to_the_width_of_the_terminal() -> None:
    wrap = line_cleaner(Dialect(), 20)
    assert wrap(("The item belongs to another branch.", "Thanks")) == [
        "The item belongs to",
        "another branch.",
        "Thanks",
    ]


def test_a_spelling_that_grows_is_wrapped_after_it_has_grown() -> None:
    lines = line_cleaner(Dialect("ascii"), 10)(("ø" * 8,))
    assert lines == ["oe" * 5, "oe" * 3]


@pytest.mark.parametrize("width", [None, 0, 255, 999])
def test_without_a_width_lines_are_as_long_as_a_field_may_be(width: int | None) -> None:
    lines = line_cleaner(Dialect(), width)(("word " * 100,))
    assert len(lines) == 2
    assert max(map(len, lines)) <= 255
