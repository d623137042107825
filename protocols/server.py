"""The one process: the database, the engines over it, and a listener for each standard.

This is the composition root: the only place that reads the clock, makes ids and touches the
reactor's life. Everything below is given what it needs.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from twisted.internet import defer, threads
from twisted.internet.error import CannotListenError
from twisted.logger import STDLibLogObserver, globalLogBeginner
from twisted.web.resource import Resource
from twisted.web.server import Site

from catalogue.database import Database, open_database
from circulation.engine import Circulation
from protocols.answering import Services
from protocols.configuration import Configuration
from protocols.fronts import Ending, before
from protocols.http_channel import PatientChannel
from protocols.notices.sending import Sender
from protocols.notices.service import NoticeService
from protocols.reactor import reactor
from protocols.requests import BoundedRequest
from protocols.standard import Port, Standard
from protocols.tls import TlsUnusable

log = logging.getLogger(__name__)

#: Seconds that work under way gets after the listeners have closed, and of these, the seconds that
#: open conversations get to hear the last answer and the farewell.
GRACE_SECONDS = 2.0
FAREWELL_SECONDS = 1.0


class CannotStart(Exception):
    """The server cannot listen where it should; the message says where and why."""


@dataclass
class Bound:
    """What listens where: the ports of each standard in its own order, and the HTTP port."""

    ports: dict[str, list[int]] = field(default_factory=dict)
    http: int | None = None


class _Root(Resource):
    """The HTTP port's first path segments."""

    isLeaf = False  # noqa: N815

    def render_GET(self, request: Any) -> bytes:  # noqa: N802
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        paths = b"".join(b"/" + name + b"\n" for name in sorted(self.children or {}) if name)
        return b"Tiro, a library system that speaks the standards.\n" + paths


class Server:
    """Everything of one process between `start` and `stop`."""

    def __init__(self, configuration: Configuration, standards: Mapping[str, Standard]) -> None:
        self.configuration = configuration
        self.standards = standards
        self.bound = Bound()
        self._listening: list[Any] = []
        self._conversing: list[Ending] = []
        self._database: Database | None = None
        self._services: Services | None = None
        self._notices: NoticeService | None = None

    def start(self) -> Bound:
        """Opens the database and all listeners; raises CannotStart and leaves nothing open."""
        self._database = open_database(self.configuration.database_url)
        self._services = Services(
            self._database,
            Circulation(identifiers=self.configuration.circulation.identifiers),
            clock=lambda: datetime.now(UTC),
            call_from_thread=reactor.callFromThread,
            call_later=reactor.callLater,
        )
        try:
            self._notices = self._post_office(self._services)
            self._listen(self._services, self._notices)
            self._notices.start()
        except BaseException:
            for port in self._listening:
                port.stopListening()
            self._close()
            raise
        return self.bound

    def _post_office(self, services: Services) -> NoticeService:
        settings = self.configuration.notices
        folder = self.configuration.path.parent
        try:
            sender = Sender(services.database, services.circulation, settings, folder)
        except (OSError, ValueError) as error:
            raise CannotStart(f"[notices] a channel cannot be opened: {error}") from error
        return NoticeService(sender, services, settings.every, reactor)

    def _listen(self, services: Services, notices: NoticeService) -> None:
        root: Any = _Root()  # type: ignore[no-untyped-call]
        root.putChild(b"", root)
        root.putChild(b"notices", notices.resource())
        for name, standard in self.standards.items():
            settings = self.configuration.standards[name]
            self.bound.ports[name] = [
                self._open(f"[{name}]", port) for port in standard.ports(settings, services)
            ]
            for path, resource in standard.resources(settings, services).items():
                root.putChild(path, resource)
        http = self.configuration.http
        if http.enabled:
            # Bodies are their resource's to read: no form is taken apart before it sees them.
            site: Any = Site(  # type: ignore[no-untyped-call]
                root, requestFactory=BoundedRequest, timeout=120, parsePOSTFormSubmission=False
            )
            site.protocol = PatientChannel
            site.noisy = False
            # The access log would hold what callers put in addresses, tokens among them.
            site.log = lambda request: None
            self.bound.http = self._open(
                "[http]", Port(http.port, http.interface, site, http.access, http.tls)
            )

    def _open(self, section: str, wanted: Port) -> int:
        where = f"{wanted.interface}:{wanted.number}"
        try:
            factory = before(wanted)
        except TlsUnusable as error:
            raise CannotStart(f"{section} cannot offer TLS on {where}: {error}") from error
        try:
            port = reactor.listenTCP(
                wanted.number, factory, backlog=512, interface=wanted.interface
            )
        except CannotListenError as error:
            reason = getattr(error.socketError, "strerror", None) or error.socketError
            raise CannotStart(f"{section} cannot listen on {where}: {reason}") from error
        self._listening.append(port)
        if isinstance(factory, Ending):
            self._conversing.append(factory)
        return int(port.getHost().port)

    def stop(self) -> defer.Deferred[Any]:
        """Closes the listeners, lets work under way finish, then closes the database."""
        if self._notices is not None:
            self._notices.stop()
        closing = [defer.maybeDeferred(port.stopListening) for port in self._listening]
        for factory in self._conversing:
            # Who does not listen to the end is cut off with the process.
            ended: defer.Deferred[Any] = factory.end()
            ended.addTimeout(FAREWELL_SECONDS, reactor).addErrback(lambda failure: None)
            closing.append(ended)
        finished: defer.Deferred[Any] = defer.DeferredList(closing)
        finished.addCallback(lambda _: threads.deferToThread(self._close))
        finished.addTimeout(GRACE_SECONDS, reactor)
        finished.addErrback(lambda failure: log.warning("not all work was finished: %s", failure))
        return finished

    def _close(self) -> None:
        if self._services is not None:
            self._services.close()
        if self._database is not None:
            self._database.close()


def configure_logging(level: str) -> None:
    """Python's logging to standard error, Twisted's among it."""
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        force=True,
    )
    globalLogBeginner.beginLoggingTo(
        [cast(Any, STDLibLogObserver("twisted"))], redirectStandardIO=False, discardBuffer=True
    )
    for chatty in ("twisted", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))


def run(
    configuration: Configuration,
    standards: Mapping[str, Standard],
    ready: Callable[[Bound], None],
) -> None:
    """Serves until SIGTERM or SIGINT. `ready` is called when every listener accepts connections.

    Raises CannotStart when a port is taken.
    """
    server = Server(configuration, standards)
    bound = server.start()
    reactor.addSystemEventTrigger("before", "shutdown", server.stop)

    def announce() -> None:
        # What is alive now lives as long as the process: the collector need not walk it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        ready(bound)

    reactor.callWhenRunning(announce)
    reactor.run()
