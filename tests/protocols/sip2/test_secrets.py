"""PINs and passwords are in no log line, at any level, whatever is sent."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import protocols.sip2
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.pins import hashed
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import with_checksum

SECRETS = ("patron-pin-1", "wrong-pin-2", "terminal-word-3", "wrong-login-4")


def test_no_secret_is_logged(
    library: Library, a_terminal: ATerminal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    terminal = a_terminal()
    card = a_patron(library, pin_hash=hashed("patron-pin-1"))
    item = an_item(library)
    dates = " " * 36
    messages = [
        f"2300120261125    120000AO|AA{card}|ACterminal-word-3|ADpatron-pin-1|",
        f"2300120261125    120000AO|AA{card}|ACterminal-word-3|ADwrong-pin-2|",
        f"63001{' ' * 28}AO|AA{card}|ADwrong-pin-2|",
        f"11NN{dates}AO|AA{card}|AB{item}|ACterminal-word-3|ADpatron-pin-1|",
        f"29NN{dates}AO|AA{card}|AB{item}|ADwrong-pin-2|",
        "11NN|ADpatron-pin-1|",
        "51|ADpatron-pin-1|",
        "98|ADpatron-pin-1|",
        "17" + "x" * 9000 + "ADpatron-pin-1|",
        "9300CNkiosk|COwrong-login-4|CPhall|",
        f"11NN{dates}AO|AA{card}|AB{item}|ADpatron-pin-1|",
    ]
    for message in messages:
        terminal.ask(message.encode())
        terminal.ask(with_checksum(message.encode()))
        terminal.ask(message.encode() + b"AY1AZ0000")
    library.database.close()
    terminal.ask(f"2300120261125    120000AO|AA{card}|AC|ADpatron-pin-1|".encode())
    assert len(caplog.records) > 5
    for record in caplog.records:
        line = logging.Formatter().format(record)
        assert not [secret for secret in SECRETS if secret in line], line
        assert not [secret for secret in SECRETS if secret in repr(record.args)]


def test_no_log_call_is_given_a_message() -> None:
    folder = Path(protocols.sip2.__path__[0])
    calls = [
        call
        for path in folder.glob("*.py")
        for call in re.findall(r"log\.\w+\((.*?)\n?\s*\)\n", path.read_text(), re.DOTALL)
    ]
    assert len(calls) >= 5
    for call in (each.replace("type(request).__name__", "") for each in calls):
        assert not re.search(r"\b(request|message|frame|raw|body|data|password)\b[,)]", call), call
