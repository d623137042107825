"""Metrics, health and readiness on a port of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.http_channel import EndingSite
from protocols.hosting.reactor import reactor
from protocols.hosting.requests import BoundedRequest
from protocols.hosting.standard import Port
from protocols.operations.fleet import counts_of
from protocols.operations.handlers import Operations
from protocols.operations.http import OperationsResource
from protocols.operations.lateness import watch_lateness
from protocols.operations.messages import Identity
from protocols.operations.settings import OperationsSettings

#: The variable in which a supervisor tells a worker its number.
WORKER: Final = "TIRO_WORKER"


class _Operations:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name: Final = "operations"
    settings: Final = OperationsSettings

    def ports(self, settings: OperationsSettings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        measures = services.measures
        identity = Identity(
            version("tiro-ils"), measures.pid, measures.process, os.environ.get(WORKER, "")
        )
        if services.peers is not None:
            services.peers.count_with(lambda: counts_of(services, identity))
        later: Any = reactor.callLater
        operations = Operations.over(services, settings, identity, later)
        services.before_close(watch_lateness(measures.lag, later))
        root: Any = OperationsResource(operations)
        site: Any = EndingSite(root, requestFactory=BoundedRequest, timeout=60)
        return [Port(settings.port, settings.interface, site, settings.access, settings.tls)]

    def resources(
        self, settings: OperationsSettings, services: Services
    ) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: OperationsSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        host = settings.interface or "127.0.0.1"
        return [f"curl -s http://{host}:{port}/ready" for port in ports]


standard = _Operations()
