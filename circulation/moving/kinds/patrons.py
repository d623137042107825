"""Patrons: who they are, what they go by, where they live, and what keeps them from borrowing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Final, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, columns, many_of, send_many
from circulation.kernel.reasons import EVERYWHERE, BlockReason, IdentifierBlock
from circulation.kernel.trees import CATEGORIES
from circulation.languages.installed import default_language
from circulation.moving.keys import new_ids
from circulation.moving.kinds.identifiers import Named, names_of, seal_numbers, store_names
from circulation.moving.lookups import branches_of
from circulation.moving.rows import Arrival, Batch, Kind, code_shown
from circulation.moving.updates import update_planned
from circulation.moving.values import (
    BIRTH_DATE,
    BRANCH,
    CODE,
    DAY,
    MOMENT,
    TEXT,
    TEXTS,
    TRUTH,
    Formats,
    coded,
)
from circulation.notices.kinds import Basis
from circulation.notices.silence import begin_silent_batch, keep_silent
from circulation.patrons.addresses import Dwelling
from circulation.patrons.checking import dialled, is_email, telephone
from circulation.patrons.foreign_pins import SCHEMES, NotOfScheme, stored_pin
from circulation.patrons.identifiers import national_birth_date
from circulation.patrons.kinds import Consent, PatronKind
from circulation.patrons.schema import (
    patron_addresses,
    patron_blocks,
    patron_consents,
    patrons,
)
from circulation.patrons.search_words import NewlySearched, Searched, index_new, index_patron


class SaidBlock(NamedTuple):
    """A block, with words and a last day of its own where there are any: ``other: moved away``,
    ``excluded until 2026-12-31: broke a lamp``."""

    reason: BlockReason
    words: str = ""
    ends: date | None = None


_REASONS: Final = coded(BlockReason)


def _read_block(text: str, formats: Formats) -> SaidBlock:
    told, _, words = text.partition(":")
    reason, _, day = told.partition(" until ")
    ends = formats.day(day.strip()) if day else None
    return SaidBlock(_REASONS.read(reason.strip(), formats), words.strip(), ends)


_BLOCKS: Final = _REASONS._replace(
    read=_read_block,
    told=f"{_REASONS.told}; each may have a day and words, as in other until DAY: WORDS",
    is_list=True,
    has_tail=True,
)
#: A block until a day of this year has no end.
_NEVER: Final = 9999


class PatronRow(NamedTuple):
    """What a plan may say of a patron.

    `card_blocked` says why `card` may not be used. Blocks without a day or words of their own have
    `block_message`, and are lifted on the day `block_ends`; where that has come, they are over.
    """

    card: Annotated[str, TEXT]
    home_branch: Annotated[int, BRANCH]
    category: Annotated[str, CODE]
    family_name: Annotated[str, TEXT] = ""
    given_name: Annotated[str, TEXT] = ""
    name: Annotated[str, TEXT] = ""
    other_cards: Annotated[tuple[str, ...], TEXTS] = ()
    replaced_cards: Annotated[tuple[str, ...], TEXTS] = ()
    lost_cards: Annotated[tuple[str, ...], TEXTS] = ()
    card_blocked: Annotated[IdentifierBlock | None, coded(IdentifierBlock)] = None
    login: Annotated[str, TEXT] = ""
    national_id: Annotated[str, TEXT] = ""
    kind: Annotated[PatronKind, coded(PatronKind)] = PatronKind.PERSON
    language: Annotated[str, CODE] = ""
    birth_date: Annotated[date | None, BIRTH_DATE] = None
    email: Annotated[str, TEXT] = ""
    phone: Annotated[str, TEXT] = ""
    expires: Annotated[date | None, DAY] = None
    created: Annotated[datetime | None, MOMENT] = None
    note: Annotated[str, TEXT] = ""
    municipality: Annotated[str, CODE] = ""
    is_protected: Annotated[bool, TRUTH] = False
    address: Annotated[str, TEXT] = ""
    street: Annotated[str, TEXT] = ""
    house_number: Annotated[str, TEXT] = ""
    postal_code: Annotated[str, TEXT] = ""
    city: Annotated[str, TEXT] = ""
    country: Annotated[str, CODE] = ""
    blocks: Annotated[tuple[SaidBlock, ...], _BLOCKS] = ()
    block_message: Annotated[str, TEXT] = ""
    block_ends: Annotated[date | None, DAY] = None
    blocked_since: Annotated[datetime | None, MOMENT] = None
    consents: Annotated[tuple[Consent, ...], coded(Consent, is_list=True)] = ()
    pin: Annotated[str, TEXT] = ""
    pin_salt: Annotated[str, TEXT] = ""
    pin_scheme: Annotated[str, CODE] = ""


_PARTS_OF_ADDRESS = {"address", "street", "house_number", "postal_code", "city", "country"}


class _Stored(NamedTuple):
    id: int
    agency_id: int
    home_branch_id: int
    category: str
    name: str
    given_name: str
    family_name: str
    language: str
    birth_date: date | None
    email: str
    phone: str
    expires: date | None
    note: str
    created: datetime
    kind: str
    municipality: str
    is_protected: bool
    pin_hash: str | None


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(patrons).values(record._asdict())


_NAMES = "name given_name family_name"
_PLANNED = {
    "agency_id": "",
    "home_branch_id": "",
    "category": "",
    "name": _NAMES,
    "given_name": _NAMES,
    "family_name": _NAMES,
    "language": "language",
    "birth_date": "birth_date national_id",
    "email": "email",
    "phone": "phone",
    "expires": "expires",
    "note": "note",
    "kind": "kind",
    "municipality": "municipality",
    "is_protected": "is_protected",
    "pin_hash": "pin",
}


class _Address(NamedTuple):
    patron_id: int
    kind: str
    lines: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str
    notices: bool
    added: datetime


@send_many
def _insert_address(record: _Address) -> Statement:
    return insert(patron_addresses).values(record._asdict())


@send_many
def _forget_address(record: _Address) -> Statement:
    its = patron_addresses.c
    return delete(patron_addresses).where(
        its.patron_id == record.patron_id, its.kind == record.kind
    )


class _Block(NamedTuple):
    patron_id: int
    reason: str
    agency_id: int | None
    since: datetime
    message: str
    ends: date | None


@send_many
def _insert_block(record: _Block) -> Statement:
    return insert(patron_blocks).values(record._asdict())


@send_many
def _forget_block(record: _Block) -> Statement:
    its = patron_blocks.c
    return delete(patron_blocks).where(
        its.patron_id == record.patron_id, its.reason == record.reason
    )


class _Given(NamedTuple):
    patron_id: int
    kind: str
    given: datetime


@send_many
def _insert_consent(record: _Given) -> Statement:
    return insert(patron_consents).values(record._asdict())


@send_many
def _forget_consent(record: _Given) -> Statement:
    its = patron_consents.c
    return delete(patron_consents).where(its.patron_id == record.patron_id, its.kind == record.kind)


class _Reason(NamedTuple):
    patron_id: int
    reason: str


@many_of(_Reason)
def _blocks(*, patron_ids: Sequence[int]) -> Statement:
    return select(*columns(_Reason, patron_blocks)).where(patron_blocks.c.patron_id.in_(patron_ids))


def store_patrons(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes patrons with all that their rows say. Of one that has changed, blocks (but for debts),
    address and consents become those of the row, where the plan gives them at all."""
    transaction, moving = batch.transaction, batch.moving
    known = {node.code for node in CATEGORIES.all(transaction)}
    for each in [*new, *changed]:
        if known and each.row.category not in known:
            code = code_shown(each.row.category)
            remedy = f"give {code} a category that there is, or add it to library.toml"
            batch.set_aside(each, "unknown category", code, remedy=remedy if code else "")
        elif not (each.row.name or each.row.given_name or each.row.family_name):
            batch.set_aside(each, "nothing there", "name")
    new, changed = batch.left(new), batch.left(changed)
    for each, number in zip(new, new_ids(transaction, patrons, len(new)), strict=True):
        each.row_id = number
    named = names_of(batch, [*new, *changed])
    new, changed = batch.left(new), batch.left(changed)
    stored = {id(each): _stored(batch, each) for each in [*new, *changed]}
    _insert(transaction, [stored[id(each)] for each in new])
    update_planned(batch, patrons, [stored[id(each)] for each in changed], _PLANNED)
    store_names(batch, [name for each in [*new, *changed] for name in named[id(each)]])
    _store_around(batch, new, changed)
    seal_numbers(batch, [*new, *changed])
    index_new(transaction, [_searched(stored[id(each)], each, named) for each in new])
    for each in changed:
        index_patron(transaction, each.number)
    begin_silent_batch(transaction, moving.source, until=moving.until)
    keep_silent(transaction, moving.source, Basis.PATRON, [each.number for each in new])


