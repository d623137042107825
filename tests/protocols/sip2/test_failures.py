"""Whatever goes wrong, a request gets the negative answer of its own pair, and the line lives."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from protocols.sip2 import handlers
from protocols.sip2.codec import encode
from protocols.sip2.failures import failure_response
from protocols.sip2.handlers import HANDLERS, Handler
from protocols.sip2.messages import REQUESTS
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
    terminal = a_terminal()
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
    terminal = a_terminal()
    library.database.close()
    assert terminal.ask(data).startswith(NEGATIVE[data[:2].decode()].encode())
