"""A system that is down, a line that breaks, a proxy that is killed: what terminals are told, and
what becomes of it.
"""

from __future__ import annotations

import pytest

from protocols.proxy.dates import days_between
from protocols.proxy.kinds import field
from tests.protocols.proxy.serving import IN, LOGIN, OUT, ask, proxy
from tests.protocols.proxy.systems import DATE, DUE
from tests.protocols.proxy.test_two_systems import Two, carried, two, until

__all__ = ["two"]
RENEWAL = f"29NN{DATE}{' ' * 18}AOOLD|AAP1|ABI1|".encode()


def test_while_the_old_system_is_down_the_proxy_answers_and_tells_it_later(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        assert ask(terminal, OUT).startswith(b"121NNY")
        assert ask(terminal, IN).startswith(b"101")
        two.old.stop()
        answer = ask(terminal, OUT.replace(b"ABI1", b"ABI2"))
        assert answer.startswith(b"121NNY")
        told = (field(answer, b"AH") or b"").decode()
        assert told.strip(), "the patron is told a date"
        assert ask(terminal, b"9900802.00").startswith(b"98YYY")
        running.kill()
        running.begin()
        terminal = running.terminal()
        assert ask(terminal, IN.replace(b"ABI1", b"ABI7")).startswith(b"101")
        two.old.start()
        # A return of what is not on loan there was done already.
        until(lambda: sum(outcome.startswith("done") for *_, outcome in carried(running)) == 2)
        assert two.old.loans["I2"] == ("P1", told), "what the patron was told is what holds"
        until(lambda: ask(terminal, OUT.replace(b"ABI1", b"ABI5"))[:3] == b"121")
        assert "I5" in two.old.loans


def test_a_login_is_known_while_the_system_is_down(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        running.terminal()
        two.old.stop()
        other = running.terminal(b"")
        assert ask(other, LOGIN.replace(b"sesame", b"barley")) == b"940"
        assert ask(other, LOGIN) == b"941"


def test_the_proxy_speaks_in_the_charset_of_the_terminal(two: Two) -> None:
    two.settings("old", "old")
    path = two.folder / "proxy.toml"
    text = path.read_text().replace('login = "kiosk-2"', 'login = "kiosk-2"\ncharset = "cp850"')
    path.write_text(text)
    two.old.habits.blocked.add("P2")
    with proxy(two.folder) as running:
        first, second = running.terminal(), running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-2"))
        for terminal, charset in ((first, "utf-8"), (second, "cp850")):
            who = f"23009{DATE}AOBøgelund|AAP2|AC|AD5678|".encode(charset)
            if charset == "utf-8":
                ask(terminal, who)
                two.old.stop()
            answer = ask(terminal, who).decode(charset)
            assert "AOBøgelund|" in answer
            assert "nås" in answer


def test_nobody_is_answered_for_whom_no_system_has_let_in(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        running.terminal()
        two.old.stop()
        stranger = running.terminal(b"")
        hold = f"15+{DATE}AOOLD|AAP1|ABI4|BSHB|".encode()
        for message in (OUT, IN, hold, f"01N{DATE}AOOLD|ALx|AAP1|AC|".encode()):
            assert ask(stranger, message)[:3] not in (b"121", b"101", b"161"), message
        assert ask(stranger, LOGIN.replace(b"sesame", b"barley")) == b"940"
        assert ask(stranger, OUT).startswith(b"120")
        assert ask(stranger, LOGIN) == b"941"
        assert ask(stranger, OUT).startswith(b"121")
        assert [each["sent"][:2] for each in running.records("request")].count("11") == 3
        two.old.start()
        until(lambda: set(two.old.loans) == {"I1"})
        assert two.old.reserved == []
        assert two.old.habits.blocked == set()


def test_who_sends_no_login_is_answered_for_once_it_was_served(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal(b"")
        assert ask(terminal, OUT).startswith(b"121")
        two.old.stop()
        running.kill()
        running.begin()
        assert ask(running.terminal(b""), IN).startswith(b"101")


def test_off_line_refuses_only_what_is_known_to_be_refused(two: Two) -> None:
    two.settings("old")
    two.old.habits.blocked.add("P2")
    who = f"23000{DATE}AOOLD|AAP2|AC|AD5678|".encode()
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, who)
        two.old.stop()
        assert ask(terminal, OUT.replace(b"AAP1", b"AAP2")).startswith(b"120")
        assert ask(terminal, OUT.replace(b"AAP1", b"AAP3")).startswith(b"121")
        assert ask(terminal, f"37{DATE}0101DKKBV5|AOOLD|AAP1|".encode()).startswith(b"38N")


def test_off_line_nobody_renews_what_has_been_handed_in(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        two.old.stop()
        assert ask(terminal, RENEWAL).startswith(b"301")
        assert ask(terminal, IN).startswith(b"101")
        running.kill()
        running.begin()
        terminal = running.terminal()
        assert ask(terminal, RENEWAL.replace(b"29NN", b"29NY")).startswith(b"300")
        assert ask(terminal, RENEWAL.replace(b"ABI1", b"ABI8")).startswith(b"301"), "nobody knows"
        assert ask(terminal, OUT.replace(b"|AC|", b"|ACx|")).startswith(b"121")
        two.old.start()
        until(lambda: two.old.loans.get("I1", ("", ""))[0] == "P1")


def test_off_line_holds_are_placed_and_cards_blocked_and_the_system_is_told(two: Two) -> None:
    two.settings("old")
    hold = f"15+{DATE}AOOLD|AAP1|ABI4|BSHB|".encode()
    with proxy(two.folder) as running:
        terminal = running.terminal()
        two.old.stop()
        assert ask(terminal, hold).startswith(b"161N")
        assert ask(terminal, f"01N{DATE}AOOLD|ALkept|AAP2|AC|".encode()).startswith(b"24YYYY")
        assert ask(terminal, OUT.replace(b"AAP1", b"AAP2")).startswith(b"120")
        assert ask(terminal, hold.replace(b"AAP1", b"AAP2")).startswith(b"160N")
        two.old.start()
        until(lambda: two.old.reserved == [("P1", "I4")] and "P2" in two.old.habits.blocked)
        two.old.stop()
        freed = f"25{DATE}AOOLD|AAP2|AC|AD5678|".encode()
        until(lambda: ask(terminal, freed).startswith(b"26    "))
        assert ask(terminal, OUT.replace(b"AAP1", b"AAP2")).startswith(b"121")
        two.old.start()
        until(lambda: "P2" not in two.old.habits.blocked)


def test_what_nobody_knows_is_not_blocked(two: Two) -> None:
    two.settings("shadow")
    with proxy(two.folder) as running:
        ask(running.terminal(), f"01N{DATE}AOOLD|ALkept|AAP9|AC|".encode())
        until(lambda: bool(running.records("answer")))
        assert carried(running) == []


def test_a_checkout_whose_answer_was_lost_is_found_out(two: Two) -> None:
    two.settings("shadow")
    two.old.habits.drops_after = frozenset({"11"})
    with proxy(two.folder) as running:
        assert ask(running.terminal(), OUT).startswith(b"121NNY")
        assert running.records("answer")[-1]["by"] == "old"
        until(lambda: ("new", "follow", "done") in carried(running))
        assert len(two.old.asked("11")) == 1


def test_a_renewal_whose_answer_was_lost_with_the_system_is_not_done_twice(two: Two) -> None:
    two.settings("new with write-back")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        two.new.habits.drops_after = frozenset({"29", "17"})
        told = ask(terminal, RENEWAL)
        assert told.startswith(b"301"), "by the proxy"
        # It has done it, until the very day that the proxy told.
        two.new.loans["I1"] = "P1", (field(told, b"AH") or b"").decode()
        until(lambda: ("new", "replay", "failed") in carried(running))
        two.new.habits.drops_after = frozenset()
        until(lambda: ("new", "replay", "done already") in carried(running))
        assert len(two.new.asked("29")) == 1


def test_a_hold_whose_answer_was_lost_is_found_out(two: Two) -> None:
    two.settings("shadow")
    two.old.habits.drops_after = frozenset({"15"})
    hold = f"15+{DATE}AOOLD|AAP1|ABI4|BSHB|".encode()
    with proxy(two.folder) as running:
        assert ask(running.terminal(), hold).startswith(b"161N")
        until(lambda: ("new", "follow", "done") in carried(running))
        assert two.old.reserved == [("P1", "I4")]


def test_a_hold_is_written_back_once_though_its_answer_was_lost(two: Two) -> None:
    two.settings("new with write-back")
    two.old.habits.drops_after = frozenset({"15"})
    with proxy(two.folder) as running:
        ask(running.terminal(), f"15+{DATE}AOOLD|AAP1|ABI4|BSHB|".encode())
        until(lambda: ("old", "write-back", "done already") in carried(running))
        assert two.old.reserved == [("P1", "I4")]


def test_after_a_kill_the_message_about_an_item_that_came_first_is_first_again(two: Two) -> None:
    two.settings("old", "old")
    two.old.loans["I1"] = "P1", DUE
    two.old.habits.seconds = 0.4
    other = LOGIN.replace(b"kiosk-1", b"kiosk-2")
    with proxy(two.folder) as running:
        first, second = running.terminal(), running.terminal(other)
        first.send(RENEWAL + b"\r")
        until(lambda: bool(two.old.asked("29")))
        second.send(IN + b"\r")
        until(lambda: len(running.records("request")) == 4)
        running.kill()
        running.begin()
        two.old.habits.seconds = 0.0
        second, first = running.terminal(other), running.terminal()
        second.send(IN + b"\r")
        assert ask(first, RENEWAL).startswith(b"301")
        assert (second.frame() or b"").startswith(b"101")
        assert "I1" not in two.old.loans


def test_a_checkout_that_was_never_done_is_sent_again(two: Two) -> None:
    two.settings("old")
    two.old.habits.loses = 1
    with proxy(two.folder) as running:
        assert ask(running.terminal(), OUT).startswith(b"121NNY")
        assert len(two.old.asked("11")) == 2
        assert two.old.loans["I1"] == ("P1", DUE)


def test_a_payment_that_nobody_answered_is_for_a_person_and_never_sent_again(two: Two) -> None:
    two.settings("old")
    two.old.habits.drops_after = frozenset({"37"})
    pay = f"37{DATE}0101DKKBV20.50|AOOLD|AAP1|".encode()
    with proxy(two.folder) as running:
        terminal = running.terminal()
        for _ in range(2):
            answer = ask(terminal, pay)
            assert answer.startswith(b"38N")
            assert b"before you pay again" in answer
        assert two.old.paid == [("P1", "20.50")]


@pytest.mark.parametrize("message", [OUT, IN])
def test_what_a_killed_proxy_had_sent_is_found_out_when_it_comes_again(
    two: Two, message: bytes
) -> None:
    two.settings("shadow", patience=30.0)
    with proxy(two.folder) as running:
        terminal = running.terminal()
        if message == IN:
            ask(terminal, OUT)
            until(lambda: "I1" in two.new.loans)
        code = message[:2].decode()
        two.old.habits.mute_after = frozenset({code})
        terminal.send(message + b"\r")
        until(lambda: len(two.old.asked(code)) == 1)
        running.kill()
        two.old.habits.mute_after = frozenset()
        running.begin()
        assert ask(running.terminal(), message)[2:3] == b"1"
        assert len(two.old.asked(code)) == 1
        until(lambda: set(two.new.loans) == set(two.old.loans))
        assert ask(running.terminal(), message)[2:3] == b"1", "and again from memory"
        assert len(two.old.asked(code)) == 1


def test_a_payment_that_a_killed_proxy_had_sent_is_for_a_person(two: Two) -> None:
    two.settings("old", patience=30.0)
    two.old.habits.mute_after = frozenset({"37"})
    pay = f"37{DATE}0101DKKBV20.50|AOOLD|AAP1|".encode()
    with proxy(two.folder) as running:
        running.terminal().send(pay + b"\r")
        until(lambda: bool(two.old.paid))
        running.kill()
        running.begin()
        assert ask(running.terminal(), pay).startswith(b"38N")
        assert two.old.paid == [("P1", "20.50")]
        assert running.records("silent")[-1]["was_sent"]


def test_an_answer_is_given_again_by_the_process_after(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        first = ask(running.terminal(), OUT)
        running.kill()
        running.begin()
        assert ask(running.terminal(), OUT) == first
        running.stop()
        running.begin()
        assert ask(running.terminal(), OUT) == first
        assert len(two.old.asked("11")) == 1


@pytest.mark.parametrize(("alert", "verdict"), [("04", b"121"), ("01", b"120")])
def test_an_item_waits_only_where_it_is_said_to(two: Two, alert: str, verdict: bytes) -> None:
    two.settings("old")
    two.old.habits.alert = alert
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        ask(terminal, IN)
        two.old.stop()
        assert ask(terminal, OUT.replace(b"120000A", b"120001A")).startswith(verdict)
        assert ask(terminal, OUT.replace(b"AAP1", b"AAP3")).startswith(b"121"), "perhaps for them"


def due_of(answer: bytes) -> str:
    return (field(answer, b"AH") or b"").decode()[:8]


def test_what_is_promised_is_what_the_system_lends_for(two: Two) -> None:
    """The new one is known from shadow, by item, and by what items are like."""
    two.settings("shadow", "new with write-back")
    two.new.lends_until = "20270104    235900"
    two.new.habits.kinds = two.old.habits.kinds = {"I2": "006", "I3": "006"}
    with proxy(two.folder) as running:
        terminal = running.terminal()
        for item, until_then in (("I1", "20270104"), ("I2", "20261202"), ("I3", "20261202")):
            two.new.lends_until = f"{until_then}    235900"
            ask(terminal, OUT.replace(b"ABI1", f"AB{item}".encode()))
            ask(terminal, IN.replace(b"ABI1", f"AB{item}".encode()))
            until(lambda: len(carried(running)) == 2 * len(two.old.asked("11")))
        moved = running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-2"))
        two.new.stop()
        two.old.stop()
        now = running.records("start")[0]["at"][:10].replace("-", "")
        told = due_of(ask(moved, OUT))
        assert days_between(now, told) in (40, 41), "what the new one said of this item"
        told = due_of(ask(moved, OUT.replace(b"ABI1", b"ABI2")))
        assert days_between(now, told) in (7, 8)
        told = due_of(ask(terminal, OUT.replace(b"ABI1", b"ABI3")))
        assert days_between(now, told) in (28, 29), "the old one lends all for as long"


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_what_is_being_told_when_the_proxy_is_ended_is_told_once(two: Two, seconds: float) -> None:
    """In time, or by the next process."""
    two.settings("shadow", patience=30.0)
    two.new.habits.seconds = seconds
    with proxy(two.folder) as running:
        terminal = running.terminal()
        for number in range(6):
            ask(terminal, OUT.replace(b"ABI1", b"ABI%d" % number))
        running.stop()
        said = (two.folder / "log").read_text()
        assert "cannot be written" not in said
        assert "Traceback" not in said
        two.new.habits.seconds = 0
        running.begin()
        until(lambda: set(two.new.loans) == set(two.old.loans))
        assert set(two.old.loans) == {f"I{number}" for number in range(6)}


def test_off_line_nobody_is_promised_what_they_have(two: Two) -> None:
    two.settings("old")
    with proxy(two.folder) as running:
        terminal = running.terminal()
        ask(terminal, OUT)
        two.old.stop()
        first = ask(terminal, RENEWAL)
        assert first.startswith(b"301")
        assert ask(terminal, RENEWAL.replace(b"29NN2026", b"29NY2026")).startswith(b"300")
        two.old.start()
        until(lambda: ("old", "replay", "done") in carried(running))
        assert (two.old.loans["I1"][0], two.old.loans["I1"][1][:8]) == ("P1", due_of(first))
