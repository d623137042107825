"""An account that follows: what was decided elsewhere is written down once, as it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from catalogue.database import Database, Statement, scalar_one, scalars
from circulation.accounts.loans import PatronLoan, PatronLoans, patron_loans
from circulation.callers.schema import replies
from circulation.jobs.running import run_job
from circulation.kernel.events import EventKind
from circulation.kernel.schema import outbox
from circulation.loans.work_lists import no_block_conflicts
from circulation.patrons.schema import patrons
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import ZONE, Library, a_library, a_patron, an_item
from tests.builders.fees import charge, danish_fees, total
from tests.builders.holds import a_hold
from tests.builders.notices import rule
from tests.builders.pins import hashed
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account

WHEN, LATER = "20261125    083000", "20261125    093000"
DUE = "20261224    235900"
TOLD = datetime(2026, 12, 24, 22, 59, tzinfo=UTC)


@scalar_one(int)
def _replies() -> Statement:
    return select(func.count()).select_from(replies)


@scalar_one(int)
def _to_be_told() -> Statement:
    return select(func.count()).select_from(outbox)


@scalars(str)
def _pins() -> Statement:
    return select(patrons.c.pin_hash).where(patrons.c.pin_hash.is_not(None))


def out(card: str, item: str, journal_id: str, due: str = DUE, when: str = WHEN) -> bytes:
    return f"11NY{when}{due}AO|AA{card}|AB{item}|AC|QJ{journal_id}|".encode()


def again(card: str, item: str, journal_id: str, due: str = DUE, when: str = LATER) -> bytes:
    return f"29NY{when}{due}AO|AA{card}|AB{item}|QJ{journal_id}|".encode()


def back(item: str, journal_id: str, when: str = LATER) -> bytes:
    return f"09Y{when}{when}AP|AO|AB{item}|AC|QJ{journal_id}|".encode()


@pytest.fixture
def library(database: Database) -> Library:
    return a_library(database, loan_days=14, renewals=1)


Make = Callable[..., Terminal]


@pytest.fixture
def a_line(library: Library) -> Iterator[Make]:
    made: list[Terminal] = []

    def make(follows: str = "shadow", **options: Any) -> Terminal:
        account = an_account(follows=follows, accept_offline=False, **options)
        terminal = Terminal(library, Sip2Settings(accounts=(account,)))
        assert terminal.ask(LOGIN) == b"941\r"
        made.append(terminal)
        return terminal

    yield make
    for terminal in made:
        terminal.close()


@pytest.fixture(params=["shadow", "replay"])
def line(a_line: Make, request: pytest.FixtureRequest) -> Terminal:
    return a_line(request.param)


def loans_of(library: Library, card: str) -> tuple[PatronLoan, ...]:
    found = library.read(lambda transaction: patron_loans(library.act(transaction), patron=card))
    assert isinstance(found, PatronLoans)
    return found.loans


def kinds(library: Library, item: str) -> list[EventKind]:
    return [event.kind for event in library.events_of(item)]


def reconnect(terminal: Terminal) -> None:
    terminal.connect("192.0.2.9:40000")
    assert terminal.ask(LOGIN) == b"941\r"


def test_a_loan_is_until_what_the_patron_was_told(library: Library, line: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    answer = line.ask(out(card, item, "j-1")).decode()
    assert answer.startswith("121NUY")
    assert f"AH{DUE}|" in answer
    [loan] = loans_of(library, card)
    assert loan.loan.due == TOLD
    assert loan.loan.checked_out == datetime(2026, 11, 25, 7, 30, tzinfo=UTC)


def test_hours_later_and_over_another_line_it_is_done_once(
    library: Library, line: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    renewed = again(card, item, "j-2", "20270120    235900")
    told = [out(card, item, "j-1"), renewed, back(item, "j-3")]
    first = [line.ask(message) for message in told]
    happened = kinds(library, item)
    assert happened == [EventKind.CHECKED_OUT, EventKind.RENEWED, EventKind.CHECKED_IN]
    for days in (0, 1, 28):
        library.pass_time(days=days)
        run_job(
            library.circulation, library.database, "replies", day=library.today, now=library.now
        )
        reconnect(line)
        assert [line.ask(message) for message in reversed(told)] == first[::-1]
    assert kinds(library, item) == happened
    library.pass_time(days=4)
    run_job(library.circulation, library.database, "replies", day=library.today, now=library.now)
    assert library.read(_replies) == 0


def test_another_act_under_a_known_id_is_not_done(library: Library, line: Terminal) -> None:
    card, item, other = a_patron(library), an_item(library), an_item(library)
    assert line.ask(out(card, item, "j-1")).startswith(b"121")
    answer = line.ask(out(card, other, "j-1"))
    assert answer.startswith(b"120")
    assert b"AFAnother act has this journal number already.|" in answer
    assert kinds(library, other) == []


def test_a_due_date_that_was_told_holds_even_if_it_is_earlier(
    library: Library, line: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    line.ask(out(card, item, "j-1"))
    assert line.ask(again(card, item, "j-2", "20261220    235900")).startswith(b"301YUY")
    [loan] = loans_of(library, card)
    assert loan.loan.due == datetime(2026, 12, 20, 22, 59, tzinfo=UTC)
    assert loan.loan.renewals == 1


def test_what_somebody_has_until_then_they_have_already(library: Library, line: Terminal) -> None:
    """Nobody heard the answer to a second check-out, and the item is found with the patron."""
    card, item = a_patron(library), an_item(library)
    first = line.ask(out(card, item, "j-1"))
    assert line.ask(out(card, item, "j-2", when=LATER))[:6] == first[:6]
    assert kinds(library, item) == [EventKind.CHECKED_OUT]
    line.ask(out(card, item, "j-3", due="20261230    235900", when=LATER))
    assert kinds(library, item)[1:] == [EventKind.CHECKED_IN, EventKind.CHECKED_OUT]


@pytest.mark.parametrize(("follows", "listed"), [("shadow", 0), ("replay", 1)])
def test_what_our_rules_would_refuse_is_on_the_list_only_if_it_counts_as_ours(
    library: Library, a_line: Make, follows: str, listed: int
) -> None:
    line = a_line(follows)
    library.policy(max_loans=0)
    card, item = a_patron(library), an_item(library)
    assert line.ask(out(card, item, "j-1")).startswith(b"121")
    assert len(library.read(no_block_conflicts).lines) == listed


def test_what_nobody_knows_is_on_the_list(library: Library, line: Terminal) -> None:
    assert line.ask(out("nobody", "nothing", "j-1")).startswith(b"121")
    line.ask(out("nobody", "nothing", "j-1"))
    [conflict] = library.read(no_block_conflicts).lines
    assert (conflict.barcode, conflict.patron_identifier) == ("nothing", "nobody")


@pytest.mark.parametrize(("follows", "owes"), [("shadow", False), ("replay", True)])
def test_the_other_system_charges_and_tells(
    library: Library, a_line: Make, follows: str, owes: bool
) -> None:
    danish_fees(library)
    rule(library, "email")
    card, item = a_patron(library), an_item(library)
    line, before = a_line(follows), library.read(_to_be_told)
    line.ask(out(card, item, "j-1", due="20261125    090000"))
    library.pass_time(days=20)
    line.ask(back(item, "j-2", "20261210    083000"))
    assert bool(total(library, card)) == owes
    assert (library.read(_to_be_told) > before) == owes


def test_a_return_of_before_does_not_end_the_loan_of_now(library: Library, line: Terminal) -> None:
    first, second, item = a_patron(library), a_patron(library), an_item(library)
    line.ask(out(first, item, "j-1"))
    line.ask(out(second, item, "j-3", when="20261125    100000"))
    answer = line.ask(back(item, "j-2"))
    assert answer.startswith(b"101YNN")
    assert b"|QIY|" in answer, "the proxy is told that nothing was done"
    assert loans_of(library, first) == ()
    assert len(loans_of(library, second)) == 1


def test_a_return_of_the_second_in_which_the_loan_began_ends_it(
    library: Library, line: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    library.pass_time(seconds=0.7)
    library.check_out(card, item)
    second = library.now.replace(microsecond=0).astimezone(ZONE)
    assert line.ask(back(item, "j-1", f"{second:%Y%m%d    %H%M%S}")).startswith(b"101")
    assert loans_of(library, card) == ()


@pytest.mark.parametrize("follows", ["shadow", "replay"])
def test_a_hold_is_ready_since_the_item_came_back(
    library: Library, a_line: Make, follows: str
) -> None:
    line = a_line(follows, holds="shelve")
    card, item = a_patron(library), an_item(library)
    a_hold(library, card, item)
    assert line.ask(back(item, "j-1")).startswith(b"101")
    [shelved] = [each for each in library.events_of(item) if each.kind is EventKind.HOLD_SHELVED]
    assert shelved.at == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


def test_a_payment_goes_to_what_is_owed_once(library: Library, line: Terminal) -> None:
    card = a_patron(library)
    charge(library, card, 5000)
    paid = f"37{WHEN}0400DKKBV20.00|AO|AA{card}|QJj-9|".encode()
    answer = line.ask(paid)
    assert answer.startswith(b"38Y")
    library.pass_time(days=2)
    reconnect(line)
    assert line.ask(paid) == answer
    assert total(library, card) == 3000


def test_what_was_refused_may_be_told_again(library: Library, line: Terminal) -> None:
    card = a_patron(library)
    paid = f"37{WHEN}0400DKKBV20.00|AO|AA{card}|QJj-9|".encode()
    assert line.ask(paid).startswith(b"38N")
    charge(library, card, 5000)
    assert line.ask(paid).startswith(b"38Y")
    assert total(library, card) == 3000


def test_holds_and_blocks_of_patrons_who_have_a_pin(library: Library, line: Terminal) -> None:
    card, item = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    hold = f"15+{WHEN}AO|AA{card}|AB{item}|QJj-1|".encode()
    placed = line.ask(hold)
    assert placed.startswith(b"161")
    library.pass_time(hours=9)
    assert line.ask(hold) == placed
    assert line.ask(f"01N{WHEN}AO|ALlost|AA{card}|AC|QJj-2|".encode()).startswith(b"24Y")
    assert line.ask(f"35{WHEN}AO|AA{card}|".encode()).startswith(b"36Y")


def test_other_accounts_know_no_journal(library: Library, a_line: Make) -> None:
    line = a_line("no")
    card, item = a_patron(library), an_item(library)
    assert line.ask(out(card, item, "j-1")).startswith(b"121NUY")
    library.pass_time(hours=1)
    assert line.ask(out(card, item, "j-1")).startswith(b"120NNN")


@pytest.mark.parametrize("code", ["23", "63"])
def test_a_pin_that_was_right_elsewhere_is_learnt(
    library: Library, a_line: Make, code: str
) -> None:
    line = a_line(learns_pins=True)
    known, new = a_patron(library, pin_hash=hashed("1234")), a_patron(library)
    fields = "" if code == "23" else " " * 10

    def ask(card: str, pin: str, learn: str = "QLY|") -> bytes:
        return line.ask(f"{code}001{WHEN}{fields}AO|AA{card}|AC|AD{pin}|{learn}".encode())

    assert b"|CQN|" in ask(new, "2468", "")
    for card in (known, new):
        assert b"|CQY|" in ask(card, "2468")
        assert b"|CQY|" in ask(card, "2468", "")
        assert b"|CQN|" in ask(card, "1234", "")
    stored = library.read(_pins)
    ask(new, "2468")
    assert library.read(_pins) == stored  # it is known
    assert all(each.startswith("$argon2id$") for each in stored)
    ask(new, "   ")
    assert library.read(_pins) == stored
    assert ask("nobody", "2468").startswith(code[0].encode())


def test_only_an_account_that_may_learns_pins(library: Library, line: Terminal) -> None:
    card = a_patron(library, pin_hash=hashed("1234"))
    message = f"63001{WHEN}{' ' * 10}AO|AA{card}|AD2468|QLY|".encode()
    assert b"|CQN|" in line.ask(message)
