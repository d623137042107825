"""Two systems behind one address: who is asked, who is told, and in which order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from protocols.hosting.proxy_control import ask as tell_proxy
from protocols.proxy.kinds import field
from protocols.sip2.asking.line import Line
from tests.protocols.proxy.serving import IN, LOGIN, OUT, Running, ask, proxy, settings
from tests.protocols.proxy.systems import DATE, DUE, OldSystem
from tests.protocols.sip2.terminals import with_checksum

TERMINAL = """
[[terminals]]
login = "kiosk-{number}"
branch = "DK-90010{number}"
mode = "{mode}"
"""
NEW = """
[new]
host = "127.0.0.1"
port = {port}
retry_from = 0.05
retry_to = 0.2
answer_timeout = 2.0
account = {{ login = "replays", password = "x" }}
follow = {{ login = "follows", password = "x" }}
judge = {{ login = "judges", password = "x" }}
"""


class Two:
    """An old and a new system, and the proxy in front of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.old, self.new = OldSystem(), OldSystem()

    def settings(self, *modes: str, patience: float = 2.0) -> None:
        terminals = "".join(
            TERMINAL.format(number=number, mode=mode) for number, mode in enumerate(modes, 1)
        )
        account = 'account = { login = "writes-back", password = "x" }'
        more = NEW.format(port=self.new.port) + terminals
        settings(self.folder, self.old.port, old=f"{account}\n{more}", patience=patience)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    found = Two(tmp_path)
    with found.old, found.new:
        yield found


def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def carried(running: Running) -> list[tuple[str, str, str]]:
    return [(each["to"], each["purpose"], each["outcome"]) for each in running.records("carried")]


def value(message: str, code: str) -> str:
    return (field(message.encode(), code.encode()) or b"").decode()


def test_in_shadow_the_old_system_answers_and_the_new_one_follows(two: Two) -> None:
    two.settings("shadow")
    with proxy(two.folder) as running:
        assert ask(running.terminal(), OUT).startswith(b"121NNY")
        until(lambda: ("new", "follow", "done") in carried(running))
        assert two.new.loans["I1"] == ("P1", DUE)
        judged, followed = two.new.asked("11")
        assert "AD1234" in judged
        assert followed.startswith(f"11YY{received(running, '11')}{DUE}")
        assert "AD" not in followed
        assert value(followed, "AO") == "DK-900101"
        request = next(each for each in running.records("request") if each["sent"][:2] == "11")
        begin = running.records("begin")[0]["journal"]
        assert value(followed, "QJ") == f"{begin}-{request['id']}"
        verdict = running.records("judged")[-1]
        assert verdict["of"] == request["id"]
        assert verdict["sent"].startswith("121")


def test_what_asks_only_is_judged_only_and_a_pin_is_learned_once(two: Two) -> None:
    two.settings("shadow")
    who = f"63000{DATE}          AOOLD|AAP1|AD1234|".encode()
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, who)
        ask(terminal, who.replace(b"000", b"001", 1))
        until(lambda: len(running.records("judged")) == 2)
        learned = [each for each in two.new.heard if "QLY" in each]
        assert len(learned) == 1
        assert "AD1234|QLY|" in learned[0]
        assert b"AD1234" not in running.journal()
        assert not [each for each in two.old.heard if "QL" in each or "QJ" in each]


def test_a_wrong_pin_is_not_learned(two: Two) -> None:
    two.settings("shadow")
    with proxy(two.folder) as running:
        ask(running.terminal(), f"63000{DATE}          AOOLD|AAP1|AD9999|".encode())
        until(lambda: len(running.records("judged")) == 1)
        assert not [each for each in two.new.heard if "QL" in each]


def test_the_old_answer_never_waits_for_the_new_system(two: Two) -> None:
    two.settings("shadow")
    two.new.habits.seconds = 1.0
    with proxy(two.folder) as running:
        terminal = running.terminal()
        began = time.monotonic()
        for number in range(10):
            ask(terminal, OUT.replace(b"ABI1", b"ABI%d" % number))
        assert time.monotonic() - began < 1.0
        assert len(two.old.loans) == 10
        two.new.habits.seconds = 0.0
        until(lambda: len(two.new.loans) == 10)


