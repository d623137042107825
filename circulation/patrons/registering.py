"""Patrons: registering them, their PINs and blocks.

What is known of a patron is asked of `circulation.accounts`, and what they go by is in
`circulation.patrons.identifiers`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    is_typed,
    one,
    scalar,
    scalar_one,
)
from catalogue.schema import branches
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.languages.installed import default_language
from circulation.patrons.checking import PatronProblem, PatronUnfit, fitting, patron_problems
from circulation.patrons.identifiers import (
    CARD_ADDED,
    identifier_problem,
    national_birth_date,
    national_digits,
    store_identifier,
)
from circulation.patrons.kinds import IdentifierKind, PatronKind
from circulation.patrons.schema import patron_identifiers, patrons
from circulation.patrons.search_words import index_patron


#: What kind of patron somebody is, as `PatronKind` has it; None for nobody.
@scalar(str)
def kind_of_patron(*, patron_id: int) -> Statement:
    return select(patrons.c.kind).where(patrons.c.id == patron_id)


@scalar(int)
def home_branch_of(*, patron_id: int) -> Statement:
    return select(patrons.c.home_branch_id).where(patrons.c.id == patron_id)


@scalar(int)
def _agency_of_branch(*, branch_id: int) -> Statement:
    return select(branches.c.agency_id).where(branches.c.id == branch_id)


class _Home(NamedTuple):
    home_branch_id: int
    kind: str


@one(_Home)
def _home(*, patron_id: int) -> Statement:
    return select(*columns(_Home, patrons)).where(patrons.c.id == patron_id)


@one(_Home)
def _home_of_known(*, identifier: str) -> Statement:
    return (
        select(*columns(_Home, patrons, kind=patrons.c.kind))
        .join(patron_identifiers, patron_identifiers.c.patron_id == patrons.c.id)
        .where(is_typed(patron_identifiers.c.identifier, identifier))
    )


@scalar_one(int)
def _insert_patron(
    *,
    agency_id: int,
    home_branch_id: int,
    category: str,
    name: str,
    given_name: str,
    family_name: str,
    pin_hash: str | None,
    language: str,
    birth_date: date | None,
    email: str,
    phone: str,
    expires: date | None,
    note: str,
    created: datetime,
    kind: str,
    municipality: str,
) -> Statement:
    return insert(patrons).values(locals()).returning(patrons.c.id)


@change
def _set_pin_hash(*, patron_id: int, pin_hash: str | None) -> Statement:
    return update(patrons).where(patrons.c.id == patron_id).values(pin_hash=pin_hash)


def home_of(transaction: Transaction, patron_id: int) -> tuple[int, PatronKind] | None:
    """The id of the patron's home branch, and what the patron is; None where there is none."""
    found = _home(transaction, patron_id=patron_id)
    return found and (found.home_branch_id, PatronKind(found.kind))


def home_of_known(transaction: Transaction, identifier: str) -> tuple[int, PatronKind] | None:
    """The same for whoever has this identifier, which is given as it is stored."""
    found = _home_of_known(transaction, identifier=identifier)
    return found and (found.home_branch_id, PatronKind(found.kind))


class NewPatron(NamedTuple):
    """What is known of somebody who becomes a patron.

    `pin_hash` comes from `circulation.patrons.pins.hash_pin`, called beforehand, outside the
    transaction. `name` is how the patron is addressed, by default given and family name. `expires`
    is the last day on which the patron may borrow, `municipality` the code of where they live,
    `language` by default that of the house. `national_id` becomes a second identifier, and tells
    the date of birth where `birth_date` does not.
    """

    home_branch: int
    category: str
    given_name: str
    family_name: str
    card: str
    pin_hash: str | None = None
    name: str | None = None
    language: str | None = None
    birth_date: date | None = None
    email: str = ""
    phone: str = ""
    expires: date | None = None
    note: str = ""
    kind: PatronKind = PatronKind.PERSON
    municipality: str = ""
    national_id: str | None = None


def register_patron(act: Act, new: NewPatron, *, any_category: bool = False) -> int:
    """Registers a patron of the home branch's agency with a first card; gives the patron's id.

    Telephone numbers are stored in E.164.
    `any_category`: it comes from a partner's settings, and the set-up need not name it.
    Raises PatronUnfit with all that is wrong, IdentifierTaken, NoIdentifierKey for a national
    number where the installation has no key, and ValueError for an unknown branch.
    """
    transaction, now = act.transaction, act.now
    agency_id = _agency_of_branch(transaction, branch_id=new.home_branch)
    if agency_id is None:
        raise ValueError(f"there is no branch {new.home_branch}")
    if new.national_id is not None and new.birth_date is None:
        new = new._replace(birth_date=national_birth_date(new.national_id))
    language = new.language or default_language()
    said = {
        "birth_date": new.birth_date,
        "language": language,
        "email": new.email,
        "phone": new.phone,
    } | ({} if any_category else {"category": new.category})
    problems = patron_problems(transaction, said, now=now) + _of_identifiers(new)
    if problems:
        raise PatronUnfit(problems)
    stored = fitting(transaction, said, now=now)
    name = f"{new.given_name} {new.family_name}".strip() if new.name is None else new.name
    patron_id = _insert_patron(
        transaction,
        agency_id=agency_id,
        home_branch_id=new.home_branch,
        category=new.category,
        name=name,
        given_name=new.given_name,
        family_name=new.family_name,
        pin_hash=new.pin_hash,
        language=language,
        birth_date=new.birth_date,
        email=stored["email"],
        phone=stored["phone"],
        expires=new.expires,
        note=new.note,
        created=now,
        kind=new.kind.value,
        municipality=new.municipality,
    )
    store_identifier(act, patron_id, new.card, IdentifierKind.CARD.value)
    if new.national_id is not None:
        store_identifier(act, patron_id, new.national_id, IdentifierKind.NATIONAL_ID.value)
    index_patron(transaction, patron_id)
    append_event(act, NewEvent(EventKind.PATRON_REGISTERED, patron_id=patron_id))
    for identifier in (new.card, new.national_id):
        if identifier is not None:
            for do_waiting in CARD_ADDED:
                do_waiting(act, identifier)
    return patron_id


def _of_identifiers(new: NewPatron) -> list[PatronProblem]:
    card, national_id, birth_date = new.card, new.national_id, new.birth_date
    found = [PatronProblem("card", identifier_problem(card, IdentifierKind.CARD.value) or "")]
    if national_id is not None:
        text = identifier_problem(national_id, IdentifierKind.NATIONAL_ID.value)
        digits = national_digits(national_id)
        if text is None and birth_date is not None and digits is not None:
            is_same = digits[:6] == f"{birth_date:%d%m%y}"
            text = None if is_same else "the national number tells another date of birth"
        found.append(PatronProblem("national_id", text or ""))
    return [each for each in found if each.text]


def set_pin(act: Act, patron_id: int, pin_hash: str | None) -> None:
    """Stores a new PIN, hashed beforehand by `circulation.patrons.pins.hash_pin`; None takes it
    away.

    Raises ValueError for an unknown patron.
    """
    transaction = act.transaction
    if not _set_pin_hash(transaction, patron_id=patron_id, pin_hash=pin_hash):
        raise ValueError(f"there is no patron {patron_id}")
    append_event(act, NewEvent(EventKind.PIN_CHANGED, patron_id=patron_id))
