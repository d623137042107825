"""What a patron goes by: cards, school logins, e-mail addresses, national numbers.

A Danish national number (CPR: DDMMYY-SSSS) is never stored in clear, whatever it is called: not as
``national_id`` and not as the "card" that a health card is. Its place is taken by a hash under a
key that is not in the database, so that a copy of the database gives no numbers away, and what is
shown of it is the date alone. Whoever types or scans the number is still found, because every
identifier goes through `IdentifierKey.stored` on its way in. Whether the check digit is right is
not asked: numbers without one are given out since 2007.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from hashlib import blake2b
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    is_typed,
    many,
    one,
    scalar,
    scalars,
    send,
)
from circulation.kernel.act import Act
from circulation.kernel.engine import Memory
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import IdentifierBlock
from circulation.patrons.checking import PatronProblem, PatronUnfit, is_email
from circulation.patrons.kinds import IdentifierKind
from circulation.patrons.schema import patron_identifiers, patrons
from circulation.patrons.sealed_numbers import keep_number
from circulation.patrons.seals import Seal
from circulation.patrons.search_words import index_patron

_CPR = re.compile(r"(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])([0-9]{2})[- ]?([0-9]{4})", re.ASCII)
_CVR = re.compile(r"[0-9]{8}", re.ASCII)
#: No card has this prefix, so a hash is no card's number.
_HASHED = "cpr:"
#: Stands for the last four digits of a national number.
COVER = "-xxxx"


@scalars(str)
def cards_after(*, after: str, agency_id: int, limit: int) -> Statement:
    """The next cards of an agency's patrons, in the order of the database; no national numbers."""
    card = patron_identifiers
    return (
        select(card.c.identifier)
        .select_from(card.join(patrons, patrons.c.id == card.c.patron_id))
        .where(
            card.c.identifier > after,
            card.c.kind == IdentifierKind.CARD.value,
            card.c.blocked.is_(None),
            card.c.masked.is_(None),
            patrons.c.agency_id == agency_id,
        )
        .order_by(card.c.identifier)
        .limit(limit)
    )


class IdentifierTaken(ValueError):
    """The identifier belongs to a patron already."""


class NoIdentifierKey(ValueError):
    """A national number cannot be kept without a key to hash it under."""


class IdentifierKey:
    """The key for national numbers, of 16 to 64 bytes; without one they are not accepted.

    With a `seal` a second copy is kept of them, to write to (see `circulation.patrons.seals`).
    """

    __slots__ = ("_key", "seal")

    def __init__(self, key: bytes | None = None, seal: Seal | None = None) -> None:
        if key is not None and not 16 <= len(key) <= 64:
            raise ValueError("the key for national numbers must have 16 to 64 bytes")
        if seal is not None and key is None:
            raise ValueError("national numbers are sealed where they are hashed: a key is missing")
        self._key = key
        self.seal = seal

    def __repr__(self) -> str:
        return f"<IdentifierKey{'' if self._key else ' without a key'}>"

    def keyed(self, secret: str) -> str:
        """A secret made of one that the database may hold, and of the key, which it does not.

        Without a key it is that secret itself.
        """
        if self._key is None:
            return secret
        return blake2b(secret.encode(), key=self._key, digest_size=32).hexdigest()

    def stored(self, identifier: str) -> str:
        """What stands in the database for `identifier`: itself, or a hash of a national number."""
        if self._key is None:
            return identifier
        number = _CPR.fullmatch(identifier)
        if number is None:
            return identifier
        digest = blake2b("".join(number.groups()).encode(), key=self._key, digest_size=24)
        return _HASHED + digest.hexdigest()


IDENTIFIERS = Memory(IdentifierKey)


def is_hashed(stored: str) -> bool:
    """Does it stand in the place of a national number?"""
    return stored.startswith(_HASHED)


def is_of_national_number(shown: str) -> bool:
    """Return whether a text stands in the place of a national number, as its hash or masked."""
    return is_hashed(shown) or shown.endswith(COVER)


def national_digits(identifier: str) -> str | None:
    """The ten digits of a national number, however it is written; None for anything else."""
    number = _CPR.fullmatch(identifier)
    return None if number is None else "".join(number.groups())


def national_birth_date(identifier: str) -> date | None:
    """The date of birth that a national number tells; None where that is no date, or it is none.

    The seventh digit tells the century (the Central Person Register's rule).
    """
    number = national_digits(identifier)
    if number is None:
        return None
    year, seventh = int(number[4:6]), int(number[6])
    if seventh <= 3:
        century = 1900
    elif seventh in (4, 9):
        century = 2000 if year <= 36 else 1900
    else:
        century = 2000 if year <= 57 else 1800
    try:
        return date(century + year, int(number[2:4]), int(number[:2]))
    except ValueError:
        return None


