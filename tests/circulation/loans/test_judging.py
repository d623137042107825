"""What a loan, a renewal or a return would be, without making it; and what staff pass over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from catalogue.database import Transaction
from circulation.kernel.events import EventKind
from circulation.kernel.overriding import Override
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import (
    UNATTENDED,
    CheckedIn,
    CheckedOut,
    Destination,
    Refused,
    Renewed,
)
from circulation.loans.judging import judge_return
from circulation.loans.lending import LoanDecision, judge_loan
from circulation.loans.renewals import RenewalDecision, judge_renewal
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.blocks import block_patron
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import fee_rule, number_of
from tests.builders.holds import a_hold
from tests.builders.pins import hashed

T = TypeVar("T")


def looked(library: Library, judge: Callable[..., T], wish: Any) -> T:
    """Judged in a read, where nothing can be written; every statement must do without locks."""

    def work(transaction: Transaction) -> T:
        def execute(text: str, values: Any) -> Any:
            assert "FOR " not in text, text
            return transaction.execute(text, values)

        spied = Transaction(transaction.dialect, execute, transaction.execute_many)
        return judge(library.act(spied), wish)

    return library.read(work)


def test_a_loan_is_judged_as_it_is_made(library: Library) -> None:
    fee_rule(library, currency="DKK", loan_fee=500)
    card, barcode = a_patron(library), an_item(library)
    refused = looked(library, judge_loan, LoanWish(card, barcode))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.FEE_NOT_ACKNOWLEDGED,)
    decided = looked(library, judge_loan, LoanWish(card, barcode, fee_acknowledged=True))
    assert isinstance(decided, LoanDecision)
    assert decided.prices == [(500, "DKK")]
    made = library.check_out(card, barcode, fee_acknowledged=True)
    assert isinstance(made, CheckedOut)
    assert made.loan.due == decided.due
    assert len(library.events_of(barcode)) == 1


def test_all_that_hinders_is_told_at_once(library: Library) -> None:
    library.policy(loan_days=28, max_loans=0)
    card, other, barcode = a_patron(library), a_patron(library), an_item(library)
    a_hold(library, other, barcode)
    library.check_in(barcode)
    refused = looked(library, judge_loan, LoanWish(card, barcode))
    assert isinstance(refused, Refused)
    assert refused.reasons == (Reason.TOO_MANY_LOANS, Reason.ON_HOLD_FOR_ANOTHER)
    assert library.check_out(card, barcode) == refused


def test_a_renewal_is_judged_as_it_is_made(library: Library) -> None:
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    decided = looked(library, judge_renewal, RenewalWish(card, barcode))
    assert isinstance(decided, RenewalDecision)
    made = library.renew(card, barcode)
    assert isinstance(made, Renewed)
    assert made.loan == decided.loan
    assert decided.prices == []


def test_a_return_is_judged_and_leaves_no_trace(library: Library) -> None:
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    a_hold(library, other, barcode)
    events = library.events_of(barcode)
    judged = judge_return(
        library.circulation, library.database, desk=library.desk(), now=library.now, item=barcode
    )
    assert isinstance(judged, CheckedIn)
    assert judged.destination is Destination.HOLD_SHELF_HERE
    assert library.events_of(barcode) == events
    assert library.check_in(barcode) == judged


def test_a_wrong_pin_that_is_looked_at_counts_against_nobody(library: Library) -> None:
    card, barcode = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    for _ in range(3):
        refused = looked(library, judge_loan, LoanWish(card, barcode, pin="4321"))
        assert isinstance(refused, Refused)
        assert refused.reasons == (Reason.PIN_WRONG,)
    assert isinstance(library.check_out(card, barcode, pin="1234"), CheckedOut)


def a_hindered_patron(library: Library) -> str:
    library.policy(loan_days=28, renewals=0, max_loans=1)
    card = a_patron(library)
    an_item(library, on_loan_to=card)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), number_of(library, card), BlockReason.SELF_SERVICE
        )
    )
    return card


def test_each_hindrance_is_passed_over_by_its_name(library: Library) -> None:
    card, barcode = a_hindered_patron(library), an_item(library)
    both = (Reason.PATRON_BLOCKED, Reason.TOO_MANY_LOANS)
    for one in both:
        refused = library.check_out(card, barcode, overriding=Override(frozenset({one}), "why"))
        assert isinstance(refused, Refused)
        assert refused.reasons == both
    made = library.check_out(card, barcode, overriding=Override(frozenset(both), "a school trip"))
    assert isinstance(made, CheckedOut)
    assert tuple(each.reason for each in made.overridden) == both
    [event] = library.events_of(barcode)
    assert event.actor == library.desk().actor
    assert event.after["overridden"] == [reason.name for reason in both]
    assert event.after["why"] == "a school trip"
    page = library.read(lambda transaction: no_block_conflicts(transaction))
    assert list(page.lines) == []  # nothing to settle: staff knew what they did


def test_a_renewal_too_many_is_passed_over_by_its_name(library: Library) -> None:
    library.policy(loan_days=28, renewals=0)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    assert isinstance(library.renew(card, barcode), Refused)
    named = Override(frozenset({Reason.MAX_RENEWALS_REACHED}))
    made = library.renew(card, barcode, overriding=named)
    assert isinstance(made, Renewed)
    assert [each.reason for each in made.overridden] == [Reason.MAX_RENEWALS_REACHED]
    renewed = library.events_of(barcode)[-1]
    assert renewed.kind is EventKind.RENEWED
    assert "why" not in renewed.after


@pytest.mark.parametrize("is_own", [True, False])
def test_who_has_the_item_keeps_it(library: Library, is_own: bool) -> None:
    card, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=card if is_own else other)
    answer = library.check_out(card, barcode, overriding=Override(frozenset(Reason)))
    assert isinstance(answer, Refused)
    assert set(answer.reasons) <= {Reason.ALREADY_ON_LOAN_TO_PATRON, Reason.ON_LOAN_TO_ANOTHER}
