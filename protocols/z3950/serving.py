"""The port of Z39.50, and what answers there: loaded by a server alone."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.interfaces import IAddress

from protocols.hosting.answering import Services
from protocols.hosting.listening import Conversation, ConversationFactory
from protocols.hosting.reactor import reactor
from protocols.hosting.standard import Port
from protocols.hosting.throttle import FailedLogins
from protocols.z3950.entrance import Entrance
from protocols.z3950.handlers import answer
from protocols.z3950.outcomes import outcome_of
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Z3950Settings


def ports(settings: Z3950Settings, services: Services) -> Sequence[Port]:
    """The port that the settings want."""
    meter = services.measures.meter("z3950")
    failed = FailedLogins()

    def converse(address: IAddress | None) -> Conversation:
        session = Z3950Session(settings, reactor.seconds())
        association = session.association
        host = str(getattr(address, "host", ""))
        association.entrance = Entrance(host, failed, reactor.seconds)
        return Conversation(
            session,
            meter.traced(
                outcome_of,
                lambda request, reply: answer(services, association, request, reply),
            ),
        )

    factory = ConversationFactory(converse, meter)
    return [Port(settings.port, settings.interface, factory, settings.access, settings.tls)]
