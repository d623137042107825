"""NCIP on the network: HTTP at /ncip, and raw TCP on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.listening import Conversation, ConversationFactory
from protocols.hosting.reactor import reactor
from protocols.hosting.standard import Port
from protocols.ncip.asking.sending import SendingLoop
from protocols.ncip.asking.telling_partners import Teller
from protocols.ncip.exchange import Exchange
from protocols.ncip.http import NcipResource
from protocols.ncip.partners.arrivals import Arrival, certificate_names
from protocols.ncip.partners.journal import Journal
from protocols.ncip.session import NcipSession
from protocols.ncip.settings import NcipSettings

_EXAMPLE = """\
<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId><ItemIdentifierValue>\
I0000001</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"""


class _Ncip:
    """The plug-in (`protocols.hosting.standard.Standard`)."""

    name = "ncip"
    settings = NcipSettings

    def __init__(self) -> None:
        self._exchanges: dict[Services, Exchange] = {}

    def ports(self, settings: NcipSettings, services: Services) -> Sequence[Port]:
        if settings.port is None:
            return []
        exchange = self._exchange(settings, services)

        def converse(address: object) -> Conversation:
            seconds = settings.idle_seconds, settings.message_seconds
            session = NcipSession(reactor.seconds(), *seconds)

            def shown() -> frozenset[str]:
                return certificate_names(conversation.transport)

            arrival = Arrival(host=str(getattr(address, "host", "")), certificate=shown)
            conversation = Conversation(
                session, lambda document, reply: exchange.answer(document, reply, arrival)
            )
            return conversation

        factory: Any = ConversationFactory(converse, services.measures.meter(self.name))
        return [Port(settings.port, settings.interface, factory, settings.access, settings.tls)]

    def resources(self, settings: NcipSettings, services: Services) -> Mapping[bytes, IResource]:
        resource: Any = NcipResource(self._exchange(settings, services))
        return {b"ncip": resource}

    def _exchange(self, settings: NcipSettings, services: Services) -> Exchange:
        """One for all listeners of a process: a partner is the same over every transport."""
        found = self._exchanges.get(services)
        if found is None:
            journal = Journal(services, settings.body_days, reactor.callLater)
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

    def examples(
        self, settings: NcipSettings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        lines = []
        if http_port is not None:
            lines.append(f"curl -s -d '{_EXAMPLE}' http://127.0.0.1:{http_port}/ncip")
        lines += [
            f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; cat >&3; read -r answer <&3;"
            f""" echo "$answer"' <<< '{_EXAMPLE}'"""
            for port in ports
        ]
        return lines


standard = _Ncip()
