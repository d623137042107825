"""Numbers as people write them down, and what a text costs."""

from __future__ import annotations

import pytest

from circulation.notices.phone_numbers import mobile_number
from circulation.notices.sms_texts import is_gsm, softened
from tests.circulation.notices.segments import segments


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("22 33 44 55", "+4522334455"),
        ("+45 22334455", "+4522334455"),
        ("0045 22-33-44-55", "+4522334455"),
        ("4522334455", "+4522334455"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+298 211234", "+298211234"),
        ("22334455 (mor)", None),
        ("12345678", None),
        ("+45 80 20 20 20", None),
        ("", None),
        ("ring til mig", None),
    ],
)
def test_numbers_are_dialled_from_anywhere(typed: str, number: str | None) -> None:
    assert mobile_number(typed, "DK") == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("æøåÆØÅé" * 22 + "x" * 6, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("í" * 70, 1),
        ("í" * 71, 2),
        ("\U0001f4da" * 35, 1),
        ("\U0001f4da" * 36, 2),
    ],
)
def test_segments(text: str, parts: int) -> None:
    found = segments(text)
    assert len(found) == parts
    assert "".join(found) == text


def test_typographic_marks_do_not_make_a_text_dear() -> None:
    assert softened("\u201cHej\u201d \u2013 du\u2026") == '"Hej" - du...'
    assert is_gsm(softened("\u201cHej\u201d \u2013 du\u2026"))
