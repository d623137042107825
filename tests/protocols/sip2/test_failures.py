"""Whatever goes wrong, a request gets the negative answer of its own pair, and the line lives."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from typing import Any

import pytest

from catalogue.database import Database, DatabaseUnavailable, Transaction, Work
from circulation.patrons.pins import PINS
from protocols.sip2 import handlers
from protocols.sip2.codec import encode
from protocols.sip2.failures import failure_response
from protocols.sip2.handlers import HANDLERS, Handler
from protocols.sip2.handling.authority import Proof
from protocols.sip2.messages import REQUESTS
from protocols.sip2.terminals.places import Branches
from protocols.sip2.wire.text import Dialect
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import fee_rule
from tests.builders.pins import hashed
from tests.protocols.sip2 import cases
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import LOGIN, with_checksum

#: The answer to each request: its code, and the characters that say no.
NEGATIVE = {
    "99": "98NNNNNN",
    "93": "940",
    "23": "24YYYY",
    "63": "64YYYY",
    "17": "1801",
    "11": "120N",
    "09": "100N",
    "29": "300N",
    "65": "660",
    "15": "160N",
    "35": "36N",
    "01": "24YYYY",
    "25": "26YYYY",
    "19": "200",
    "37": "38N",
}
ANSWERED = [(m, data) for m, data in cases.REQUESTS if data[:2] != b"97"]


def test_every_request_has_a_handler() -> None:
    assert set(HANDLERS) == REQUESTS


@pytest.mark.parametrize(
    ("request_", "data"), ANSWERED, ids=[data[:2].decode() for _, data in ANSWERED]
)
def test_the_negative_answer_is_of_the_right_pair(request_: Any, data: bytes) -> None:
    response = failure_response(request_, cases.DATE, "No.")
    text = encode(response, Dialect()).decode()
    assert text.startswith(NEGATIVE[data[:2].decode()])
    if data[:2] != b"93":
        assert "AFNo.|" in text


class FaultyDatabase:
    """The database, where the statements of each piece of work fail after so many good ones."""

    def __init__(self, sound: Database, good: int = 0, outage: str | None = None) -> None:
        self.sound = sound
        self.good = good
        self.outage = outage
        self.reads_here = sound.reads_here

    def read_here(self, work: Work[Any]) -> Any:
        return self.sound.read_here(lambda transaction: work(self._faulty(transaction)))

    def read(self, work: Work[Any], *, wide: bool = False, may_lag: bool = False) -> Future[Any]:
        return self.sound.read(lambda transaction: work(self._faulty(transaction)), wide=wide)

    def write(self, work: Work[Any], *, short: bool = False) -> Future[Any]:
        return self.sound.write(lambda transaction: work(self._faulty(transaction)), short=short)

    def trouble(self) -> str | None:
        return self.outage

    def _faulty(self, transaction: Transaction) -> Transaction:
        left = iter(range(self.good))

        def counted(execute: Any) -> Any:
            def faulty(*arguments: object) -> Any:
                if next(left, None) is None:
                    if self.outage is not None:
                        raise DatabaseUnavailable(self.outage)
                    raise RuntimeError("the cellar is under water")
                return execute(*arguments)

            return faulty

        return Transaction(
            transaction.dialect, counted(transaction.execute), counted(transaction.execute_many)
        )


@pytest.mark.parametrize(
    "data", [data for _, data in ANSWERED], ids=[data[:2].decode() for _, data in ANSWERED]
)
def test_a_fault_in_the_engine_is_a_negative_answer_within_a_second(
    library: Library, a_terminal: ATerminal, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = a_terminal(kind="desk")
    terminal.branches = Branches()
    begun = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(terminal.services, "database", FaultyDatabase(library.database))
        # A login asks these, and no statement.
        patch.setitem(library.circulation.memories, PINS, object())
        answer = terminal.ask(with_checksum(data, 6))
    assert time.monotonic() - begun < 1
    assert answer.startswith(NEGATIVE[data[:2].decode()].encode())
    assert b"AY6AZ" in answer
    assert b"cellar" not in answer
    assert terminal.ask(LOGIN) == b"941\r"
    assert terminal.ask(b"9900802.00").startswith(b"98YYY")


_DATE = "20261125    120000"
_WHO, _OTHER = (f"AODK-900100|AA{card}|" for card in ("P1", "P2"))
#: One after the other, each with the beginning of its good answer.
_MESSAGES = (
    (f"11NN{_DATE}{_DATE}{_WHO}ABI1|AC|AD1234|BOY|", "121N"),
    (f"29NN{_DATE}{_DATE}{_WHO}AD1234|ABI1|", "301Y"),
    (f"65{_DATE}{_WHO}AD1234|BOY|", "661"),
    (f"37{_DATE}0400DKKBV10.00|{_WHO}AD1234|BKT1|", "38Y"),
    (f"15+{_DATE}{_OTHER}ABI1|", "161"),
    (f"19{_DATE}AODK-900100|ABI1|CHscratched|", "201"),
    (f"09N{_DATE}{_DATE}APDK-900101|AODK-900100|ABI1|AC|", "101"),
    (f"01N{_DATE}AODK-900100|ALleft behind|AAP2|AC|", "24Y           "),
    (f"25{_DATE}{_OTHER}", "26    "),
)


def _everything(library: Library) -> dict[str, Any]:
    """All rows of all tables."""

    def rows(transaction: Transaction) -> dict[str, Any]:
        tables = transaction.execute("select name from sqlite_master where type = 'table'", ())
        return {
            name: list(transaction.execute(f'select * from "{name}"', ()))
            for (name,) in list(tables)
        }

    return library.read(rows)


def test_a_fault_in_the_midst_of_the_work_leaves_nothing_behind(
    library: Library, a_terminal: ATerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever statement fails: the answer says no, and all rows are as before."""
    fee_rule(library, currency="DKK", loan_fee=1000)
    a_patron(library, "P1", pin_hash=hashed("1234"))
    a_patron(library, "P2")
    an_item(library, "I1")
    terminal = a_terminal(kind="desk")
    for text, good in _MESSAGES:
        library.pass_time(days=1)
        data = text.encode()
        before, faults = _everything(library), 0
        while True:
            faulty = FaultyDatabase(library.database, faults)
            begun = time.monotonic()
            with monkeypatch.context() as patch:
                patch.setattr(terminal.services, "database", faulty)
                answer = terminal.ask(data)
            assert time.monotonic() - begun < 1
            if answer.startswith(good.encode()):
                break
            assert answer.startswith(NEGATIVE[text[:2]].encode()), (faults, answer)
            assert b"cellar" not in answer
            assert _everything(library) == before
            faults += 1
        assert faults > 3
        assert _everything(library) != before


