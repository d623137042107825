"""Renewals: the new due date, or every reason against it and the old one unchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import UNATTENDED, Refusal, Refused, Renewed, RenewedAll
from circulation.loans.renewals import renew
from circulation.loans.wishes import RenewalWish
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.pins import hashed

DUE = datetime(2026, 12, 23, 22, 59, 59, tzinfo=UTC)


def renewed(answer: Renewed | Refused) -> Renewed:
    assert isinstance(answer, Renewed), answer
    return answer


def refused(answer: object) -> Refused:
    assert isinstance(answer, Refused), answer
    return answer


def test_a_renewal_counts_from_today(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=10)
    answer = renewed(library.renew(card, barcode))
    assert answer.previous_due == DUE
    assert answer.loan.due == DUE + timedelta(days=10)
    assert answer.loan.renewals == 1
    assert answer.may_renew
    _, event = library.events_of(barcode)
    assert event.kind is EventKind.RENEWED
    assert event.before == {"due": DUE.isoformat(), "renewals": 0}
    assert event.after == {"due": answer.loan.due.isoformat(), "renewals": 1}
    library.pass_time(days=1)
    assert not renewed(library.renew(card, barcode)).may_renew


def test_the_count_is_enforced(library: Library) -> None:
    library.policy(loan_days=28, renewals=1)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=1)
    first = renewed(library.renew(card, barcode))
    library.pass_time(days=1)
    answer = refused(library.renew(card, barcode))
    assert answer.refusals == (Refusal(Reason.MAX_RENEWALS_REACHED, limit=1),)
    assert answer.loan == first.loan


def test_the_window_opens_at_midnight(library: Library) -> None:
    library.policy(loan_days=28, renewals=2, renewal_window_days=7)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    opens = datetime(2026, 12, 15, 23, 0, tzinfo=UTC)  # 16 December begins in Copenhagen
    library.now = opens - timedelta(seconds=1)
    answer = refused(library.renew(card, barcode))
    assert answer.refusals == (Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=opens),)
    assert answer.loan is not None
    assert answer.loan.due == DUE
    library.now = opens
    renewed(library.renew(card, barcode))


def test_a_renewal_that_gains_nothing_is_refused(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    answer = refused(library.renew(card, barcode))
    assert answer.reasons == (Reason.RENEWAL_WINDOW_NOT_OPEN,)


def test_all_reasons_come_together(library: Library) -> None:
    library.policy(loan_days=28, renewals=0, renew_overdue=False)
    card = a_patron(library, expires=date(2026, 11, 30))
    barcode = an_item(library, on_loan_to=card)
    answer = library.check_out(card, barcode)
    assert isinstance(answer, Refused)
    assert answer.patron is not None
    patron_id = answer.patron.id
    for block in (BlockReason.SELF_SERVICE, BlockReason.DEBT, BlockReason.EXCLUDED):
        library.write(
            lambda transaction, block=block: block_patron(
                library.act(transaction, UNATTENDED), patron_id, block
            )
        )
    library.pass_time(days=40)
    assert refused(library.renew(card, barcode)).refusals == (
        Refusal(Reason.PATRON_EXPIRED),
        Refusal(Reason.PATRON_BLOCKED, block=BlockReason.EXCLUDED),
        Refusal(Reason.PATRON_BLOCKED, block=BlockReason.DEBT),
        Refusal(Reason.MAX_RENEWALS_REACHED, limit=0),
        Refusal(Reason.OVERDUE_NOT_RENEWABLE),
    )


def test_only_the_borrower_renews(library: Library) -> None:
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    answer = refused(library.renew(other, barcode))
    assert answer.reasons == (Reason.NOT_ON_LOAN_TO_PATRON,)
    assert answer.loan is None
    on_shelf = refused(library.renew(card, an_item(library)))
    assert on_shelf.reasons == (Reason.ITEM_NOT_ON_LOAN,)
    assert refused(library.renew("nobody", "nothing")).reasons == (
        Reason.PATRON_UNKNOWN,
        Reason.ITEM_UNKNOWN,
    )


def test_the_rules_are_those_of_the_branch_that_lent(library: Library) -> None:
    library.policy(branch_id=library.other.id, loan_days=7, renewals=9)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=1)
    answer = renewed(library.renew(card, barcode, at=library.other))
    assert answer.loan.due == DUE + timedelta(days=1)


def test_renewals_may_be_of_another_length(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(loan_days=28, renewals=2, renewal_days=90)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    answer = renewed(library.renew(card, barcode))
    assert answer.loan.due == datetime(2027, 2, 23, 22, 59, 59, tzinfo=UTC)


def test_pins(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library, pin_hash=hashed("1234"))
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=1)
    wrong = refused(library.renew(card, barcode, pin="9"))
    assert (wrong.reasons, wrong.patron) == ((Reason.PIN_WRONG,), None)
    assert refused(library.renew_all(card, pin="9")).reasons == (Reason.PIN_WRONG,)
    renewed(library.renew(card, barcode, pin="1234"))


def test_an_offline_renewal_is_accepted_and_never_shortens(library: Library) -> None:
    library.policy(loan_days=28, renewals=0)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=2)
    happened = library.now - timedelta(days=1)
    answer = renewed(
        library.renew(card, barcode, no_block=True, happened=happened, due=library.now)
    )
    assert answer.loan.due == DUE
    assert answer.overridden == (Refusal(Reason.MAX_RENEWALS_REACHED, limit=0),)
    event = library.events_of(barcode)[-1]
    assert (event.at, event.recorded) == (happened, library.now)


def test_renew_all_sorts_the_loans(library: Library) -> None:
    library.policy(material_group="dvd", loan_days=7, renewals=0)
    card = a_patron(library)
    book = an_item(library, on_loan_to=card)
    film = an_item(library, on_loan_to=card, material_group="dvd")
    another = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    answer = library.renew_all(card)
    assert isinstance(answer, RenewedAll)
    assert [one.item.barcode for one in answer.renewed] == [book, another]
    [no] = answer.refused
    assert no.item is not None
    assert no.item.barcode == film
    assert no.reasons == (Reason.MAX_RENEWALS_REACHED,)
    assert refused(library.renew_all("nobody")).reasons == (Reason.PATRON_UNKNOWN,)


def test_a_hold_of_ones_own_does_not_hinder_and_that_of_another_does(library: Library) -> None:
    library.policy(loan_days=28, renewals=2, hold_while_on_loan=True)
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    a_hold(library, card, barcode)
    library.pass_time(days=1)
    renewed(library.renew(card, barcode))
    a_hold(library, other, barcode)
    library.pass_time(days=1)
    assert refused(library.renew(card, barcode)).reasons == (Reason.WANTED_BY_ANOTHER,)


@pytest.mark.parametrize(
    ("days", "reason"), [(300, Reason.DATE_IN_FUTURE), (-31, Reason.DATE_TOO_OLD)]
)
def test_an_offline_renewal_is_not_of_the_future_or_long_ago(
    library: Library, days: int, reason: Reason
) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=40)
    happened = library.now + timedelta(days=days)
    answer = library.renew(card, barcode, no_block=True, happened=happened)
    assert isinstance(answer, Refused)
    assert answer.reasons == (reason,)
    assert len(library.events_of(barcode)) == 1
    renewed(library.renew(card, barcode, no_block=True, happened=happened, is_told=True))


def test_a_desk_of_no_branch_renews_nothing_and_says_of_what(sqlite_library: Library) -> None:
    library, card = sqlite_library, a_patron(sqlite_library)
    barcode = an_item(library, on_loan_to=card)
    desk = library.desk()._replace(branch_id=999)
    answer = library.write(
        lambda transaction: renew(
            Act(transaction, library.circulation, desk, library.now),
            RenewalWish(patron=card, item=barcode),
        )
    )
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.BRANCH_UNKNOWN,)
    assert answer.item is not None
    assert answer.patron is not None
    assert (answer.item.barcode, answer.patron.identifier) == (barcode, card)
