"""Z39.50 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from twisted.internet.interfaces import IAddress
from twisted.web.resource import IResource

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

#: A host to connect to, for interfaces that stand for all of them.
_ANY: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


class Z3950:
    """The protocol folder as a `protocols.hosting.standard.Standard`."""

    name: Final = "z3950"
    settings: Final = Z3950Settings

    def ports(self, settings: Z3950Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []

        meter = services.measures.meter(self.name)

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

    def resources(self, settings: Z3950Settings, services: Services) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: Z3950Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        host = _ANY.get(settings.interface, settings.interface)
        return [
            rf"printf 'find @attr 1=1003 andersen\nformat sutrs\nshow 1\nquit\n' | yaz-client"
            rf" {host}:{port}/{settings.databases[0]}"
            for port in ports
        ]


standard = Z3950()