def test_what_the_new_system_missed_it_is_told_when_it_is_there(two: Two) -> None:
    two.settings("shadow")
    two.new.stop()
    with proxy(two.folder) as running:
        terminal = running.terminal()
        for message in (OUT, IN, OUT.replace(b"ABI1", b"ABI2")):
            assert ask(terminal, message)[2:3] == b"1"
        until(lambda: ("new", "follow", "failed") in carried(running))
        assert "why" in running.records("judged")[-1]
        running.kill()
        two.new.start()
        running.begin()
        until(lambda: carried(running).count(("new", "follow", "done")) == 3)
        assert set(two.new.loans) == {"I2"}, "in the order in which it happened"


def test_write_back_is_asked_back(two: Two) -> None:
    two.settings("new with write-back")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        assert ask(terminal, OUT).startswith(b"121NNY")
        assert two.new.loans["I1"] == ("P1", DUE)
        until(lambda: ("old", "write-back", "done") in carried(running))
        assert two.old.loans["I1"] == ("P1", DUE)
        told = two.old.asked("11")
        assert [each[:4] for each in told] == ["11YY"]
        assert "QJ" not in told[0]
        assert two.old.asked("17"), "it was asked how the item is now"


def test_what_the_old_system_refuses_for_good_is_for_a_person_and_stops_nobody(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    two.old.habits.blocked.add("P1")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        assert ask(terminal, OUT).startswith(b"121NNY")
        other = OUT.replace(b"ABI1", b"ABI2").replace(b"AAP1", b"AAP2").replace(b"1234", b"5678")
        assert ask(terminal, other).startswith(b"121NNY")
        until(lambda: ("old", "write-back", "refused") in carried(running))
        assert set(two.old.loans) == {"I2"}


def for_a_person(running: Running) -> list[tuple[str, str]]:
    told = tell_proxy(running.folder / "journal", ask="status")
    assert told["number_for_a_person"] == len(told["for_a_person"])
    return [(each["item"], each["why"]) for each in told["for_a_person"]]


def test_an_old_system_that_goes_by_its_own_rules_is_noticed_and_stands_on_a_list(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    two.old.lends_until = "20261221    235900"
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        until(lambda: ("old", "write-back", "differs") in carried(running))
        why = "it is due there on 2026-12-21, and 2026-12-23 was told"
        assert for_a_person(running) == [("I1", why)]
        running.kill()
        running.begin()
        assert for_a_person(running) == [("I1", why)], "whoever reads the journal knows it too"
        terminal = running.terminal()
        assert len(two.old.asked("11")) == 1, "it would lend until that day again"
        ask(terminal, IN)
        until(lambda: ("old", "write-back", "done") in carried(running))
        assert for_a_person(running) == [], "it came back, and there is nothing to be put right"


def test_what_was_lent_until_another_day_is_noticed_though_its_answer_was_lost(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    two.old.habits.drops_after = frozenset({"11"})
    two.old.lends_until = "20261221    235900"
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)
        until(lambda: ("old", "write-back", "differs") in carried(running))
        assert len(two.old.asked("11")) == 1


def test_a_loan_refused_because_another_patron_has_the_item_is_never_done(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.knows_no_block = False
    two.old.loans["I1"] = "P2", DUE
    with proxy(two.folder) as running:
        assert ask(running.terminal(), OUT).startswith(b"121")
        until(lambda: ("old", "write-back", "failed") in carried(running))
        assert ("old", "write-back", "done") not in carried(running)
        assert two.old.asked("63"), "it is asked who has it"


def test_a_write_back_whose_answer_was_lost_is_not_done_twice(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.drops_after = frozenset({"11"})
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)
        until(lambda: ("old", "write-back", "done already") in carried(running))
        assert len(two.old.asked("11")) == 1


def test_money_is_never_written_back_twice(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.drops_after = frozenset({"37"})
    pay = f"37{DATE}0101DKKBV20.50|AOOLD|AAP1|AC|AD1234|BK77|".encode()
    with proxy(two.folder) as running:
        assert ask(running.terminal(), pay).startswith(b"38Y")
        until(lambda: ("old", "write-back", "unknown") in carried(running))
        running.kill()
        running.begin()
        ask(running.terminal(), OUT)
        until(lambda: ("old", "write-back", "done") in carried(running))
        assert two.old.paid == [("P1", "20.50")]


def test_a_book_of_the_old_system_returned_at_a_branch_that_has_moved(two: Two) -> None:
    two.settings("shadow", "new with write-back")
    with proxy(two.folder) as running:
        ask(running.terminal(), OUT)
        until(lambda: "I1" in two.new.loans)
        moved = running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-2"))
        assert ask(moved, IN).startswith(b"101")
        request = running.records("request")[-1]
        assert (request["mode"], request["to"]) == ("new with write-back", "old")
        until(lambda: "I1" not in two.new.loans)
        assert two.old.loans == {}


def test_two_machines_with_the_same_item_are_answered_one_after_the_other(two: Two) -> None:
    """Renewed at a branch that has moved, while it is handed in at one that has not."""
    two.settings("new with write-back", "shadow")
    for system in (two.old, two.new):
        system.loans["I1"] = "P1", DUE
    two.new.habits.seconds = 0.3
    renewal = f"29NN{DATE}{' ' * 18}AOOLD|AAP1|ABI1|".encode()
    with proxy(two.folder) as running:
        moved = running.terminal()
        other = running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-2"))
        moved.send(renewal + b"\r")
        time.sleep(0.1)
        assert ask(other, IN).startswith(b"101")
        assert (moved.frame() or b"").startswith(b"301")
        until(lambda: ("new", "follow", "done") in carried(running))
        told = [each[:2] for each in two.old.heard if each[:2] in ("09", "29")]
        assert told == ["29", "09"]
        assert not two.old.loans
        assert not two.new.loans


def test_a_machine_waits_for_another_with_the_same_item_as_long_as_the_system_takes(
    two: Two,
) -> None:
    two.settings("old", "old", patience=6.0)
    two.old.loans["I1"] = "P1", DUE
    two.old.habits.seconds = 2.3
    renewal = f"29NN{DATE}{' ' * 18}AOOLD|AAP1|ABI1|".encode()
    with proxy(two.folder) as running:
        first = running.terminal()
        second = running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-2"))
        first.send(renewal + b"\r")
        until(lambda: bool(two.old.asked("29")))
        two.old.habits.seconds = 0.0
        assert ask(second, IN).startswith(b"101YNN")
        assert (first.frame() or b"").startswith(b"301")
        by = [each["by"] for each in running.records("answer")]
        assert by == ["old"] * 4


def received(running: Running, code: str) -> str:
    """When the proxy got the message, as the new system is told it."""
    at = next(each["at"] for each in running.records("request") if each["sent"][:2] == code)
    return f"{datetime.fromisoformat(at):%Y%m%d   Z%H%M%S}"


@pytest.mark.parametrize(
    ("returned", "told"), [("20261125    115800", ""), ("20261124    090000", "20261124   Z080000")]
)
def test_the_other_system_is_told_when_the_proxy_heard_of_it(
    two: Two, returned: str, told: str
) -> None:
    """But for what the terminal says: it was found in the book drop, say."""
    two.settings("shadow")
    said = IN.replace(DATE.encode(), b"20261125    115830")
    said = said[:21] + returned.encode() + said[39:]
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, said)
        until(lambda: any("QJ" in each for each in two.new.asked("09")))
        (sent,) = [each for each in two.new.asked("09") if "QJ" in each]
        at = received(running, "09")
        assert sent[3:39] == at + (told or at)


def test_each_line_of_a_terminal_has_numbers_that_differ_from_one_to_the_next(two: Two) -> None:
    """What a terminal sends between two messages to the old system may go to the new one; to the
    old one they follow each other, and it must not take the second for the first once more."""
    two.settings("shadow")
    two.old.habits.goes_by_number = two.new.habits.goes_by_number = True
    number = 0

    def numbered(terminal: Line, message: bytes) -> bytes:
        nonlocal number
        number = (number + 1) % 10
        answer = ask(terminal, with_checksum(message, number))
        assert b"AY%dAZ" % number in answer, "as the terminal counts"
        return answer

    with proxy(two.folder) as running:
        terminal = running.terminal(b"")
        assert numbered(terminal, LOGIN.rstrip()).startswith(b"941")
        items = [b"ABI%d" % each for each in range(4)]
        for each in items:
            assert each in numbered(terminal, OUT.replace(b"ABI1", each))
        until(lambda: len(two.new.loans) == 4)
        wish = {"terminals": ["kiosk-1"], "mode": "new with write-back", "why": "its day"}
        wish["despite"] = "a test"
        assert "error" not in tell_proxy(two.folder / "journal", ask="flip", **wish)
        numbered(terminal, f"35{DATE}AOOLD|AAP1|".encode())
        for each in items:
            assert each + b"|" in numbered(terminal, IN.replace(b"ABI1", each))
            for _ in range(9):  # about nothing that the old system has lent
                numbered(terminal, f"17{DATE}AOOLD|ABI7|".encode())
        assert two.old.loans == {}
