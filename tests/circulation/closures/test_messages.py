"""What a closure tells patrons, and where copies for its pickup branch go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from circulation.closures.closing import UnfitAlternative, lift_closure
from circulation.holds.results import HoldState
from circulation.kernel.events import EventKind, events_of_hold
from circulation.kernel.results import CheckedIn, CheckedOut, Destination
from circulation.loans.undo import Cancelled, cancel_check_in
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_branch, a_hold, change, holds_of, shelf, to_fetch
from tests.builders.notices import EMAIL, gathered, rule, sent, states
from tests.circulation.closures.test_closing import close


def close_for(library: Library, days: int, **options: Any) -> None:
    period = {"first": library.today, "last": library.today + timedelta(days=days - 1)}
    close(library, **(period | options))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("due 3 December", "until 3 December")),
        ("da", ("afleveres senest", "hentes senest")),
        ("de", ("Leihfrist", "abzuholen bis")),
    ],
)
def test_a_patron_gets_one_message_for_loans_and_holds(
    library: Library, language: str, words: tuple[str, str]
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=7, pickup_days=7)
    ida = a_patron(library, email=EMAIL, language=language)
    assert isinstance(library.check_out(ida, an_item(library)), CheckedOut)
    wanted = an_item(library)
    a_hold(library, ida, wanted)
    library.check_in(wanted)
    day = library.today + timedelta(days=7)
    close(library, first=day, last=day)
    [message] = sent(library)
    assert all(each in message.body for each in words), message.body
    assert "Vandskade" in message.body
    close(library, first=day, last=day)
    lifted = {"branch": "DK-900101", "first": day, "last": day}
    library.write(lambda transaction: lift_closure(library.act(transaction), **lifted))
    close(library, first=day, last=day)
    assert sent(library) == []
    close(library, first=day, last=day + timedelta(days=1))
    assert len(sent(library)) == 1
    assert [each[2] for each in states(library, ida)] == ["sent", "withdrawn", "sent"]


def test_a_message_that_waits_tells_only_dates_that_hold(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=7)
    ida = a_patron(library, email=EMAIL, language="en")
    assert isinstance(library.check_out(ida, an_item(library)), CheckedOut)
    day = library.today + timedelta(days=7)
    for last in (day, day + timedelta(days=1)):
        close(library, first=day, last=last)
    assert len(sent(library)) == 1


def test_a_message_that_waits_does_not_tell_of_a_closure_that_was_lifted(
    library: Library,
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=7)
    ida = a_patron(library, email=EMAIL, language="en")
    assert isinstance(library.check_out(ida, an_item(library)), CheckedOut)
    day = library.today + timedelta(days=7)
    close(library, first=day, last=day)
    lifted = {"branch": "DK-900101", "first": day, "last": day}
    library.write(lambda transaction: lift_closure(library.act(transaction), **lifted))
    [message] = sent(library)
    assert "due 3 December" in message.body
    assert "closed" not in message.subject + message.body


def test_a_closure_over_another_tells_of_new_dates_only_and_its_alternative_is_used(
    library: Library,
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=1)
    ida, ole = (a_patron(library, email=EMAIL, language="en") for _ in range(2))
    for card, days in ((ida, 1), (ole, 4)):
        library.policy(loan_days=days)
        assert isinstance(library.check_out(card, an_item(library)), CheckedOut)
    close_for(library, 4)
    assert [each.body.count("now due") + each.body.count(", due") for each in sent(library)]
    close_for(library, 5, alternative=library.other.isil)
    close_for(library, 3)
    assert [states(library, card)[-1][2] for card in (ida, ole)] == ["waiting", "waiting"]
    assert len(sent(library)) == 2
    assert [len(states(library, card)) for card in (ida, ole)] == [2, 1]
    barcode = an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    [line] = to_fetch(library, library.other)
    assert line.pickup_branch == library.other


def test_undoing_a_check_in_restores_the_pickup_branch_that_it_has_changed(
    library: Library,
) -> None:
    ida, ole = a_patron(library), a_patron(library)
    barcode = an_item(library, home=library.other, on_loan_to=ole)
    a_hold(library, ida, barcode)
    close_for(library, 3, alternative=library.other.isil)
    library.check_in(barcode, at=library.other)
    [ready] = holds_of(library, ida)
    assert (ready.hold.state, ready.hold.pickup_branch) == (HoldState.READY, library.other)
    undone = library.write(
        lambda transaction: cancel_check_in(
            library.act(transaction, library.desk(library.other)), item=barcode
        )
    )
    assert isinstance(undone, Cancelled)
    [waiting] = holds_of(library, ida)
    assert (waiting.hold.state, waiting.hold.pickup_branch) == (HoldState.WAITING, library.main)
    events = library.read(lambda transaction: events_of_hold(transaction, hold_id=ready.hold.id))
    changes = [each.after for each in events if each.kind is EventKind.HOLD_CHANGED]
    assert [each["pickup_branch_id"] for each in changes] == [library.other.id, library.main.id]


def test_copies_for_a_closed_branch_wait_where_they_are(library: Library) -> None:
    ida, barcode = a_patron(library), an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    assert [each.item for each in to_fetch(library, library.other)] == [barcode]
    close_for(library, 3)
    assert to_fetch(library, library.other) == to_fetch(library) == []
    [waiting] = holds_of(library, ida)
    assert waiting.days == 3
    answer = library.check_in(barcode, at=library.other)
    assert isinstance(answer, CheckedIn)
    assert answer.destination is Destination.TRANSIT_TO_PICKUP
    assert answer.held_for is not None
    assert answer.held_for.waits_until == library.today + timedelta(days=3)
    [on_the_way] = holds_of(library, ida)
    assert (on_the_way.hold.state, on_the_way.days) == (HoldState.ON_THE_WAY, 3)


def test_copies_go_to_the_alternative_that_the_closure_names(library: Library) -> None:
    ida, barcode = a_patron(library), an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    close_for(library, 3, alternative=library.other.isil)
    [line] = to_fetch(library, library.other)
    assert (line.item, line.pickup_branch) == (barcode, library.other)
    [waiting] = holds_of(library, ida)
    assert waiting.days == 1
    answer = library.check_in(barcode, at=library.other)
    assert isinstance(answer, CheckedIn)
    assert answer.destination is Destination.HOLD_SHELF_HERE
    [ready] = holds_of(library, ida)
    assert (ready.hold.state, ready.hold.pickup_branch) == (HoldState.READY, library.other)


@pytest.mark.parametrize("alternative", ["DK-900101", "DK-1"])
def test_an_alternative_is_another_branch_of_the_agency(
    sqlite_library: Library, alternative: str
) -> None:
    with pytest.raises(UnfitAlternative, match=alternative):
        close(sqlite_library, alternative=alternative)


def lift(library: Library, days: int, begin: int = 0) -> None:
    first = library.today + timedelta(days=begin)
    period = {"first": first, "last": first + timedelta(days=days - 1)}
    assert library.write(
        lambda transaction: lift_closure(library.act(transaction), branch="DK-900101", **period)
    )


def test_a_withdrawn_closure_corrects_the_message_about_a_hold_and_dates_stay(
    library: Library,
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=7, pickup_days=7)
    ida, ole = (
        a_patron(library, email=email, language="en") for email in (EMAIL, "ole@example.org")
    )
    for card in (ida, ole):
        assert isinstance(library.check_out(card, an_item(library)), CheckedOut)
    wanted = an_item(library)
    a_hold(library, ida, wanted)
    library.check_in(wanted)
    day = library.today + timedelta(days=7)
    close(library, first=day, last=day + timedelta(days=1))
    assert len(sent(library)) == 2
    [kept] = shelf(library)
    lift(library, 2, begin=7)
    [message] = sent(library)  # only the hold is fetched on other days
    assert message.address == EMAIL
    assert "from 2 December 2026 to 3 December 2026 has been withdrawn" in message.body
    assert "You can fetch these holds" in message.body
    assert "4 December" in message.body
    assert shelf(library) == [kept]
    close(library, first=day, last=day + timedelta(days=1))
    lift(library, 2, begin=7)
    close(library, first=day, last=day)
    assert sent(library) == []


def test_a_shortened_closure_corrects_the_message_with_the_days_that_are_open(
    library: Library,
) -> None:
    rule(library, "email", kind=NoticeKind.DATES_MOVED)
    library.policy(loan_days=28, pickup_days=2)
    ida, wanted = a_patron(library, email=EMAIL, language="en"), an_item(library)
    a_hold(library, ida, wanted)
    library.check_in(wanted)
    library.pass_time(days=1)
    close_for(library, 4)
    assert len(sent(library)) == 1
    close_for(library, 2)
    assert sent(library) == []
    lift(library, 4)
    [message] = sent(library)
    assert "from 28 November 2026 to 29 November 2026 has been withdrawn" in message.body
    lift(library, 2)
    [message] = sent(library)
    assert "from 26 November 2026 to 27 November 2026 has been withdrawn" in message.body


def test_the_message_that_a_hold_is_ready_waits_until_the_branch_opens(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_READY)
    ida, wanted = a_patron(library, email=EMAIL), an_item(library)
    a_hold(library, ida, wanted)
    close_for(library, 3)
    library.check_in(wanted)
    gathered(library)
    assert sent(library) == []
    close_for(library, 5)
    library.pass_time(days=3)
    assert sent(library) == []
    library.pass_time(days=-3)
    lift(library, 5)
    assert sent(library) == []
    lift(library, 3)
    assert len(sent(library)) == 1


def test_a_copy_on_the_way_to_the_alternative_goes_to_its_branch_again(library: Library) -> None:
    ida, ole, third = a_patron(library), a_patron(library), a_branch(library, 3)
    on_the_way, changed = (an_item(library, home=third) for _ in range(2))
    for card, barcode in ((ida, on_the_way), (ole, changed)):
        a_hold(library, card, barcode)
    close_for(library, 3, alternative=library.other.isil)
    [own] = holds_of(library, ole)
    change(library, ole, own.hold, pickup_branch=library.other.isil)
    for barcode in (on_the_way, changed):
        answer = library.check_in(barcode, at=third)
        assert isinstance(answer, CheckedIn)
        assert answer.to_branch == library.other
    lift(library, 3)
    [hold], [own] = holds_of(library, ida), holds_of(library, ole)
    assert (hold.hold.pickup_branch, hold.days) == (library.main, 1)
    assert own.hold.pickup_branch == library.other  # as the patron has chosen
    arrived = library.check_in(on_the_way, at=library.other)
    assert isinstance(arrived, CheckedIn)
    assert (arrived.destination, arrived.to_branch) == (
        Destination.TRANSIT_TO_PICKUP,
        library.main,
    )
    assert arrived.held_for is not None
    assert arrived.held_for.waits_until is None


def test_a_copy_on_the_shelf_of_the_alternative_stays_there(library: Library) -> None:
    ida, barcode = a_patron(library), an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    close_for(library, 3, alternative=library.other.isil)
    library.check_in(barcode, at=library.other)
    lift(library, 3)
    [ready] = holds_of(library, ida)
    assert (ready.hold.state, ready.hold.pickup_branch) == (HoldState.READY, library.other)


def test_pick_lists_and_estimates_follow_a_withdrawn_closure(library: Library) -> None:
    ida, barcode = a_patron(library), an_item(library, home=library.other)
    a_hold(library, ida, barcode)
    close_for(library, 3)
    assert to_fetch(library, library.other) == []
    lift(library, 3)
    [line] = to_fetch(library, library.other)
    assert (line.item, line.pickup_branch) == (barcode, library.main)
    [waiting] = holds_of(library, ida)
    assert waiting.days == 1
    answer = library.check_in(barcode, at=library.other)
    assert isinstance(answer, CheckedIn)
    assert answer.held_for is not None
    assert answer.held_for.waits_until is None
