"""Both systems compared: what differs is listed, put right where that is clear, and then gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from catalogue.database import Database
from circulation.accounts.loans import PatronLoans, patron_loans
from protocols.commands.command_line import tiro
from protocols.proxy.line import Said
from protocols.proxy.reconciling.causes import Known, Verdict, judge
from protocols.proxy.reconciling.comparing import Comparison
from protocols.proxy.reconciling.pacing import begin_of_night
from protocols.proxy.reconciling.rows import Named
from protocols.proxy.reconciling.sides import Says, Side, compare_items, compare_patrons
from protocols.proxy.settings import DialectSettings, System
from tests.builders.circulation import a_library, a_patron, an_item
from tests.protocols.proxy.serving import Running, ask
from tests.protocols.proxy.systems import DUE
from tests.protocols.proxy.test_clocks import Before
from tests.protocols.proxy.test_two_systems import carried, until

FAST = '[reconcile]\nrequests_per_second = 400\nhours = ""\n'
LATER = "20270120    235900"


@pytest.fixture
def before(database: Database, tmp_path: Path) -> Iterator[Before]:
    found = Before(tmp_path, a_library(database))
    found.old.pins[found.card] = "1234"
    with found.old:
        yield found


def reconcile(running: Running) -> None:
    """Compare everything, and wait until that is over and what it found was dealt with."""
    file = ("--file", str(running.folder / "proxy.toml"))
    said = CliRunner().invoke(tiro, ["proxy", "reconcile", *file])
    assert said.exit_code == 0, said.output


def rows(before: Before) -> list[tuple[Any, ...]]:
    return [
        (row["aspect"], row["name"], row["old"], row["new"], row["cause"], row["remedy"])
        for row in before.unequal()
    ]


def is_quiet(before: Before) -> bool:
    unequal = before.status()["unequal"]
    return not unequal["is_comparing"] and not unequal["waiting"]


def due_of(before: Before) -> list[str]:
    library = before.library
    found = library.read(
        lambda transaction: patron_loans(library.act(transaction), patron=before.card)
    )
    assert isinstance(found, PatronLoans)
    return [f"{each.loan.due:%Y-%m-%d}" for each in found.loans]


def test_what_the_old_system_did_at_night_is_found_and_put_right_in_tiro(before: Before) -> None:
    with before.running("shadow", more=FAST) as running:
        ask(running.terminal(), before.out)
        until(lambda: before.loans() == [before.item] and is_quiet(before))
        assert rows(before) == []
        before.old.loans[before.item] = before.card, LATER  # its own job renewed it
        reconcile(running)
        until(lambda: due_of(before) == ["2027-01-20"])
        until(lambda: is_quiet(before) and rows(before) == [])
        found = [each for each in running.records("compared") if each["unequal"]]
        assert [each["unequal"]["loan"]["cause"] for each in found] == ["RENEWED"]
        del before.old.loans[before.item]  # handed in at a desk of its own
        reconcile(running)
        until(lambda: before.loans() == [] and rows(before) == [])
        before.old.loans[before.item] = "P9", DUE  # and lent there again, to another patron
        reconcile(running)
        until(lambda: bool(rows(before)) and is_quiet(before))
        lent = ["ON_LOAN", "2026-12-23"]
        listed = ("loan", before.item, lent, ["IN", ""], "ELSEWHERE", "DELIVERY")
        assert rows(before) == [listed], "to whom, only the delivery says"
        before.old.loans[before.item] = before.card, DUE  # or to the same
        reconcile(running)
        until(lambda: before.loans() == [before.item] and rows(before) == [])


def test_what_was_lent_at_desks_is_told_to_the_other_system(
    before: Before,
) -> None:
    """The proxy has seen neither the items nor the patron."""
    library = before.library
    patron = a_patron(library)
    before.old.pins[patron] = "1234"
    here = an_item(library)
    there = an_item(library, home=library.other)
    with before.running("shadow", "new with write-back", more=FAST) as running:
        library.check_out(patron, there, at=library.other)
        of_main = an_item(library)
        library.check_out(patron, of_main, at=library.other)
        before.old.loans[here] = patron, DUE  # at a desk of the old system
        reconcile(running)
        until(lambda: {there, of_main} <= before.old.loans.keys() and is_quiet(before), 60)
        assert before.old.loans[of_main][0] == patron
        told = [each for each in running.records("remedy") if each["name"] == of_main]
        assert [each["terminal"] for each in told] == ["kiosk-2"], "at the branch that has lent it"
        until(lambda: rows(before) == [], 60)
        before.card = patron
        assert set(before.loans()) == {here, there, of_main}


def test_a_loan_that_is_told_again_keeps_its_moment(before: Before) -> None:
    """By it a system knows whether it looked after the branch then, and tells the patron."""
    with before.running("new with write-back", more=FAST) as running:
        ask(running.terminal(), before.out)
        until(lambda: before.item in before.old.loans and is_quiet(before))
        (first,) = before.old.asked("11")
        del before.old.loans[before.item]  # its backup was of before
        time.sleep(2.0)
        reconcile(running)
        until(lambda: before.item in before.old.loans)
        again = before.old.asked("11")[-1]
        seconds = [int(each[16:22]) for each in (first, again)]
        assert abs(seconds[1] - seconds[0]) <= 1


def test_what_only_the_old_system_has_lent_is_not_ended_there(before: Before) -> None:
    library = before.library
    patron = a_patron(library)
    before.old.pins[patron] = "1234"
    lent, returned = an_item(library), an_item(library, on_loan_to=patron)
    due = f"{library.today + timedelta(days=28):%Y%m%d}    235900"
    before.old.loans |= {lent: (patron, DUE), returned: (patron, due)}
    library.check_in(returned)  # at Tiro's desk
    with before.running("new with write-back", more=FAST) as running:
        reconcile(running)
        until(lambda: returned not in before.old.loans)
        until(lambda: [each[:2] for each in rows(before)] == [("loan", lent)], 60)
        (row,) = rows(before)
        assert row[4:] == ("ELSEWHERE", "NOTHING")
        assert before.unequal()[0]["errand"] == "ITEM"
        ask(running.terminal(), before.out)  # the proxy sees this one, and its return
        ask(running.terminal(), before.back)
        until(lambda: carried(running).count(("old", "write-back", "done")) >= 3)
        before.old.loans[before.item] = patron, DUE  # and then another patron borrows it there
        reconcile(running)
        both = {("loan", lent), ("loan", before.item)}
        until(lambda: {each[:2] for each in rows(before)} == both and is_quiet(before), 60)
        assert before.old.loans.keys() == {lent, before.item}


def test_due_dates_of_what_the_proxy_never_saw_are_compared(before: Before) -> None:
    library = before.library
    patron = a_patron(library)
    before.old.pins[patron] = "1234"
    item = an_item(library, on_loan_to=patron)
    before.old.loans[item] = patron, LATER
    with before.running("shadow", more=FAST) as running:
        reconcile(running)
        until(lambda: bool(rows(before)) and is_quiet(before))
        ((aspect, name, old, *_),) = rows(before)
        assert (aspect, name, old) == ("loan", item, ["ON_LOAN", "2027-01-20"])


def test_what_cannot_be_compared_is_said(before: Before) -> None:
    dialect = f'[old.dialect]\nleaves_out = ["64.BV"]\n{FAST}'
    with before.running("shadow", "new", more=dialect) as running:
        file = ("--file", str(running.folder / "proxy.toml"))
        shown = CliRunner().invoke(tiro, ["proxy", "status", *file]).output
        assert "not compared: debts of patrons, since the old system tells no amounts" in shown
        assert "not compared: items of DK-900102, since all terminals there" in shown


def test_a_stubborn_old_system_is_listed_until_both_agree(before: Before) -> None:
    before.old.habits.knows_no_block = False
    before.old.lends_until = "20301221    235900"
    with before.running("new with write-back", more=FAST) as running:
        ask(running.terminal(), before.out)
        until(lambda: ("old", "write-back", "differs") in carried(running))
        until(lambda: bool(rows(before)))
        (row,) = rows(before)
        assert row[2] == ["ON_LOAN", "2030-12-21"]
        assert row[4:] == ("OWN_RULES", "NOTHING")
        status = before.status()
        assert status["can_go_back"] is False
        assert status["unequal"]["branches"] == {"DK-900101": 1}
        assert before.unequal()[0]["errand"] == "DUE_DATE"
        running.kill()
        running.begin()
        assert rows(before) == [row], "it is in the journal"
        file = ("--file", str(running.folder / "proxy.toml"))
        shown = CliRunner().invoke(tiro, ["proxy", "unequal", "--errand", "due-date", *file])
        assert "set the due date in the old system" in shown.output
        shown = CliRunner().invoke(tiro, ["proxy", "unequal", "--branch", "DK-1", *file])
        assert shown.output == "no difference is known\n"
        before.old.loans[before.item] = (
            before.card,
            f"{due_of(before)[0].replace('-', '')}    235900",
        )
        reconcile(running)
        until(lambda: rows(before) == [])
        assert before.status()["number_for_a_person"] == 0


def test_an_item_that_tiro_lacks_and_a_debt_wait_for_the_delivery(before: Before) -> None:
    before.old.owes = {before.card: Decimal("20.50")}
    unknown = before.out.replace(f"AB{before.item}".encode(), b"ABI999")
    with before.running("shadow", more=FAST) as running:
        terminal = running.terminal()
        assert ask(terminal, unknown).startswith(b"121")
        ask(terminal, f"23000{DUE}AOOLD|AA{before.card}|AC|AD1234|".encode())
        until(lambda: ("new", "follow", "done") in carried(running))
        reconcile(running)
        until(lambda: len(rows(before)) >= 2)
        found = {row[0]: row for row in rows(before)}
        assert found["loan"][2:] == (
            ["ON_LOAN", "2026-12-23"],
            ["UNKNOWN", ""],
            "NOT_DELIVERED",
            "DELIVERY",
        )
        assert found["debt"][2:] == (["OWES", "20.50"], ["OWES", "0.00"], "CHARGED", "DELIVERY")
        assert before.status()["can_go_back"] is True, "the old system has all of it"


def test_a_sweep_goes_on_after_a_kill(before: Before) -> None:
    slow = FAST.replace("400", "20")
    with before.running("shadow", more=slow) as running:
        terminal = running.terminal()
        for number in range(12):
            card = before.out.replace(f"AB{before.item}".encode(), f"AB{number}X".encode())
            ask(terminal, card)
        reconcile(running)
        running.kill()
        running.begin()
        assert before.status()["unequal"]["is_comparing"]
        until(lambda: not before.status()["unequal"]["is_comparing"], 30)
        assert [each.get("is_over") for each in running.records("sweep")] == [None, None, True]


NOTHING = DialectSettings()


def patron(
    holds: str = "0000", waiting: str = "0000", more: str = "", flags: str = " " * 14
) -> bytes:
    counts = f"{holds}{'0000' * 4}{waiting}"
    return f"64{flags}000{DUE}{counts}AOX|AAP1|AEJo|BLY|{more}".encode()


@pytest.mark.parametrize(
    ("old", "new", "dialect", "found"),
    [
        (patron("0002"), patron("0001", "0001"), NOTHING, set()),
        (patron("0002", "    "), patron("0001"), NOTHING, {"holds"}),
        (patron("0001", "0001"), patron("0001"), DialectSettings(hold_counts="one"), set()),
        (patron(more="BV20,50|"), patron(more="BHDKK|BV20.5|"), NOTHING, set()),
        (patron(), patron(more="BV20.5|"), NOTHING, {"debt"}),
        (patron(), patron(more="BV20.5|"), DialectSettings(leaves_out=("64.BV",)), set()),
        (patron(flags="YYYY" + " " * 10), patron(), NOTHING, {"block"}),
        (patron(flags="YYYY      Y   "), patron(), NOTHING, set()),
        (patron().replace(b"BLY", b"BLN"), patron(), NOTHING, {"patron"}),
    ],
)
def test_what_differs_of_a_patron(
    old: bytes, new: bytes, dialect: DialectSettings, found: set[str]
) -> None:
    unequal = compare_patrons(old, new, dialect)
    assert unequal is not None
    assert unequal.keys() == found


ITEM = f"18{{status}}0001{DUE}ABI1|AJPeters jul|{{more}}"
LENT_HERE = ITEM.format(status="04", more=f"AH{DUE}|")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (ITEM.format(status="04", more=f"AH{DUE}|"), ITEM.format(status="03", more=""), {"loan"}),
        (
            ITEM.format(status="04", more=f"AH{DUE}|"),
            ITEM.format(status="04", more="AH23.12.2026|"),
            set(),
        ),
        (
            ITEM.format(status="07", more=f"AH{DUE}|"),
            ITEM.format(status="04", more=f"AH{DUE}|"),
            set(),
        ),
        (ITEM.format(status="03", more=""), ITEM.format(status="10", more=""), set()),
        (
            ITEM.format(status="01", more="").replace("AJPeters jul|", ""),
            ITEM.format(status="03", more=""),
            set(),
        ),
        (ITEM.format(status="12", more=""), ITEM.format(status="03", more=""), None),
        ("96", ITEM.format(status="03", more=""), None),
        # Half a line, or nonsense, is no return.
        ("18", LENT_HERE, None),
        ("18030001", LENT_HERE, None),
        (f"18030001{DUE}", LENT_HERE, None),
        (f"18030001{DUE}AJPeters jul|", LENT_HERE, None),
        (ITEM.format(status="  ", more=""), LENT_HERE, None),
        (ITEM.format(status="00", more=""), LENT_HERE, None),
        (ITEM.format(status="99", more=""), LENT_HERE, None),
        (ITEM.format(status="OK", more=""), LENT_HERE, None),
    ],
)
def test_what_differs_of_an_item(old: str, new: str, found: set[str] | None) -> None:
    unequal = compare_items(old.encode(), new.encode())
    assert (None if unequal is None else unequal.keys()) == found
    assert compare_patrons(b"96", b"64", NOTHING) is None


class Answering:
    """Both systems, with the loans of a patron that they say."""

    def __init__(self, **answers: bytes) -> None:
        self.answers = answers

    def local_date(self) -> str:
        return DUE

    def ask_to_compare(self, system: System, named: Named, body: bytes, done: Any) -> None:
        done(Said(self.answers[system]))


@pytest.mark.parametrize(
    ("name", "said", "is_put_right"),
    [
        ("P1", "P1", True),
        ("P1", "1-P1", True),  # as the new system has it
        ("P1", "", True),
        ("P1", "P2", False),
        ("{siv:abc=}", "1703154321", True),
    ],
)
def test_loans_of_another_patron_are_listed_and_lent_to_no_one(
    name: str, said: str, is_put_right: bool
) -> None:
    answer = f"64{' ' * 14}001{DUE}0000000000010000000000000000AO|AA{{}}|BLY|AUI1|"
    answers = Answering(
        old=answer.format(said).encode(),
        new=answer.format("1-P1").replace("AUI1|", "").replace("0001", "0000", 1).encode(),
    )
    done: list[Comparison] = []
    Comparison(("patron", name), answers, NOTHING, done.append)
    [found] = done
    assert found.unequal is not None
    assert found.unequal.keys() == {"loans"}
    assert found.items == ({"I1": "old"} if is_put_right else {})


def test_an_old_system_that_answers_nonsense_takes_nothing_off_the_list(before: Before) -> None:
    before.old.habits.knows_no_block = False
    before.old.lends_until = "20301221    235900"
    with before.running("new with write-back", more=FAST) as running:
        ask(running.terminal(), before.out)
        until(lambda: bool(rows(before)))
        before.old.habits.other_item = "I777"
        reconcile(running)
        until(lambda: not before.status()["unequal"]["is_comparing"])
        assert len(rows(before)) == 1


LENT, IN = Side(Says.ON_LOAN, "2026-12-23"), Side(Says.IN)


@pytest.mark.parametrize(
    ("old", "new", "known", "says"),
    [
        (IN, LENT, Known("ignored", True, "old"), ("CLOCK", "END", "CLOCK")),
        (IN, LENT, Known("ignored", False, "old"), ("IGNORED", "END", "NOTHING")),
        (
            IN,
            LENT,
            Known("done", authority="old", remedies=2),
            ("ELSEWHERE", "DELIVERY", "DELIVER"),
        ),
        (LENT, IN, Known("refused", authority="new"), ("REFUSED", "END", "NOTHING")),
        (
            IN,
            LENT,
            Known("refused", authority="new", borrower="P1"),
            ("REFUSED", "NOTHING", "ITEM"),
        ),
        (
            IN,
            LENT,
            Known("done", authority="new", borrower="P1"),
            ("ELSEWHERE", "CARRY", "NOTHING"),
        ),
        (
            IN,
            LENT,
            Known(authority="new", borrower="P1", is_returned=True),
            ("ELSEWHERE", "NOTHING", "ITEM"),
        ),
        (IN, LENT, Known(is_told=False), ("NOT_TOLD", "DELIVERY", "DELIVER")),
        (LENT, Side(Says.UNKNOWN), Known(), ("NOT_DELIVERED", "DELIVERY", "DELIVER")),
    ],
)
def test_causes_and_remedies(
    old: Side, new: Side, known: Known, says: tuple[str, str, str]
) -> None:
    found: Verdict = judge("loan", old, new, known)
    assert tuple(each.name for each in found) == says


def test_the_night_begins_once() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    hours = "22:00-05:00"
    assert begin_of_night(hours, datetime(2026, 12, 3, 20, 0, tzinfo=UTC), zone) is None
    began = datetime(2026, 12, 3, 21, 0, tzinfo=UTC)
    for now in (began, datetime(2026, 12, 4, 3, 59, tzinfo=UTC)):
        assert begin_of_night(hours, now, zone) == began
    assert begin_of_night(hours, datetime(2026, 12, 4, 4, 0, tzinfo=UTC), zone) is None
    assert begin_of_night("", began, zone) is None
