"""What stands before a listener, without a network: who is passed on, and who is dropped when."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.fronts import PATIENCE, Front, before
from protocols.hosting.standard import Port
from protocols.hosting.tls import TlsSettings
from tests.builders.certificates import Authority

HEADER = b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 6001\r\n"
PROXY, OTHER = "198.51.100.1", "198.51.100.2"
TRUSTING = Access(trusted_proxies=(PROXY,))


class Behind(Factory):
    """Keeps what came to it, by the caller's address."""

    noisy = False

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.ended = self.handed_over = 0

    def buildProtocol(self, addr: Any) -> Protocol:  # noqa: N802
        received = self.received

        class Keeper(Protocol):
            def connectionMade(self) -> None:  # noqa: N802
                assert self.transport is not None
                self.transport.write(b"login: ")

            def dataReceived(self, data: bytes) -> None:  # noqa: N802
                received.append((addr.host, data))

        return Keeper()

    def end(self) -> Deferred[None]:
        self.ended += 1
        return succeed(None)

    def hand_over(self) -> Deferred[None]:
        self.handed_over += 1
        return succeed(None)


class Line(StringTransport):
    """A connection whose bytes go to whatever protocol it has now."""

    def __init__(self, host: str) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, 40000))
        self.protocol: Any = None

    def say(self, data: bytes) -> None:
        self.protocol.dataReceived(data)


class Stage:
    def __init__(self, access: Access, tls: TlsSettings | None = None) -> None:
        self.clock = Clock()
        self.behind = Behind()
        self.front = Front(self.behind, access, tls, clock=self.clock)

    def connect(self, host: str) -> Line:
        line = Line(host)
        line.protocol = self.front.buildProtocol(line.getPeer())
        assert line.protocol is not None
        line.protocol.makeConnection(line)
        return line


def test_whom_a_proxy_speaks_for_however_its_header_comes_in_pieces() -> None:
    for cut in range(len(HEADER)):
        stage = Stage(TRUSTING)
        line = stage.connect(PROXY)
        line.say(HEADER[:cut])
        assert (stage.behind.received, line.value()) == ([], b"")
        line.say(HEADER[cut:] + b"99")
        line.say(b"00")
        assert stage.behind.received == [("203.0.113.7", b"99"), ("203.0.113.7", b"00")]
        assert line.value() == b"login: "  # who speaks first does so once it is known to whom
        assert line.getPeer().host == "203.0.113.7"


def test_who_is_no_proxy_goes_straight_through() -> None:
    stage = Stage(TRUSTING)
    stage.connect(OTHER).say(b"9900")
    assert stage.behind.received == [(OTHER, b"9900")]


def test_nobody_waits_for_ever_and_who_has_passed_is_let_be() -> None:
    stage = Stage(TRUSTING)
    silent, passed = stage.connect(PROXY), stage.connect(PROXY)
    silent.say(b"PROXY")
    passed.say(HEADER)
    stage.clock.advance(PATIENCE - 1)
    assert not silent.disconnecting
    assert not silent.disconnected
    stage.clock.advance(2)
    assert silent.disconnected
    assert not passed.disconnected
    assert stage.clock.getDelayedCalls() == []


def test_who_leaves_early_leaves_nothing_behind() -> None:
    stage = Stage(TRUSTING)
    line = stage.connect(PROXY)
    line.protocol.connectionLost()
    assert stage.clock.getDelayedCalls() == []
    stage.front.end()
    assert not line.disconnected


def test_the_end_drops_who_waits_and_reaches_what_is_behind() -> None:
    stage = Stage(TRUSTING)
    waiting, passed = stage.connect(PROXY), stage.connect(PROXY)
    passed.say(HEADER)
    stage.front.end()
    assert waiting.disconnected
    assert not passed.disconnected  # that one hears of it in the way of its protocol
    assert stage.behind.ended == 1


def test_who_waits_while_another_process_takes_over_is_let_in_still() -> None:
    stage = Stage(TRUSTING)
    waiting = stage.connect(PROXY)
    stage.front.hand_over()
    assert stage.behind.handed_over == 1
    waiting.say(HEADER)
    assert waiting.value() == b"login: "


@pytest.mark.parametrize("data", [b"9900802.00\r", b"\x16\x03\x01", b"PROXY nonsense\r\n"])
def test_a_proxy_without_a_header_is_dropped(data: bytes) -> None:
    stage = Stage(TRUSTING)
    line = stage.connect(PROXY)
    line.say(data)
    assert line.disconnected
    assert stage.behind.received == []


def test_the_list_is_asked_for_the_caller_and_not_for_the_proxy() -> None:
    stage = Stage(Access(allow=("203.0.113.0/24",), trusted_proxies=(PROXY,)))
    line = stage.connect(PROXY)
    line.say(HEADER + b"99")
    assert stage.behind.received == [("203.0.113.7", b"99")]
    assert stage.front.buildProtocol(IPv4Address("TCP", OTHER, 1)) is None
    stranger = stage.connect(PROXY)
    stranger.say(HEADER.replace(b"203.0.113.7", b"192.0.2.99") + b"99")
    assert stranger.disconnected


def test_plain_or_tls_is_seen_by_the_first_byte(tmp_path: Any) -> None:
    issued = Authority(tmp_path).issue("localhost", file="server")
    both = Stage(ANYBODY, TlsSettings(issued.certificate, issued.key))
    both.connect(OTHER).say(b"9900")
    assert both.behind.received == [(OTHER, b"9900")]
    secure = both.connect(OTHER)
    secure.say(b"\x16\x03\x01\x00\x05hello")
    assert len(both.behind.received) == 1  # it is TLS's to read
    only = Stage(ANYBODY, TlsSettings(issued.certificate, issued.key, plain=False))
    line = only.connect(OTHER)
    line.say(b"9900")
    assert line.disconnected
    assert only.behind.received == []


def test_a_port_that_needs_none_of_it_has_nothing_before_it() -> None:
    behind = Behind()
    assert before(Port(0, "127.0.0.1", behind)) is behind
    assert isinstance(before(Port(0, "127.0.0.1", behind, TRUSTING)), Front)
