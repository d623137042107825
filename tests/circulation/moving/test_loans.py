"""Loans that come from another system go on where they were: reminders, marks, due dates."""

from __future__ import annotations

from datetime import timedelta

from circulation.notices.silence import silent_batch_list
from tests.builders.dunning import DANISH, danish, run_day
from tests.builders.moving import LENT, OldSystem


def test_reminder_two_follows_reminder_one(old: OldSystem) -> None:
    """Due 20 November, told once by the other system; the second is due on the eighth day."""
    danish(old.library)
    old.deliver()
    assert run_day(old.library) == {}
    old.library.pass_time(days=3)  # the 28th
    counts = run_day(old.library)
    assert counts["steps overdue-2"] == 1
    assert "steps overdue-1" not in counts


def test_without_word_from_the_other_system_the_first_comes_first(old: OldSystem) -> None:
    danish(old.library)
    old.write("loans", (*LENT[:5], "", ""))
    old.deliver()
    assert run_day(old.library)["steps overdue-1"] == 1


def test_what_comes_up_while_it_is_silent_is_not_sent(old: OldSystem) -> None:
    danish(old.library)
    old.write("loans", (*LENT[:5], "", ""))
    until = old.library.now + timedelta(days=10)
    old.deliver(until=until)
    assert [each.until for each in old.library.read(silent_batch_list)] == [until]


def test_more_reminders_than_steps_are_told(old: OldSystem) -> None:
    danish(old.library, steps=DANISH[:2])
    old.write("loans", (*LENT[:5], "2", "2026-11-21"))
    old.deliver()
    assert [each.reason for _, each in old.faults] == ["more reminders than the flow has steps"]


def test_a_day_is_due_at_its_end_and_an_hour_at_that_hour(sqlite_old: OldSystem) -> None:
    old = sqlite_old
    old.write(
        "loans",
        (*LENT[:3], "2026-12-20 00:00", "0", "", ""),
        ("1", "B2", "2026-11-01", "2026-12-20T16:30:00+01:00", "0", "", ""),
    )
    old.deliver()
    found = [str(row[0])[:19] for row in old.rows("SELECT due FROM loans ORDER BY item_id")]
    assert found == ["2026-12-20T22:59:59", "2026-12-20T15:30:00"]
