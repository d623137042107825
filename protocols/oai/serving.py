"""What runs beside the listener: the sources whose hour has come are harvested."""

from __future__ import annotations

from protocols.hosting.answering import Services
from protocols.hosting.outbox import SendingLoop
from protocols.hosting.reactor import reactor
from protocols.oai.harvesting.harvester import Harvester
from protocols.oai.settings import OaiSettings


def keep_harvesting(settings: OaiSettings, services: Services) -> None:
    """Harvests as long as the services are there."""
    harvester = Harvester(services.database, services.circulation, settings.sources, services.clock)
    harvester.register()
    SendingLoop(harvester, services, settings.every, reactor.callLater, reactor.callFromThread)
