"""A patron who has something in both systems, while neither is told all that the other does."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from protocols.proxy.all_loans import Renewed
from protocols.proxy.kinds import all_fields, field
from protocols.sip2.asking.line import Line
from protocols.sip2.codec import decode
from protocols.sip2.wire.text import Charset, Dialect
from tests.protocols.proxy.serving import LOGIN, OUT, Running, ask, proxy
from tests.protocols.proxy.systems import DATE, DUE
from tests.protocols.proxy.test_two_systems import Two, carried, until

WHO = f"63001{DATE}  Y       AOOLD|AAP1|AC|AD1234|"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    found = Two(tmp_path)
    with found.old, found.new:
        found.old.owes = {"P1": Decimal(20)}
        found.new.owes = {"P1": Decimal(30)}
        yield found


def at(running: Running, number: int) -> Line:
    return running.terminal(LOGIN.replace(b"kiosk-1", b"kiosk-%d" % number))


def pay(amount: str, card: str = "P1") -> bytes:
    return f"37{DATE}0101DKKBV{amount}|AOOLD|AA{card}|AC|AD1234|BK77|".encode()


def loans(answer: bytes) -> list[str]:
    return [each.decode() for each in all_fields(answer, b"AU")]


def test_the_answer_is_that_of_both_and_its_page_is_cut_from_both(two: Two) -> None:
    two.settings("old", "new")
    two.old.habits.words, two.new.habits.words = ("Old.", "Same."), ("New.", "Same.")
    two.new.habits.blocked.add("P1")
    with proxy(two.folder) as running:
        two.old.loans.update({"I1": ("P1", "x"), "I2": ("P1", "x")})
        two.new.loans.update({"I2": ("P1", "x"), "I3": ("P1", "x")})
        answer = ask(at(running, 1), WHO.encode())
        assert loans(answer) == ["I1", "I2", "I3"]
        assert answer[45:49] == b"0003"
        assert field(answer, b"BV") == b"50.00"
        assert answer[2:3] == b"Y"
        assert all_fields(answer, b"AF") == [b"Old.", b"Same.", b"New."]
        assert loans(ask(at(running, 2), f"{WHO}BP2|BQ3|".encode())) == ["I3", "I1"]
        assert ask(at(running, 1), WHO.replace("  Y ", "    ").encode())[45:49] == b"0003"
        told = [each for each in two.new.asked("63") if "AODK-900101" in each]
        assert told
        assert not any("AD1234" in each for each in told), "its account needs none"


def test_where_one_of_them_is_told_everything_it_is_asked_alone(two: Two) -> None:
    two.settings("shadow", "new with write-back")
    with proxy(two.folder) as running:
        ask(at(running, 1), WHO.replace("AOOLD", "AOX").encode())
        assert field(ask(at(running, 2), WHO.encode()), b"BV") == b"30.00"
        assert not [each for each in two.old.asked("63") if "AODK" in each]


def test_a_patron_of_one_system_is_answered_byte_for_byte(two: Two) -> None:
    two.settings("old", "new")
    two.new.owes = {}
    with proxy(two.folder) as running:
        terminal = at(running, 1)
        answer = ask(terminal, WHO.encode())
        del two.new.pins["P1"]
        assert ask(terminal, WHO.encode()) == answer
        assert b"AF" not in answer
        wrong = ask(terminal, WHO.replace("1234", "9999").encode())
        assert b"CQN" in wrong


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_does_not_come_in_time_is_left_out_with_a_word(two: Two, is_gone: bool) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        terminal = at(running, 1)
        if is_gone:
            two.new.stop()
        else:
            two.new.habits.silent_on = frozenset({"63"})
        two.old.loans["I1"] = ("P1", "x")
        answer = ask(terminal, WHO.encode())
        assert loans(answer) == ["I1"]
        assert b"AFWhat you have in the library's other system" in answer
        assert "the new system" in running.records("answer")[-1]["without"]
        assert ask(terminal, OUT.replace(b"ABI1", b"ABI7")).startswith(b"121")


def test_money_goes_where_the_debt_is(two: Two) -> None:
    two.settings("old", "new")
    assert two.old.owes is not None
    two.old.owes["P1"] = Decimal(0)
    with proxy(two.folder) as running:
        assert ask(at(running, 1), pay("30.00")).startswith(b"38Y")
        assert (two.old.paid, two.new.paid) == ([], [("P1", "30.00")])
        assert carried(running) == []


@pytest.mark.parametrize(
    ("amount", "old", "new"),
    [
        ("20.00", ["20.00"], []),
        ("30.00", [], ["30.00"]),
        ("5.00", ["5.00"], []),
        ("25.00", [], ["25.00"]),
        ("50.00", ["20.00"], ["30.00"]),
    ],
)
def test_an_amount_is_paid_where_it_fits(
    two: Two, amount: str, old: list[str], new: list[str]
) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        assert ask(at(running, 1), pay(amount)).startswith(b"38Y")
        until(lambda: [each for _, each in two.new.paid] == new)
        assert [each for _, each in two.old.paid] == old
        if len(old + new) == 2:
            until(lambda: carried(running)[-1:] == [("new", "replay", "done")])
            running.kill()
            running.begin()
            ask(at(running, 1), WHO.encode())
            assert [each for _, each in two.new.paid] == new


@pytest.mark.parametrize("amount", ["40.00", "51.00"])
def test_an_amount_that_fits_neither_is_refused_with_what_would_do(two: Two, amount: str) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        answer = ask(at(running, 1), pay(amount))
        assert answer.startswith(b"38N")
        assert b"20.00 / 30.00 / 50.00" in answer
        assert two.old.paid + two.new.paid == []


def test_a_debt_that_both_know_is_paid_once_and_told_to_the_other(two: Two) -> None:
    two.settings("old", "new with write-back")
    with proxy(two.folder) as running:
        terminal = at(running, 2)
        assert field(ask(terminal, WHO.encode()), b"BV") == b"30.00"
        assert ask(terminal, pay("30.00")).startswith(b"38Y")
        until(lambda: two.old.paid == [("P1", "20.00")])
        assert two.new.paid == [("P1", "30.00")]


def test_a_system_that_leaves_debts_out_is_told_of_the_whole_payment(two: Two) -> None:
    two.settings("old", "new with write-back")
    path = two.folder / "proxy.toml"
    text = path.read_text().replace("[new]", '[old.dialect]\nleaves_out = ["64.BV"]\n[new]', 1)
    path.write_text(text)
    two.old.owes = None
    with proxy(two.folder) as running:
        assert ask(at(running, 2), pay("30.00")).startswith(b"38Y")
        until(lambda: two.old.paid == two.new.paid == [("P1", "30.00")])


def test_a_payment_that_the_one_refuses_is_shared_with_nobody(two: Two) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        terminal = at(running, 1)
        two.old.habits.silent_on = frozenset({"37"})
        assert ask(terminal, pay("50.00")).startswith(b"38N")
        assert two.new.paid == []


def test_a_payment_while_the_other_system_is_gone(two: Two) -> None:
    two.settings("old", "new")
    two.new.stop()
    with proxy(two.folder) as running:
        terminal = at(running, 1)
        ask(terminal, WHO.encode())
        assert ask(terminal, pay("30.00")).startswith(b"38N")
        assert ask(terminal, pay("20.00")).startswith(b"38Y")
        assert two.old.paid == [("P1", "20.00")]


def test_a_book_of_the_old_system_is_returned_there_while_it_lends(two: Two) -> None:
    two.settings("shadow", "new")
    with proxy(two.folder) as running:
        ask(at(running, 1), OUT)
        until(lambda: "I1" in two.new.loans)
        returned = f"09N{DATE}{DATE}APHB|AOOLD|ABI1|AC|".encode()
        assert ask(at(running, 2), returned).startswith(b"101")
        assert two.old.loans == {}
        until(lambda: two.new.loans == {})


# All loans at once


ALL = f"65{DATE}AOOLD|AAP1|AD1234|AC|".encode()


def test_all_loans_are_renewed_by_the_systems_that_have_lent_them(two: Two) -> None:
    two.settings("old", "new")
    two.new.renewed_until = "20270203    235900"
    two.new.loans["I4"] = ("P2", DUE)
    with proxy(two.folder) as running:
        terminal = at(running, 1)
        ask(terminal, OUT)
        ask(at(running, 2), OUT.replace(b"ABI1", b"ABI3"))
        two.old.loans["I2"] = ("P1", DUE)
        answer = ask(terminal, ALL)
        assert answer.startswith(b"66100030000")
        assert [each.decode() for each in all_fields(answer, b"BM")] == ["I1", "I2", "I3"]
        assert two.old.loans == dict.fromkeys(("I1", "I2"), ("P1", two.old.renewed_until))
        assert two.new.loans == {"I3": ("P1", two.new.renewed_until), "I4": ("P2", DUE)}
        assert two.old.asked("65") + two.new.asked("65") == []
        renewed = len(two.old.asked("29")), len(two.new.asked("29"))
        assert ask(at(running, 1), ALL) == answer, "asked again, it is done once"
        assert (len(two.old.asked("29")), len(two.new.asked("29"))) == renewed == (2, 1)
        assert carried(running) == [], "neither is told what the other does"


def test_a_loan_of_the_new_system_is_renewed_there_though_the_old_one_was_told_of_it(
    two: Two,
) -> None:
    two.settings("old", "new with write-back")
    two.new.renewed_until = "20270203    235900"
    with proxy(two.folder) as running:
        ask(at(running, 2), OUT)
        until(lambda: "I1" in two.old.loans)
        two.old.loans["I2"] = ("P1", DUE)
        assert ask(at(running, 1), ALL).startswith(b"66100020000")
        until(lambda: two.old.loans["I1"][1] == two.new.renewed_until)
        assert two.new.loans == {"I1": ("P1", two.new.renewed_until)}
        assert two.old.loans["I2"] == ("P1", two.old.renewed_until)
        assert [each["outcome"] for each in running.records("carried")] == ["done", "done"]


def test_what_a_system_does_not_renew_is_told_with_its_words(two: Two) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        ask(at(running, 1), OUT)
        two.new.loans["I3"] = ("P1", DUE)
        two.new.never_renewed = {"I3": "Nogen venter på bogen."}
        answer = ask(at(running, 1), ALL)
        assert answer.startswith(b"66100010001")
        assert all_fields(answer, b"BN") == [b"I3"]
        assert all_fields(answer, b"AF") == ["Nogen venter på bogen.".encode()]


@pytest.mark.parametrize("charset", ["utf-8", "cp850"])
def test_whatever_a_system_says_of_a_renewal_the_answer_can_be_read(charset: Charset) -> None:
    words = ["På plads".encode(charset), b"a|BMI9|", b"\xff\xfe\r"]
    found = Renewed(["I\udcf81"], ["I|2"], words)
    answer = found.response(ALL, DATE, Dialect(charset))
    read = decode(answer, Dialect(charset))
    assert (read.renewed_count, read.unrenewed_count) == (1, 1)
    assert read.screen_message[0] == "På plads"
    assert len(read.renewed_items) == 1


def test_all_loans_of_one_system_are_its_own_business(two: Two) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        ask(at(running, 1), OUT)
        assert ask(at(running, 1), ALL).startswith(b"66100010000")
        assert len(two.old.asked("65")) == 1
        assert ask(at(running, 1), ALL.replace(b"1234", b"9999")).startswith(b"66")
        assert len(two.old.asked("65")) == 2, "it says itself what is wrong with the PIN"


def test_while_a_system_is_down_its_loans_are_renewed_in_its_place(two: Two) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        ask(at(running, 2), OUT)
        two.old.loans["I2"] = ("P1", DUE)
        two.new.stop()
        answer = ask(at(running, 1), ALL)
        assert {*all_fields(answer, b"BM")} == {b"I1", b"I2"}
        two.new.start()
        until(lambda: ("new", "replay", "done") in carried(running))
        assert two.new.loans["I1"][1] > DUE
        assert set(two.old.loans) == {"I2"}


def test_renewals_under_way_when_the_proxy_is_killed_are_done_once(two: Two) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        ask(at(running, 1), OUT)
        ask(at(running, 2), OUT.replace(b"ABI1", b"ABI2"))
        two.new.habits.mute_after = frozenset({"29"})
        terminal = at(running, 1)
        terminal.send(ALL + b"\r")
        until(lambda: bool(two.new.asked("29")))
        running.kill()
        two.new.habits.mute_after = frozenset()
        running.begin()
        answer = ask(at(running, 1), ALL)
        assert {*all_fields(answer, b"BM")} == {b"I1", b"I2"}
        assert len(two.old.asked("29")) == 1
        assert len(two.new.asked("29")) == 1, "it was found out that it had been done"


def test_whoever_may_not_see_the_loans_of_a_patron_is_not_told_them_by_renewing_them(
    two: Two,
) -> None:
    two.settings("old", "new")
    with proxy(two.folder) as running:
        ask(at(running, 1), OUT)
        ask(at(running, 2), OUT.replace(b"ABI1", b"ABI2"))
        for wrong in (ALL.replace(b"1234", b"9999"), ALL.replace(b"AAP1", b"AAP7")):
            asked = len(two.new.asked("29")) + len(two.old.asked("29"))
            ask(at(running, 1), wrong)
            assert len(two.new.asked("29")) + len(two.old.asked("29")) == asked
        stranger = running.terminal(b"")
        assert b"I2" not in ask(stranger, ALL)
        ask(at(running, 1), WHO.encode())
        two.old.stop()
        two.new.stop()
        later = ALL.replace(b"120000", b"120100").replace(b"1234", b"9999")
        assert b"I1" not in ask(at(running, 1), later)
