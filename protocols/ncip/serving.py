"""The ports of NCIP, its resource, and what runs alongside: loaded by a server alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.arrivals import Arrival, certificate_names
from protocols.hosting.failures import NO_ANSWER, NoAnswer
from protocols.hosting.journal import Journal
from protocols.hosting.listening import Conversation, ConversationFactory
from protocols.hosting.outbox import SendingLoop
from protocols.hosting.reactor import reactor
from protocols.hosting.standard import Port
from protocols.ncip.asking.telling_partners import Teller
from protocols.ncip.exchange import Exchange, UnknownOutcome
from protocols.ncip.http import NcipResource
from protocols.ncip.session import NcipSession
from protocols.ncip.settings import NcipSettings
from protocols.wire.masking import masked


def on_a_line(answer: bytes | UnknownOutcome) -> bytes | NoAnswer:
    """Return what is sent over TCP: nothing where the request may safely be sent again."""
    if isinstance(answer, UnknownOutcome):
        return NO_ANSWER if answer.is_named else answer.document
    return answer


class Serving:
    """What answers for a process, over whatever transport."""

    def __init__(self) -> None:
        self._exchanges: dict[Services, Exchange] = {}

    def port(self, number: int, settings: NcipSettings, services: Services) -> Port:
        """The TCP port of that number."""
        exchange = self._exchange(settings, services)

        def converse(address: object) -> Conversation:
            seconds = settings.idle_seconds, settings.message_seconds
            session = NcipSession(reactor.seconds(), *seconds)

            def shown() -> frozenset[str]:
                return certificate_names(conversation.transport)

            arrival = Arrival(host=str(getattr(address, "host", "")), certificate=shown)

            def answer(document: bytes, reply: Callable[[bytes | NoAnswer], None]) -> None:
                exchange.answer(document, lambda answer: reply(on_a_line(answer)), arrival)

            conversation = Conversation(session, answer)
            return conversation

        factory: Any = ConversationFactory(converse, services.measures.meter("ncip"))
        return Port(number, settings.interface, factory, settings.access, settings.tls)

    def resource(self, settings: NcipSettings, services: Services) -> IResource:
        """That of the common HTTP port."""
        resource: Any = NcipResource(self._exchange(settings, services))
        found: IResource = resource
        return found

    def _exchange(self, settings: NcipSettings, services: Services) -> Exchange:
        """One for all listeners of a process: a partner is the same over every transport."""
        found = self._exchanges.get(services)
        if found is None:
            journal = Journal(services, settings.body_days, reactor.callLater, masked)
            found = Exchange(settings, services, journal, reactor.callLater)
            self._exchanges[services] = found
            services.before_close(lambda: self._exchanges.pop(services, None))
            teller = Teller(
                services.database,
                services.circulation,
                found.partners,
                services.clock,
                lambda exchanged: reactor.callFromThread(journal.note, exchanged),
            )
            SendingLoop(
                teller,
                services,
                settings.tell_seconds,
                reactor.callLater,
                reactor.callFromThread,
            )
        return found


#: That of this process.
SERVING: Final = Serving()
