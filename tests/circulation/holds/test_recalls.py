"""Recalls: whoever waits may shorten a loan, never below what the rules guarantee."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from circulation.accounts.loans import patron_loans
from circulation.accounts.status import patron_status
from circulation.calendars.due_dates import local_date
from circulation.holds.absences import Absence, set_absence
from circulation.holds.kinds import HoldKind
from circulation.holds.recalls import recall, recall_for_holds_that_begin
from circulation.holds.results import HoldsPlaced, RecalledLoan, Wanted
from circulation.jobs.running import run_job
from circulation.kernel.events import Event, EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, PatronStatus, Refused, Renewed
from circulation.kernel.set_up import read_set_up
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, a_hold, ask, cancel, record_of

#: NOON is a Wednesday, 25 November 2026; a loan of 28 days is due on 23 December.
RULES: dict[str, Any] = {"loan_days": 28, "renewals": 2, "recall_days": 14, "recall_notice_days": 5}


def wait_for(library: Library, barcode: str, **options: Any) -> tuple[RecalledLoan, ...]:
    """Somebody new places a hold on the title of the item; the loans that it recalls."""
    placed = ask(library, a_patron(library), Wanted(record_of(library, barcode)), **options)
    assert isinstance(placed, HoldsPlaced), placed
    return placed.recalled


def due_on(loan: RecalledLoan) -> date:
    return local_date(loan.due, "Europe/Copenhagen")


def recalls_of(library: Library, barcode: str) -> list[Event]:
    return [each for each in library.events_of(barcode) if each.kind is EventKind.LOAN_RECALLED]


def test_a_hold_shortens_the_loan_to_the_days_that_are_guaranteed(library: Library) -> None:
    library.policy(**RULES)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    (recalled,) = wait_for(library, barcode)
    assert (recalled.item, due_on(recalled)) == (barcode, date(2026, 12, 9))
    (event,) = recalls_of(library, barcode)
    assert event.before == {"due": recalled.previous_due.isoformat()}
    assert event.after["due"] == recalled.due.isoformat()
    answer = library.renew(card, barcode)
    assert isinstance(answer, Refused)
    assert {Reason.LOAN_RECALLED, Reason.WANTED_BY_ANOTHER} <= set(answer.reasons)


def test_nobody_is_recalled_without_notice(library: Library) -> None:
    library.policy(**RULES)
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=13)
    (recalled,) = wait_for(library, barcode)
    assert due_on(recalled) == date(2026, 12, 13)  # five days on, though the fourteenth is the 9th


def test_no_loan_is_made_longer_by_a_recall(sqlite_library: Library) -> None:
    sqlite_library.policy(**RULES)
    barcode = an_item(sqlite_library, on_loan_to=a_patron(sqlite_library))
    sqlite_library.pass_time(days=25)
    assert wait_for(sqlite_library, barcode) == ()
    assert recalls_of(sqlite_library, barcode) == []


def test_without_a_rule_nothing_is_recalled(sqlite_library: Library) -> None:
    barcode = an_item(sqlite_library, on_loan_to=a_patron(sqlite_library))
    assert wait_for(sqlite_library, barcode) == ()


def test_a_copy_on_the_shelf_serves_instead(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_copy(library, barcode)
    assert wait_for(library, barcode) == ()
    assert len(wait_for(library, barcode)) == 1  # the shelf serves the first alone


def test_each_who_waits_recalls_one_loan_the_one_that_ends_first(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    first = an_item(library, on_loan_to=a_patron(library))
    second = a_copy(library, first)
    library.pass_time(days=3)
    library.check_out(a_patron(library), second)
    assert [loan.item for loan in wait_for(library, first)] == [first]
    assert [loan.item for loan in wait_for(library, first)] == [second]
    assert wait_for(library, first) == ()


@pytest.mark.parametrize("options", [{"activates": date(2026, 12, 20)}, {"at": "other agency"}])
def test_a_hold_that_is_not_to_be_served_recalls_nothing(
    sqlite_library: Library, options: dict[str, Any]
) -> None:
    library = sqlite_library
    library.policy(**RULES)
    if "at" in options:
        library.policy(branch_id=library.other.id, holdable=False)
        options = {"at": library.other}
    barcode = an_item(library, on_loan_to=a_patron(library))
    answer = ask(library, a_patron(library), Wanted(record_of(library, barcode)), **options)
    assert not (isinstance(answer, HoldsPlaced) and answer.recalled)
    assert recalls_of(library, barcode) == []


def test_when_nobody_waits_any_more_the_loan_can_be_renewed(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    hold = a_hold(library, other, barcode).hold
    cancel(library, other, hold)
    library.pass_time(days=2)
    renewed = library.renew(card, barcode)
    assert isinstance(renewed, Renewed)
    assert renewed.loan.due > renewed.previous_due

    def listed(transaction: Any) -> Any:
        return patron_loans(library.act(transaction, UNATTENDED), patron=card)

    assert [line.is_recalled for line in library.read(listed).loans] == [False]


def test_the_borrower_and_the_lists_are_told(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    an_item(library, on_loan_to=card)
    wait_for(library, barcode)

    def look(transaction: Any) -> tuple[Any, Any]:
        return (
            patron_status(library.act(transaction, UNATTENDED), patron=card),
            patron_loans(library.act(transaction, UNATTENDED), patron=card),
        )

    status, loans = library.read(look)
    assert isinstance(status, PatronStatus)
    assert (status.recalled, status.loans) == (1, 2)
    assert next((line.item.barcode, line.is_recalled) for line in loans.loans) == (barcode, True)


def test_staff_recall_as_the_rules_allow(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode = an_item(library, on_loan_to=a_patron(library))

    def by_staff() -> Any:
        return library.write(lambda transaction: recall(library.act(transaction), item=barcode))

    assert by_staff().reasons == (Reason.NOT_RECALLABLE,)
    library.policy(**RULES)
    assert due_on(by_staff()) == date(2026, 12, 9)
    assert by_staff().reasons == (Reason.NOT_RECALLABLE,)  # it ends soon enough


def begun(library: Library) -> int:
    """How many loans the job of the day recalls; run again, it recalls none."""
    day = library.today
    first, again = (
        run_job(library.circulation, library.database, "recalls", day=day, now=library.now)
        for _ in range(2)
    )
    assert again.counts["loans recalled"] == 0
    return first.counts["loans recalled"]


def test_a_hold_that_begins_later_recalls_on_its_day(library: Library) -> None:
    library.policy(**RULES)
    barcode = an_item(library, on_loan_to=a_patron(library))
    assert wait_for(library, barcode, activates=date(2026, 11, 28)) == ()
    library.pass_time(days=2)
    assert begun(library) == 0
    library.pass_time(days=1)
    assert begun(library) == 1
    [event] = recalls_of(library, barcode)
    assert event.actor == "recalls"


def test_a_hold_recalls_when_its_patron_is_back(library: Library) -> None:
    library.policy(**RULES, lend_wanted_copies={"desk": "allow"})
    barcode = an_item(library, on_loan_to=a_patron(library))
    first, second = a_patron(library), a_patron(library)
    a_hold(library, first, barcode)
    assert len(recalls_of(library, barcode)) == 1
    other = a_copy(library, barcode)
    library.check_out(a_patron(library), other)
    away = Absence(date(2026, 11, 25), date(2026, 11, 26))
    patron_id = library.read(lambda transaction: find_patron(transaction, second))
    assert patron_id is not None
    library.write(
        lambda transaction: set_absence(library.act(transaction, UNATTENDED), patron_id, away)
    )
    a_hold(library, second, barcode)
    assert recalls_of(library, other) == []
    library.pass_time(days=1)
    assert begun(library) == 0
    library.pass_time(days=1)
    assert begun(library) == 1
    assert len(recalls_of(library, other)) == 1


def test_the_next_of_a_row_recalls_when_its_turn_has_come(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    first, second = (an_item(library, on_loan_to=a_patron(library)) for _ in range(2))
    card = a_patron(library)
    wanted = [Wanted(record_of(library, each)) for each in (first, second)]
    placed = ask(library, card, *wanted, kind=HoldKind.SERIAL)
    assert isinstance(placed, HoldsPlaced)
    assert [loan.item for loan in placed.recalled] == [first]
    assert begun(library) == 0
    library.check_in(first)
    library.check_out(card, first)
    assert begun(library) == 1
    assert len(recalls_of(library, second)) == 1


def test_holds_that_begin_are_looked_at_by_pages(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(**RULES)
    barcodes = [an_item(library, on_loan_to=a_patron(library)) for _ in range(3)]
    for barcode in barcodes:
        wait_for(library, barcode, activates=date(2026, 11, 28))
    library.pass_time(days=3)
    day = library.today

    def step(after: int) -> tuple[list[RecalledLoan], int | None]:
        return library.write(
            lambda transaction: recall_for_holds_that_begin(
                library.act(transaction, UNATTENDED),
                read_set_up(transaction),
                day=day,
                after=after,
                at_most=2,
            )
        )

    first, after = step(0)
    assert [loan.item for loan in first] == barcodes[:2]
    assert after is not None
    second, end = step(after)
    assert [loan.item for loan in second] == barcodes[2:]
    assert end is None
    assert step(0)[0] == []