def _stored(batch: Batch, arrival: Arrival) -> _Stored:
    row: PatronRow = arrival.row
    moving = batch.moving
    phone = telephone(row.phone)
    if row.phone and phone is None:
        batch.note(arrival, "no telephone number, kept as it is", "phone")
    if row.email and not is_email(row.email):
        batch.note(arrival, "no e-mail address, kept as it is", "email")
    born = row.birth_date
    if born is not None and born > moving.now.date():  # two digits of a year, maybe
        batch.note(arrival, "born in the future, left out", "birth_date")
        born = None
    given, family = row.given_name, row.family_name
    return _Stored(
        arrival.number,
        moving.set_up.branches[row.home_branch].agency_id,
        row.home_branch,
        row.category,
        row.name or f"{given} {family}".strip(),
        given,
        family,
        row.language or default_language(),
        born or national_birth_date(row.national_id),
        row.email,
        row.phone if phone is None else dialled(phone),
        row.expires,
        row.note,
        row.created or moving.now,
        row.kind.value,
        row.municipality,
        row.is_protected,
        _pin_hash(batch, arrival),
    )


def _pin_hash(batch: Batch, arrival: Arrival) -> str | None:
    row: PatronRow = arrival.row
    if not row.pin:
        return None
    if row.pin_scheme not in SCHEMES:
        batch.note(arrival, "unknown scheme of PINs, left out", "pin_scheme")
        return None
    try:
        return stored_pin(row.pin_scheme, row.pin, row.pin_salt)
    except NotOfScheme:
        batch.note(arrival, "no hash of its scheme, left out", "pin")
        return None


