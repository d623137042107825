"""Who may do what, at the limits: the last of what is allowed, and the first of what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from circulation.calendars.due_dates import local_date
from circulation.calendars.opening_hours import Calendar
from circulation.items.facts import ItemFacts
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import DENIED, Action, BlockReason, IdentifierBlock, Reason
from circulation.kernel.results import Loan, Refusal
from circulation.loans.checks import (
    check_out_refusals,
    patron_refusals,
    renewal_opens,
    renewal_refusals,
    terms_refusals,
    until_refusals,
)
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.of_patron import LOANS_OF_PATRON, LoansOfPatron
from circulation.patrons.facts import PatronFacts
from tests.walking import each

TODAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
COPENHAGEN = "Europe/Copenhagen"
CALENDAR = Calendar(COPENHAGEN)
TERMS = LoanTerms(loan_days=28, renewals=2)


def a_borrower(**facts: Any) -> PatronFacts:
    """Patron 7, who may do everything."""
    nothing: Any = dict.fromkeys(PatronFacts._fields) | {"parts": (None,) * 3}
    known = LoansOfPatron(facts.pop("loans", 0), of_group=facts.pop("group_loans", 0))
    patron = PatronFacts(**(nothing | {"id": 7, "category": "adult"} | facts))
    return LOANS_OF_PATRON.put(patron, known)


def a_copy(on_loan_to: int | None = None) -> ItemFacts:
    """A copy on its shelf, or on loan to the patron of that number."""
    nothing: Any = dict.fromkeys(ItemFacts._fields)
    copy = ItemFacts(**(nothing | {"id": 1, "present": 0, "parts": (None,) * 4}))
    if on_loan_to is None:
        return copy
    no_loan: Any = dict.fromkeys(OpenLoan._fields)
    return OPEN_LOAN.put(copy, OpenLoan(**(no_loan | {"id": 5, "patron_id": on_loan_to})))


def reasons(refusals: list[Refusal]) -> list[Reason]:
    return [refusal.reason for refusal in refusals]


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"expires": TODAY}, []),
        ({"expires": TODAY - timedelta(1)}, [Reason.PATRON_EXPIRED]),
        ({"identifier_expires": TODAY}, []),
        ({"identifier_expires": TODAY - timedelta(1)}, [Reason.CARD_NOT_VALID]),
        ({"identifier_block": IdentifierBlock.LOST.value}, [Reason.CARD_REPORTED_LOST]),
        ({"identifier_block": IdentifierBlock.STOLEN.value}, [Reason.CARD_REPORTED_LOST]),
        *(
            ({"identifier_block": block.value}, [Reason.CARD_NOT_VALID])
            for block in IdentifierBlock
            if block not in (IdentifierBlock.LOST, IdentifierBlock.STOLEN)
        ),
        (
            {"expires": TODAY - timedelta(1), "identifier_expires": TODAY - timedelta(1)},
            [Reason.CARD_NOT_VALID, Reason.PATRON_EXPIRED],
        ),
    ],
)
def test_a_card_and_its_patron(facts: dict[str, Any], found: list[Reason]) -> None:
    assert reasons(patron_refusals(a_borrower(**facts), Action.CHECK_OUT, TODAY, {1})) == found


@each("block action whose", list(product(BlockReason, Action, ("", "1", "2"))), str)
def test_each_block_forbids_what_its_table_says(
    block: BlockReason, action: Action, whose: str
) -> None:
    """Where it counts: a block of agency 2 is nothing to agency 1, one of no agency is for all."""
    counts = whose != "2"
    blocked = a_borrower(block_reasons=f"{block.value}/{whose}")
    found = patron_refusals(blocked, action, TODAY, {1})
    is_denied = counts and action in DENIED[block]
    assert found == ([Refusal(Reason.PATRON_BLOCKED, block=block)] if is_denied else [])


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (LoanTerms(loan_days=1), []),
        (LoanTerms(loan_hours=1), []),
        (LoanTerms(), [Reason.NO_LOAN_POLICY]),
        (LoanTerms(loan_days=1, on_site_only=True), [Reason.ON_SITE_ONLY]),
        (LoanTerms(loan_days=1, on_site_only=True, loanable=False), [Reason.ITEM_NOT_LOANABLE]),
    ],
)
def test_rules_that_give_no_loan(terms: LoanTerms, found: list[Reason]) -> None:
    assert reasons(terms_refusals(terms)) == found


@pytest.mark.parametrize(
    ("until", "found"),
    [
        ("2026-11-26", []),
        ("2026-11-25", []),
        ("2026-11-24", [Reason.NO_LOAN_POLICY]),
        ("11-24", []),  # of next year
        (None, []),
    ],
)
def test_a_loan_until_a_date(until: str | None, found: list[Reason]) -> None:
    assert reasons(until_refusals(LoanTerms(loan_until=until), TODAY)) == found


@pytest.mark.parametrize(
    ("on_loan_to", "patron", "found"),
    [
        (None, {"loans": 2, "group_loans": 1}, []),
        (None, {"loans": 3, "group_loans": 1}, [Refusal(Reason.TOO_MANY_LOANS, limit=3)]),
        (None, {"loans": 2, "group_loans": 2}, [Refusal(Reason.TOO_MANY_LOANS_IN_GROUP, limit=2)]),
        (8, {}, [Refusal(Reason.ON_LOAN_TO_ANOTHER)]),
        # The item itself is among those counted.
        (
            7,
            {"loans": 3, "group_loans": 2},
            [Refusal(Reason.ALREADY_ON_LOAN_TO_PATRON)],
        ),
    ],
)
def test_how_many_loans(
    on_loan_to: int | None, patron: dict[str, Any], found: list[Refusal]
) -> None:
    terms = LoanTerms(loan_days=28, max_loans=3, max_loans_in_group=2)
    assert (
        check_out_refusals(a_copy(on_loan_to), a_borrower(**patron), terms, NOON, TODAY, {1})
        == found
    )


def test_what_a_patron_and_rules_refuse_comes_with_what_the_loan_does() -> None:
    blocked = a_borrower(expires=TODAY - timedelta(1))
    terms = LoanTerms(loan_until="2026-11-24")
    found = check_out_refusals(a_copy(8), blocked, terms, NOON, TODAY, {1})
    assert reasons(found) == [
        Reason.PATRON_EXPIRED,
        Reason.ON_LOAN_TO_ANOTHER,
        Reason.NO_LOAN_POLICY,
    ]


DUE = datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC)  # the end of 2 December there


def renewing(due: datetime = DUE, renewals: int = 0, **options: Any) -> list[Refusal]:
    asked = {"patron": a_borrower(), "terms": TERMS, "now": NOON, "calendar": CALENDAR} | options
    patron, terms = asked.pop("patron"), asked.pop("terms")
    loan = Loan(1, NOON, due, renewals)
    found = patron_refusals(patron, Action.RENEW, local_date(asked["now"], COPENHAGEN), {1})
    return found + renewal_refusals(loan, patron.expires, terms, **asked)


def test_how_many_renewals() -> None:
    assert renewing(renewals=1) == []
    assert renewing(renewals=2) == [Refusal(Reason.MAX_RENEWALS_REACHED, limit=2)]


def test_a_loan_is_overdue_after_its_last_second() -> None:
    terms = LoanTerms(loan_days=28, renewals=2, renew_overdue=False)
    assert renewing(terms=terms, now=DUE) == []
    late = DUE + timedelta(seconds=1)
    assert reasons(renewing(terms=terms, now=late)) == [Reason.OVERDUE_NOT_RENEWABLE]
    assert renewing(now=late) == []


def test_what_is_not_at_hand() -> None:
    terms = LoanTerms(loan_days=28, renewals=2, renew_unseen=False)
    assert renewing(terms=terms) == []
    assert reasons(renewing(terms=terms, seen=False)) == [Reason.ITEM_NOT_AT_HAND]
    assert renewing(seen=False) == []


def test_the_window_opens_with_its_first_second() -> None:
    terms = LoanTerms(loan_days=28, renewals=2, renewal_window_days=7)
    opens = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # the 25th begins there
    assert renewal_opens(DUE, terms, COPENHAGEN) == opens
    assert renewal_opens(DUE, TERMS, COPENHAGEN) is None
    assert renewing(terms=terms, now=opens) == []
    before = renewing(terms=terms, now=opens - timedelta(seconds=1))
    assert before == [Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=opens)]


def test_a_renewal_that_gains_nothing() -> None:
    terms = LoanTerms(loan_days=7, renewals=2)
    assert reasons(renewing(terms=terms)) == [Reason.RENEWAL_WINDOW_NOT_OPEN]  # due the same day
    assert renewing(terms=terms, now=NOON + timedelta(days=1)) == []


def test_who_may_not_renew_and_rules_that_lend_nothing() -> None:
    found = renewing(
        patron=a_borrower(expires=TODAY - timedelta(1)), terms=LoanTerms(loanable=False)
    )
    assert reasons(found) == [
        Reason.PATRON_EXPIRED,
        Reason.ITEM_NOT_LOANABLE,
        Reason.MAX_RENEWALS_REACHED,
    ]
