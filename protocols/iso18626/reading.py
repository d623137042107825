"""Elements -> texts and parts, by their names: in any order, under any prefix, namespace or none.

What is missing is empty, and what is not known is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.ledger.money import exponent_of
from protocols.iso18626.codes import Closed, code_of
from protocols.iso18626.messages import Code, Costs
from protocols.wire.moments import LocalTime, read_moment

#: The longest text that is kept of an element.
LONGEST: Final = 4_000
#: Times before and after are what systems write that have none.
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for anything else."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class Part:
    """An element and what is in it; one that is not there has nothing in it. `local` is the zone of
    times without one."""

    __slots__ = ("_children", "_element", "_local")

    def __init__(self, element: etree._Element | None, local: LocalTime) -> None:
        self._element, self._local = element, local
        found: dict[str, list[etree._Element]] = {}
        for child in () if element is None else element:
            found.setdefault(local_name(child), []).append(child)
        self._children: Mapping[str, list[etree._Element]] = found

    @property
    def is_there(self) -> bool:
        """Does the message have it?"""
        return self._element is not None

    def part(self, name: str) -> Part:
        """Its first child of this name."""
        found = self._children.get(name)
        return Part(found[0] if found else None, self._local)

    def parts(self, name: str) -> list[Part]:
        """All its children of this name."""
        return [Part(each, self._local) for each in self._children.get(name, ())]

    @property
    def value(self) -> str:
        """Its text, without blanks around it."""
        if self._element is None:
            return ""
        return (self._element.text or "").strip()[:LONGEST]

    def text(self, name: str) -> str:
        """The text of its first child of this name that has any."""
        texts = (each.value for each in self.parts(name))
        return next((text for text in texts if text), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of its children of this name."""
        return tuple(each.value for each in self.parts(name) if each.value)

    def code(self, name: str) -> Code:
        """The value of an open list."""
        found = self.part(name)
        element = found._element
        if element is None:
            return Code("")
        schemes = (str(value) for key, value in element.items() if str(key).endswith("scheme"))
        return Code(found.value, next(schemes, "").strip()[:LONGEST])

    def closed(self, kind: type[Closed], name: str) -> Closed | None:
        """The value of a closed list; None where it is missing or not in the list."""
        return code_of(kind, self.text(name))

    def moment(self, name: str, field: str = "") -> datetime | None:
        """A time; `field` is its name in `protocols.wire.moments`, where it ends a day."""
        text = self.text(name)
        found = read_moment(text, field, self._local) if text else None
        return found if found is not None and _FIRST_YEAR <= found.year <= _LAST_YEAR else None

    def yes_no(self, name: str) -> bool | None:
        """Y or N."""
        return {"y": True, "n": False}.get(self.text(name)[:1].lower())

    def costs(self, name: str) -> Costs | None:
        """Money; None where there is none, or no amount."""
        part = self.part(name)
        try:
            amount = Decimal(part.text("monetaryValue"))
        except InvalidOperation:
            return None
        currency = part.text("currencyCode").upper()[:3]
        if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT_MINOR_UNITS:
            return None
        if amount.scaleb(exponent_of(currency)) > MAX_AMOUNT_MINOR_UNITS:
            return None
        return Costs(amount, currency)
