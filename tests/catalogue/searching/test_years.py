"""Dates as searchers write them."""

from __future__ import annotations

import pytest

from catalogue.searching.years import EARLIEST, LATEST, years_of_text


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        *(
            (text, 1999, 1999)
            for text in (
                *(
                    "1999",
                    " 1999 ",
                    "[1999]",
                    "c1999",
                    "©1999",
                    "1999?",
                    "[1999?]",
                    "(1999).",
                    "p1999",
                ),
                *("cop. 1999", "ca. 1999", "[c1999]", "\uff11\uff19\uff19\uff19", "1999,"),
            )
        ),
        ("199-", 1990, 1999),
        ("[199-?]", 1990, 1999),
        ("199u", 1990, 1999),
        ("19--", 1900, 1999),
        ("19uu", 1900, 1999),
        ("1999-", 1999, LATEST),
        ("c1999-", 1999, LATEST),
        ("-1999", EARLIEST, 1999),
        ("1999-2003", 1999, 2003),
        ("1999 - 2003", 1999, 2003),
        ("1999\u20132003", 1999, 2003),
        ("1999/2000", 1999, 2000),
        ("1998-99", 1998, 1999),
    ],
)
def test_what_is_meant(text: str, first: int, last: int) -> None:
    assert years_of_text(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "some",
        "99",
        "19991231",
        "1999-12-31",
        "1999-12",
        "2003-1999",
        "31.12.1999",
        "1999 2000",
    ],
)
def test_what_is_no_year(text: str) -> None:
    assert years_of_text(text) is None
