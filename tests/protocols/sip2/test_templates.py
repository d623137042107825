"""Texts with places: what they show, and that they can show nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sip2.terminals.templates import ITEM_PLACES, PATRON_PLACES, Template, fields_of

FACTS: dict[str, Any] = {
    "name": "Ida Ørsted",
    "id": 7,
    "expires": date(2027, 1, 9),
    "birth_date": None,
    "email": "",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{name}", "Ida Ørsted"),
        ("{id}: {name}", "7: Ida Ørsted"),
        ("{expires}", "20270109"),
        ("{expires:%d.%m.%Y}", "09.01.2027"),
        ("born {birth_date:%Y}", "born "),
        ("<{phone}{email}>", "<>"),
        ("100 %", "100 %"),
        ("{{name}}", "{name}"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert Template(text, PATRON_PLACES)(FACTS) == shown


@pytest.mark.parametrize(
    "text",
    [
        "{secret}",
        "{}",
        "{0}",
        "{name.__class__}",
        "{name[0]}",
        "{name!r}",
        "{name:>10}",
        "{expires:{name}}",
        "{name",
        "name}",
    ],
)
def test_nothing_else_is_understood(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Template(text, PATRON_PLACES)


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_is_a_template_or_no_value(text: str, value: str) -> None:
    try:
        template = Template(text, ITEM_PLACES)
    except ValueError:
        return
    assert isinstance(template({"title": value}), str)


def test_fields_of_ones_own() -> None:
    found = fields_of(("PA={expires}", "XI=no. {id}"), PATRON_PLACES, FACTS)
    assert found == (("PA", "20270109"), ("XI", "no. 7"))
