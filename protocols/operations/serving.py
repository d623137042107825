"""The port of operations, and what answers there: loaded by a server alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

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


def ports(settings: OperationsSettings, services: Services) -> Sequence[Port]:
    """The port that the settings want."""
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