def _store_around(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    transaction, now, both = batch.transaction, batch.moving.now, [*new, *changed]
    numbers = [each.number for each in changed]
    if batch.fields & _PARTS_OF_ADDRESS:
        _forget_address(transaction, [_address(each, now) for each in changed])
        _insert_address(
            transaction, [its for each in both if any((its := _address(each, now))[2:8])]
        )
    if "blocks" in batch.fields:
        had = _blocks(transaction, patron_ids=numbers)
        blocked = [block for each in both for block in _blocked(batch, each)]
        said = {(each.patron_id, each.reason) for each in blocked}
        ours = [each for each in had if each.reason != BlockReason.DEBT.value or each in said]
        _forget_block(transaction, [_Block(*each, None, now, "", None) for each in ours])
        _insert_block(transaction, blocked)
    if "consents" in batch.fields:
        _forget_consent(
            transaction, [_Given(each, its.value, now) for each in numbers for its in Consent]
        )
        _insert_consent(transaction, [its for each in both for its in _consents(each, now)])


def _address(arrival: Arrival, now: datetime) -> _Address:
    row: PatronRow = arrival.row
    parts = (row.address, row.street, row.house_number, row.postal_code, row.city, row.country)
    return _Address(arrival.number, Dwelling.HOME.value, *parts, True, now)


def _blocked(batch: Batch, arrival: Arrival) -> Iterable[_Block]:
    """The blocks that the patron has today, one for each reason."""
    row: PatronRow = arrival.row
    set_up = batch.moving.set_up
    today = set_up.day(batch.moving.now, row.home_branch)
    words: dict[BlockReason, list[str]] = {}
    ending: dict[BlockReason, list[date]] = {}
    for reason, own, own_end in dict.fromkeys(row.blocks):
        is_own = bool(own or own_end)
        ends = (own_end if is_own else row.block_ends) or date.max
        if ends > today:
            words.setdefault(reason, []).append(own if is_own else row.block_message)
            ending.setdefault(reason, []).append(ends)
    for reason, several in words.items():
        last = max(ending[reason])
        yield _Block(
            arrival.number,
            reason.value,
            None if reason in EVERYWHERE else set_up.branches[row.home_branch].agency_id,
            row.blocked_since or batch.moving.now,
            "; ".join(filter(None, several)),
            None if last.year == _NEVER else last,
        )


def _consents(arrival: Arrival, now: datetime) -> Iterable[_Given]:
    for consent in dict.fromkeys(arrival.row.consents):
        yield _Given(arrival.number, consent.value, now)


def _searched(stored: _Stored, arrival: Arrival, named: dict[int, list[Named]]) -> NewlySearched:
    row: PatronRow = arrival.row
    facts = Searched(
        stored.agency_id,
        stored.is_protected,
        any(each.reason is BlockReason.DECEASED for each in row.blocks),
        stored.name,
        stored.given_name,
        stored.family_name,
        stored.birth_date,
        stored.email,
        stored.phone,
    )
    cards = [
        each.identifier for each in named[id(arrival)] if each.kind == "card" and not each.masked
    ]
    address = [" ".join(_address(arrival, stored.created)[2:7])]
    return NewlySearched(stored.id, facts, cards, address)


PATRONS = Kind("patrons", PatronRow, store_patrons, branches=branches_of(patrons, "home_branch_id"))
