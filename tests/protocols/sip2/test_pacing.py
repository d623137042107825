"""Who sends faster than agreed waits; nothing is lost, and all comes in order."""

from __future__ import annotations

from protocols.sip2.conversation.pacing import Pace
from tests.protocols.sip2.conftest import ATerminal

ITEM = b"1720261125    120000AO|ABI%d|AC|\r"


def test_a_second_s_worth_and_ten_more_at_once() -> None:
    pace = Pace()
    assert [pace.is_held(5.0, 100.0) for _ in range(16)] == [False] * 15 + [True]
    assert pace.resumes == 100.2
    assert not pace.is_held(5.0, 100.21)
    assert pace.resumes is None


def test_without_a_rate_nothing_waits_and_a_new_rate_begins_anew() -> None:
    pace = Pace()
    assert not any(pace.is_held(None, 100.0) for _ in range(1000))
    assert sum(pace.is_held(1.0, 100.0) for _ in range(20)) == 9
    assert not pace.is_held(None, 100.0)
    assert pace.resumes is None
    assert not pace.is_held(2.0, 100.0)


def test_a_flood_is_answered_bit_by_bit_and_in_order(a_terminal: ATerminal) -> None:
    terminal = a_terminal(messages_per_second=2)
    answers = terminal.feed(b"".join(ITEM % number for number in range(20)))
    session = terminal.session
    at_once = answers.count(b"\r")
    assert at_once in (11, 12)  # the status that the login was may have counted
    assert session.pending > 0
    assert session.deadline is not None
    while answers.count(b"\r") < 20:
        assert session.deadline <= terminal.seconds + 1.0
        terminal.seconds = max(session.deadline, terminal.seconds + 0.01)
        session.expire(terminal.seconds)
        assert not session.closing
        answers += terminal.feed(b"")
    numbers = [each[28:].partition(b"|")[0] for each in answers.split(b"\r")[:-1]]
    assert numbers == [b"I%d" % each for each in range(20)]
    assert session.tally.take()["kiosk", "messages faster than agreed"] >= 1
    assert session.deadline > terminal.seconds + 500  # idle again
