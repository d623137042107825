"""The process of the proxy: its port, its life."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from twisted.internet import defer
from twisted.internet.interfaces import IAddress

from protocols.hosting.fronts import before
from protocols.hosting.listening import Conversation, ConversationFactory
from protocols.hosting.reactor import reactor
from protocols.hosting.standard import Port
from protocols.proxy.control import listen as listen_for_commands
from protocols.proxy.proxy import Proxy
from protocols.proxy.reconciling.around import OfProxy
from protocols.proxy.reconciling.reconciler import Reconciler
from protocols.proxy.recovering import Recovery
from protocols.proxy.relay import Relay
from protocols.proxy.session import TerminalSession
from protocols.proxy.settings import ProxySettings

log = logging.getLogger(__name__)

#: Seconds that what is under way has when the process is to end: messages of terminals, and then
#: what the systems are told.
_PATIENCE: Final = 2.0


class CannotListen(Exception):
    """The port is taken, or may not be had."""


class _Terminal(Conversation):
    """A conversation that lets its lines go when the terminal has gone."""

    def __init__(self, session: TerminalSession, relay: Relay) -> None:
        super().__init__(session, relay.answer)
        self._relay = relay

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        super().connectionLost(reason)
        self._relay.close()


class Serving:
    """Everything of the process between `start` and `stop`."""

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.proxy = Proxy(settings)
        if settings.can_be_compared:
            own = OfProxy(self.proxy)
            self.proxy.reconciler = Reconciler(own, settings.reconcile, settings.old.dialect)
        self._ports: list[Any] = []
        self._connections = 0
        self._terminals = ConversationFactory(self._converse)

    def _converse(self, address: IAddress | None) -> Conversation:
        listen = self.settings.listen
        session = TerminalSession(listen.max_frame, listen.idle_timeout, reactor.seconds())
        self._connections += 1
        host = getattr(address, "host", "")
        return _Terminal(session, Relay(self.proxy, host, self._connections, session))

    def start(self) -> int:
        """Listens; returns the port. Raises CannotListen."""
        listen = self.settings.listen
        wanted = Port(listen.port, listen.interface, self._terminals, listen.access, listen.tls)
        try:
            port = reactor.listenTCP(listen.port, before(wanted), 512, listen.interface)
        except Exception as error:
            raise CannotListen(f"{listen.interface}:{listen.port}: {error}") from error
        self._ports.append(port)
        Recovery(self.proxy).begin()
        if self.proxy.reconciler is not None:
            self.proxy.reconciler.begin()
        self._ports.append(listen_for_commands(reactor, self.proxy, self.settings.journal))
        metrics = self.settings.metrics
        if metrics.port is not None:
            from protocols.proxy.metrics import site_of

            site = site_of(self.proxy)
            self._ports.append(reactor.listenTCP(metrics.port, site, 50, metrics.interface))
        return int(port.getHost().port)

    def stop(self) -> defer.Deferred[Any]:
        """Closes the port, lets messages under way be answered and told, and closes the journal."""
        closing = [defer.maybeDeferred(port.stopListening) for port in self._ports]
        self._ports.clear()
        ended = self._terminals.end()
        ended.addTimeout(_PATIENCE, reactor).addErrback(lambda failure: None)
        done = defer.DeferredList([*closing, ended])
        done.addCallback(lambda _: self._carried())
        done.addCallback(lambda _: self.proxy.close())
        return done

    def _carried(self) -> defer.Deferred[None]:
        """When what is being told has been answered, or does not come in time."""
        carriers = list(self.proxy.carriers.values())
        for each in carriers:
            each.stop()
        over: defer.Deferred[None] = defer.Deferred()
        end = reactor.seconds() + _PATIENCE

        def look() -> None:
            if any(each.is_at_work for each in carriers) and reactor.seconds() < end:
                reactor.callLater(_PATIENCE / 100, look)
            else:
                over.callback(None)

        look()
        return over


def run(settings: ProxySettings, ready: Callable[[int], None]) -> None:
    """Serves until SIGTERM or SIGINT. Raises CannotListen."""
    serving = Serving(settings)
    number = serving.start()
    reactor.addSystemEventTrigger("before", "shutdown", serving.stop)
    reactor.callWhenRunning(ready, number)
    reactor.run()
