"""A login by prompts, as telnet lines have it; then a line is like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.hosting.throttle import FailedLogins
from protocols.hosting.tls import Security
from protocols.sip2.messages import Login, LoginResponse
from protocols.sip2.prompts import ASK_LOGIN, ASK_PASSWORD, REFUSED, PromptedSession
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from tests.builders.circulation import Library
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import PASSWORD, Terminal, an_account

STATUS = b"9900802.00\r"
OK = b"Login OK.  Initiating SIP\r\n"


@pytest.fixture
def prompted(a_terminal: ATerminal) -> Any:
    def make(**account: Any) -> Terminal:
        terminal = a_terminal(logged_in=False, **account)
        terminal.connect(way="prompt")
        assert terminal.feed(b"") == b"login: "
        return terminal

    return make


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_login_and_what_follows(prompted: Any, end: bytes) -> None:
    terminal = prompted()
    assert terminal.feed(b"kiosk" + end) == b"password: "
    assert terminal.feed(PASSWORD.encode() + end) == OK
    answer = terminal.feed(b"9900802.00" + end)
    assert answer.startswith(b"98YYYY")
    assert terminal.feed(b"9300CNkiosk|CO" + PASSWORD.encode() + b"|" + end) == b"941\r"
    assert terminal.feed(b"9300CNkiosk|COwrong|" + end) == b"940\r"


def test_what_a_telnet_client_negotiates_is_not_what_was_typed(prompted: Any) -> None:
    terminal = prompted()
    said = b"\xff\xfd\x01\xff\xfb\x1f\xff\xfa\x1f\x50\x18\xff\xf0kiosk\xff\xf1\r\n"
    assert terminal.feed(said) == b"password: "
    assert terminal.feed(b"\xff\xfc\x01" + PASSWORD.encode() + b"\r\n") == OK


def test_three_tries_and_no_more(prompted: Any) -> None:
    terminal = prompted()
    for number in range(3):
        assert terminal.feed(b"kiosk\r") == b"password: "
        said = terminal.feed(b"wrong\r")
        assert said == b"Invalid login\r\n" + (b"login: " if number < 2 else b"")
    assert terminal.session.closing
    terminal.connect(way="prompt")
    assert terminal.feed(b"") == b"login: "
    assert terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r") == b"password: " + OK


def test_a_message_at_a_prompt_is_a_login_that_nobody_has(prompted: Any) -> None:
    terminal = prompted()
    assert terminal.feed(STATUS + STATUS) == b"password: Invalid login\r\nlogin: "


def test_an_account_may_be_closed_to_prompts(prompted: Any) -> None:
    terminal = prompted(login_by=["message"])
    terminal.feed(b"kiosk\r")
    assert terminal.feed(PASSWORD.encode() + b"\r") == b"Invalid login\r\nlogin: "


def test_an_account_may_be_closed_to_messages(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False, login_by=["prompt"])
    assert terminal.ask(b"9300CNkiosk|CO" + PASSWORD.encode() + b"|") == b"940\r"
    terminal.connect(way="prompt")
    assert terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r").endswith(OK)


def test_a_line_that_asks_for_tls(prompted: Any, library: Library) -> None:
    terminal = prompted(require_tls=True)
    assert terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r").endswith(b"login: ")
    terminal.connect(way="prompt", security=Security(is_encrypted=True))
    assert terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r").endswith(OK)


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_whatever_is_typed_is_answered_or_waited_for(typed: list[bytes]) -> None:
    settings = Sip2Settings(accounts=(an_account(),), login_tries=100)
    entrance = Entrance(settings, Accounts(settings), "local", FailedLogins())
    session = PromptedSession(settings, 0.0, lambda: datetime(2026, 11, 25, tzinfo=UTC), entrance)
    assert session.take_outgoing() == ASK_LOGIN
    for piece in typed:
        session.receive_data(piece + b"\r", 1.0)
        while (request := session.next_request()) is not None:
            assert isinstance(request, Login)
            session.send(LoginResponse(ok=False), 1.0)
        said = session.take_outgoing()
        assert not said.replace(REFUSED, b"").replace(ASK_LOGIN, b"").replace(ASK_PASSWORD, b"")


def test_silence_at_a_prompt_ends_the_line(prompted: Any) -> None:
    terminal = prompted()
    session = terminal.session
    session.expire(terminal.seconds + 30)
    assert not session.closing
    session.expire(terminal.seconds + 61)
    assert session.closing


def test_nothing_typed_is_recorded(prompted: Any) -> None:
    terminal = prompted()
    recorded: list[tuple[str, bytes]] = []
    terminal.session.record = lambda *frame: recorded.append(frame)
    terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r")
    assert recorded == []
    terminal.feed(STATUS)
    assert [way for way, _ in recorded] == [">", "<"]


def test_the_charset_of_the_account_holds_after_the_prompts(prompted: Any) -> None:
    terminal = prompted(charset="cp850", terminator="CRLF")
    terminal.feed(b"kiosk\r" + PASSWORD.encode() + b"\r")
    assert terminal.session.agreed.dialect.charset == "cp850"
    assert terminal.feed(STATUS).endswith(b"|\r\n")
