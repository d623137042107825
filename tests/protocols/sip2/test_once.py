"""Nothing is done twice: whatever comes again gets the answer it got, and changes nothing."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, scalars
from circulation.callers.replies import reply_key
from circulation.callers.schema import item_replies
from circulation.kernel.events import EventKind
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from protocols.sip2.handling.once import CHANGING
from protocols.sip2.settings import Sip2Settings
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.serving import serving
from tests.protocols.sip2.terminals import LOGIN, Terminal, an_account, with_checksum

DATE = "20261125    120000"
BLANK = " " * 18


@scalars(bytes)
def _digests() -> Statement:
    return select(item_replies.c.digest)


def out(card: str, item: str, date: str = DATE, rest: str = "AC|") -> bytes:
    return f"11YN{date}{date}AO|AA{card}|AB{item}|{rest}".encode()


def back(item: str, date: str = DATE) -> bytes:
    return f"09N{date}{date}AP|AO|AB{item}|AC|".encode()


def kinds(library: Library, item: str) -> list[EventKind]:
    return [event.kind for event in library.events_of(item)]


def reconnect(terminal: Terminal) -> None:
    terminal.connect()
    assert terminal.ask(LOGIN) == b"941\r"


@pytest.mark.parametrize("is_reconnected", [False, True], ids=["same line", "new line"])
def test_every_message_that_changes_something_is_done_once(
    library: Library, a_terminal: ATerminal, is_reconnected: bool
) -> None:
    terminal = a_terminal(kind="desk")
    card, item, other = a_patron(library), an_item(library), an_item(library, title="Pan")
    who, what = f"AO|AA{card}|", f"AO|AB{item}|"
    requests = [
        out(card, item),
        f"29NN{DATE}{DATE}{who}AB{item}|".encode(),
        f"65{DATE}{who}".encode(),
        back(item),
        f"15+{DATE}{who}AB{other}|".encode(),
        f"15-{DATE}{who}AB{other}|".encode(),
        f"19{DATE}{what}CH2 discs|AC|".encode(),
        f"01N{DATE}AO|ALlost|AA{card}|AC|".encode(),
        f"25{DATE}{who}AC|".encode(),
        f"37{DATE}0600DKKBV1.00|{who}".encode(),
    ]
    assert {int(request[:2]) for request in requests} == {11, 29, 65, 9, 15, 19, 1, 25, 37}
    assert len(CHANGING) == 9
    for request in requests:
        first = terminal.ask(request)
        library.pass_time(seconds=1)
        before = terminal.library.database.read(_everything).result()
        if is_reconnected:
            reconnect(terminal)
        assert terminal.ask(request) == first
        assert terminal.library.database.read(_everything).result() == before


def _everything(transaction: Transaction) -> list[tuple[object, ...]]:
    return transaction.execute("SELECT * FROM events ORDER BY id", ()).fetchall()


def test_a_new_sequence_number_is_given_back_with_the_kept_answer(
    library: Library, terminal: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    first = terminal.ask(with_checksum(out(card, item), 7))
    assert first.startswith(b"121NUY")
    reconnect(terminal)
    again = terminal.ask(with_checksum(out(card, item), 0))
    assert again[:-9] == first[:-9].replace(b"AY7", b"AY0")
    assert b"AY0AZ" in again
    plain = terminal.ask(out(card, item))
    assert plain == first[: first.index(b"AY7")] + b"\r"
    assert kinds(library, item) == [EventKind.CHECKED_OUT]


def test_a_renewal_policy_makes_no_renewal_of_a_retry(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library), an_item(library)
    assert terminal.ask(out(card, item)).startswith(b"121NUY")
    assert terminal.ask(out(card, item)).startswith(b"121NUY")
    library.pass_time(seconds=181)
    assert terminal.ask(out(card, item)).startswith(b"120NNN")  # too late for a retry


def test_after_a_return_elsewhere_it_is_a_new_checkout(
    library: Library, terminal: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    assert terminal.ask(out(card, item, BLANK)).startswith(b"121NUY")
    library.check_in(item)
    assert terminal.ask(out(card, item, BLANK)).startswith(b"121NUY")
    assert kinds(library, item).count(EventKind.CHECKED_OUT) == 2


def test_another_account_is_another_terminal(library: Library) -> None:
    accounts = (an_account(), an_account(login="desk"))
    terminal = Terminal(library, Sip2Settings(accounts=accounts))
    item = an_item(library)
    assert terminal.ask(LOGIN) == b"941\r"
    assert terminal.ask(back(item)).startswith(b"101YUN")
    assert terminal.ask(LOGIN.replace(b"kiosk", b"desk")) == b"941\r"
    assert terminal.ask(back(item)).startswith(b"101YUN")
    assert len(kinds(library, item)) == 2
    terminal.close()


def test_a_refusal_counts_until_patron_or_item_were_dealt_with(
    library: Library, terminal: Terminal
) -> None:
    card, another, item = a_patron(library), a_patron(library), an_item(library)
    library.check_out(another, item)
    refused = terminal.ask(out(card, item))
    assert refused.startswith(b"120NNN")
    assert terminal.ask(out(card, item)) == refused
    library.check_in(item)
    assert terminal.ask(out(card, item)).startswith(b"121NUY")


def test_a_terminal_without_a_clock_asks_anew_after_a_refusal(
    library: Library, terminal: Terminal
) -> None:
    card, item = a_patron(library), an_item(library)
    rule = library.policy(material_group="", loanable=False)
    assert rule
    item = an_item(library, material_group="film")
    library.policy(material_group="film", loan_days=7, loanable=False)
    assert terminal.ask(out(card, item, BLANK)).startswith(b"120NNN")
    library.policy(material_group="film", loan_days=7, loanable=True)
    assert terminal.ask(out(card, item, BLANK)).startswith(b"121NUY")


def test_a_wrong_pin_that_comes_again_counts_as_one_try(
    library: Library, terminal: Terminal
) -> None:
    card, item = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    for _ in range(10):
        reconnect(terminal)
        assert b"AFThe PIN is wrong.|" in terminal.ask(out(card, item, rest="AC|AD9999|"))
    assert terminal.ask(out(card, item, rest="AC|AD1234|")).startswith(b"121NUY")


def test_it_can_be_switched_off(library: Library, a_terminal: ATerminal) -> None:
    terminal = a_terminal(settings={"repeats_within": 0})
    card, item = a_patron(library), an_item(library)
    assert terminal.ask(out(card, item)).startswith(b"121NUY")
    assert terminal.ask(out(card, item)).startswith(b"120")


def test_what_is_kept_holds_no_pin(library: Library, terminal: Terminal) -> None:
    card, item = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    terminal.ask(out(card, item, rest="AC|AD1234|"))

    def rows(transaction: Transaction) -> str:
        return str(transaction.execute("SELECT * FROM item_replies", ()).fetchall())

    found = library.database.read(rows).result()
    assert item in found
    assert "1234" not in found


# A server that is killed


def test_what_the_database_holds_is_not_enough_to_try_pins(
    library: Library, terminal: Terminal
) -> None:
    """The set-up's password hashes are in the database; the library's key is not."""
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes or"))
    body = out(a_patron(library, pin_hash=hashed("1234")), an_item(library), rest="AC|AD1234|")
    first = terminal.ask(body)
    assert first.startswith(b"121")
    (digest,) = library.read(_digests)
    account = terminal.session.account
    assert account is not None
    assert bytes(digest) != reply_key(account.login, account.password, body).digest
    reconnect(terminal)
    assert terminal.ask(body) == first
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"quite another key"))
    assert terminal.ask(body) != first


def test_a_server_killed_before_the_answer_was_read(database: Database, tmp_path: Path) -> None:
    """The checkout is committed, the process dies, and the kiosk asks the next one again."""
    library = a_library(database)
    card, item = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    request = with_checksum(out(card, item, rest="AC|AD1234|"), 3) + b"\r"
    server = serving(database.url, tmp_path / "first.log")
    running = server.__enter__()
    with socket.create_connection(("127.0.0.1", running.port), 10) as kiosk:
        kiosk.sendall(LOGIN + b"\r")
        assert kiosk.recv(100) == b"941\r"
        kiosk.sendall(request)
        deadline = time.monotonic() + 10
        while not kinds(library, item):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(running.process.pid, signal.SIGKILL)
        assert running.process.wait(10) == -signal.SIGKILL
    with pytest.raises(AssertionError):
        server.__exit__(None, None, None)
    answers: list[bytes] = []
    with serving(database.url, tmp_path / "second.log") as again:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", again.port), 10) as kiosk:
                kiosk.sendall(LOGIN + b"\r")
                assert kiosk.recv(100) == b"941\r"
                kiosk.sendall(request)
                answers.append(kiosk.recv(4096))
    assert answers[0].startswith(b"121NUY")
    assert answers[0] == answers[1]
    assert kinds(library, item) == [EventKind.CHECKED_OUT]
