"""What one process serves with: the database, the engines over it, a listener for each standard.

This is the composition root: the only place that reads the clock, makes ids and touches the
reactor's life. Everything below is given what it needs.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from twisted.internet import defer, task, threads

import circulation.assembly  # noqa: F401  the features join before anything is done
from catalogue.database import (
    Database,
    DatabaseInUse,
    DatabasePooled,
    compile_statements,
    open_database,
)
from circulation.kernel.engine import Circulation
from circulation.kernel.parts import load_all
from circulation.notices.post import POST
from protocols.holdings.sending import Sender, open_sinks, register
from protocols.hosting.answering import Services, Stage
from protocols.hosting.destinations import set_allowed
from protocols.hosting.fronts import Ending, before
from protocols.hosting.numbering import keep_numbered
from protocols.hosting.outbox import SendingLoop
from protocols.hosting.peers import Peers
from protocols.hosting.process_names import this_process
from protocols.hosting.reactor import accept_in_turn, at_turns_end, reactor
from protocols.hosting.sockets import Held, Key, Listening, Sockets, format_bind_error, key_of
from protocols.hosting.standard import Port, Standard, is_for_readers, load_all_of
from protocols.hosting.tls import TlsUnusable
from protocols.notices.sending import Sender as NoticeSender
from protocols.notices.service import NoticeService
from protocols.process.addresses import addresses
from protocols.process.configuration import Configuration
from protocols.process.http_port import HttpPort, queues_among
from protocols.process.writer_place import WriterPlace

log = logging.getLogger(__name__)

#: Seconds that work under way gets after the listeners have closed, and of these, the seconds that
#: open conversations get to hear the last answer and the farewell.
GRACE_SECONDS = 2.0
FAREWELL_SECONDS = 1.0
#: Seconds in which, when there is time, conversations end by themselves before they are ended:
#: whoever has just connected, or comes for a moment only, notices nothing.
LINGER_SECONDS = 3.0


class CannotStart(Exception):
    """The server cannot listen where it should; the message says where and why."""


@dataclass
class Bound:
    """What listens where: the ports of each standard in its own order, and the HTTP port."""

    ports: dict[str, list[int]] = field(default_factory=dict)
    http: int | None = None


def _owner(section: str, place: int) -> str:
    """The word for who wants a socket: the section, and which of its ports it is."""
    return f"{section} {place}"


def present() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Server:
    """Everything of one process between `start` and `stop`."""

    def __init__(
        self,
        configuration: Configuration,
        standards: Mapping[str, Standard],
        sockets: Listening | None = None,
        clock: Callable[[], datetime] = present,
        peers: Peers | None = None,
        called: str | None = None,
    ) -> None:
        """`peers`: the other processes that listen on the same sockets. `called`: the name of the
        server that this process belongs to, where it is not one by itself."""
        self._clock = clock
        self._called = called or this_process()
        self._peers = peers
        self.configuration = configuration
        self.standards = standards
        self.bound = Bound()
        self._sockets = Sockets() if sockets is None else sockets
        #: What the sockets in use are known by, and who uses them.
        self.keys: dict[Key, str] = {}
        self._listening: list[Any] = []
        self._conversing: list[Ending] = []
        self._database: Database | None = None
        self._services: Services | None = None
        self._closing = threading.Lock()
        self._is_closed = False
        self._notices: NoticeService | None = None
        self._opened: Counter[str] = Counter()
        self._place: WriterPlace | None = None
        self._http = HttpPort(configuration, standards, self._open)

    def start(self) -> Bound:
        """Opens the database and all listeners; raises CannotStart and leaves nothing open."""
        set_allowed(self.configuration.outgoing.allow)
        load_all()  # callers would wait for it later
        try:
            self._database = open_database(
                self.configuration.database_url,
                self.configuration.database.patience,
                self.configuration.database.following,
                f"{self._called} serves it",
                direct=self.configuration.database.direct,
            )
        except (DatabaseInUse, DatabasePooled) as error:
            raise CannotStart(str(error)) from error
        compile_statements(self._database.dialect)
        self._services = Services(
            self._database,
            Circulation(self.configuration.memories),
            clock=self._clock,
            call_from_thread=reactor.callFromThread,
            call_later=reactor.callLater,
            call_soon=at_turns_end,
        )
        self._services.peers = self._peers
        self._services.measures.tell_slow(self.configuration.logging.slow_ms / 1000)
        try:
            self._begin(self._services)
            self._services.stage = Stage.SERVING
        except BaseException:
            for port in self._listening:
                port.stopListening()
            self._close()
            raise
        return self.bound

    def _begin(self, services: Services) -> None:
        """All of it; of several processes with one SQLite file, one does what changes anything."""
        readable = {n: each for n, each in self.standards.items() if is_for_readers(each)}
        self._listen_to(readable, self._leaves_to_readers)
        url = self.configuration.database_url
        if self._peers is None or not url.startswith("sqlite:"):
            self._serve_the_rest(services)
            return
        self._place = WriterPlace(url, self._called, lambda: self._serve_the_rest(services))
        self._http.queues = queues_among(self._peers, self.configuration)
        if not self._place.take():
            self._http.answer_looks(services)
            self._sockets = self._held()
            for standard in self.standards.values():
                load_all_of(standard)  # callers would wait for it later
            self._place.wait()

    def _held(self) -> Held:
        """The sockets of all that this process does not serve yet."""
        held, places = Held(), Counter[str]()
        for section, host, number in addresses(self.configuration):
            if not self._opened[section]:
                wanted = _owner(section, places[section]), host, number
                places[section] += 1
                held.hold(self._sockets.listen(*wanted), *wanted)
        return held

    def _serve_the_rest(self, services: Services) -> None:
        notices = self._notices = self._post_office(services)
        keep_numbered(services, reactor.callLater)
        self._tell_of_holdings(services)
        self._listen_to({n: e for n, e in self.standards.items() if not is_for_readers(e)})
        self._http.answer_all(services, notices.resource())
        self.bound.http = self._http.number
        notices.start()

    def _post_office(self, services: Services) -> NoticeService:
        settings = self.configuration.notices
        folder = self.configuration.path.parent
        try:
            sender = NoticeSender(services.database, services.circulation, settings, folder)
        except (OSError, ValueError) as error:
            raise CannotStart(f"[notices] a channel cannot be opened: {error}") from error
        POST.put(services.circulation, sender.post)
        return NoticeService(sender, services, settings.every, reactor)

    def _tell_of_holdings(self, services: Services) -> None:
        settings = self.configuration.holdings
        if not settings.sinks:
            return
        try:
            sinks = open_sinks(settings, self.configuration.path.parent)
        except (OSError, ValueError) as error:
            raise CannotStart(f"[holdings] a sink cannot be opened: {error}") from error
        register(services.database, settings)
        sender = Sender(services.database, services.circulation, sinks, services.clock)
        SendingLoop(sender, services, settings.every, reactor.callLater, reactor.callFromThread)

    def _listen_to(
        self, standards: Mapping[str, Standard], hesitates: Callable[[], bool] = bool
    ) -> None:
        assert self._services is not None
        for name, standard in standards.items():
            settings = self.configuration.standards[name]
            self.bound.ports[name] = [
                self._open(f"[{name}]", port, hesitates)
                for port in standard.ports(settings, self._services)
            ]

    def _leaves_to_readers(self) -> bool:
        """Is this the one of several processes that lends, and does somebody? Then the others take
        those who search."""
        place, services = self._place, self._services
        return place is not None and place.is_taken and services is not None and services.lends()

    def _open(self, section: str, wanted: Port, hesitates: Callable[[], bool] = bool) -> int:
        """Listens; while it `hesitates`, callers are left to other processes."""
        where = f"{wanted.interface}:{wanted.number}"
        try:
            factory = before(wanted)
        except TlsUnusable as error:
            raise CannotStart(f"{section} cannot offer TLS on {where}: {error}") from error
        owner = _owner(section, self._opened[section])
        self._opened[section] += 1
        key = key_of(owner, wanted.interface, wanted.number)
        if key in self.keys:
            raise CannotStart(f"{section} cannot listen on {where}: {self.keys[key]} does")
        self.keys[key] = section
        try:
            found = self._sockets.listen(owner, wanted.interface, wanted.number)
        except OSError as error:
            raise CannotStart(
                f"{section} cannot listen on {where}: {format_bind_error(error)}"
            ) from error
        port = reactor.adoptStreamPort(found.fileno(), found.family, factory)
        found.close()  # the port has a descriptor of its own
        accept_in_turn(port, hesitates)
        self._listening.append(port)
        if isinstance(factory, Ending):
            self._conversing.append(factory)
        return int(port.getHost().port)

    def stop(self) -> defer.Deferred[Any]:
        """Closes the listeners, lets work under way finish, then closes the database."""
        return self._end(0.0, FAREWELL_SECONDS, "end")

    def hand_over(self, linger: float, farewell: float) -> defer.Deferred[Any]:
        """The same, where others will accept connections from the sockets.

        Conversations are left alone for `linger` seconds, and then have `farewell` seconds to come
        to an end, so that their peers connect again. `stop` may cut it short.
        """
        return self._end(linger, farewell, "hand_over")

    def _end(self, linger: float, farewell: float, how: str) -> defer.Deferred[Any]:
        if self._services is not None:
            self._services.stage = Stage.DRAINING
        if self._notices is not None:
            self._notices.stop()
        closing = [defer.maybeDeferred(port.stopListening) for port in self._listening]
        self._listening.clear()
        self._http.stop_taking()
        if self._place is not None:
            self._place.leave()
        waited: defer.Deferred[Any] = (
            task.deferLater(reactor, linger) if linger else defer.succeed(None)
        )
        waited.addCallback(
            lambda _: defer.DeferredList([*closing, *self._farewells(farewell, how)])
        )
        waited.addCallback(lambda _: threads.deferToThread(self._close))
        waited.addTimeout(linger + max(GRACE_SECONDS, farewell + 1.0), reactor)
        waited.addErrback(lambda failure: log.warning("not all work was finished: %s", failure))
        return waited

    def _farewells(self, seconds: float, how: str) -> list[defer.Deferred[Any]]:
        """Ends every conversation; who does not listen to the end is cut off with the process."""
        ends = []
        for factory in self._conversing:
            ended: defer.Deferred[Any] = getattr(factory, how)()
            ended.addTimeout(seconds, reactor).addErrback(lambda failure: None)
            ends.append(ended)
        return ends

    def _close(self) -> None:
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        if self._place is not None:
            self._place.leave()
        if self._services is not None:
            self._services.close()
        if self._database is not None:
            self._database.close()


def run(
    configuration: Configuration,
    standards: Mapping[str, Standard],
    ready: Callable[[Bound], None],
    sockets: Listening | None = None,
    clock: Callable[[], datetime] = present,
) -> None:
    """Serves until SIGTERM or SIGINT. `ready` is called when every listener accepts connections.

    Raises CannotStart when a port is taken.
    """
    server = Server(configuration, standards, sockets, clock)
    bound = server.start()
    reactor.addSystemEventTrigger("before", "shutdown", server.stop)
    reactor.callWhenRunning(settle)
    reactor.callWhenRunning(ready, bound)
    reactor.run()


#: Seconds after which a thread that computes, for messages or a report, lets the thread go on that
#: serves. That one offers its turn to others with each statement: by Python's own 5 ms, it would
#: wait as long for the next.
SWITCH_SECONDS: Final = 0.0005


def settle() -> None:
    """What is alive now lives as long as the process: the collector need not walk it again. What it
    walks at once later takes 3 ms at the most times. From here on the thread that serves goes
    before others.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 100, 20)
    sys.setswitchinterval(SWITCH_SECONDS)
