"""Patrons: identifiers, blocks, what is shown of them, and the list of their loans."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from catalogue.database import Transaction
from circulation.accounts.loans import LoanPage, PatronLoans, patron_loans
from circulation.accounts.status import (
    patron_status,
    patron_status_and_brief_loans,
    patron_status_and_loans,
)
from circulation.jobs.table import JOBS
from circulation.kernel.events import EventKind
from circulation.kernel.jobs import Doing
from circulation.kernel.reasons import Action, BlockReason, IdentifierBlock, Reason
from circulation.kernel.results import UNATTENDED, Block, PatronStatus, Refused
from circulation.loans.onward import lend_onward
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.identifiers import (
    IdentifierTaken,
    add_identifier,
    block_identifier,
    find_patron,
)
from circulation.patrons.registering import NewPatron, register_patron, set_pin
from tests.builders.circulation import NOON, Library, a_patron, an_item, events_of_patron
from tests.builders.pins import hashed


def status(library: Library, identifier: str, pin: str | None = None) -> PatronStatus:
    answer = library.read(
        lambda transaction: patron_status(
            library.act(transaction, UNATTENDED), patron=identifier, pin=pin
        )
    )
    assert isinstance(answer, PatronStatus), answer
    return answer


def refusal(library: Library, identifier: str, pin: str | None = None) -> Refused:
    answer = library.read(
        lambda transaction: patron_status(
            library.act(transaction, UNATTENDED), patron=identifier, pin=pin
        )
    )
    assert isinstance(answer, Refused), answer
    return answer


def patron_id_of(library: Library, identifier: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, identifier))
    assert found is not None
    return found


def test_what_was_registered_is_shown(library: Library) -> None:
    card = a_patron(
        library,
        given_name="Søren",
        family_name="Kierkegaard",
        birth_date=date(1913, 5, 5),
        email="sk@example.dk",
        phone="+45 33 47 47 47",
        expires=date(2030, 1, 1),
        language="en",
        note="skriver",
        category="senior",
    )
    shown = status(library, card)
    assert shown.patron.identifier == card
    assert shown.patron.name == "Søren Kierkegaard"
    assert (shown.given_name, shown.family_name) == ("Søren", "Kierkegaard")
    assert (shown.patron.category, shown.patron.language) == ("senior", "en")
    assert shown.patron.agency_id == library.main.agency_id
    assert shown.birth_date == date(1913, 5, 5)
    assert (shown.email, shown.phone) == ("sk@example.dk", "+4533474747")
    assert shown.home_branch == library.main
    assert (shown.expires, shown.is_expired) == (date(2030, 1, 1), False)
    assert shown.note == "skriver"
    assert not shown.has_pin
    assert (shown.identifier_kind, shown.identifier_blocked) == ("card", None)
    assert (shown.blocks, shown.denied) == ((), frozenset())
    assert (shown.loans, shown.overdue, shown.max_loans) == (0, 0, None)
    assert not shown.has_too_many_loans
    assert not shown.is_card_reported_lost


def test_loans_are_counted(library: Library) -> None:
    library.policy(loan_days=28, max_loans=3)
    library.policy(loan_days=7, material_group="dvd")
    card = a_patron(library)
    for group in ("dvd", "book", "book"):
        an_item(library, on_loan_to=card, material_group=group)
    library.pass_time(days=8)
    shown = status(library, card)
    assert (shown.loans, shown.overdue, shown.max_loans) == (3, 1, 3)
    assert shown.has_too_many_loans


def test_a_patron_has_many_identifiers(library: Library) -> None:
    card = a_patron(library)
    patron_id = patron_id_of(library, card)
    library.write(
        lambda transaction: add_identifier(
            library.act(transaction, UNATTENDED), patron_id, "ida@example.dk", "email"
        )
    )
    shown = status(library, "ida@example.dk")
    assert (shown.patron.id, shown.patron.identifier) == (patron_id, "ida@example.dk")
    assert shown.identifier_kind == "email"
    library.write(
        lambda transaction: block_identifier(
            library.act(transaction, UNATTENDED), card, IdentifierBlock.STOLEN
        )
    )
    assert status(library, card).is_card_reported_lost
    assert status(library, card).denied == frozenset(Action)
    assert status(library, "ida@example.dk").denied == frozenset()


def test_an_identifier_has_one_owner(library: Library) -> None:
    card = a_patron(library)
    with pytest.raises(IdentifierTaken) as caught:
        a_patron(library, card)
    assert card not in str(caught.value)
    other = patron_id_of(library, a_patron(library))
    with pytest.raises(IdentifierTaken):
        library.write(
            lambda transaction: add_identifier(
                library.act(transaction, UNATTENDED), other, card, "card"
            )
        )


def test_registration_needs_a_branch_and_a_card(sqlite_library: Library) -> None:
    library = sqlite_library
    with pytest.raises(ValueError, match="no branch 999"):
        a_patron(library, home_branch=999)
    with pytest.raises(ValueError, match="empty"):
        library.write(
            lambda transaction: register_patron(
                library.act(transaction, UNATTENDED),
                NewPatron(
                    home_branch=library.main.id,
                    category="adult",
                    given_name="Ida",
                    family_name="Ørsted",
                    card="",
                ),
            )
        )


def test_unknown_things_are_said_to_be_unknown(sqlite_library: Library) -> None:
    library = sqlite_library
    assert refusal(library, "nobody").reasons == (Reason.PATRON_UNKNOWN,)
    assert not library.write(
        lambda transaction: block_identifier(
            library.act(transaction, UNATTENDED), "nobody", IdentifierBlock.LOST
        )
    )
    with pytest.raises(ValueError, match="no patron 999"):
        library.write(lambda transaction: set_pin(library.act(transaction, UNATTENDED), 999, None))


def test_blocks_come_and_go(library: Library) -> None:
    card = a_patron(library)
    patron_id = patron_id_of(library, card)

    def block(reason: BlockReason, message: str) -> None:
        library.write(
            lambda transaction: block_patron(
                library.act(transaction, UNATTENDED), patron_id, reason, message=message
            )
        )

    block(BlockReason.SELF_SERVICE, "kortet blev glemt")
    assert status(library, card).denied == frozenset({Action.CHECK_OUT})
    library.pass_time(days=1)
    block(BlockReason.DEBT, "skylder 200 kr.")
    block(BlockReason.SELF_SERVICE, "kortet blev glemt igen")
    shown = status(library, card)
    whose = (library.main.agency_id, "DK-900100")
    assert shown.blocks == (
        Block(BlockReason.SELF_SERVICE, NOON, "kortet blev glemt igen", *whose),
        Block(BlockReason.DEBT, library.now, "skylder 200 kr.", *whose),
    )
    assert shown.denied == frozenset(Action)

    def unblock(reason: BlockReason) -> bool:
        return library.write(
            lambda transaction: unblock_patron(library.act(transaction), patron_id, reason)
        )

    assert unblock(BlockReason.DEBT)
    assert not unblock(BlockReason.DEBT)
    assert unblock(BlockReason.SELF_SERVICE)
    assert status(library, card).blocks == ()
    events = library.read(lambda transaction: events_of_patron(transaction, patron_id=patron_id))
    assert [event.kind for event in events] == [
        EventKind.PATRON_REGISTERED,
        *[EventKind.PATRON_BLOCKED] * 3,
        *[EventKind.PATRON_UNBLOCKED] * 2,
    ]
    assert events[0].actor == ""
    assert events[-1].actor == "kiosk"


def test_a_stolen_card_as_a_block_of_the_patron(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    patron_id = patron_id_of(library, card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), patron_id, BlockReason.CARD_STOLEN
        )
    )
    assert status(library, card).is_card_reported_lost


def test_expiry_is_a_matter_of_local_days(library: Library) -> None:
    card = a_patron(library, expires=date(2026, 11, 25))
    library.pass_time(hours=11, minutes=59)
    assert not status(library, card).is_expired
    library.pass_time(minutes=1)
    shown = status(library, card)
    assert shown.is_expired
    assert shown.denied == frozenset(Action)


def test_pins_are_checked_and_changed(library: Library) -> None:
    card = a_patron(library, pin_hash=hashed("1234"))
    assert status(library, card, "1234").has_pin
    assert refusal(library, card, "4321") == Refused(refusal(library, card, "4321").refusals)
    assert refusal(library, card, "4321").reasons == (Reason.PIN_WRONG,)
    assert refusal(library, card, "").reasons == (Reason.PIN_MISSING,)
    patron_id = patron_id_of(library, card)
    new = hashed("4321")
    library.write(lambda transaction: set_pin(library.act(transaction, UNATTENDED), patron_id, new))
    assert refusal(library, card, "1234").reasons == (Reason.PIN_WRONG,)
    assert status(library, card, "4321").has_pin


# The list of loans


def loans_of(library: Library, card: str, **options: int) -> PatronLoans:
    answer = library.read(
        lambda transaction: patron_loans(
            library.act(transaction, UNATTENDED), patron=card, page=LoanPage(**options)
        )
    )
    assert isinstance(answer, PatronLoans)
    return answer


def test_loans_are_listed_by_due_date_and_in_pages(library: Library) -> None:
    library.policy(loan_days=7, material_group="dvd")
    card, other = a_patron(library), a_patron(library)
    late = an_item(library, on_loan_to=card, title="Bog")
    soon = an_item(library, on_loan_to=card, title="Film", material_group="dvd")
    last = an_item(library, on_loan_to=card, title="Anden bog")
    an_item(library, on_loan_to=other)
    library.check_in(an_item(library, on_loan_to=card))
    library.pass_time(days=8)

    everything = loans_of(library, card)
    assert everything.total == 3
    assert [line.item.barcode for line in everything.loans] == [soon, late, last]
    assert [line.is_overdue for line in everything.loans] == [True, False, False]
    assert everything.loans[0].item.title == "Film"

    page = loans_of(library, card, start=2, limit=1)
    assert page.total == 3
    assert [line.item.barcode for line in page.loans] == [late]
    assert loans_of(library, card, start=4).loans == ()

    overdue = loans_of(library, card, only_overdue=True)
    assert (overdue.total, [line.item.barcode for line in overdue.loans]) == (1, [soon])


@pytest.mark.parametrize("limit", [None, 1])
def test_status_and_loans_in_one_are_what_each_tells(library: Library, limit: int | None) -> None:
    card = a_patron(library)
    for _ in range(2):
        an_item(library, on_loan_to=card)

    def work(transaction: Transaction) -> tuple[object, object]:
        both = patron_status_and_loans(library.act(transaction), patron=card, limit=limit)
        status = patron_status(library.act(transaction), patron=card)
        return both, (
            status,
            patron_loans(
                library.act(transaction, UNATTENDED), patron=card, page=LoanPage(limit=limit)
            ),
        )

    together, apart = library.read(work)
    assert together == apart


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_loans_in_brief_are_those_of_the_list(library: Library, limit: int) -> None:
    card, other = a_patron(library), a_patron(library)
    for days in (14, 7):
        library.policy(loan_days=days)
        an_item(library, on_loan_to=card)
    onward = an_item(library, on_loan_to=other)
    library.write(lambda transaction: lend_onward(library.act(transaction), item=onward, to=card))

    brief = library.read(
        lambda transaction: patron_status_and_brief_loans(
            library.act(transaction), patron=card, limit=limit
        )
    )
    whole = library.read(
        lambda transaction: patron_status_and_loans(
            library.act(transaction), patron=card, limit=limit
        )
    )
    assert not isinstance(brief, Refused)
    assert not isinstance(whole, Refused)
    assert brief[0] == whole[0]
    assert brief[1].total == whole[1].total == 3
    assert [tuple(each) for each in brief[1].loans] == [
        (
            each.item.barcode,
            each.item.title,
            each.control_number,
            each.item.home_branch,
            each.loan.due,
        )
        for each in whole[1].loans
    ]


def test_nobodys_loans(sqlite_library: Library) -> None:
    library = sqlite_library
    answer = library.read(
        lambda transaction: patron_loans(library.act(transaction, UNATTENDED), patron="nobody")
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.PATRON_UNKNOWN,)


def test_a_block_ends_on_its_day(library: Library) -> None:
    """The nightly job lifts it; until then it stops the patron and shows its day."""
    card = a_patron(library)
    patron_id = patron_id_of(library, card)
    ends = NOON.date() + timedelta(2)

    def block(reason: BlockReason, *, everywhere: bool, ends: date | None) -> None:
        library.write(
            lambda transaction: block_patron(
                library.act(transaction), patron_id, reason, everywhere=everywhere, ends=ends
            )
        )

    block(BlockReason.EXCLUDED, everywhere=False, ends=ends)
    block(BlockReason.EXCLUDED, everywhere=True, ends=ends)
    block(BlockReason.OTHER, everywhere=False, ends=None)
    assert {each.ends for each in status(library, card).blocks} == {ends, None}

    def run(day: date) -> dict[str, int]:
        return library.write(
            lambda transaction: (
                JOBS["blocks"]
                .step(Doing(library.circulation, transaction, day, library.now, 0))
                .counts
            )
        )

    library.pass_time(days=1)
    assert run(library.now.date()) == {"blocks lifted": 0}
    library.pass_time(days=1)
    assert run(library.now.date()) == {"blocks lifted": 2}
    assert run(library.now.date()) == {"blocks lifted": 0}
    assert [each.reason for each in status(library, card).blocks] == [BlockReason.OTHER]
    block(BlockReason.OTHER, everywhere=False, ends=ends + timedelta(1))
    assert [each.ends for each in status(library, card).blocks] == [ends + timedelta(1)]
