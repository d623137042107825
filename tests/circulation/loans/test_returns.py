"""Check-in: always accepted, always with exactly one destination."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.kernel.events import EventKind
from circulation.kernel.reasons import IdentifierBlock, Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, Destination, Refused
from circulation.loans.features import HoldHandling
from circulation.loans.wishes import OffLineReturn
from circulation.patrons.identifiers import add_identifier, block_identifier, find_patron
from tests.builders.circulation import NOON, Library, a_patron, an_item
from tests.builders.holds import a_hold


def taken_back(answer: CheckedIn | Refused) -> CheckedIn:
    assert isinstance(answer, CheckedIn), answer
    return answer


def test_at_home_it_goes_to_the_shelf(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    answer = taken_back(library.check_in(barcode))
    assert answer.was_on_loan
    assert answer.destination is Destination.SHELF_HERE
    assert answer.to_branch == library.main
    assert answer.borrower is not None
    assert (answer.borrower.identifier, answer.borrower.name) == (card, "Ida Ørsted")
    assert answer.loan is not None
    assert answer.loan.checked_out == NOON
    assert not answer.was_overdue
    out, back = library.events_of(barcode)
    assert back.kind is EventKind.CHECKED_IN
    assert (back.loan_id, back.patron_id) == (out.loan_id, out.patron_id)
    assert back.after == {"destination": "SHELF_HERE"}


def test_elsewhere_it_goes_home(library: Library) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    away = taken_back(library.check_in(barcode, at=library.other))
    assert away.destination is Destination.TRANSIT_HOME
    assert away.to_branch == library.main
    home = taken_back(library.check_in(barcode))
    assert home.destination is Destination.SHELF_HERE
    assert not home.was_on_loan
    assert home.borrower is None
    assert home.loan is None
    *_, seen = library.events_of(barcode)
    assert seen.kind is EventKind.ITEM_SEEN
    assert seen.before == {"in_transit_to": library.main.id}


def test_what_is_not_on_loan_is_announced_all_the_same(library: Library) -> None:
    answer = taken_back(library.check_in(an_item(library)))
    assert not answer.was_on_loan
    assert answer.destination is Destination.SHELF_HERE


def test_twice_in_the_wrong_branch_is_one_transit(library: Library) -> None:
    barcode = an_item(library)
    for _ in range(2):
        answer = taken_back(library.check_in(barcode, at=library.other))
        assert answer.destination is Destination.TRANSIT_HOME


def test_an_unknown_item_is_the_only_refusal(library: Library) -> None:
    answer = library.check_in("nothing")
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.ITEM_UNKNOWN,)


def test_overdue_is_said(sqlite_library: Library) -> None:
    library = sqlite_library
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=29)
    assert taken_back(library.check_in(barcode)).was_overdue


@pytest.mark.parametrize(
    ("returned", "counted"),
    [
        (timedelta(days=-1), timedelta(days=-1)),
        (timedelta(days=-25), timedelta(days=-20)),  # not before it was lent
        (timedelta(minutes=9), timedelta(0)),  # a clock that is ahead
    ],
)
def test_the_return_date_counts_within_reason(
    library: Library, returned: timedelta, counted: timedelta
) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=20)
    answer = taken_back(library.check_in(barcode, returned=library.now + returned))
    event = library.events_of(barcode)[-1]
    assert event.at == library.now + counted
    assert event.recorded == (library.now if counted else None)
    assert answer.is_before_loan == (returned < timedelta(days=-20))


@pytest.mark.parametrize(("second", "is_before_loan"), [(0, False), (-1, True)])
def test_a_machine_tells_whole_seconds(library: Library, second: int, is_before_loan: bool) -> None:
    library.now = library.now.replace(microsecond=500_000)
    barcode, lent = an_item(library, on_loan_to=a_patron(library)), library.now
    library.pass_time(hours=1)
    returned = lent.replace(microsecond=0) + timedelta(seconds=second)
    answer = taken_back(library.check_in(barcode, returned=returned))
    assert answer.is_before_loan is is_before_loan
    assert library.events_of(barcode)[-1].at == lent


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        (timedelta(days=-31), Reason.DATE_TOO_OLD),
        (timedelta(days=-10_000), Reason.DATE_TOO_OLD),
        (timedelta(days=1), Reason.DATE_IN_FUTURE),
    ],
)
def test_a_return_of_long_ago_or_of_the_future_is_refused(
    library: Library, returned: timedelta, reason: Reason
) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=40)
    happened = library.now + returned
    for _ in range(2):
        answer = library.check_in(barcode, returned=happened)
        assert isinstance(answer, Refused)
        assert answer.reasons == (reason,)
    assert len(library.events_of(barcode)) == 1
    taken_back(library.check_in(barcode, off_line=OffLineReturn(happened, is_followed=True)))


def test_how_far_a_return_is_dated_back_is_for_the_rules_of_its_borrower(
    library: Library,
) -> None:
    library.policy(patron_category="school", backdate_days=3)
    school = an_item(library, on_loan_to=a_patron(library, category="school"))
    other = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=10)
    date = library.now - timedelta(days=4)
    refused = library.check_in(school, returned=date)
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.DATE_TOO_OLD,)
    taken_back(library.check_in(other, returned=date))


def test_the_borrower_goes_by_the_newest_valid_card_and_never_by_another_identifier(
    library: Library,
) -> None:
    card = a_patron(library)
    patron_id = library.read(lambda transaction: find_patron(transaction, card))
    assert patron_id is not None
    library.pass_time(days=1)

    def more(identifier: str, kind: str) -> None:
        library.write(
            lambda transaction: add_identifier(
                library.act(transaction, UNATTENDED), patron_id, identifier, kind
            )
        )

    def shown() -> str | None:
        answer = taken_back(library.check_in(an_item(library, on_loan_to="ida@example.dk")))
        assert answer.borrower is not None
        return answer.borrower.identifier

    more("ida@example.dk", "email")
    assert shown() == card
    more("P-new", "card")
    assert shown() == "P-new"
    for blocked in ("P-new", card):
        library.write(
            lambda transaction, blocked=blocked: block_identifier(
                library.act(transaction, UNATTENDED), blocked, IdentifierBlock.LOST
            )
        )
    assert shown() is None


def test_a_machine_that_takes_nothing_for_others_asks_who_waits(library: Library) -> None:
    """REFUSE: what nobody waits for is taken; what is bound or would go to somebody is not."""
    refuse: dict[str, Any] = {"holds": HoldHandling.REFUSE}
    free, wanted, unserved = (an_item(library, on_loan_to=a_patron(library)) for _ in range(3))
    a_hold(library, a_patron(library), wanted)
    tomorrow = library.today + timedelta(days=1)
    a_hold(library, a_patron(library), unserved, activates=tomorrow)
    for barcode in (free, unserved):
        assert isinstance(library.check_in(barcode, **refuse), CheckedIn)
    for at in (library.main, library.other):
        answer = library.check_in(wanted, at=at, **refuse)
        assert isinstance(answer, Refused)
        assert answer.reasons == (Reason.ON_HOLD_FOR_ANOTHER,)
        assert answer.item is not None
        assert answer.item.barcode == wanted
    assert [event.kind for event in library.events_of(wanted)] == [EventKind.CHECKED_OUT]
    library.check_in(wanted)  # now it is bound
    assert isinstance(library.check_in(wanted, at=library.other, **refuse), Refused)
    library.pass_time(days=1)
    assert isinstance(library.check_in(unserved, **refuse), Refused)