#: Characters of an identifier: what people type and machines scan.
LONGEST_IDENTIFIER: Final = 200


def identifier_problem(identifier: str, kind: str) -> str | None:
    """Why this cannot be an identifier of that kind, in a sentence without the identifier."""
    kinds = [each.value for each in IdentifierKind]
    if kind not in kinds:
        return f"there is no kind of identifier {kind!r}; there are {', '.join(kinds)}"
    if not identifier.strip():
        return "an identifier must not be empty"
    if not identifier.strip().isprintable():
        return "an identifier has no line breaks, and nothing else that cannot be seen"
    if len(identifier) > LONGEST_IDENTIFIER:
        return f"an identifier has {LONGEST_IDENTIFIER} characters at most"
    if kind == IdentifierKind.NATIONAL_ID.value and national_birth_date(identifier) is None:
        return "this is no national number: DDMMYY-SSSS, of a day that there was"
    if kind == IdentifierKind.COMPANY_NUMBER.value and not _CVR.fullmatch(identifier):
        return "this is no number of a company: eight digits"
    if kind == IdentifierKind.EMAIL.value and not is_email(identifier):
        return "this is no e-mail address"
    return None


def masked(identifier: str) -> str | None:
    """A national number with its last four digits covered; None for anything else."""
    number = _CPR.fullmatch(identifier)
    return None if number is None else "".join(number.groups()[:3]) + COVER


class PatronIdentifier(NamedTuple):
    """One identifier as it may be shown to staff: a national number only masked."""

    shown: str
    kind: str
    blocked: IdentifierBlock | None
    expires: date | None
    added: datetime


def _identifier(
    stored: str,
    mask: str | None,
    kind: str,
    blocked: str | None,
    expires: date | None,
    added: datetime,
) -> PatronIdentifier:
    block = None if blocked is None else IdentifierBlock(blocked)
    return PatronIdentifier(mask or stored, kind, block, expires, added)


@scalar(int)
def _owner(*, identifier: str) -> Statement:
    its = patron_identifiers.c
    return select(its.patron_id).where(its.identifier == identifier)


def _known_as(patron_id: ColumnElement[int] | int) -> Select[tuple[str]]:
    its = patron_identifiers.c
    best = (its.blocked.is_not(None), its.kind != "card", its.added.desc())
    return select(its.identifier).where(its.patron_id == patron_id).order_by(*best).limit(1)


@scalar(str)
def known_as(*, patron_id: int) -> Statement:
    """An identifier of the patron for a verb that asks for one, as it is stored; not to be shown.
    Preferably one that may be used, and preferably a card. None where there is none.
    """
    return _known_as(patron_id)


class PatronPlace(NamedTuple):
    """Where a patron belongs, and what they go by for a verb (`known_as`)."""

    id: int
    agency_id: int
    home_branch_id: int
    identifier: str | None


@one(PatronPlace)
def place_of_patron(*, patron_id: int) -> Statement:
    identifier = _known_as(patrons.c.id).correlate(patrons).scalar_subquery()
    told = columns(PatronPlace, patrons, identifier=identifier)
    return select(*told).where(patrons.c.id == patron_id)


@send
def _insert_identifier(
    *,
    identifier: str,
    patron_id: int,
    kind: str,
    added: datetime,
    expires: date | None,
    masked: str | None,
) -> Statement:
    return insert(patron_identifiers).values(locals())


@many(_identifier)
def identifiers_of(*, patron_id: int) -> Statement:
    """All identifiers of the patron, the oldest first."""
    its = patron_identifiers.c
    told = columns(_identifier, patron_identifiers, stored=its.identifier, mask=its.masked)
    return select(*told).where(its.patron_id == patron_id).order_by(its.added, its.identifier)


class _Owned(NamedTuple):
    patron_id: int
    kind: str


@one(_Owned)
def _owned(*, identifier: str) -> Statement:
    return select(*columns(_Owned, patron_identifiers)).where(_is_it(identifier))


def _is_it(identifier: str) -> ColumnElement[bool]:
    return is_typed(patron_identifiers.c.identifier, identifier)


@change
def _set_block(*, identifier: str, blocked: str | None) -> Statement:
    return update(patron_identifiers).where(_is_it(identifier)).values(blocked=blocked)


@change
def _set_expiry(*, identifier: str, expires: date | None) -> Statement:
    return update(patron_identifiers).where(_is_it(identifier)).values(expires=expires)


