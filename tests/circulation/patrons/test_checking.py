"""What can be said of a patron and what cannot, in the engine and so for every protocol."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, many, send
from circulation.kernel.results import UNATTENDED
from circulation.kernel.trees import CATEGORIES
from circulation.patrons.changes import Changes, PatronFields, change_patron
from circulation.patrons.checking import PatronProblem, PatronUnfit, is_email, patron_problems
from circulation.patrons.contacts import Contact, add_contact, contacts_of
from circulation.patrons.identifiers import (
    IDENTIFIERS,
    IdentifierKey,
    IdentifierTaken,
    add_identifier,
    find_patron,
    identifiers_of,
    national_birth_date,
    shown_as,
)
from circulation.patrons.kinds import ContactKind
from circulation.patrons.registering import NewPatron, register_patron
from circulation.patrons.schema import patrons
from tests.builders.circulation import Library, a_patron


@many(tuple[int, date | None])
def _birth_dates() -> Statement:
    return select(patrons.c.id, patrons.c.birth_date)


KEY = IdentifierKey(b"sixteen bytes or")


def register(library: Library, **said: Any) -> int:
    facts = {"given_name": "Bo", "family_name": "Dahl", "category": "adult", "card": "C-1"} | said
    IDENTIFIERS.put(library.circulation, KEY)
    return library.write(
        lambda transaction: register_patron(
            library.act(transaction, UNATTENDED), NewPatron(home_branch=library.main.id, **facts)
        )
    )


def change(library: Library, card: str, **changes: Any) -> PatronFields:
    patron_id = number(library, card)
    said: Changes = changes  # type: ignore[assignment]
    return library.write(
        lambda transaction: change_patron(library.act(transaction, UNATTENDED), patron_id, said)
    )


def number(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


WRONG: dict[str, tuple[Any, str]] = {
    "category": ("pensioner", "there are adult, child"),
    "birth_date": (date(2085, 1, 1), "not in the future"),
    "email": ("nonsense", "no e-mail address"),
    "phone": ("abc", "no telephone number"),
    "language": ("dk", "there are aa, ab, af"),
}


@pytest.fixture
def named(library: Library) -> Library:
    """A library that names its categories."""
    categories: dict[str, tuple[str, str | None]] = {
        "adult": ("Adults", None),
        "child": ("Children", None),
    }
    library.write(lambda transaction: CATEGORIES.store(transaction, categories))
    return library


def problems_of(library: Library, **said: Any) -> list[PatronProblem]:
    return library.read(lambda transaction: patron_problems(transaction, said, now=library.now))


def test_all_that_is_wrong_is_told_together(named: Library) -> None:
    wrong = {name: value for name, (value, _) in WRONG.items()}
    with pytest.raises(PatronUnfit) as refused:
        register(named, **wrong, card=" ", national_id="310299-1234")
    fields = [each.field for each in refused.value.problems]
    assert sorted(fields) == sorted([*WRONG, "card", "national_id"])
    assert named.read(lambda transaction: find_patron(transaction, " ")) is None


@pytest.mark.parametrize("field", WRONG)
def test_a_change_is_checked_as_a_new_patron_is(named: Library, field: str) -> None:
    card = a_patron(named)
    value, words = WRONG[field]
    with pytest.raises(PatronUnfit, match=words):
        change(named, card, **{field: value})
    with pytest.raises(PatronUnfit, match=words):
        register(named, **{field: value})


def test_a_birth_date_is_of_somebody_who_may_live(sqlite_library: Library) -> None:
    library = sqlite_library
    for day, is_good in (
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), True),
        (library.today, True),
        (date(library.today.year + 1, 1, 1), False),
    ):
        assert (not problems_of(library, birth_date=day)) is is_good, day


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("ida@example.dk", True),
        ("ida.o+bib@mail.example.co.uk", True),
        ("søren@blåbærgrød.dk", True),
        ("ida@localhost", False),
        ("ida@", False),
        ("@example.dk", False),
        ("ida@@example.dk", False),
        ("ida@example..dk", False),
        ("ida.@example.dk", False),
        ("i da@example.dk", False),
        ("ida@example.dk, bo@example.dk", False),
        ("ida@-example.dk", False),
        ("ida@127.0.0.1", False),
        (f"{'x' * 65}@example.dk", False),
        ("", False),
    ],
)
def test_addresses_of_e_mail(address: str, is_one: bool) -> None:
    assert is_email(address) is is_one


def test_telephone_numbers_are_kept_as_they_are_dialled_from_anywhere(library: Library) -> None:
    register(library, phone="28 00 00 06", email=" ida@example.dk ")
    changed = change(library, "C-1", given_name="Bodil")
    assert (changed.phone, changed.email) == ("+4528000006", "ida@example.dk")
    assert change(library, "C-1", phone="0046 8 123 456 78").phone == "+46812345678"
    assert change(library, "C-1", phone="").phone == ""
    patron_id = number(library, "C-1")
    for typed in ("28 00 00 07", "+45 28000007"):

        def add(transaction: Transaction, typed: str = typed) -> Contact:
            return add_contact(
                library.act(transaction, UNATTENDED), patron_id, ContactKind.PHONE, typed
            )

        library.write(add)
    [contact] = library.read(lambda transaction: contacts_of(transaction, patron_id=patron_id))
    assert contact.value == "+4528000007"


def test_contacts_languages_and_kinds_of_identifiers_are_checked(sqlite_library: Library) -> None:
    library = sqlite_library
    patron_id = number(library, a_patron(library))
    with pytest.raises(PatronUnfit, match="no e-mail address"):
        library.write(
            lambda each: add_contact(
                library.act(each, UNATTENDED), patron_id, ContactKind.EMAIL, "nonsense"
            )
        )
    with pytest.raises(PatronUnfit, match="no language 'dk'"):
        library.write(
            lambda each: change_patron(library.act(each, UNATTENDED), patron_id, {"language": "dk"})
        )
    with pytest.raises(PatronUnfit, match="there are card, login, email, national_id, cvr"):
        library.write(
            lambda each: add_identifier(
                library.act(each, UNATTENDED), patron_id, "010190-1234", "cprr"
            )
        )
    with pytest.raises(PatronUnfit, match="of a day that there was"):
        library.write(
            lambda each: add_identifier(
                library.act(each, UNATTENDED), patron_id, "300290-1234", "national_id"
            )
        )


def test_what_stands_there_from_before_stays_until_it_is_changed(named: Library) -> None:
    card = a_patron(named)
    old = {"phone": "hos naboen", "email": "ida at example", "category": "retired"}
    named.write(send(lambda: update(patrons).values(**old)))
    changed = change(named, card, given_name="Ida", phone="hos naboen", email="ida at example")
    assert (changed.phone, changed.category) == ("hos naboen", "retired")
    with pytest.raises(PatronUnfit):
        change(named, card, phone="hos den anden nabo")


@pytest.mark.parametrize(
    ("identifier", "born"),
    [
        ("010190-1234", date(1990, 1, 1)),
        ("290200-4000", date(2000, 2, 29)),
        ("290200-1000", None),  # 1900 had no such day
        ("0505134000", date(2013, 5, 5)),
        ("050513-3000", date(1913, 5, 5)),
        ("010158-5000", date(1858, 1, 1)),
        ("310490-1234", None),
        ("321090-1234", None),
        ("C-1", None),
    ],
)
def test_the_date_in_a_national_number(identifier: str, born: date | None) -> None:
    assert national_birth_date(identifier) == born


def test_a_national_number_gives_the_birth_date_and_is_not_shown(library: Library) -> None:
    patron_id = register(library, national_id="050513-4321")
    assert dict(library.read(lambda each: _birth_dates(each)))[patron_id] == date(2013, 5, 5)
    shown = library.read(lambda transaction: identifiers_of(transaction, patron_id=patron_id))
    assert {(each.kind, each.shown) for each in shown} == {
        ("card", "C-1"),
        ("national_id", "050513-xxxx"),
    }
    assert library.read(lambda transaction: shown_as(transaction, patron_id)) == "C-1"
    with pytest.raises(PatronUnfit, match="another date of birth"):
        register(library, card="C-2", national_id="060690-1234", birth_date=date(1990, 6, 7))
    with pytest.raises(IdentifierTaken):
        register(library, card="C-2", national_id="0505134321")
    assert library.read(lambda transaction: find_patron(transaction, "C-2")) is None
