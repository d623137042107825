"""Check-out: what is lent until when, and everything that hinders it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from circulation.holds.recalls import recall
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import DENIED, Action, BlockReason, IdentifierBlock, Reason
from circulation.kernel.results import UNATTENDED, CheckedIn, CheckedOut, Refusal, Refused
from circulation.loans.lending import FALLBACK_LOAN_DAYS, check_out
from circulation.loans.of_patron import LoansOfPatron, loans_of
from circulation.loans.onward import lend_onward
from circulation.loans.wishes import LoanWish
from circulation.patrons.blocks import block_patron
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import block_identifier
from tests.builders.circulation import NOON, Library, a_patron, an_item
from tests.builders.pins import hashed


def lent(answer: CheckedOut | Refused) -> CheckedOut:
    assert isinstance(answer, CheckedOut), answer
    return answer


def reasons(answer: object) -> tuple[Reason, ...]:
    assert isinstance(answer, Refused), answer
    return answer.reasons


def test_a_loan_is_due_at_the_end_of_its_last_day(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library, title="Havets hemmeligheder")
    answer = lent(library.check_out(card, barcode))
    assert answer.loan.due == datetime(2026, 12, 23, 22, 59, 59, tzinfo=UTC)
    assert answer.loan.checked_out == NOON
    assert answer.loan.renewals == 0
    assert answer.may_renew
    assert answer.overridden == ()
    assert answer.item.title == "Havets hemmeligheder"
    assert answer.item.home_branch == library.main
    assert answer.patron.name == "Ida Ørsted"
    assert answer.patron.identifier == card


def test_the_event_says_who_where_and_until_when(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    answer = lent(library.check_out(card, barcode))
    [event] = library.events_of(barcode)
    assert event.kind is EventKind.CHECKED_OUT
    assert (event.at, event.recorded) == (NOON, None)
    assert (event.actor, event.device) == ("kiosk", "machine in Hovedbiblioteket")
    assert event.branch_id == library.main.id
    assert (event.item_id, event.patron_id) == (answer.item.id, answer.patron.id)
    assert event.loan_id == answer.loan.id
    assert event.before == {}
    assert event.after == {"due": "2026-12-23T22:59:59+00:00"}


def test_what_is_unknown_is_all_said(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    both = library.check_out("nobody", "nothing")
    assert reasons(both) == (Reason.PATRON_UNKNOWN, Reason.ITEM_UNKNOWN)
    no_patron = library.check_out("nobody", barcode)
    assert isinstance(no_patron, Refused)
    assert no_patron.reasons == (Reason.PATRON_UNKNOWN,)
    assert no_patron.item is not None
    no_item = library.check_out(card, "nothing")
    assert isinstance(no_item, Refused)
    assert no_item.reasons == (Reason.ITEM_UNKNOWN,)
    assert no_item.patron is not None
    assert library.events_of(barcode) == []


def test_an_item_is_lent_once(library: Library) -> None:
    first, second = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=first)
    other = library.check_out(second, barcode)
    assert isinstance(other, Refused)
    assert other.reasons == (Reason.ON_LOAN_TO_ANOTHER,)
    assert other.loan is None
    again = library.check_out(first, barcode)
    assert isinstance(again, Refused)
    assert again.reasons == (Reason.ALREADY_ON_LOAN_TO_PATRON,)
    assert again.loan is not None
    assert again.loan.due == datetime(2026, 12, 23, 22, 59, 59, tzinfo=UTC)
    assert len(library.events_of(barcode)) == 1


def test_the_limit_of_loans_does_not_hide_that_the_item_is_the_patrons_own(
    library: Library,
) -> None:
    library.policy(loan_days=28, max_loans=1)
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    assert reasons(library.check_out(card, barcode)) == (Reason.ALREADY_ON_LOAN_TO_PATRON,)


@pytest.mark.parametrize("block", BlockReason)
def test_each_block_denies_what_the_table_says(sqlite_library: Library, block: BlockReason) -> None:
    library = sqlite_library
    card, barcode = a_patron(library), an_item(library)
    answer = lent(library.check_out(card, an_item(library)))
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), answer.patron.id, block
        )
    )
    refused = library.check_out(card, barcode)
    assert isinstance(refused, Refused)
    assert Action.CHECK_OUT in DENIED[block]
    assert refused.refusals == (Refusal(Reason.PATRON_BLOCKED, block=block),)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (IdentifierBlock.LOST, Reason.CARD_REPORTED_LOST),
        (IdentifierBlock.STOLEN, Reason.CARD_REPORTED_LOST),
        (IdentifierBlock.REPLACED, Reason.CARD_NOT_VALID),
        (IdentifierBlock.WITHDRAWN, Reason.CARD_NOT_VALID),
    ],
)
def test_a_blocked_card_does_not_lend(
    sqlite_library: Library, block: IdentifierBlock, reason: Reason
) -> None:
    library = sqlite_library
    card, barcode = a_patron(library), an_item(library)
    library.write(
        lambda transaction: block_identifier(library.act(transaction, UNATTENDED), card, block)
    )
    assert reasons(library.check_out(card, barcode)) == (reason,)
    library.write(
        lambda transaction: block_identifier(library.act(transaction, UNATTENDED), card, None)
    )
    lent(library.check_out(card, barcode))


def test_a_patron_may_borrow_on_the_last_day_and_not_after(library: Library) -> None:
    card = a_patron(library, expires=date(2026, 11, 25))
    library.now = datetime(2026, 11, 25, 22, 59, tzinfo=UTC)  # 23:59 in Copenhagen
    lent(library.check_out(card, an_item(library)))
    library.pass_time(minutes=2)
    assert reasons(library.check_out(card, an_item(library))) == (Reason.PATRON_EXPIRED,)


def test_all_reasons_come_together(library: Library) -> None:
    library.policy(loan_days=28, max_loans=1)
    library.policy(loan_days=28, loanable=False, material_group="reference")
    card = a_patron(library, expires=date(2026, 11, 24))
    reference = an_item(library, material_group="reference")
    owner = library.check_out(card, reference, no_block=True)
    assert isinstance(owner, CheckedOut)
    library.write(
        lambda transaction: block_patron(
            library.act(transaction, UNATTENDED), owner.patron.id, BlockReason.DEBT
        )
    )
    third = an_item(library, material_group="reference")
    assert reasons(library.check_out(card, third)) == (
        Reason.PATRON_EXPIRED,
        Reason.PATRON_BLOCKED,
        Reason.ITEM_NOT_LOANABLE,
        Reason.TOO_MANY_LOANS,
    )


def test_no_rule_no_loan(library: Library) -> None:
    library.policy()  # the rule for all says nothing any more
    card, barcode = a_patron(library), an_item(library)
    assert reasons(library.check_out(card, barcode)) == (Reason.NO_LOAN_POLICY,)
    library.policy(patron_category="adult", loan_days=1)
    assert lent(library.check_out(card, barcode)).loan.due == datetime(
        2026, 11, 26, 22, 59, 59, tzinfo=UTC
    )


def test_limits_of_loans(library: Library) -> None:
    library.policy(loan_days=28, max_loans=3)
    library.policy(max_loans_in_group=1, material_group="dvd")
    card = a_patron(library)
    lent(library.check_out(card, an_item(library, material_group="dvd")))
    in_group = library.check_out(card, an_item(library, material_group="dvd"))
    assert isinstance(in_group, Refused)
    assert in_group.refusals == (Refusal(Reason.TOO_MANY_LOANS_IN_GROUP, limit=1),)
    lent(library.check_out(card, an_item(library, material_group="book")))
    last = an_item(library, on_loan_to=card)
    full = library.check_out(card, an_item(library))
    assert isinstance(full, Refused)
    assert full.refusals == (Refusal(Reason.TOO_MANY_LOANS, limit=3),)
    library.check_in(last)
    lent(library.check_out(card, an_item(library)))


def test_a_limit_on_a_group_holds_where_there_is_none_in_all(library: Library) -> None:
    library.policy(loan_days=28)
    library.policy(max_loans_in_group=1, material_group="dvd")
    card = a_patron(library)
    lent(library.check_out(card, an_item(library, material_group="dvd")))
    again = library.check_out(card, an_item(library, material_group="dvd"))
    assert reasons(again) == (Reason.TOO_MANY_LOANS_IN_GROUP,)


def test_a_right_pin_lends_and_a_wrong_one_gives_nothing_away(library: Library) -> None:
    card, barcode = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    for pin, reason in (("4321", Reason.PIN_WRONG), ("", Reason.PIN_MISSING)):
        answer = library.check_out(card, barcode, pin=pin)
        assert isinstance(answer, Refused)
        assert answer.reasons == (reason,)
        assert answer.patron is None
        assert answer.item is not None
    lent(library.check_out(card, barcode, pin="1234"))


def test_a_patron_without_pin_has_no_right_one(sqlite_library: Library) -> None:
    card, barcode = a_patron(sqlite_library), an_item(sqlite_library)
    assert reasons(sqlite_library.check_out(card, barcode, pin="1234")) == (Reason.PIN_WRONG,)


def test_a_desk_of_no_branch_is_refused(sqlite_library: Library) -> None:
    library = sqlite_library
    card, barcode = a_patron(library), an_item(library)
    desk = library.desk()._replace(branch_id=999)
    answer = library.write(
        lambda transaction: check_out(
            Act(transaction, library.circulation, desk, NOON), LoanWish(patron=card, item=barcode)
        )
    )
    assert reasons(answer) == (Reason.BRANCH_UNKNOWN,)


def test_the_rules_are_those_of_the_desk(library: Library) -> None:
    library.policy(branch_id=library.other.id, loan_days=7)
    card = a_patron(library)
    here = lent(library.check_out(card, an_item(library)))
    there = lent(library.check_out(card, an_item(library), at=library.other))
    assert here.loan.due - there.loan.due == timedelta(days=21)


def test_lending_ends_a_transit(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    library.check_in(barcode, at=library.other)
    lent(library.check_out(card, barcode, at=library.other))
    assert library.events_of(barcode)[-1].before["in_transit_to"] == library.main.id
    library.check_in(barcode)
    assert library.events_of(barcode)[-1].before == {}


# No block: what happened off line


def offline(library: Library, card: str, barcode: str, **options: Any) -> CheckedOut:
    return lent(library.check_out(card, barcode, no_block=True, **options))


def test_an_offline_loan_is_accepted_as_promised(library: Library) -> None:
    card = a_patron(library, expires=date(2020, 1, 1), pin_hash=hashed("1234"))
    barcode = an_item(library)
    happened, promised = NOON - timedelta(hours=3), NOON + timedelta(days=14)
    answer = offline(library, card, barcode, happened=happened, due=promised, pin="wrong")
    assert (answer.loan.checked_out, answer.loan.due) == (happened, promised)
    assert answer.overridden == (Refusal(Reason.PATRON_EXPIRED),)
    [event] = library.events_of(barcode)
    assert (event.at, event.recorded) == (happened, NOON)
    assert event.after["overridden"] == ["PATRON_EXPIRED"]


def test_an_offline_loan_without_a_rule_has_a_due_date(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy()
    answer = offline(library, a_patron(library), an_item(library))
    assert answer.overridden == (Refusal(Reason.NO_LOAN_POLICY),)
    assert (answer.loan.due - NOON).days == FALLBACK_LOAN_DAYS


def test_an_offline_loan_ends_the_one_before_it(library: Library) -> None:
    first, second = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=first)
    library.pass_time(days=2)
    happened = library.now - timedelta(days=1)
    answer = offline(library, second, barcode, happened=happened)
    assert answer.overridden == (Refusal(Reason.ON_LOAN_TO_ANOTHER),)
    out, back, again = library.events_of(barcode)
    assert (out.kind, back.kind, again.kind) == (
        EventKind.CHECKED_OUT,
        EventKind.CHECKED_IN,
        EventKind.CHECKED_OUT,
    )
    assert back.loan_id == out.loan_id
    assert (back.at, back.recorded) == (happened, library.now)
    returned = library.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.borrower is not None
    assert returned.borrower.identifier == second


def test_an_offline_loan_from_before_the_open_one_is_kept_as_ended(library: Library) -> None:
    first, second = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=second)
    offline(library, first, barcode, happened=library.now - timedelta(hours=1))
    lent, ended = library.events_of(barcode)[-2:]
    assert lent.after["ended"] == NOON.isoformat()
    assert (ended.kind, ended.at) == (EventKind.CHECKED_IN, NOON)
    returned = library.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.borrower is not None
    assert returned.borrower.identifier == second


def test_an_offline_loan_of_the_second_in_which_the_open_one_began_comes_after_it(
    library: Library,
) -> None:
    """Machines tell seconds, and the loan that is known began within one."""
    second, began = library.now, library.now + timedelta(seconds=0.95)
    library.now = began
    first, other = a_patron(library), a_patron(library)
    barcode = an_item(library, on_loan_to=first)
    known = offline(library, first, barcode, happened=second)
    assert known.loan.checked_out == began, "its own loan is the same, reported again"
    lent = offline(library, other, barcode, happened=second)
    assert lent.loan.checked_out == began
    returned = library.check_in(barcode)
    assert isinstance(returned, CheckedIn)
    assert returned.borrower is not None
    assert returned.borrower.identifier == other


def test_the_same_offline_report_twice_changes_nothing(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    happened = library.now - timedelta(hours=1)
    first = offline(library, card, barcode, happened=happened)
    second = offline(library, card, barcode, happened=happened)
    assert second.loan == first.loan
    assert len(library.events_of(barcode)) == 1


def test_offline_needs_a_known_patron_and_item(sqlite_library: Library) -> None:
    answer = sqlite_library.check_out("nobody", "nothing", no_block=True)
    assert reasons(answer) == (Reason.PATRON_UNKNOWN, Reason.ITEM_UNKNOWN)


def test_a_loan_is_dated_back_as_far_as_the_rules_allow(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    begin = library.now.replace(hour=0) - timedelta(hours=1)  # of the day, in Copenhagen
    for days in (30, 7):
        if days != 30:
            library.policy(branch_id=None, patron_category=None, backdate_days=days)
        first = begin - timedelta(days=days)
        too_old = library.check_out(
            card, barcode, no_block=True, happened=first - timedelta(seconds=1)
        )
        assert isinstance(too_old, Refused)
        assert too_old.refusals == (Refusal(Reason.DATE_TOO_OLD, limit=days),)
        lent = library.check_out(card, an_item(library), no_block=True, happened=first)
        assert isinstance(lent, CheckedOut)
        assert lent.loan.checked_out == first
    for year in (1, 1905):
        happened = datetime(year, 1, 1, tzinfo=UTC)
        ancient = library.check_out(card, barcode, no_block=True, happened=happened)
        assert isinstance(ancient, Refused)
    assert library.events_of(barcode) == []


def test_a_loan_is_not_of_the_future(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    ahead = library.check_out(
        card, barcode, no_block=True, happened=library.now + timedelta(days=1)
    )
    assert isinstance(ahead, Refused)
    assert ahead.reasons == (Reason.DATE_IN_FUTURE,)
    fast_clock = library.now + timedelta(minutes=5)
    lent = library.check_out(card, barcode, no_block=True, happened=fast_clock)
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == library.now


def test_what_another_system_has_done_is_taken_with_its_date(library: Library) -> None:
    card, barcode = a_patron(library), an_item(library)
    desk = library.desk()._replace(follows=True)
    happened = library.now - timedelta(days=400)
    wish = LoanWish(card, barcode, no_block=True, happened=happened)
    lent = library.write(lambda transaction: check_out(library.act(transaction, desk), wish))
    assert isinstance(lent, CheckedOut)
    assert lent.loan.checked_out == happened


def test_who_wants_it_for_less_gets_less_and_nobody_more(library: Library) -> None:
    card = a_patron(library)
    usual = library.check_out(card, an_item(library))
    assert isinstance(usual, CheckedOut)
    for wanted, due in (
        (library.now + timedelta(days=3), library.now + timedelta(days=3)),
        (usual.loan.due + timedelta(seconds=1), usual.loan.due),
        (library.now + timedelta(seconds=1), library.now + timedelta(seconds=1)),
        (library.now, usual.loan.due),
        (library.now - timedelta(days=1), usual.loan.due),
    ):
        lent = library.check_out(card, an_item(library), wanted_until=wanted)
        assert isinstance(lent, CheckedOut)
        assert lent.loan.due == due


def test_what_is_counted_of_a_patron_is_their_own(sqlite_library: Library) -> None:
    library = sqlite_library
    ida, bo = a_patron(library), a_patron(library)
    library.policy(loan_days=28, recall_days=7)
    library.policy(material_group="film", loan_days=7)
    an_item(library, material_group="film", on_loan_to=ida)
    books = [an_item(library, on_loan_to=ida) for _ in range(2)]
    lent = [an_item(library, on_loan_to=bo) for _ in range(3)]
    library.check_in(books[0])
    for barcode in (books[1], *lent[:2]):
        to = bo if barcode == books[1] else ida
        library.write(
            lambda each, barcode=barcode, to=to: lend_onward(library.act(each), item=barcode, to=to)  # type: ignore[misc]
        )
    library.write(lambda each: recall(library.act(each), item=books[1]))
    library.pass_time(days=8)
    read = partial(patron_facts, now=library.now)

    def counted(card: str) -> LoansOfPatron:
        facts = library.read(lambda transaction: read(transaction, identifier=card))
        assert facts is not None
        return loans_of(facts)

    assert counted(ida) == LoansOfPatron(number=2, overdue=2, onward=2, recalled=1)
    assert counted(bo) == LoansOfPatron(number=3, onward=1)
