"""What a text says of where protected patrons live and how they are reached is covered for whoever
may not be told: a letter's head, an e-mail address in a reminder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from catalogue.database import Transaction
from circulation.patrons.addresses import addresses_of
from circulation.patrons.changes import patron_fields
from circulation.patrons.checking import telephone
from circulation.patrons.contacts import contacts_of
from protocols.api.authority import COVER

#: Shorter ones stand in too many words.
_SHORTEST: Final = 4


def covered(text: str, ways: Iterable[str]) -> str:
    """The text without these ways to somebody."""
    for way in sorted(set(ways), key=len, reverse=True):
        if len(way) >= _SHORTEST:
            text = text.replace(way, COVER)
    return text


def covered_in(facts: Any, ways: Sequence[str]) -> Any:
    """The same for all texts within facts as JSON has them."""
    if isinstance(facts, str):
        return covered(facts, ways)
    if isinstance(facts, Mapping):
        return {name: covered_in(each, ways) for name, each in facts.items()}
    if isinstance(facts, list | tuple):
        return [covered_in(each, ways) for each in facts]
    return facts


def ways_to(transaction: Transaction, patron_id: int) -> Iterator[str]:
    """Everything that a text may say of how the patron is reached, as it may be written."""
    fields = patron_fields(transaction, patron_id=patron_id)
    if fields is None:
        return
    known = contacts_of(transaction, patron_id=patron_id)
    for way in (fields.email, fields.phone, *(each.value for each in known)):
        yield way
        number = telephone(way)
        if number is not None:
            yield str(number.national_number)
    for address in addresses_of(transaction, patron_id):
        yield from address.text.splitlines()
