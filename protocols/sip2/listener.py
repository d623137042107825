"""SIP2 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from twisted.internet.interfaces import IAddress
from twisted.web.resource import IResource

from protocols.answering import Services
from protocols.listening import Conversation, ConversationFactory, reactor
from protocols.sip2.handlers import answer
from protocols.sip2.places import Branches
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.standard import Port


class Sip2:
    """The protocol folder as a `protocols.standard.Standard`."""

    name: Final = "sip2"
    settings: Final = Sip2Settings

    def ports(self, settings: Sip2Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        branches = Branches()

        def converse(address: IAddress | None) -> Conversation:
            peer = f"{getattr(address, 'host', '')}:{getattr(address, 'port', '')}"
            session = Sip2Session(settings, reactor.seconds(), services.clock, peer)
            return Conversation(
                session, lambda request, reply: answer(services, branches, session, request, reply)
            )

        return [Port(settings.port, settings.interface, ConversationFactory(converse))]

    def resources(self, settings: Sip2Settings, services: Services) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: Sip2Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        ask = r'printf "9900802.00\r" >&3; read -r -d "$(printf "\r")" answer <&3; echo "$answer"'
        return [f"bash -c 'exec 3<>/dev/tcp/{settings.interface}/{port}; {ask}'" for port in ports]


standard = Sip2()
