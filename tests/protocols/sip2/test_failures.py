"""Whatever goes wrong, a request gets the negative answer of its own pair, and the line lives."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from typing import Any

import pytest

from catalogue.database import Database, Work
from catalogue.statements import Transaction
from protocols.sip2 import handlers
from protocols.sip2.codec import encode
from protocols.sip2.failures import failure_response
from protocols.sip2.handlers import HANDLERS, Handler
from protocols.sip2.messages import REQUESTS
from protocols.sip2.places import Branches
from protocols.sip2.text import Dialect
from tests.builders.circulation import Library
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
    """The database, whose statements all fail."""

    def __init__(self, sound: Database) -> None:
        self.sound = sound

    def read(self, work: Work[Any], *, wide: bool = False) -> Future[Any]:
        return self.sound.read(lambda transaction: work(_faulty(transaction)), wide=wide)

    def write(self, work: Work[Any]) -> Future[Any]:
        return self.sound.write(lambda transaction: work(_faulty(transaction)))


def _faulty(transaction: Transaction) -> Transaction:
    def execute(text: str, values: object) -> Any:
        raise RuntimeError("the cellar is under water")

    return Transaction(transaction.dialect, execute, transaction.execute_many)


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
        patch.setattr(library.circulation, "pins", None)  # a login asks these, no statement
        answer = terminal.ask(with_checksum(data, 6))
    assert time.monotonic() - begun < 1
    assert answer.startswith(NEGATIVE[data[:2].decode()].encode())
    assert b"AY6AZ" in answer
    assert b"cellar" not in answer
    assert terminal.ask(LOGIN) == b"941\r"
    assert terminal.ask(b"9900802.00").startswith(b"98YYY")


def _broken(request: object, caller: object, context: object) -> Any:
    raise RuntimeError("the cellar is under water")


@pytest.mark.parametrize(
    "data", [data for _, data in ANSWERED], ids=[data[:2].decode() for _, data in ANSWERED]
)
def test_a_fault_of_ours_is_a_negative_answer_and_the_connection_lives_on(
    library: Library,
    a_terminal: ATerminal,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    terminal = a_terminal(kind="desk")
    with monkeypatch.context() as patch:
        for kind, handler in HANDLERS.items():
            patch.setitem(handlers.HANDLERS, kind, Handler(_broken, handler.lane))
        answer = terminal.ask(with_checksum(data, 6))
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
