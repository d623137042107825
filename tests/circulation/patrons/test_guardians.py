"""Who looks at a child's account, and who says so."""

from __future__ import annotations

from datetime import date

import pytest

from catalogue.database import Database
from circulation.kernel.events import EventKind
from circulation.patrons.guardians import (
    add_guardian,
    guardians_of,
    remove_guardian,
    show_account,
    wards_seen_by,
)
from tests.builders.circulation import Library, a_library, a_patron, events_of_patron
from tests.builders.fees import number_of


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


def born(library: Library, age: int) -> date:
    """The birthday of somebody who has just come to that age."""
    return library.today.replace(year=library.today.year - age)


def a_family(library: Library, age: int, *, sees_account: bool = True) -> tuple[int, int]:
    """A child of that age and its guardian."""
    child = number_of(library, a_patron(library, birth_date=born(library, age)))
    parent = number_of(library, a_patron(library))
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction), child, parent, today=library.today, sees_account=sees_account
        )
    )
    return child, parent


def shown(library: Library, child: int, parent: int, *, sees_account: bool) -> bool:
    return library.write(
        lambda transaction: show_account(
            library.act(transaction), child, parent, today=library.today, sees_account=sees_account
        )
    )


def seen(library: Library, parent: int, today: date | None = None) -> list[int]:
    day = today or library.today
    found = library.read(lambda transaction: wards_seen_by(transaction, parent, day))
    return [each.patron_id for each in found]


def test_from_fifteen_on_children_say_who_sees_their_account(library: Library) -> None:
    child, parent = a_family(library, 15)
    assert seen(library, parent) == [child]
    assert shown(library, child, parent, sees_account=False)
    assert seen(library, parent) == []
    assert shown(library, child, parent, sees_account=False), "once more changes nothing"
    assert shown(library, child, parent, sees_account=True)
    assert seen(library, parent) == [child]
    happened = library.read(lambda transaction: events_of_patron(transaction, patron_id=child))
    changed = [each.after for each in happened if each.kind is EventKind.GUARDIAN_CHANGED]
    assert changed == [{"sees_account": False}, {"sees_account": True}]


def test_before_that_the_library_says_so(library: Library) -> None:
    child, parent = a_family(library, 14)
    with pytest.raises(ValueError, match="for the library to say before 15"):
        shown(library, child, parent, sees_account=False)
    assert seen(library, parent) == [child]


def test_nobody_sees_the_account_of_a_stranger_or_of_an_adult(library: Library) -> None:
    child, parent = a_family(library, 17)
    stranger = number_of(library, a_patron(library))
    assert not shown(library, child, stranger, sees_account=True)
    assert seen(library, stranger) == []
    assert seen(library, parent, library.today.replace(year=library.today.year + 1)) == []
    assert library.write(
        lambda transaction: remove_guardian(library.act(transaction), child, parent)
    )
    assert not library.read(lambda transaction: guardians_of(transaction, patron_id=child))
    assert seen(library, parent) == []


def test_who_was_named_without_sight_sees_nothing(library: Library) -> None:
    child, parent = a_family(library, 9, sees_account=False)
    assert seen(library, parent) == []
    assert child != parent
