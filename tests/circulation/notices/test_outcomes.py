"""How sending went: tried again, given to the next channel, doubted; what a channel tells later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.notices.causes import Cause
from circulation.notices.channels import CHANNELS
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.log import NotPossible, queue, resend
from circulation.notices.outcomes import (
    ABANDONED_AFTER,
    MOST_ATTEMPTS,
    Doubtful,
    NotSent,
    Report,
    Sent,
    TryAgain,
    record_all,
    take_report,
    take_up_abandoned,
    wait_after,
)
from circulation.notices.post import Post
from circulation.notices.rows import notices_of_message
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.notices import (
    EMAIL,
    MOBILE,
    POST,
    ask_for,
    claimed,
    claimed_again,
    lend,
    log,
    overdue,
    rule,
    sent,
    states,
    went,
    write,
)


@pytest.fixture
def card(library: Library) -> str:
    """Somebody who is to be told something by text, else by e-mail."""
    rule(library, "sms", "email")
    card = a_patron(library, phone=MOBILE, email=EMAIL)
    cause = Cause(key="hello")
    ask_for(library, card, NoticeKind.STAFF, cause, facts={"text": "Hej"})
    return card


def test_a_channel_that_is_down_is_tried_again_ever_later(library: Library, card: str) -> None:
    (message,) = claimed(library)
    for attempt in range(1, MOST_ATTEMPTS):
        assert message.attempts == attempt
        went(library, message, TryAgain("it is down"))
        assert claimed_again(library) == []
        library.now += wait_after(attempt) - timedelta(seconds=1)
        assert claimed_again(library) == []
        library.now += timedelta(seconds=1)
        first = message
        (message,) = claimed_again(library)
        assert (message.id, message.uuid, message.body) == (first.id, first.uuid, first.body)
    went(library, message, TryAgain("it is down"))
    (other,) = claimed(library)
    assert other.channel == "email"
    went(library, other)
    assert states(library, card) == [("staff", "sms", "failed"), ("staff", "email", "sent")]


@pytest.mark.parametrize("with_waiting", [False, True])
def test_the_queue_names_the_next_attempt(library: Library, card: str, with_waiting: bool) -> None:
    (message,) = claimed(library)
    went(library, message, TryAgain("it is down"))
    (entry,) = write(library, queue, now=library.now, with_waiting=with_waiting)
    assert (entry.id, entry.channel, entry.state) == (message.id, "sms", NoticeState.WAITING)
    assert (entry.why, entry.attempts) == ("it is down", 1)
    assert entry.next_attempt == library.now + wait_after(1)
    library.now += wait_after(1)
    (again,) = claimed_again(library)
    went(library, again, NotSent("no such number"))  # so it waits for the next channel
    (entry,) = write(library, queue, now=library.now, with_waiting=with_waiting)
    assert (entry.state, entry.why) == (NoticeState.WAITING, "sms: no such number")
    assert entry.next_attempt == library.now
    went(library, *claimed(library))
    assert write(library, queue, now=library.now, with_waiting=with_waiting) == []


def test_waits_grow_to_six_hours() -> None:
    waits = [wait_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert waits[:3] == [timedelta(minutes=each) for each in (2, 6, 18)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)


def test_what_a_channel_refuses_goes_to_the_next(library: Library, card: str) -> None:
    (message,) = claimed(library)
    went(library, message, NotSent("no such number"))
    (other,) = claimed(library)
    assert (other.channel, other.address) == ("email", EMAIL)
    assert other.id != message.id
    went(library, other, NotSent("no such user"))
    assert claimed(library) == []
    assert states(library, card) == [
        ("staff", "sms", "failed"),
        ("staff", "email", "failed"),
    ]
    waiting = write(library, queue, now=library.now)
    assert [each.why for each in waiting] == ["no such user"]


def test_what_may_have_been_sent_is_for_staff(library: Library, card: str) -> None:
    (message,) = claimed(library)
    went(library, message, Doubtful("it hung up"))
    library.pass_time(days=1)
    assert claimed(library) == []
    assert claimed_again(library) == []
    (entry,) = write(library, queue, now=library.now)
    assert (entry.id, entry.state) == (message.id, NoticeState.UNSURE)


def test_a_sender_that_dies_leaves_a_question(library: Library, card: str) -> None:
    (message,) = claimed(library)
    library.now += ABANDONED_AFTER
    assert not write(library, take_up_abandoned, POST, now=library.now)
    library.now += timedelta(seconds=1)
    assert write(library, take_up_abandoned, POST, now=library.now) == {"unsure": 1}
    assert claimed(library) == []
    assert claimed_again(library) == []
    (entry,) = write(library, queue, now=library.now)
    assert entry.why == "its sender died while sending it"
    # It was sent after all, and the gateway says so.
    report = Report(NoticeState.DELIVERED, message_id=message.id)
    assert write(library, take_report, "sms", report, library.now)
    assert states(library, card) == [("staff", "sms", "delivered")]


def test_a_late_sender_that_could_not_send_leaves_no_question(library: Library, card: str) -> None:
    """Staff would send it again, and its channel as well."""
    (message,) = claimed(library)
    library.now += ABANDONED_AFTER + timedelta(seconds=1)
    assert write(library, take_up_abandoned, POST, now=library.now) == {"unsure": 1}
    went(library, message, TryAgain("busy"))
    with pytest.raises(NotPossible, match="sent by itself"):
        write(library, resend, message.id, actor="Ida", now=library.now)
    notices = write(library, notices_of_message, message_id=message.id)
    assert [each.state for each in notices] == [NoticeState.SENDING]


def test_a_channel_that_knows_ids_is_given_the_very_same_again(library: Library) -> None:
    traits = {
        name: type(each)(each.address, each.form, each.rings, True)
        for name, each in CHANNELS.items()
    }
    post = Post(channels=traits)
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcode = an_item(library)
    loan = lend(library, card, barcode)
    library.pass_time(days=30)
    overdue(library, card, loan)
    (message,) = claimed(library, post)
    library.now += ABANDONED_AFTER + timedelta(seconds=1)
    assert write(library, take_up_abandoned, post, now=library.now) == {"given again": 1}
    (again,) = claimed_again(library, post)
    assert (again.id, again.body) == (message.id, message.body)
    went(library, again)
    assert states(library, card) == [("overdue", "email", "sent")]


def test_before_it_is_tried_again_the_state_is_checked_again(library: Library) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL)
    barcodes = [an_item(library, title=title) for title in ("Et", "To")]
    loans = [lend(library, card, barcode) for barcode in barcodes]
    library.pass_time(days=30)
    overdue(library, card, *loans)
    (message,) = claimed(library)
    went(library, message, TryAgain("busy"))
    library.check_in(barcodes[0])
    library.pass_time(hours=1)
    assert claimed_again(library) == []  # it was withdrawn, and what is still so goes out anew
    (other,) = sent(library)
    assert "* To" in other.body
    assert "* Et" not in other.body
    assert states(library, card) == [
        ("overdue", "email", "withdrawn"),
        ("overdue", "email", "sent"),
    ]


def test_reports_come_in_any_order(library: Library, card: str) -> None:
    (message,) = claimed(library)
    went(library, message, Sent("gw-1"))
    for state in (NoticeState.READ, NoticeState.DELIVERED, NoticeState.SENT):
        report = Report(state, reference="gw-1")
        assert write(library, take_report, "sms", report, library.now)
    assert states(library, card) == [("staff", "sms", "read")]


def test_a_later_failure_goes_to_the_next_channel(library: Library, card: str) -> None:
    (message,) = sent(library)
    report = Report(NoticeState.FAILED, message_id=message.id, why="undeliverable")
    assert write(library, take_report, "sms", report, library.now)
    assert write(library, take_report, "sms", report, library.now)  # told again: nothing more
    assert [each.channel for each in sent(library)] == ["email"]
    assert states(library, card) == [("staff", "sms", "failed"), ("staff", "email", "sent")]


def test_a_report_of_another_channel_is_not_believed(library: Library, card: str) -> None:
    (message,) = sent(library)
    report = Report(NoticeState.FAILED, message_id=message.id)
    assert not write(library, take_report, "email", report, library.now)
    assert not write(library, take_report, "sms", Report(NoticeState.READ), library.now)
    assert [each.state for each in log(library, card)] == [NoticeState.SENT]


def test_many_outcomes_are_written_down_as_one_is(library: Library) -> None:
    """In bulk: what was taken, what was refused, and what another report had settled before."""
    rule(library, "email", "print")
    cards = [a_patron(library, email=EMAIL) for _ in range(4)]
    for card in cards:
        ask_for(library, card, NoticeKind.STAFF, Cause(key=card), facts={"text": "Hej"})
    messages = {message.id: message for message in claimed(library)}
    first, second, third, fourth = sorted(messages)
    went(library, messages[fourth], NotSent("no such address"))
    outcomes = {
        first: Sent("a"),
        second: Sent("b", NoticeState.DELIVERED),
        third: TryAgain("busy"),
        fourth: Sent("too late"),
    }
    library.write(lambda transaction: record_all(transaction, outcomes, library.now))
    found = {each.id: each for card in cards for each in log(library, card) if each.channel}
    assert [found[each].state.value for each in sorted(messages)] == [
        "sent",
        "delivered",
        "waiting",
        "failed",
    ]
    assert found[first].sent == library.now
    assert found[third].sent is None
    library.write(lambda transaction: record_all(transaction, {}, library.now))