def find_patron(
    transaction: Transaction, identifier: str, *, key: IdentifierKey | None = None
) -> int | None:
    """The id of the patron with this identifier, blocked or not.

    National numbers are found with the `key` of the installation (`Circulation.identifiers`).
    """
    found = _owned(transaction, identifier=key.stored(identifier) if key else identifier)
    return found.patron_id if found else None


def told_as(transaction: Transaction, patron_id: int, typed: str) -> str:
    """What others may keep of an identifier that was typed, and be told of later: the identifier
    itself, or, in place of a national number, what else the patron goes by (`known_as`)."""
    if national_digits(typed) is None:
        return typed
    return known_as(transaction, patron_id=patron_id) or ""


def shown_as(transaction: Transaction, patron_id: int) -> str:
    """What the patron goes by where staff read it, whatever was typed: the newest card that may be
    used, else the first identifier; a national number masked. Empty where there is none."""
    found = identifiers_of(transaction, patron_id=patron_id)
    cards = [each for each in found if each.kind == IdentifierKind.CARD.value]
    usable = [each for each in cards if each.blocked is None]
    best = (usable or cards)[-1:] or found[:1]
    return best[0].shown if best else ""


def store_identifier(
    act: Act, patron_id: int, identifier: str, kind: str, expires: date | None = None
) -> None:
    """Writes a new identifier without an event; see `add_identifier`."""
    transaction, now = act.transaction, act.now
    key = IDENTIFIERS.of(act.circulation)
    stored = key.stored(identifier)
    if problem := identifier_problem(identifier, kind):
        raise PatronUnfit([PatronProblem("identifier", problem)])
    if kind == IdentifierKind.NATIONAL_ID.value and stored == identifier:
        raise NoIdentifierKey("national numbers need a key: set identifier_key")
    if _owner(transaction, identifier=stored) is not None:
        # The text names nobody and nothing: identifiers may be national numbers.
        raise IdentifierTaken("this identifier belongs to a patron already")
    mask = masked(identifier) if stored != identifier else None
    _insert_identifier(
        transaction,
        identifier=stored,
        patron_id=patron_id,
        kind=kind,
        added=now,
        expires=expires,
        masked=mask,
    )
    digits = national_digits(identifier) if mask is not None else None
    if digits is not None and key.seal is not None:
        keep_number(transaction, patron_id, digits, key.seal, now)


#: Called with every card that a patron gets: what has waited for it is done.
CARD_ADDED: Registry[Callable[[Act, str], object]] = Registry("patrons.identifiers:CARD_ADDED")


def add_identifier(
    act: Act, patron_id: int, identifier: str, kind: str, *, expires: date | None = None
) -> None:
    """Gives the patron a further identifier; `kind` is a value of `IdentifierKind`.

    `expires` is the last day on which it may be used. Only identifiers of kind ``card`` are ever
    shown to others than who gave them.
    Raises PatronUnfit for what cannot be one, IdentifierTaken, and NoIdentifierKey for a national
    number where the installation has no key.
    """
    store_identifier(act, patron_id, identifier, kind, expires)
    index_patron(act.transaction, patron_id)
    append_event(
        act,
        NewEvent(
            EventKind.IDENTIFIER_ADDED,
            patron_id=patron_id,
            after={"kind": kind} | ({"expires": expires.isoformat()} if expires else {}),
        ),
    )
    for do_waiting in CARD_ADDED:
        do_waiting(act, identifier)


def block_identifier(act: Act, identifier: str, block: IdentifierBlock | None) -> bool:
    """Stops one identifier from being used, or with None lets it be used again.

    False where nobody has that identifier.
    """
    transaction = act.transaction
    stored = IDENTIFIERS.of(act.circulation).stored(identifier)
    found = _owned(transaction, identifier=stored)
    if found is None:
        return False
    patron_id, _ = found
    _set_block(transaction, identifier=stored, blocked=None if block is None else block.value)
    kind = EventKind.IDENTIFIER_UNBLOCKED if block is None else EventKind.IDENTIFIER_BLOCKED
    after = None if block is None else {"reason": block.value}
    append_event(act, NewEvent(kind, patron_id=patron_id, after=after))
    return True


def set_identifier_expiry(act: Act, identifier: str, expires: date | None) -> bool:
    """Changes the last day on which an identifier may be used; None is for ever.

    False where nobody has that identifier.
    """
    transaction = act.transaction
    stored = IDENTIFIERS.of(act.circulation).stored(identifier)
    found = _owned(transaction, identifier=stored)
    if found is None:
        return False
    patron_id, kind = found
    _set_expiry(transaction, identifier=stored, expires=expires)
    append_event(
        act,
        NewEvent(
            EventKind.PATRON_CHANGED,
            patron_id=patron_id,
            after={"identifier": kind, "expires": expires.isoformat() if expires else None},
        ),
    )
    return True
