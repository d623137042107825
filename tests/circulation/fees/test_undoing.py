"""Returns taken back, off-line loans, closures announced late: what they do to fees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.closures.closing import Closure, close_branch, preview_closure
from circulation.loans.undo import Cancelled, cancel_check_in, cancel_check_out
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import (
    amounts,
    charges_of,
    danish_fees,
    fee_rule,
    hand_in,
    late_by,
    lend,
    paid,
    total,
)


def take_back(library: Library, verb: Any, barcode: str) -> None:
    library.pass_time(seconds=30)
    answer = library.write(lambda transaction: verb(library.act(transaction), item=barcode))
    assert isinstance(answer, Cancelled), answer


@pytest.mark.parametrize("model", ["per_occasion", "per_item"])
def test_a_return_taken_back_is_not_charged(library: Library, model: str) -> None:
    danish_fees(library, late_fees=model, rate=100)
    fee = 2_000 if model == "per_occasion" else 300
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 3)
    hand_in(library, book)
    take_back(library, cancel_check_in, book)
    assert total(library, card) == 0
    hand_in(library, book)
    assert amounts(library, card) == [fee]


def test_the_others_of_the_occasion_still_cost_it(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    first, second = lend(library, card, 2)
    late_by(library, 3)
    hand_in(library, first, second)
    take_back(library, cancel_check_in, second)
    assert amounts(library, card) == [2_000]
    take_back(library, cancel_check_in, first)
    assert amounts(library, card) == []


def test_what_was_paid_of_it_is_owed_to_the_patron(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 3)
    hand_in(library, book)
    paid(library, card, 2_000)
    take_back(library, cancel_check_in, book)
    assert total(library, card) == -2_000
    hand_in(library, book)
    assert total(library, card) == 0


def test_a_loan_off_line_ends_the_one_before_late(library: Library) -> None:
    danish_fees(library)
    before, after = a_patron(library), a_patron(library)
    [book] = lend(library, before)
    late_by(library, 9)
    library.check_out(after, book, no_block=True, happened=library.now - timedelta(days=5))
    assert (amounts(library, before), amounts(library, after)) == ([2_000], [])
    take_back(library, cancel_check_out, book)
    assert total(library, before) == 0


def closed(library: Library, first: int, last: int, *, only_look: bool = False) -> Closure:
    """The main branch, closed on the days `first` to `last` before today."""
    today = library.today
    days = {"first": today - timedelta(days=first), "last": today - timedelta(days=last)}
    if only_look:
        answer = library.read(
            lambda transaction: preview_closure(transaction, branch="DK-900101", **days)
        )
    else:
        answer = library.write(
            lambda transaction: close_branch(
                library.act(transaction), branch="DK-900101", reason="water in the cellar", **days
            )
        )
    assert isinstance(answer, Closure)
    return answer


def test_a_closure_announced_late_reduces_the_fees_it_touches(either_library: Library) -> None:
    """Due on the first day of the closure: the due date moves, the lateness shrinks."""
    library = either_library
    danish_fees(library)
    card, other = a_patron(library), a_patron(library)
    [book] = lend(library, card)
    library.pass_time(days=1)
    [later] = lend(library, other)
    library.pass_time(days=28 + 9)  # the first is 10 days late, the other 9
    hand_in(library, book, later)
    assert (total(library, card), total(library, other)) == (12_000, 12_000)
    library.pass_time(hours=1)
    looked = closed(library, 10, 8, only_look=True)
    assert [(fee.before, fee.after) for fee in looked.fees] == [(12_000, 2_000)] * 2
    assert total(library, card) == 12_000
    closed(library, 10, 8)
    assert (total(library, card), total(library, other)) == (2_000, 2_000)
    [line] = charges_of(library, card)
    assert line.loans[0].facts["days_late"] == 7
    assert closed(library, 10, 8).fees == ()  # announcing it again finds nothing more


def test_a_closure_announced_late_leaves_a_child_its_tariff(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library, birth_date=library.today - timedelta(days=3_000))
    [book] = lend(library, card)
    late_by(library, 10)
    hand_in(library, book)
    assert total(library, card) == 5_500
    library.pass_time(hours=1)
    assert [(fee.before, fee.after) for fee in closed(library, 10, 8).fees] == [(5_500, 1_000)]
    assert total(library, card) == 1_000


def test_a_closure_of_all_the_days_cancels_the_fee(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 2)
    hand_in(library, book)
    library.pass_time(hours=1)
    closed(library, 3, 0)
    assert total(library, card) == 0
    assert charges_of(library, card) == ()


def test_closed_days_that_are_not_counted_are_not_counted_afterwards(library: Library) -> None:
    fee_rule(library, late_fees="per_item", rate=100, closed_days="skip")
    card = a_patron(library)
    [book] = lend(library, card)
    late_by(library, 10)
    hand_in(library, book)
    assert total(library, card) == 1_000
    library.pass_time(hours=1)
    closed(library, 5, 3)
    assert total(library, card) == 700


def test_a_closure_of_another_branch_changes_nothing(library: Library) -> None:
    danish_fees(library)
    card = a_patron(library)
    book = an_item(library)
    library.check_out(card, book, at=library.other)
    late_by(library, 9)
    hand_in(library, book)
    library.pass_time(hours=1)
    assert closed(library, 10, 8).fees == ()
    assert total(library, card) == 12_000
