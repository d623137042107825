"""The port that all protocols over HTTP share, and which of several processes answers what there.

Of several with one SQLite file the writer answers all of it, and the others what only looks;
connections go from one to the other as `protocols.hosting.passing` has it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from protocols.hosting.answering import Services
from protocols.hosting.error_pages import ParentResource
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.passing import PassingSite, Queue, Taking, WayOfReader, WayOfWriter
from protocols.hosting.peers import Peers
from protocols.hosting.reactor import reactor
from protocols.hosting.requests import BoundedRequest
from protocols.hosting.standard import Port, ReadingOverHttp, Standard
from protocols.process.configuration import Configuration

log = logging.getLogger(__name__)


class Queues(NamedTuple):
    """Where connections wait for the writer, and where they wait for a reader."""

    of_writer: Queue
    of_readers: Queue


def queues_among(peers: Peers, configuration: Configuration) -> Queues | None:
    """None where connections cannot be passed on: TLS stays with who has agreed on its keys."""
    http = configuration.http
    if not http.enabled or http.tls is not None or not hasattr(reactor, "go_on_with"):
        return None
    try:
        return Queues(Queue(*peers.queue("of the writer")), Queue(*peers.queue("of readers")))
    except OSError as error:  # a supervisor of an older version
        log.warning("the writer alone answers over HTTP: %s", error)
        return None


class _Root(ParentResource):
    """The port's first path segments."""

    isLeaf = False  # noqa: N815

    def render_GET(self, request: Any) -> bytes:  # noqa: N802
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        paths = b"".join(b"/" + name + b"\n" for name in sorted(self.children or {}) if name)
        return b"Tiro, a library system that speaks the standards.\n" + paths


class HttpPort:
    """The port of one process. `open_port` listens, and gives the number."""

    def __init__(
        self,
        configuration: Configuration,
        standards: Mapping[str, Standard],
        open_port: Callable[[str, Port], int],
    ) -> None:
        self._configuration = configuration
        self._standards = standards
        self._open_port = open_port
        #: Set where there are several processes with one SQLite file.
        self.queues: Queues | None = None
        #: The number, once it is open.
        self.number: int | None = None
        self._site: Any = None
        self._taking: Taking | None = None

    def answer_looks(self, services: Services) -> None:
        """As a reader, where there are queues; connections go to the writer with anything else."""
        if self.queues is None:
            return
        root: Any = _Root()  # type: ignore[no-untyped-call]
        for name, standard in self._standards.items():
            if isinstance(standard, ReadingOverHttp):
                settings = self._configuration.standards[name]
                for path, resource in standard.resources_for_readers(settings, services).items():
                    root.putChild(path, resource)
        site = self._open(root, services)
        site.way = WayOfReader(site, self.queues.of_writer, services.database.see_others)
        self._taking = Taking(self.queues.of_readers, site, reactor)

    def answer_all(self, services: Services, notices: Any) -> None:
        """Alone, or as the writer. `notices` is the resource of that name."""
        root: Any = _Root()  # type: ignore[no-untyped-call]
        root.putChild(b"", root)
        root.putChild(b"notices", notices)
        for name, standard in self._standards.items():
            settings = self._configuration.standards[name]
            for path, resource in standard.resources(settings, services).items():
                root.putChild(path, resource)
        if not self._configuration.http.enabled:
            return
        self.stop_taking()  # it was a reader
        site = self._site or self._open(root, services)
        site.resource = root
        if self.queues is not None:
            site.way = WayOfWriter(site, self.queues.of_readers, services.lends, reactor)
            self._taking = Taking(self.queues.of_writer, site, reactor)

    def _open(self, root: Any, services: Services) -> Any:
        http = self._configuration.http
        kind = EndingSite if self.queues is None else PassingSite
        # Bodies are their resource's to read: no form is taken apart before it sees them.
        site: Any = kind(
            root,
            http.wrong_lengths_from,
            http.forwarders,
            requestFactory=BoundedRequest,
            timeout=120,
            parsePOSTFormSubmission=False,
            reactor=reactor,
        )
        services.measures.meter("http").watch_connections(lambda: len(site.open))
        port = Port(http.port, http.interface, site, http.access, http.tls)
        self.number = self._open_port("[http]", port)
        self._site = site
        return site

    def stop_taking(self) -> None:
        """What waits in the queues is for others."""
        if self._taking is not None:
            self._taking.stop()
            self._taking = None
