"""Two borrowers of one loan, guardians, contacts and groups: people and whom they belong to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from circulation.accounts.loans import PatronLoans, patron_loans
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, Refused
from circulation.loans.facts import items_lent_onward_to
from circulation.loans.onward import LentOnward, end_onward_loan, lend_onward
from circulation.patrons.blocks import block_patron
from circulation.patrons.changes import change_patron
from circulation.patrons.contacts import (
    Preferences,
    add_contact,
    contacts_of,
    preferences_of,
    remove_contact,
    set_preferences,
    verify_contact,
)
from circulation.patrons.groups import (
    DEEPEST,
    add_group,
    groups_of,
    join_group,
    leave_group,
    members_of,
)
from circulation.patrons.guardians import add_guardian, guardians_of, remove_guardian, wards_of
from circulation.patrons.identifiers import find_patron
from circulation.patrons.kinds import ContactKind, PatronKind
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.holds import a_hold


def number_of(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def onward(library: Library, barcode: str, to: str) -> LentOnward | Refused:
    return library.write(
        lambda transaction: lend_onward(library.act(transaction), item=barcode, to=to)
    )


def has_from_others(library: Library, card: str) -> list[str]:
    number = number_of(library, card)
    found = library.read(lambda transaction: items_lent_onward_to(transaction, patron_id=number))
    return [each.barcode for each in found]


def test_a_teacher_lends_onward_to_a_pupil(library: Library) -> None:
    library.policy(patron_category="pupil", max_loans=0)  # an onward loan counts for nothing
    teacher, pupil = a_patron(library), a_patron(library, category="pupil")
    barcode = an_item(library, on_loan_to=teacher)
    answer = onward(library, barcode, pupil)
    assert isinstance(answer, LentOnward)
    assert answer.borrower.identifier == teacher
    assert answer.holder is not None
    assert answer.holder.identifier == pupil
    assert has_from_others(library, pupil) == [barcode]
    assert has_from_others(library, teacher) == []
    listed = library.read(
        lambda transaction: patron_loans(library.act(transaction, UNATTENDED), patron=teacher)
    )
    assert isinstance(listed, PatronLoans)
    assert listed.total == 1
    events = library.events_of(barcode)
    assert onward(library, barcode, pupil) == answer  # once more changes nothing
    assert library.events_of(barcode) == events
    assert isinstance(library.check_in(barcode), CheckedIn)
    assert has_from_others(library, pupil) == []


def test_the_teacher_takes_it_back_and_gives_it_to_another(sqlite_library: Library) -> None:
    library = sqlite_library
    teacher, first, second = (a_patron(library) for _ in range(3))
    barcode = an_item(library, on_loan_to=teacher)
    onward(library, barcode, first)
    onward(library, barcode, second)
    assert (has_from_others(library, first), has_from_others(library, second)) == ([], [barcode])

    def back() -> LentOnward | Refused:
        return library.write(
            lambda transaction: end_onward_loan(library.act(transaction), item=barcode)
        )

    answer = back()
    assert isinstance(answer, LentOnward)
    assert answer.holder is None
    assert has_from_others(library, second) == []
    kinds = [event.kind for event in library.events_of(barcode)]
    assert kinds[-3:] == [
        EventKind.LENT_ONWARD,
        EventKind.LENT_ONWARD,
        EventKind.ONWARD_LOAN_ENDED,
    ]
    assert back() == answer
    assert [event.kind for event in library.events_of(barcode)] == kinds


def test_all_that_hinders_an_onward_loan_is_said(sqlite_library: Library) -> None:
    library = sqlite_library
    teacher, pupil = a_patron(library), a_patron(library)
    number = number_of(library, pupil)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number, BlockReason.EXCLUDED
        )
    )
    on_shelf, lent = an_item(library), an_item(library, on_loan_to=teacher)

    def reasons(barcode: str, to: str) -> tuple[Reason, ...]:
        answer = onward(library, barcode, to)
        assert isinstance(answer, Refused)
        return answer.reasons

    assert reasons(on_shelf, pupil) == (Reason.PATRON_BLOCKED, Reason.ITEM_NOT_ON_LOAN)
    assert reasons("nothing", "nobody") == (Reason.PATRON_UNKNOWN, Reason.ITEM_UNKNOWN)
    assert reasons(lent, teacher) == (Reason.ALREADY_ON_LOAN_TO_PATRON,)
    assert reasons(lent, "nobody") == (Reason.PATRON_UNKNOWN,)


# Contacts and preferences


def test_contacts_are_verified_by_whom_they_belong_to(library: Library) -> None:
    card, other = a_patron(library), a_patron(library)
    number, stranger = number_of(library, card), number_of(library, other)
    now = library.now
    email, phone = (
        library.write(
            lambda transaction, kind=kind, value=value: add_contact(
                library.act(transaction, UNATTENDED),
                number,
                kind,
                value,
                notices=kind is ContactKind.EMAIL,
            )
        )
        for kind, value in (
            (ContactKind.EMAIL, " ida@example.dk "),
            (ContactKind.PHONE, "+4528000006"),
        )
    )
    assert (email.value, email.verified, email.notices) == ("ida@example.dk", None, True)
    assert not phone.notices
    again = library.write(
        lambda transaction: add_contact(
            library.act(transaction, UNATTENDED),
            number,
            ContactKind.EMAIL,
            "ida@example.dk",
        )
    )
    assert again == email

    def verify(owner: int) -> bool:
        return library.write(
            lambda transaction: verify_contact(
                library.act(transaction, UNATTENDED), owner, email.id
            )
        )

    assert (verify(stranger), verify(number), verify(number)) == (False, True, False)
    first, second = library.read(lambda transaction: contacts_of(transaction, patron_id=number))
    assert (first.verified, second.verified) == (now, None)
    assert library.write(
        lambda transaction: remove_contact(library.act(transaction, UNATTENDED), number, phone.id)
    )
    assert not library.write(
        lambda transaction: remove_contact(library.act(transaction, UNATTENDED), stranger, email.id)
    )
    with pytest.raises(ValueError, match="empty"):
        library.write(
            lambda transaction: add_contact(
                library.act(transaction, UNATTENDED), number, ContactKind.EMAIL, " "
            )
        )


def test_preferences(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    number = number_of(library, card)
    assert library.read(lambda transaction: preferences_of(transaction, number)) == Preferences()
    chosen = Preferences(library.other.id, 90)
    for _ in range(2):
        library.write(
            lambda transaction: set_preferences(
                library.act(transaction, UNATTENDED), number, chosen
            )
        )
    assert library.read(lambda transaction: preferences_of(transaction, number)) == chosen
    library.write(
        lambda transaction: change_patron(
            library.act(transaction, UNATTENDED), number, {"language": "kl"}
        )
    )
    kinds = [
        event.kind
        for event in library.read(
            lambda transaction: events_of_patron(transaction, patron_id=number)
        )
    ]
    assert kinds.count(EventKind.PATRON_CHANGED) == 2
    hold = a_hold(library, card, an_item(library)).hold
    assert hold.pickup_branch == library.other
    assert hold.interest_until == library.today + timedelta(days=90)


# Guardians


def test_a_guardian_answers_for_a_child(sqlite_library: Library) -> None:
    library = sqlite_library
    child = number_of(library, a_patron(library, birth_date=date(2016, 1, 1)))
    parent = number_of(library, a_patron(library, given_name="Bo", birth_date=date(1980, 1, 1)))
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED),
            child,
            parent,
            today=library.today,
            sees_account=True,
        )
    )
    [guardian] = library.read(lambda transaction: guardians_of(transaction, patron_id=child))
    [ward] = library.read(lambda transaction: wards_of(transaction, guardian_id=parent))
    assert (guardian.patron_id, guardian.name) == (parent, "Bo Ørsted")
    assert guardian.sees_account
    assert ward.patron_id == child

    def remove() -> bool:
        return library.write(
            lambda transaction: remove_guardian(library.act(transaction, UNATTENDED), child, parent)
        )

    assert (remove(), remove()) == (True, False)


def test_who_cannot_be_a_guardian(sqlite_library: Library) -> None:
    library = sqlite_library
    child = number_of(library, a_patron(library, birth_date=date(2016, 1, 1)))
    sibling = number_of(library, a_patron(library, birth_date=date(2012, 1, 1)))
    parent = number_of(library, a_patron(library, birth_date=date(1980, 1, 1)))
    company = number_of(library, a_patron(library, kind=PatronKind.COMPANY))
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED), child, parent, today=library.today
        )
    )
    for patron, guardian, words in (
        (child, sibling, "child cannot"),
        (parent, parent, "their own"),
        (parent, sibling, "grown up"),
        (child, company, "persons"),
        (child, 99, "persons"),
        (child, parent, "already"),
    ):
        with pytest.raises(ValueError, match=words):
            library.write(
                lambda transaction, patron=patron, guardian=guardian: add_guardian(
                    library.act(transaction, UNATTENDED), patron, guardian, today=library.today
                )
            )


def test_grown_up_is_who_is_so_at_the_desk(library: Library) -> None:
    """Half an hour after midnight at the branch it is still the day before by UTC."""
    library.now = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    birthday = date(2008, 7, 1)
    child = number_of(library, a_patron(library, birth_date=birthday))
    parent = number_of(library, a_patron(library, birth_date=date(1980, 1, 1)))

    def add(today: date) -> None:
        library.write(
            lambda transaction: add_guardian(
                library.act(transaction, UNATTENDED), child, parent, today=today
            )
        )

    with pytest.raises(ValueError, match="grown up"):
        add(date(2026, 7, 1))
    add(date(2026, 6, 30))


# Groups


def test_a_school_has_a_tree_of_classes(library: Library) -> None:
    agency = library.main.agency_id

    def group(name: str, parent: int | None = None) -> int:
        return library.write(
            lambda transaction: add_group(transaction, agency, name, parent_id=parent)
        )

    school = group("Møllevang Skole")
    pupils = group("Elever", school)
    nine_b = group("9b", pupils)
    teachers = group("Lærere", school)
    numbers = [number_of(library, a_patron(library)) for _ in range(3)]

    def join(group_id: int, patron: int) -> bool:
        return library.write(
            lambda transaction: join_group(library.act(transaction, UNATTENDED), group_id, patron)
        )

    def members(group_id: int) -> list[int]:
        return library.read(lambda transaction: members_of(transaction, group_id=group_id))

    assert [join(nine_b, number) for number in numbers[:2]] == [True, True]
    assert not join(nine_b, numbers[0])
    assert join(teachers, numbers[2])
    assert join(school, numbers[0])
    assert members(nine_b) == members(pupils) == numbers[:2]
    assert members(school) == numbers
    counts = {
        each.name: each.members
        for each in library.read(lambda transaction: groups_of(transaction, agency_id=agency))
    }
    assert counts == {"Møllevang Skole": 1, "Elever": 0, "9b": 2, "Lærere": 1}
    assert library.write(
        lambda transaction: leave_group(library.act(transaction, UNATTENDED), nine_b, numbers[0])
    )
    assert members(pupils) == numbers[1:2]
    for name, parent, words in (
        ("9b", pupils, "already"),
        ("Møllevang Skole", None, "already"),
        (" ", None, "name"),
        ("x", 999, "no such group"),
    ):
        with pytest.raises(ValueError, match=words):
            group(name, parent)
    for level in range(DEEPEST - 2):
        pupils = group(f"level {level}", pupils)
    with pytest.raises(ValueError, match="deeper"):
        group("too deep", pupils)
