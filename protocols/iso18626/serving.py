"""The resource of ISO 18626, and what runs alongside: loaded by a server alone.

What is asked before a library is asked for a loan, whatever protocol that speaks, runs here too.
"""

from __future__ import annotations

from typing import Any, Final

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.availability import Looker
from protocols.hosting.journal import Journal
from protocols.hosting.outbox import SendingLoop
from protocols.hosting.reactor import reactor
from protocols.iso18626.exchange import Exchange
from protocols.iso18626.http import Iso18626Resource
from protocols.iso18626.settings import Iso18626Settings
from protocols.iso18626.telling import Teller
from protocols.wire.masking import masked

#: Seconds between two looks for wishes for which catalogues are to be asked.
LOOK_SECONDS: Final = 0.5


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
    looker = Looker(services.database, services.circulation, services.clock)
    SendingLoop(looker, services, LOOK_SECONDS, reactor.callLater, reactor.callFromThread)
    made: Any = Iso18626Resource(exchange)
    found: IResource = made
    return found
