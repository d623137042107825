"""Texts with places to fill in, as account options hold them: ``{title}: {amount} {currency}``.

A place is a name from a closed list; dates take a format (``{expires:%d.%m.%Y}``, without one
``20261224``). No other part of Python's format language is understood, so an option can show only
what it is meant to. Unknown facts are left empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from string import Formatter
from typing import Final

from circulation.languages.sentences import Sentence, listed

#: What a text about a patron may name.
PATRON_PLACES: Final = (
    "name",
    "given_name",
    "family_name",
    "identifier",
    "id",
    "category",
    "language",
    "home_branch",
    "home_branch_name",
    "agency",
    "expires",
    "expired",
    "birth_date",
    "email",
    "phone",
)
#: What a text about the patron an item is kept for may name.
HOLD_PLACES: Final = ("name", "card", "number", "pickup_branch", "pickup_branch_name", "deadline")
#: What a text about a fee may name; `amount` is the open part of `charged`.
FEE_PLACES: Final = (
    "amount",
    "charged",
    "paid",
    "currency",
    "type",
    "type_code",
    "title",
    "barcode",
    "date",
    "number",
)
#: What a text about an item may name.
ITEM_PLACES: Final = (
    "barcode",
    "title",
    "author",
    "call_number",
    "material_group",
    "department",
    "location",
    "sublocation",
    "section",
    "home_branch",
    "home_branch_name",
    "agency",
    "record",
)

_DATE_PLACES: Final = frozenset({"expires", "birth_date", "date", "deadline"})
_PLAIN_DATE: Final = "%Y%m%d"


class Template:
    """A text with places. Raises ValueError for one that names no known place."""

    __slots__ = ("_parts",)

    def __init__(self, text: str, places: Sequence[str]) -> None:
        self._parts: list[tuple[str, str | None, str]] = []
        for literal, name, form, conversion in Formatter().parse(text):
            if name is not None:
                if name not in places or conversion:
                    raise ValueError(Sentence("NO_PLACE", name=name, known=listed(places)))
                if form and (name not in _DATE_PLACES or "{" in form):
                    raise ValueError(Sentence("NO_FORMAT", name=name))
            self._parts.append((literal, name, form or _PLAIN_DATE))

    def __call__(self, facts: Mapping[str, object]) -> str:
        text = []
        for literal, name, form in self._parts:
            text.append(literal)
            if name is None:
                continue
            value = facts.get(name)
            if isinstance(value, date):
                text.append(value.strftime(form))
            elif value is not None:
                text.append(str(value))
        return "".join(text)


@lru_cache(maxsize=1024)
def template(text: str, places: tuple[str, ...]) -> Template:
    """The template, compiled once."""
    return Template(text, places)


def fields_of(
    extra: Sequence[str], places: tuple[str, ...], facts: Mapping[str, object]
) -> tuple[tuple[str, str], ...]:
    """Fields such as ``DE={expires}``: their ids and values."""
    return tuple((each[:2], template(each[3:], places)(facts)) for each in extra)
