"""Who may come in, by which account: address, certificate, TLS, password; and who must wait."""

from __future__ import annotations

from typing import Any

import pytest

from protocols.hosting.throttle import FailedLogins
from protocols.hosting.tls import PLAIN, Security
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance, host_of
from protocols.sip2.terminals.options import LoginWay
from tests.builders.circulation import Library, a_patron, an_item
from tests.protocols.sip2.conftest import ATerminal
from tests.protocols.sip2.terminals import PASSWORD, Terminal, an_account

DATE = "20261125    120000"
STATUS_1 = b"9900801.00"
GATE = Security(True, frozenset({"gate.library.example"}))


def entrance(
    *accounts: dict[str, Any],
    peer: str = "192.0.2.7:50000",
    security: Security = PLAIN,
    way: LoginWay = "message",
    **settings: Any,
) -> Entrance:
    made = tuple(an_account(**each) for each in accounts)
    section = Sip2Settings(accounts=made, **settings)
    return Entrance(section, Accounts(section), peer, FailedLogins(), lambda: security, way)


def found(at: Entrance) -> str | None:
    account = at.without_login()
    return account.login if account is not None else None


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.7:50000", "192.0.2.7"),
        ("2001:db8::7:50000", "2001:db8::7"),
        ("", ""),
        ("local", "local"),
    ],
)
def test_the_address_of_a_peer(peer: str, host: str) -> None:
    assert host_of(peer) == host


@pytest.mark.parametrize(
    ("options", "peer", "security", "admits"),
    [
        ({}, "192.0.2.7:1", PLAIN, True),
        ({"networks": ["192.0.2.0/24"]}, "192.0.2.7:1", PLAIN, True),
        ({"networks": ["192.0.2.0/24"]}, "198.51.100.7:1", PLAIN, False),
        ({"networks": ["192.0.2.0/24"]}, "::ffff:192.0.2.7:1", PLAIN, True),
        ({"networks": ["2001:db8::/32"]}, "2001:db8::7:1", PLAIN, True),
        ({"require_tls": True}, "192.0.2.7:1", PLAIN, False),
        ({"require_tls": True}, "192.0.2.7:1", Security(True), True),
        ({"certificate": "gate.library.example"}, "192.0.2.7:1", Security(True), False),
        ({"certificate": "gate.library.example"}, "192.0.2.7:1", GATE, True),
        ({"certificate": "other.library.example"}, "192.0.2.7:1", GATE, False),
    ],
)
def test_what_an_account_asks_of_a_line(
    options: dict[str, Any], peer: str, security: Security, admits: bool
) -> None:
    at = entrance(options, peer=peer, security=security)
    assert at.admits(an_account(**options)) is admits


def test_the_narrowest_network_is_the_login_and_none_where_two_are_alike() -> None:
    def by_address(login: str, *networks: str) -> dict[str, Any]:
        return {"login": login, "login_by": ["address"], "networks": networks}

    wide, narrow = by_address("wide", "192.0.2.0/24"), by_address("narrow", "192.0.2.0/28")
    assert found(entrance(wide, narrow)) == "narrow"
    assert found(entrance(narrow, wide, peer="192.0.2.77:1")) == "wide"
    assert found(entrance(narrow, by_address("twin", "192.0.2.0/28"), wide)) is None
    assert found(entrance(narrow, peer="198.51.100.1:1")) is None
    assert found(entrance({"networks": ["192.0.2.0/28"]})) is None  # it must send a 93


def test_a_certificate_goes_before_an_address_and_that_before_the_usual_account() -> None:
    gate = {"login": "gate", "certificate": "gate.library.example"}
    address = {"login": "here", "login_by": ["address"], "networks": ["192.0.2.7"]}
    usual: dict[str, Any] = {"default_account": "kiosk"}
    assert found(entrance({}, address, gate, security=GATE, **usual)) == "gate"
    assert found(entrance({}, address, gate, **usual)) == "here"
    assert found(entrance({}, address, gate, peer="192.0.2.8:1", **usual)) == "kiosk"
    assert found(entrance({}, gate)) is None
    closed = gate | {"login_by": ["message"]}
    assert found(entrance(closed, security=GATE)) is None  # it must show both
    here = {"networks": ["198.51.100.0/24"]}
    assert found(entrance(here, **usual)) is None  # the usual account has its networks, too


