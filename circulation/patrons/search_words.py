"""The words that patrons are found by: made of what is known of them, kept with every change of it.

What a patron is called and where they live is folded as the catalogue folds titles
(`catalogue.index.folding`), in all readings, so that ``Muller`` finds Müller and ``Aero`` Ærø.
A telephone number is one word without and one with the code of its country, a date of birth is
``120548`` and ``12051948``, an e-mail address is one word. National numbers are
no words: they are asked for whole, under the key of the installation.

What tells where a patron with a protected address lives, or how they are reached, is marked as
protected in the index, unless their name or card says it as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, insert, select

from catalogue.database import Statement, Transaction, columns, many, one, scalars, send_many
from circulation.kernel.reasons import BlockReason
from circulation.patrons.checking import telephone
from circulation.patrons.schema import (
    patron_addresses,
    patron_blocks,
    patron_contacts,
    patron_identifiers,
    patron_words,
    patrons,
)

#: Patrons that one step of `index_missing` looks at.
STEP: Final = 2_000
#: Patrons that `is_indexed` asks, about.
_ASKED: Final = 16


class Searched(NamedTuple):
    """What of the patron's own row is searched."""

    agency_id: int
    is_protected: bool
    is_deceased: bool
    name: str
    given_name: str
    family_name: str
    birth_date: date | None
    email: str
    phone: str


class Word(NamedTuple):
    """A row of the index."""

    patron_id: int
    word: bytes
    is_protected: bool
    agency_id: int
    is_deceased: bool


class Reached(NamedTuple):
    """A way to a patron: a kind of contact, and what it says."""

    kind: str
    value: str


def is_deceased() -> ColumnElement[bool]:
    """Has the patron of `patrons` died?"""
    its = patron_blocks.c
    return (
        select(its.id)
        .where(its.patron_id == patrons.c.id, its.reason == BlockReason.DECEASED.value)
        .exists()
    )


@one(Searched)
def _facts(*, patron_id: int) -> Statement:
    told = columns(Searched, patrons, is_deceased=is_deceased())
    return select(*told).where(patrons.c.id == patron_id)


@scalars(str)
def _cards(*, patron_id: int) -> Statement:
    """What of the patron's identifiers may be shown."""
    its = patron_identifiers.c
    return select(its.identifier).where(
        its.patron_id == patron_id, its.kind == "card", its.masked.is_(None)
    )


@many(Reached)
def _contacts(*, patron_id: int) -> Statement:
    return select(*columns(Reached, patron_contacts)).where(
        patron_contacts.c.patron_id == patron_id
    )


def _address(lines: str, street: str, house_number: str, postal_code: str, city: str) -> str:
    return " ".join((lines, street, house_number, postal_code, city))


@many(_address)
def _addresses(*, patron_id: int) -> Statement:
    return select(*columns(_address, patron_addresses)).where(
        patron_addresses.c.patron_id == patron_id
    )


@many(Word)
def _words(*, patron_id: int) -> Statement:
    return select(*columns(Word, patron_words)).where(patron_words.c.patron_id == patron_id)


@send_many
def _delete(row: Word) -> Statement:
    its = patron_words.c
    return delete(patron_words).where(its.patron_id == row.patron_id, its.word == row.word)


@send_many
def _insert(row: Word) -> Statement:
    return insert(patron_words).values(row._asdict())


class _Standing(NamedTuple):
    id: int
    is_known: bool


class _Ends(NamedTuple):
    first: int | None
    last: int | None


def _standing() -> Select[Any]:
    known = select(patron_words.c.word).where(patron_words.c.patron_id == patrons.c.id).exists()
    return select(*columns(_Standing, patrons, is_known=known))


@many(_Standing)
def _after(*, patron_id: int, at_most: int) -> Statement:
    return _standing().where(patrons.c.id > patron_id).order_by(patrons.c.id).limit(at_most)


def text_words(text: str) -> set[bytes]:
    """The words of a name or an address, in every reading."""
    from catalogue.index.spellings import byte_readings  # not for who only looks at patrons

    return {word for reading in byte_readings(text.encode("utf-8", "replace")) for word in reading}


def one_word(text: str) -> bytes:
    """An e-mail address as it is searched: as a whole."""
    from catalogue.index.folding import WORD_BYTES

    return text.strip().casefold().encode("utf-8", "replace")[:WORD_BYTES]


