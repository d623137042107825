"""Branches that another system looks after still: it tells, bills and renews, until they come over;
nobody is told twice, and nobody by neither.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalogue.database import Transaction
from circulation.kernel.elsewhere import leave_to_another, periods_elsewhere, take_over
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Branch, CheckedIn, CheckedOut, Desk
from circulation.kernel.set_up import set_up_changed
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.lending import check_out
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, OffLineReturn
from circulation.notices.kinds import NoticeKind
from circulation.patrons.blocks import block_patron
from circulation.patrons.registering import set_pin
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import DANISH, danish, days_told, kinds, loan_acts, run_day, run_days
from tests.builders.fees import charges_of
from tests.builders.holds import a_hold
from tests.builders.notices import EMAIL, act, gathered, log, patron_id, rule, sent, states
from tests.builders.pins import hashed

#: Loans of the builders are due after 28 days.
DUE = 28


def left(library: Library, branch: Branch) -> bool:
    def work(transaction: Transaction) -> bool:
        set_up_changed(transaction)
        return leave_to_another(transaction, branch.id, now=library.now)

    return library.write(work)


def taken(library: Library, branch: Branch) -> bool:
    def work(transaction: Transaction) -> bool:
        set_up_changed(transaction)
        return take_over(transaction, branch.id, now=library.now)

    return library.write(work)


def follower(library: Library, branch: Branch) -> Desk:
    """Where the proxy says what the other system has done."""
    return library.desk(branch)._replace(actor="follows", follows=True)


def lend(library: Library, card: str, barcode: str, branch: Branch | None = None) -> int:
    answer = library.check_out(card, barcode, at=branch)
    assert isinstance(answer, CheckedOut), answer
    return answer.loan.id


def told_now(library: Library, card: str) -> list[str]:
    """What the patron has been sent, after all that is due went out."""
    gathered(library)
    sent(library)
    return [kind for kind, _, state in states(library, card) if state == "sent"]


def test_what_is_left_and_taken_over_twice_is_so_once(either_library: Library) -> None:
    library = either_library
    assert not taken(library, library.main), "we look after it already"
    assert left(library, library.main)
    assert not left(library, library.main)
    library.pass_time(days=1)
    assert taken(library, library.main)
    assert not taken(library, library.main)
    library.pass_time(days=1)
    assert left(library, library.main)
    found = library.read(periods_elsewhere)
    assert [each.until is None for each in found] == [False, True]


@pytest.mark.parametrize("day", [0, DUE, DUE + 1, DUE + 5, DUE + 8, DUE + 20, DUE + 31, DUE + 40])
def test_the_flow_goes_on_where_the_other_system_left_off(
    either_library: Library, day: int
) -> None:
    library = either_library
    danish(library)
    left(library, library.main)
    here, there = a_patron(library), a_patron(library)
    lend(library, here, an_item(library), library.other)
    loan = lend(library, there, an_item(library))
    run_days(library, day)
    assert kinds(library, there) == []
    assert not charges_of(library, there)
    taken(library, library.main)
    run_days(library, DUE + 41 - day)
    ours = [(kind, on) for kind, on in days_told(library, here) if kind != "bill"]
    assert [each for each in days_told(library, there) if each[0] != "bill"] == [
        each for each in ours if each[1] > day
    ], "what the other system has told is not told again, and what comes after is"
    assert [kind for kind, _ in days_told(library, there)].count("bill") == 1
    codes = [each.step for each in loan_acts(library, loan)]
    assert len(codes) == len(set(codes))
    assert codes[-1] == "bill"


def test_a_branch_that_goes_back_is_told_by_the_other_system_again(library: Library) -> None:
    danish(library)
    card = a_patron(library)
    lend(library, card, an_item(library))
    left(library, library.main)
    run_days(library, DUE + 2)
    taken(library, library.main)
    run_days(library, 7)
    assert kinds(library, card) == ["overdue"]
    left(library, library.main)
    run_days(library, 10)
    assert kinds(library, card) == ["overdue"]
    taken(library, library.main)
    run_days(library, 20)
    assert kinds(library, card) == ["overdue", "bill"]


def test_what_came_up_before_the_branch_went_back_is_told_by_us_still(library: Library) -> None:
    danish(library)
    card = a_patron(library, email=EMAIL)
    lend(library, card, an_item(library))
    library.pass_time(days=DUE + 1)
    run_day(library)
    library.pass_time(minutes=1)
    left(library, library.main)
    assert "overdue" in told_now(library, card)


def test_what_came_up_before_it_came_over_is_not_told(library: Library) -> None:
    rule(library, "email")
    left(library, library.main)
    card = a_patron(library, email=EMAIL)
    lend(library, card, an_item(library))
    library.pass_time(minutes=1)
    taken(library, library.main)
    assert told_now(library, card) == ["welcome"], "nobody else knows of a card that is made here"
    [receipt] = [each for each in log(library, card) if each.kind is NoticeKind.LOAN_MADE]
    assert receipt.state.value == "withdrawn"


def test_what_the_other_system_knows_nothing_of_is_told_here(library: Library) -> None:
    rule(library, "email")
    left(library, library.main)
    card = a_patron(library, email=EMAIL)
    who = patron_id(library, card)
    act(library, set_pin, who, hashed("2468"))
    act(library, block_patron, who, BlockReason.OTHER)
    assert sorted(told_now(library, card)) == ["blocked", "pin_changed", "welcome"]
    other = a_patron(library, email=EMAIL)
    act(library, block_patron, patron_id(library, other), BlockReason.SELF_SERVICE)
    assert told_now(library, other) == ["welcome"], "a machine's block is told there as well"


@pytest.mark.parametrize("is_over", [False, True])
def test_what_the_other_system_decides_for_a_branch_that_came_over_is_told(
    library: Library, is_over: bool
) -> None:
    """A book that it has lent comes back at its machines, and goes to the hold shelf of a branch
    that is ours by now: it does not write to patrons of that branch any more."""
    rule(library, "email", kind=NoticeKind.HOLD_READY)
    rule(library, "email", kind=NoticeKind.ITEM_RETURNED)
    reader, waiting = (a_patron(library, email=EMAIL) for _ in range(2))
    barcode = an_item(library)
    for branch in (library.main, library.other):
        left(library, branch)
    lend(library, reader, barcode)
    a_hold(library, waiting, barcode)
    library.pass_time(days=1)
    if is_over:
        taken(library, library.main)
        library.pass_time(days=1)
    for branch in (library.other, library.main):
        desk = follower(library, branch)
        answer = act(library, check_in, desk=desk, item=barcode)
        assert isinstance(answer, CheckedIn)
    assert told_now(library, waiting) == (["hold_ready"] if is_over else [])
    assert told_now(library, reader) == [], "it came back where the other system tells"
    gathered(library)
    assert gathered(library) == 0


@pytest.mark.parametrize("follows", [True, False], ids=["shadow", "replay"])
@pytest.mark.parametrize("is_ours", [True, False])
@pytest.mark.parametrize("is_told", [True, False])
def test_of_what_we_hear_later_the_patron_is_told_by_who_looked_after_the_branch_then(
    library: Library, is_told: bool, is_ours: bool, follows: bool
) -> None:
    """A book came back and was ready for somebody; before we hear of that, the branch changes
    hands. A book drop that is emptied after the change is another thing: nobody knew of it."""
    rule(library, "email", kind=NoticeKind.HOLD_READY)
    card, barcode = a_patron(library, email=EMAIL), an_item(library)
    left(library, library.main)
    library.pass_time(days=1)
    taken(library, library.main)
    library.pass_time(days=1)
    if not is_ours:
        left(library, library.main)
    a_hold(library, card, barcode)
    library.pass_time(hours=1)
    came = library.now
    library.pass_time(minutes=30)
    (left if is_ours else taken)(library, library.main)
    library.pass_time(minutes=30)
    desk = follower(library, library.main)._replace(follows=follows and is_told)
    answer = act(
        library,
        check_in,
        desk=desk,
        item=barcode,
        returned=came,
        off_line=OffLineReturn(None, is_followed=is_told),
    )
    assert isinstance(answer, CheckedIn)
    assert told_now(library, card) == (["hold_ready"] if is_ours == is_told else [])


def test_without_branches_elsewhere_nobody_is_told_of_what_is_followed(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcode = an_item(library)
    desk = follower(library, library.main)
    assert isinstance(act(library, check_out, LoanWish(card, barcode), desk=desk), CheckedOut)
    assert isinstance(act(library, check_in, desk=desk, item=barcode), CheckedIn)
    assert told_now(library, card) == ["welcome"]


def test_no_warning_and_no_automatic_renewal_for_a_branch_elsewhere(library: Library) -> None:
    danish(library, steps=DANISH[:4], block_threshold=100)
    library.policy(material_group="book", auto_renew=True)
    left(library, library.main)
    card = a_patron(library)
    lend(library, card, an_item(library, material_group="book"))
    library.pass_time(days=DUE - 1, hours=12)

    def work(transaction: Transaction) -> int:
        there = library.act(transaction)
        return len(renew_automatically(there, within=timedelta(days=2)).renewed)

    assert library.write(work) == 0
    taken(library, library.main)
    assert library.write(work) == 1