def _broken(request: object, caller: object, context: object) -> Any:
    raise RuntimeError("the cellar is under water")


def _unwritable(request: object, caller: object, context: object) -> Any:
    return "the cellar is under water"


@pytest.mark.parametrize("fault", [_broken, _unwritable])
@pytest.mark.parametrize(
    "data", [data for _, data in ANSWERED], ids=[data[:2].decode() for _, data in ANSWERED]
)
def test_a_fault_of_ours_is_a_negative_answer_and_the_connection_lives_on(
    library: Library,
    a_terminal: ATerminal,
    data: bytes,
    fault: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    terminal = a_terminal(kind="desk")
    with monkeypatch.context() as patch:
        for kind, handler in HANDLERS.items():
            patch.setitem(handlers.HANDLERS, kind, Handler(fault, handler.lane, Proof.NONE))
        begun = time.monotonic()
        answer = terminal.ask(with_checksum(data, 6))
    assert time.monotonic() - begun < 1
    assert answer.startswith(NEGATIVE[data[:2].decode()].encode())
    assert b"AY6AZ" in answer
    assert b"cellar" not in answer
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert terminal.ask(LOGIN) == b"941\r"
    assert terminal.ask(b"9900802.00").startswith(b"98YYY")


@pytest.mark.parametrize(
    "data", [data for _, data in ANSWERED], ids=[data[:2].decode() for _, data in ANSWERED]
)
def test_a_closed_database_is_a_negative_answer(
    library: Library, a_terminal: ATerminal, data: bytes
) -> None:
    terminal = a_terminal(kind="desk")
    library.database.close()
    assert terminal.ask(data).startswith(NEGATIVE[data[:2].decode()].encode())


def test_what_passes_is_not_remembered_as_the_answer(
    library: Library,
    a_terminal: ATerminal,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same frame, sequence number and all, is another try once the database is back."""
    a_patron(library, "P1", pin_hash=hashed("1234"))
    an_item(library, "I1")
    terminal = a_terminal(kind="desk")
    request = with_checksum(_MESSAGES[0][0].encode(), 3)
    faulty = FaultyDatabase(library.database, outage="the cellar is under water")
    with monkeypatch.context() as patch:
        patch.setattr(terminal.services, "database", faulty)
        for _ in range(2):
            answer = terminal.ask(request)
            assert answer.startswith(b"120N")
            assert b"cannot be reached for the moment" in answer
    assert terminal.ask(request).startswith(b"121N")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(("accepts", "off_line_ok"), [(True, b"Y"), (False, b"N")])
def test_a_terminal_is_told_that_it_is_off_line(
    library: Library,
    a_terminal: ATerminal,
    monkeypatch: pytest.MonkeyPatch,
    accepts: bool,
    off_line_ok: bytes,
) -> None:
    """98: not on line, a timeout period of 000, and whether its work is taken afterwards."""
    terminal = a_terminal(accept_offline=accepts)
    with monkeypatch.context() as patch:
        patch.setattr(terminal.services, "database", FaultyDatabase(library.database, 9, "gone"))
        status = terminal.ask(b"9900802.00")
    assert status.startswith(b"98NNNNN" + off_line_ok + b"000999")
    assert terminal.ask(b"9900802.00").startswith(b"98YYYY")


def test_a_login_without_a_database_is_not_a_wrong_one(
    library: Library, a_terminal: ATerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = a_terminal(logged_in=False, settings={"login_tries": 2, "login_failures": 2})
    with monkeypatch.context() as patch:
        patch.setattr(terminal.services, "database", FaultyDatabase(library.database, 0, "gone"))
        patch.setitem(library.circulation.memories, PINS, _Unusable())
        for _ in range(5):
            assert terminal.ask(LOGIN) == b"940\r"
    assert not terminal.closing
    assert terminal.ask(LOGIN) == b"941\r"


class _Unusable:
    """Stands where PINs are checked, which is where the database is asked first."""

    def check(self, stored: str, password: str) -> bool:
        raise DatabaseUnavailable("gone")


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
def test_the_clock_is_set_between_two_messages(
    library: Library, a_terminal: ATerminal, hours: int
) -> None:
    """The connection goes on, a repetition within the time is one, and the loan can be ended."""
    a_patron(library, "P1", pin_hash=hashed("1234"))
    an_item(library, "I1")
    terminal = a_terminal(kind="desk")
    lent = _MESSAGES[0][0].encode()
    first = terminal.ask(lent)
    assert first.startswith(b"121N")
    library.pass_time(hours=hours)
    again = terminal.ask(lent)
    assert again == first if hours < 0 else again.startswith(b"12")
    assert not terminal.closing
    assert terminal.ask(b"9900802.00").startswith(b"98YYYY")
    assert terminal.ask(_MESSAGES[6][0].encode()).startswith(b"101")
