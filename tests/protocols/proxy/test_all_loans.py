"""All loans renewed at once (65), also while a system is down, and what the other is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from protocols.proxy.kinds import all_fields, field
from tests.protocols.proxy.serving import IN, OUT, ask, proxy
from tests.protocols.proxy.systems import DATE, DUE
from tests.protocols.proxy.test_down import RENEWAL, due_of
from tests.protocols.proxy.test_two_systems import Two, carried, for_a_person, two, until

__all__ = ["two"]


def in_days(days: int) -> str:
    """Return the end of a coming day: the proxy itself renews for 28 days from now."""
    return f"{datetime.now(UTC) + timedelta(days=days):%Y%m%d}    235900"


def test_all_loans_are_renewed_and_listed_off_line(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        for item in (b"I1", b"I2", b"I3"):
            ask(terminal, OUT.replace(b"ABI1", b"AB" + item))
        ask(terminal, IN.replace(b"ABI1", b"ABI2"))
        who = f"63001{DATE}  Y       AOOLD|AAP1|AC|AD1234|"
        ask(terminal, who.encode())
        two.old.stop()
        assert ask(terminal, who.encode())[45:49] == b"0002"
        assert all_fields(ask(terminal, f"{who}BP2|BQ9|".encode()), b"AU") == [b"I3"]
        renewed = ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode())
        assert renewed.startswith(b"66100020000")
        assert all_fields(renewed, b"BM") == [b"I1", b"I3"]
        wrong = ask(terminal, f"65{DATE}AOOLD|AAP1|AD9999|".encode())
        assert wrong.startswith(b"66000000000"), "nor is it told what they have"
        two.old.start()
        until(lambda: carried(running).count(("old", "replay", "done")) == 2)
        told = {(field(each.encode(), b"AB") or b"")[:2] for each in two.old.asked("29")}
        assert told == {b"I1", b"I3"}
        assert {due for _, due in two.old.loans.values()} != {DUE}


def test_what_was_left_out_of_all_loans_in_doubt_is_for_a_person(two: Two) -> None:
    """Nobody has heard what the old system did of it."""
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, OUT.replace(b"ABI1", b"ABI2"))
        two.old.renewed_until = "20991231    235900"
        assert ask(terminal, RENEWAL.replace(b"ABI1", b"ABI2")).startswith(b"301")
        two.old.habits.drops_after = frozenset({"65", "17", "29"})
        renewed = ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode())
        assert (all_fields(renewed, b"BM"), all_fields(renewed, b"BN")) == ([b"I1"], [b"I2"])
        [(_, why)] = for_a_person(running)
        assert why == "it was refused while nobody knew what the system had done"


def test_all_loans_renewed_at_once_are_followed_with_their_dates(two: Two) -> None:
    two.settings("shadow")
    two.old.renewed_until = "20270211    235900"
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, OUT.replace(b"ABI1", b"ABI2"))
        assert ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode()).startswith(b"6610002")
        dates = {"I1": ("P1", "20270211    235900"), "I2": ("P1", "20270211    235900")}
        until(lambda: two.new.loans == dates)


def test_all_loans_renewed_at_once_are_written_back_by_the_process_after(two: Two) -> None:
    """That they are on loan there does not say that they were renewed."""
    two.settings("new with write-back")
    two.new.renewed_until = "20270211    235900"
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, OUT.replace(b"ABI1", b"ABI2"))
        until(lambda: len(two.old.loans) == 2)
        two.old.stop()
        assert ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode()).startswith(b"6610002")
        running.kill()
        running.begin()
        two.old.renewed_until = "20270211    235900"
        two.old.start()
        until(lambda: {due for _, due in two.old.loans.values()} == {"20270211    235900"})
        assert len(two.old.asked("29")) == 2


def test_a_renewal_of_all_loans_is_told_also_when_the_item_came_back_meanwhile(two: Two) -> None:
    two.settings("new with write-back")
    two.new.renewed_until = two.old.renewed_until = "20270211    235900"
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        until(lambda: len(two.old.loans) == 1)
        two.old.stop()
        assert ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode()).startswith(b"6610001")
        until(lambda: running.records("dated"))
        back = f"09N{DATE}{DATE}APOLD|AOOLD|ABI1|AC|".encode()
        assert ask(terminal, back).startswith(b"101")
        running.kill()
        running.begin()
        two.old.start()
        until(lambda: not two.old.loans)
        assert [message[22:30] for message in two.old.asked("29")] == ["20270211"]


def test_a_renewal_of_all_loans_waits_for_its_date(two: Two) -> None:
    two.settings("new with write-back")
    two.new.renewed_until = two.old.renewed_until = "20270211    235900"
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        until(lambda: len(two.old.loans) == 1)
        two.new.habits.drops_after = frozenset({"17"})
        assert ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode()).startswith(b"6610001")
        until(lambda: len(two.new.asked("17")) > 1)
        assert two.old.asked("29") == []
        two.new.habits.drops_after = frozenset()
        until(lambda: len(two.old.asked("29")) == 1)
        assert two.old.asked("29")[0][22:30] == "20270211"


def test_a_renewal_that_was_lost_after_all_were_renewed_is_not_taken_for_done(two: Two) -> None:
    """That the date is another than before may come of the renewal of all loans, too."""
    two.settings("old")
    two.old.renewed_until = in_days(20)
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        assert ask(terminal, f"65{DATE}AOOLD|AAP1|AD1234|".encode()).startswith(b"6610001")
        two.old.renewed_until = in_days(70)
        two.old.habits.loses = 1
        ask(terminal, RENEWAL)
        assert running.records("answer")[-1]["by"] == "proxy"
        until(lambda: ("old", "replay", "done") in carried(running))
        told = due_of(running.records("answer")[-1]["sent"].encode())
        assert (two.old.loans["I1"][0], two.old.loans["I1"][1][:8]) == ("P1", told)


def test_the_dates_of_all_loans_renewed_at_once_are_known_once_the_other_system_was_told(
    two: Two,
) -> None:
    two.settings("new with write-back")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        until(lambda: len(carried(running)) == 1)
        everything = f"65{DATE}AOOLD|AAP1|AD1234|AC|".encode()
        assert ask(terminal, everything).startswith(b"6610001")
        until(lambda: len(carried(running)) == 2)
        two.new.stop()
        assert ask(terminal, RENEWAL).startswith(b"300"), "it would take days away"
        assert two.old.loans["I1"] == ("P1", two.new.renewed_until)