def test_status_before_the_login() -> None:
    shut: dict[str, Any] = {"status_before_login": False}
    assert entrance().may_ask_status()
    assert entrance({}).may_ask_status()
    assert not entrance(shut).may_ask_status()
    assert not entrance({}, **shut).may_ask_status()
    elsewhere = {"login": "two", "networks": ["198.51.100.0/24"]}
    assert not entrance(shut, elsewhere).may_ask_status()
    assert entrance(shut, elsewhere, peer="198.51.100.1:1").may_ask_status()


# Over a whole session


def lend(terminal: Terminal, library: Library) -> str:
    card, item = a_patron(library), an_item(library)
    message = f"11NN{DATE}{DATE}AO|AA{card}|AB{item}|AC|"
    return terminal.ask(message.encode()).decode()


@pytest.mark.parametrize(
    ("settings", "account"),
    [
        ({"default_account": "kiosk"}, {}),
        ({}, {"login_by": ["address"], "networks": ["192.0.2.7"]}),
    ],
    ids=["the usual account", "by address"],
)
def test_a_terminal_of_protocol_1_00_has_no_login(
    library: Library, a_terminal: ATerminal, settings: dict[str, Any], account: dict[str, Any]
) -> None:
    terminal = a_terminal(logged_in=False, settings=settings, **account)
    shown = terminal.ask(STATUS_1).decode()
    assert shown.startswith("98YYYYYY")
    assert shown[32:36] == "1.00"
    answer = lend(terminal, library)
    assert answer.startswith("121")
    # No field that came with 2.00.
    assert {part[:2] for part in answer[24:].split("|")[:-1]} <= {
        "AO",
        "AA",
        "AB",
        "AJ",
        "AH",
        "AF",
    }
    kiosk = terminal.session.account
    assert kiosk is not None
    assert kiosk.login == "kiosk"


def test_who_needs_no_login_may_begin_with_any_message(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(logged_in=False, settings={"default_account": "kiosk"})
    assert lend(terminal, library).startswith("121")
    events = library.events_of("I0000002")
    assert [event.device for event in events] == ["192.0.2.7:50000"]


def test_a_good_login_goes_before_the_usual_account_and_a_bad_one_ends_it(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(logged_in=False, settings={"default_account": "kiosk"})
    assert terminal.ask(b"9300CNkiosk|COwrong|") == b"940\r"
    assert terminal.ask(f"9300CNkiosk|CO{PASSWORD}|CPcounter|".encode()) == b"941\r"
    assert terminal.session.device == "counter"
    assert lend(terminal, library).startswith("121")


def test_an_account_that_loses_its_network_is_shut_out_at_once(
    library: Library, a_terminal: ATerminal
) -> None:
    terminal = a_terminal(networks=["192.0.2.0/24"])
    assert lend(terminal, library).startswith("121")
    terminal.connect("198.51.100.1:50000")
    assert terminal.ask(f"9300CNkiosk|CO{PASSWORD}|".encode()) == b"940\r"
    assert lend(terminal, library).startswith("120")


# Wrong passwords


def test_who_guesses_must_wait_and_nobody_else(a_terminal: ATerminal) -> None:
    terminal = a_terminal(logged_in=False, settings={"login_failures": 4, "login_tries": 100})
    right, wrong = f"9300CNkiosk|CO{PASSWORD}|".encode(), b"9300CNkiosk|COwrong|"
    for _ in range(4):
        assert terminal.ask(wrong) == b"940\r"
    asked = terminal.requests
    assert terminal.ask(right) == b"940\r"  # too soon: the password is not even looked at
    assert terminal.requests == asked
    assert terminal.session.tally.take()["", "login tried again too soon"] == 1
    terminal.connect("192.0.2.8:50000")
    assert terminal.ask(right) == b"941\r"  # another machine
    terminal.connect("192.0.2.7:50001")
    assert terminal.ask(right) == b"940\r"  # a new connection is no new terminal
    terminal.seconds += 2.0
    assert terminal.ask(right) == b"941\r"
    assert terminal.ask(wrong) == b"940\r"
    assert terminal.ask(right) == b"941\r"  # a good login wipes the slate
