"""What stands before a conversation on any port: who may connect, for whom a proxy speaks, and TLS.

    connected -> (PROXY header, from a trusted proxy) -> (first byte: TLS or plain) -> conversation

A connection that needs none of it goes straight through, at no cost. TLS is known by its first byte
(0x16, a handshake record), so one port serves both; where the server speaks first there is none to
wait for, and a port is either TLS or not. A conversation is made with the address of the caller
behind the proxy.
"""

from __future__ import annotations

import logging
from typing import Any, Final, Protocol, cast, runtime_checkable

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure

from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.networks import is_within
from protocols.hosting.proxy_protocol import HeaderMalformed, read_header
from protocols.hosting.reactor import reactor
from protocols.hosting.standard import Port
from protocols.hosting.tls import Certificates, TlsSettings

log = logging.getLogger(__name__)

#: Seconds that a connection may take to show what it is.
PATIENCE: Final = 60.0
#: The first byte of TLS: a record of the handshake.
_HANDSHAKE: Final = b"\x16"


@runtime_checkable
class Ending(Protocol):
    """A factory whose connections can be ended in their own way."""

    def end(self) -> Deferred[None]:
        """Ends all of them; called back when the last one is gone."""
        ...

    def hand_over(self) -> Deferred[None]:
        """The same, so that their peers come again at once, to another process."""
        ...


class Front(Factory):
    """Before the factory of any listener.

    `is_tls_only` takes no plain connection, and waits for no first byte.
    """

    noisy = False

    def __init__(
        self,
        behind: Factory,
        access: Access,
        tls: TlsSettings | None,
        is_tls_only: bool = False,
        clock: Any = reactor,
    ) -> None:
        self.behind = behind
        self.access = access
        self.clock = clock
        self.is_tls_only = is_tls_only
        self.takes_plain = tls is None or (tls.plain and not is_tls_only)
        self.tls = None if tls is None else _tls_before(behind, Certificates(tls), clock)
        self._waiting: set[_Entrant] = set()

    def doStart(self) -> None:  # noqa: N802
        self.behind.doStart()  # type: ignore[no-untyped-call]

    def doStop(self) -> None:  # noqa: N802
        self.behind.doStop()  # type: ignore[no-untyped-call]

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol | None:  # noqa: N802
        host = getattr(addr, "host", "")
        if self.access.trusted_proxies and is_within(self.access.trusted_proxies, host):
            return self._entrant(addr, awaits_header=True)
        if not self.access.admits(host):
            log.warning("a connection from %s was refused: it is not on the list", host)
            return None
        if self.tls is None:
            return self._built(self.behind, addr)
        if self.is_tls_only:
            return self._built(self.tls, addr)
        return self._entrant(addr, awaits_header=False)

    def _built(self, factory: Factory, address: IAddress | None) -> TwistedProtocol | None:
        made: Any = factory.buildProtocol(cast("IAddress", address))
        return cast("TwistedProtocol | None", made)

    def _entrant(self, address: IAddress | None, *, awaits_header: bool) -> TwistedProtocol:
        entrant = _Entrant(self, address, awaits_header)
        self._waiting.add(entrant)
        return entrant

    def passed(self, entrant: _Entrant) -> None:
        """It has shown what it is, or is gone."""
        self._waiting.discard(entrant)

    def end(self) -> Deferred[None]:
        """Ends what waits here, and what is behind."""
        for entrant in tuple(self._waiting):
            entrant.drop()
        return self.behind.end() if isinstance(self.behind, Ending) else succeed(None)

    def hand_over(self) -> Deferred[None]:
        """What waits here is let in still, or goes with the process."""
        return self.behind.hand_over() if isinstance(self.behind, Ending) else succeed(None)


class _Entrant(TwistedProtocol):
    """A connection that has not yet shown what it is."""

    def __init__(self, front: Front, address: IAddress | None, awaits_header: bool) -> None:
        self._front = front
        self._address = address
        self._awaits_header = awaits_header
        self._received = b""
        self._timer: Any = None

    def connectionMade(self) -> None:  # noqa: N802
        self.transport: Any
        self._timer = self._front.clock.callLater(PATIENCE, self.drop)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._received += data
        front = self._front
        if self._awaits_header:
            try:
                header = read_header(self._received)
            except HeaderMalformed as error:
                log.warning("a proxy at %s sent no usable PROXY header: %s", self._host, error)
                self.drop()
                return
            if header is None:
                return
            self._awaits_header = False
            self._received = header.rest
            if header.host is not None:
                kind: Any = IPv6Address if ":" in header.host else IPv4Address
                self._address = kind("TCP", header.host, header.port)
            if not front.access.admits(self._host):
                log.warning("a connection from %s was refused: it is not on the list", self._host)
                self.drop()
                return
        if front.tls is None:
            self._give_to(front.behind)
        elif front.is_tls_only:
            self._give_to(front.tls)
        elif self._received:
            if self._received[:1] == _HANDSHAKE:
                self._give_to(front.tls)
            elif front.takes_plain:
                self._give_to(front.behind)
            else:
                log.warning("a connection from %s was refused: it has no TLS", self._host)
                self.drop()

    @property
    def _host(self) -> str:
        return getattr(self._address, "host", "?")

    def _give_to(self, factory: Factory) -> None:
        self._leave()
        address = self._address
        protocol: Any = factory.buildProtocol(cast("IAddress", address))
        transport = self.transport
        if protocol is None:
            transport.abortConnection()
            return
        transport.getPeer = lambda: address
        transport.protocol = protocol
        protocol.makeConnection(transport)
        if self._received:
            protocol.dataReceived(self._received)

    def drop(self) -> None:
        """It is not served."""
        self._leave()
        self.transport.abortConnection()

    def _leave(self) -> None:
        self._front.passed(self)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def connectionLost(self, reason: Failure | None = None) -> None:  # noqa: N802
        self._leave()


def before(port: Port) -> Factory:
    """The factory that listens on a port: its own, or a `Front` before it where it needs one.

    Raises TlsUnusable.
    """
    if port.tls is None and port.access == ANYBODY:
        return port.factory
    return Front(port.factory, port.access, port.tls, port.is_tls_only)


def _tls_before(behind: Factory, certificates: Certificates, clock: Any) -> Factory:
    """A factory that speaks TLS before the other, with the certificates as they are then."""
    from OpenSSL import SSL  # what nobody uses costs no memory
    from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
    from twisted.protocols.tls import TLSMemoryBIOFactory
    from zope.interface import implementer

    @implementer(IOpenSSLServerConnectionCreator)
    class Creator:
        def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:  # noqa: N802
            return SSL.Connection(certificates.context(), None)

    factory: Any = TLSMemoryBIOFactory(cast(Any, Creator()), False, cast(Any, behind), clock)
    factory.noisy = False
    return cast("Factory", factory)