def phone_words(number: str) -> set[bytes]:
    """A telephone number without and with the code of its country."""
    known = telephone(number)
    if known is None:
        return {b"".join(text_words(number))}
    national = str(known.national_number)
    return {national.encode(), f"{known.country_code}{national}".encode()}


def date_words(day: date) -> set[bytes]:
    """A date as it is written in figures."""
    return {f"{day:%d%m%y}".encode(), f"{day:%d%m%Y}".encode()}


def index_patron(transaction: Transaction, patron_id: int) -> None:
    """Brings the words of a patron in line with what is known of them by now: every change of it
    does so in its own transaction. Nothing is written where nothing has changed."""
    facts = _facts(transaction, patron_id=patron_id)
    new = set[Word]()
    if facts is not None:
        cards = _cards(transaction, patron_id=patron_id)
        addresses = _addresses(transaction, patron_id=patron_id)
        contacts = _contacts(transaction, patron_id=patron_id)
        new = {
            Word(patron_id, word, is_protected, facts.agency_id, facts.is_deceased)
            for word, is_protected in words_of(facts, cards, addresses, contacts).items()
        }
    old = set(_words(transaction, patron_id=patron_id))
    if gone := old - new:
        _delete(transaction, gone)
    if come := new - old:
        _insert(transaction, come)


class NewlySearched(NamedTuple):
    """A patron who has no words yet, as they were just written; no contacts besides."""

    patron_id: int
    facts: Searched
    cards: Sequence[str]
    addresses: Sequence[str]


def index_new(transaction: Transaction, found: Iterable[NewlySearched]) -> None:
    """Makes the words of patrons that were written in bulk, without reading them again."""
    _insert(
        transaction,
        [
            Word(each.patron_id, word, is_protected, each.facts.agency_id, each.facts.is_deceased)
            for each in found
            for word, is_protected in words_of(each.facts, each.cards, each.addresses, ()).items()
        ],
    )


def words_of(
    facts: Searched, cards: Iterable[str], addresses: Iterable[str], contacts: Iterable[Reached]
) -> dict[bytes, bool]:
    """The words that a patron is found by; is it protected that they have them?"""
    public = text_words(" ".join((facts.name, facts.given_name, facts.family_name, *cards)))
    if facts.birth_date is not None:
        public |= date_words(facts.birth_date)
    reached = Reached("email", facts.email), Reached("phone", facts.phone), *contacts
    private = text_words(" ".join(addresses)).union(*map(_words_of_contact, reached)) - public
    found = dict.fromkeys(public, False) | dict.fromkeys(private, facts.is_protected)
    found.pop(b"", None)
    return found


def _words_of_contact(contact: Reached) -> set[bytes]:
    if contact.kind == "email":
        return {one_word(contact.value)}
    if contact.kind == "phone":
        return phone_words(contact.value)
    return set()


@one(_Ends)
def _ends() -> Statement:
    its = patrons.c.id
    return select(*columns(_Ends, first=func.min(its), last=func.max(its)))


@one(_Standing)
def _next(*, patron_id: int) -> Statement:
    return _standing().where(patrons.c.id >= patron_id).order_by(patrons.c.id).limit(1)


def is_indexed(transaction: Transaction) -> bool:
    """Have the patrons their words? After an upgrade those who were there before have none until
    the job `patron-search` has come to them. Some are asked, from the first to the last."""
    ends = _ends(transaction)
    if ends is None or ends.first is None or ends.last is None:
        return True
    apart = max((ends.last - ends.first) // _ASKED, 1)
    asked = (_next(transaction, patron_id=at) for at in range(ends.first, ends.last + 1, apart))
    return all(each is None or each.is_known for each in asked)


def index_missing(transaction: Transaction, after: int) -> tuple[int, int | None]:
    """Makes the words of those patrons that have none, of `STEP` patrons with ids above `after`:
    how many they were, and the id to go on after; None at the end."""
    found = _after(transaction, patron_id=after, at_most=STEP)
    missing = [each.id for each in found if not each.is_known]
    for patron_id in missing:
        index_patron(transaction, patron_id)
    return len(missing), found[-1].id if len(found) == STEP else None
