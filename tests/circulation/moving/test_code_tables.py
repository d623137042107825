"""Codes in the words of the plan: the load and the balance read them alike."""

from __future__ import annotations

import pytest

from circulation.moving.code_tables import translate_value
from circulation.moving.values import Unreadable

TABLE = {"W": "withdrawn", "L": "lost: Reported", "0": "", "D": "damaged ({code})"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("L", "lost: Reported"),
        ("L until 2027-01-01: by phone", "lost until 2027-01-01: Reported; by phone"),
        ("W: by phone", "withdrawn: by phone"),
        ("D", "damaged (D)"),
        ("0: by phone", ""),
        ("", ""),
    ],
)
def test_a_day_and_words_behind_a_code_are_kept(text: str, found: str) -> None:
    assert translate_value(TABLE, text, has_tail=True) == found


def test_an_unknown_code_is_taken_for_no_other() -> None:
    for text in ("X", "X: by phone"):
        with pytest.raises(Unreadable):
            translate_value(TABLE, text, has_tail=True)
    assert translate_value(TABLE | {"*": "withdrawn"}, "X: by phone", has_tail=True) == (
        "withdrawn: by phone"
    )
