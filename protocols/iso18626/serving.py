"""The resource of ISO 18626, and what runs alongside: loaded by a server alone."""

from __future__ import annotations

from typing import Any

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.journal import Journal
from protocols.hosting.outbox import SendingLoop
from protocols.hosting.reactor import reactor
from protocols.iso18626.exchange import Exchange
from protocols.iso18626.http import Iso18626Resource
from protocols.iso18626.settings import Iso18626Settings
from protocols.iso18626.telling import Teller
from protocols.wire.masking import masked


def resource(settings: Iso18626Settings, services: Services) -> IResource:
    """That of the common HTTP port; its partners are told what happens as long as it is there."""
    journal = Journal(services, settings.body_days, reactor.callLater, masked)
    exchange = Exchange(services, journal)
    teller = Teller(
        services.database,
        services.circulation,
        exchange.partners,
        services.clock,
        lambda exchanged: reactor.callFromThread(journal.note, exchanged),
    )
    SendingLoop(teller, services, settings.tell_seconds, reactor.callLater, reactor.callFromThread)
    made: Any = Iso18626Resource(exchange)
    found: IResource = made
    return found
