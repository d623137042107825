"""The same cycle on each kind of database: what SIP2 answers does not depend on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, many
from circulation.callers.sorting import SortRule, store_sort_rule
from circulation.kernel.events import EventKind
from circulation.kernel.set_up import set_up_changed
from circulation.loans.schema import loans
from circulation.loans.work_lists import no_block_conflicts
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library, a_library, a_patron, an_item, events_of_patron
from tests.builders.dunning import a_blocked_debtor, notices_by, run_day
from tests.builders.fees import charge, number_of, total
from tests.builders.holds import a_hold
from tests.builders.notices import gathered
from tests.builders.pins import hashed
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account, ask_at_once


@many(tuple[datetime, datetime])
def _loans() -> Statement:
    return select(loans.c.checked_out, loans.c.checked_in)


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database)


@pytest.fixture
def terminal(library: Library) -> Iterator[Terminal]:
    terminal = Terminal(library, Sip2Settings(accounts=(an_account(),)))
    yield terminal
    terminal.close()


def test_a_cycle(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    date = "20261125    120000"
    who, what = f"AODK-900100|AA{card}|", f"AB{item}|"
    cycle = [
        (LOGIN.decode(), "941"),
        ("9900802.00", "98YYYYYY"),
        (f"23001{date}{who}AC|AD1234|", f"24{' ' * 14}001"),
        (f"17{date}AO|{what}", "1803"),
        (f"11NN{date}{date}{who}{what}AC|AD1234|", "121NUY"),
        (f"11NN{date}{date}{who}{what}AC|AD1234|", "121NUY"),  # a retry
        (f"11NN{date}{date}{who}{what}AC|AD1234|BON|", "120NNN"),
        (f"63001{date}  Y       {who}AD1234|", f"64{' ' * 14}001{date}000000000001"),
        (f"29NN{date}{date}{who}{what}", "300NNN"),
        (f"65{date}{who}", "6610000" + "0001"),
        (f"09N{date}{date}AP|AO|{what}AC|", "101YUN"),
        (f"17{date}AO|{what}", "1803"),
        (f"35{date}{who}", "36Y"),
    ]
    for message, expected in cycle:
        assert terminal.ask(message.encode()).decode().startswith(expected)
    assert [event.kind.value for event in library.events_of(item)] == [
        "checked_out",
        "checked_in",
    ]


def test_an_off_line_upload_is_kept_and_settled_by_nobody_twice(
    library: Library, terminal: Terminal
) -> None:
    assert terminal.ask(LOGIN) == b"941\r"
    date = "20261125    090000"
    for _ in range(2):
        for number in range(3):
            message = f"11YY{date}{date}AO|AAX|ABX{number}|AC|".encode()
            assert terminal.ask(message).startswith(b"121NNY")
        library.pass_time(hours=1)
    lines = library.read(no_block_conflicts).lines
    assert [line.barcode for line in lines] == ["X0", "X1", "X2"]


def test_a_sorter_and_a_machine_that_writes_off(library: Library) -> None:
    def rules(transaction: Transaction) -> None:
        store_sort_rule(transaction, SortRule("hall", 1, "3", to_branch_id=library.other.id))
        store_sort_rule(transaction, SortRule("hall", 2, "9", held=False))
        set_up_changed(transaction)

    library.write(rules)
    card = a_patron(library)
    charge(library, card, 2_000)
    account = an_account(sorting="hall", writeoff_payment_types=["06"])
    terminal = Terminal(library, Sip2Settings(accounts=(account,)))
    assert terminal.ask(LOGIN) == b"941\r"
    date = "20261125    120000"
    for home, wanted in ((library.main, b"|CL9|"), (library.other, b"|CL3|")):
        item = an_item(library, home=home)
        answer = terminal.ask(f"09N{date}{date}AP|AO|AB{item}|AC|".encode())
        assert wanted in answer
    pay = f"37{date}0106DKKBV15.00|AO|AA{card}|AC|BK7|".encode()
    assert terminal.ask(pay).startswith(b"38Y")
    library.pass_time(hours=1)  # no retry by its bytes any more, but by its BK
    assert terminal.ask(pay).startswith(b"38Y")
    assert b"|BV5.00|" in terminal.ask(f"23001{date}AO|AA{card}|AC|".encode())
    terminal.close()


def test_pipelined_writes_keep_their_order(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    assert terminal.ask(LOGIN) == b"941\r"
    out = f"11NN{' ' * 36}AO|AA{card}|AB{item}|AC|\r".encode()
    back = f"09N{' ' * 36}AP|AO|AB{item}|AC|\r".encode()
    answers = terminal.feed((out + back) * 10).split(b"\r")
    assert [answer[:3] for answer in answers[:-1]] == [b"121", b"101"] * 10


def test_a_payment_lifts_the_block_before_it_is_answered(
    library: Library, terminal: Terminal
) -> None:
    """37 and the lifting are one transaction, and a payment that is repeated is one payment."""
    card = a_blocked_debtor(library, 20_000)
    who = number_of(library, card)
    terminal.ask(LOGIN)
    date = "20261125    120000"
    status = f"23001{date}AO|AA{card}|AC|AD|".encode()
    blocked = terminal.ask(status).decode()
    assert "Y" in blocked[2:16]
    paid = terminal.ask(f"37{date}0100DKKBV0.01|AO|AA{card}|BKone|".encode()).decode()
    assert paid.startswith("38Y")
    assert "Y" not in terminal.ask(status).decode()[2:16]
    events = library.read(lambda transaction: events_of_patron(transaction, patron_id=who))
    kinds = [event.kind for event in events]
    taken = kinds.index(EventKind.PAYMENT_TAKEN)
    lifted = kinds.index(EventKind.PATRON_UNBLOCKED)
    assert events[taken].at == events[lifted].at
    again = terminal.ask(f"37{date}0100DKKBV0.01|AO|AA{card}|BKone|".encode()).decode()
    assert again.startswith("38Y")
    assert total(library, card) == 19_999


def test_sixteen_machines_report_a_late_loan_once(library: Library) -> None:
    """A check-out of 09:20 comes after the return of 09:30, and each is reported by many at once:
    one loan, which has ended; the patron who waits has the item, and is notified once."""
    card, item = a_patron(library), an_item(library)
    notices_by(library)
    a_hold(library, a_patron(library), item)
    terminals = [Terminal(library, Sip2Settings(accounts=(an_account(),))) for _ in range(16)]
    for each in terminals:
        each.ask(LOGIN)
    back = f"09Y20261125    09300020261125    093000AP|AO|AB{item}|AC|".encode()
    out = f"11YY20261125    09200020270125    235959AO|AA{card}|AB{item}|AC|".encode()
    terminals[0].ask(back)
    gathered(library)
    library.pass_time(minutes=5)
    messages = [out if number % 2 else back for number in range(16)]
    answers = ask_at_once(terminals, messages)
    assert {each[2:3] for each in answers} == {b"1"}
    [(began, ended)] = library.read(_loans)
    assert (began.hour, began.minute, ended.hour, ended.minute) == (8, 20, 8, 30)
    kinds = Counter(each.kind for each in library.events_of(item))
    assert kinds == {
        EventKind.HOLD_CAPTURED: 1,
        EventKind.ITEM_SEEN: 1,
        EventKind.CHECKED_OUT: 1,
        EventKind.CHECK_IN_CANCELLED: 1,
        EventKind.CHECKED_IN: 1,
    }
    library.pass_time(days=90)
    run_day(library, None, "dunning")
    assert gathered(library) == 0
    assert library.read(no_block_conflicts).lines == ()
    for each in terminals:
        each.close()
