"""What each message writes: who did it, where, when, to what, as the ledger and staff read it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many, scalars
from circulation.fees.rules import FEE_RULES
from circulation.holds.schema import holds
from circulation.kernel.events import Event, EventKind, select_events
from circulation.kernel.schema import events
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.schema import charge_postings
from circulation.loans.lost import declare_lost
from circulation.loans.work_lists import no_block_conflicts
from protocols.sip2.handlers import HANDLERS
from protocols.sip2.handling.fees import METHODS
from protocols.sip2.handling.once import CHANGING
from protocols.sip2.messages import ItemInformation
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import Terminal

DATE = "20261125    120000"
BLANK = " " * 18


@many(Event)
def _events() -> Statement:
    return select_events().order_by(events.c.id)


@scalars(str)
def _reasons() -> Statement:
    return select(charge_postings.c.reason).order_by(charge_postings.c.id)


@scalars(date)
def _wanted_until() -> Statement:
    return select(holds.c.interest_until).order_by(holds.c.id)


#: Messages in the order of a day, and the kinds of events that each writes.
DAY: list[tuple[str, list[EventKind]]] = [
    (
        f"11NN{DATE}{BLANK}AO|AAP1|AB I1 |AC|AD1234|BOY|",
        [EventKind.CHARGE_CREATED, EventKind.CHECKED_OUT],
    ),
    (f"29NN{DATE}{BLANK}AO|AAP1|AD1234|ABI1|BOY|", [EventKind.RENEWED]),
    (f"65{DATE}AO|AAP1|AD1234|BOY|", [EventKind.RENEWED]),
    (f"09N{DATE}{DATE}AP|AO|ABI1|AC|", [EventKind.CHECKED_IN]),
    (f"11NN{DATE}{BLANK}AO|AAP1|ABI1|AC|AD1234|BIY|", [EventKind.CHECK_IN_CANCELLED]),
    (f"09N{DATE}{DATE}AP|AO|ABI2|AC|", [EventKind.ITEM_SEEN]),
    (
        f"11NN{DATE}{BLANK}AO|AAP1|ABI2|AC|AD1234|BOY|",
        [EventKind.CHARGE_CREATED, EventKind.CHECKED_OUT],
    ),
    (
        f"09N{DATE}{DATE}AP|AO|ABI2|AC|BIY|",
        [EventKind.CHARGE_CHANGED, EventKind.CHECK_OUT_CANCELLED],
    ),
    (
        f"15+{DATE}AO|AAP2|AD1234|ABI2|BSDK-900102|BW20270131    235959|BOY|",
        [EventKind.HOLD_PLACED],
    ),
    (f"15*{DATE}AO|AAP2|AD1234|ABI2|BSDK-900101|BW20270228    235959|", [EventKind.HOLD_CHANGED]),
    (f"15-{DATE}AO|AAP2|AD1234|ABI2|", [EventKind.HOLD_CLOSED]),
    (f"19{DATE}AO|ABI2|CH2 discs|AC|", [EventKind.ITEM_PROPERTIES_SET]),
    (f"37{DATE}0402DKKBV1.00|AO|AAP1|BKT 1|", [EventKind.PAYMENT_TAKEN]),
    (f"37{DATE}0404DKKBV1.00|AO|AAP1|BKT 2|", [EventKind.CHARGE_CHANGED]),
    (f"37{DATE}0404DKKBV1.00|AO|AAP1|", [EventKind.CHARGE_CHANGED]),
    (f"01Y{DATE}AO|AL left behind |AAP2|AC|", [EventKind.PATRON_BLOCKED]),
    (f"25{DATE}AO|AAP2|AC|AD1234|", [EventKind.PATRON_UNBLOCKED]),
    (f"17{DATE}AO|ABI3|", [EventKind.FOUND]),
]


@pytest.fixture
def terminal(library: Library, a_terminal: ATerminal) -> Terminal:
    """A desk, patrons P1 and P2, items I1 and I2, and I3, which nobody can find."""
    pin = hashed("1234")
    for card in ("P1", "P2"):
        a_patron(library, card, pin_hash=pin)
    for number in (1, 2, 3):
        an_item(library, f"I{number}", title=f"Bind {number}")

    def work(transaction: Any) -> None:
        FEE_RULES.store(transaction, loan_fee=1_000, currency="DKK", partial_payment=True)
        set_up_changed(transaction)
        declare_lost(library.act(transaction), item="I3")

    library.write(work)
    return a_terminal(kind="desk", find_on_item_information=True, writeoff_payment_types=["04"])


READ = [
    f"23001{DATE}AO|AAP1|AC|AD1234|",
    f"63001{DATE}          AO|AAP1|AC|AD1234|",
    f"35{DATE}AO|AAP1|AD1234|",
]


def test_each_message_is_dealt_with_in_the_branch_that_it_names(
    terminal: Terminal, library: Library, a_terminal: ATerminal
) -> None:
    """AO, or AP of a check-in, where the account is of any branch; AO comes back as it was sent."""
    terminal = a_terminal(
        kind="desk",
        find_on_item_information=True,
        writeoff_payment_types=["04"],
        any_branch_of_agency=True,
    )
    for message, kinds in [*((each, []) for each in READ), *DAY]:
        days = 1 if message.startswith(("29", "65")) else 0
        library.pass_time(days=days, seconds=20)
        before = len(library.read(_events))
        answer = terminal.ask(message.replace("AO|", "AODK-900102|").encode()).decode()
        if message[:2] not in ("17", "19"):
            assert "AODK-900102|" in answer, answer
        new = library.read(_events)[before:]
        assert {event.branch_id for event in new} <= {library.other.id}, message
        assert {*kinds} <= {event.kind for event in new}, message


def written(terminal: Terminal, message: str, *, days: float = 0, seconds: float = 20) -> list[Any]:
    """The events that the message writes: all by this terminal, at its branch, now."""
    library = terminal.library
    library.pass_time(days=days, seconds=seconds)
    before = len(library.read(_events))
    terminal.ask(message.encode())
    new = library.read(_events)[before:]
    for event in new:
        assert (event.actor, event.device) == ("kiosk", "192.0.2.7:50000"), event
        assert (event.branch_id, event.at) == (library.main.id, library.now), event
        assert event.recorded in (None, library.now), event
    return new


def test_a_day_in_which_each_message_writes_what_it_does(terminal: Terminal) -> None:
    told: dict[EventKind, Any] = {}
    for message, kinds in DAY:
        # A renewal gives more time on another day alone.
        days = 1 if message.startswith(("29", "65")) else 0
        new = written(terminal, message, days=days)
        assert [event.kind for event in new] == kinds, message
        told |= {event.kind: event for event in new}
        names_item = message[:2] in ("09", "11", "15", "17", "19", "29")
        for event in new:
            if names_item and event.kind not in (
                EventKind.CHARGE_CREATED,
                EventKind.CHARGE_CHANGED,
            ):
                barcode = "I2" if "I2" in message else "I3" if "I3" in message else "I1"
                if message[:2] != "15":
                    assert event.item_id == int(barcode[1]), event
    assert told[EventKind.PATRON_BLOCKED].after["message"] == (
        "left behind The machine has kept the card."
    )
    assert told[EventKind.PATRON_BLOCKED].patron_id == 2
    assert told[EventKind.PAYMENT_TAKEN].after["order"] == "kiosk:T 1"
    assert told[EventKind.PAYMENT_TAKEN].after["method"] == METHODS["02"]
    assert terminal.library.read(_wanted_until) == [date(2027, 2, 28)]
    assert terminal.library.read(_reasons)[-2:] == ["kiosk T 2", "kiosk"]


def test_every_message_that_changes_something_is_of_that_day() -> None:
    codes = {message[:2] for message, _ in DAY}
    named = {"Checkout": "11", "Checkin": "09", "Renew": "29", "ItemStatusUpdate": "19"}
    named |= {"Hold": "15", "RenewAll": "65", "BlockPatron": "01", "PatronEnable": "25"}
    named |= {"FeePaid": "37"}
    assert {each.__name__ for each in CHANGING} == named.keys()
    assert codes == {*named.values(), "17"}
    assert ItemInformation in HANDLERS


@pytest.mark.parametrize(
    ("kind", "method"), [("00", "cash"), ("01", "VISA card"), ("02", "credit card"), ("17", "17")]
)
def test_how_it_was_paid(terminal: Terminal, kind: str, method: str) -> None:
    written(terminal, DAY[0][0])
    [event] = written(terminal, f"37{DATE}04{kind}DKKBV1.00|AO|AAP1|")
    assert event.after["method"] == method
    assert event.after["order"] == str(event.after["payment"])


WHEN = "20261125    083000"


@pytest.mark.parametrize(
    ("message", "act", "barcode", "card", "due"),
    [
        (f"11NY{WHEN}20270115    235959AO|AA X |AB I1 |AC|", "check-out", "I1", "X", True),
        (f"29NY{WHEN}20270115    235959AO|AA P1 |AB I1 |", "renewal", "I1", "P1", True),
        (f"29NY{WHEN}{BLANK}AO|AAP1|ABI1|", "renewal", "I1", "P1", False),
        (f"29NY{WHEN}{BLANK}AO|AAP1|AJ Bind 1 |", "renewal", "Bind 1", "P1", False),
        (f"09Y{WHEN}{WHEN}AP|AO|AB X1 |AC|", "check-in", "X1", "", False),
    ],
)
def test_what_cannot_be_booked_is_noted_as_it_was_told(
    terminal: Terminal, message: str, act: str, barcode: str, card: str, due: bool
) -> None:
    assert written(terminal, message) == []
    library = terminal.library
    [line] = library.read(no_block_conflicts).lines
    assert (line.act, line.barcode, line.patron_identifier) == (act, barcode, card)
    assert line.happened == datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
    assert line.due == (datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC) if due else None)
    assert line.noted == library.now


def test_what_has_happened_off_line_is_booked_for_when_it_did(terminal: Terminal) -> None:
    library = terminal.library
    happened = library.now - timedelta(hours=3, minutes=30)
    for message, days in (
        (f"11NY{WHEN}20270115    235959AO|AAP1|ABI1|AC|", 0),
        (f"29NY{WHEN}20270120    235959AO|AAP1|ABI1|", 0),
        (f"09Y{DATE}{WHEN}AP|AO|ABI1|AC|", 0),
    ):
        library.pass_time(days=days, seconds=20)
        before = len(library.read(_events))
        terminal.ask(message.encode())
        new = [
            event
            for event in library.read(_events)[before:]
            if event.kind is not EventKind.CHARGE_CREATED
        ]
        assert [(event.at, event.recorded) for event in new] == [(happened, library.now)], message
        assert {event.actor for event in new} == {"kiosk"}
