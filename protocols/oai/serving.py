"""The resource of OAI-PMH, and what gives changes their numbers: loaded by a server alone."""

from __future__ import annotations

from typing import Any

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.numbering import keep_numbered
from protocols.hosting.reactor import reactor
from protocols.oai.http import OaiResource
from protocols.oai.settings import OaiSettings


def resource(settings: OaiSettings, services: Services) -> IResource:
    """That of the common HTTP port; as long as it is there, changes are numbered."""
    keep_numbered(services, reactor.callLater)
    made: Any = OaiResource(settings, services)
    found: IResource = made
    return found
