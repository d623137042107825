"""NCIP on the network: HTTP at /ncip, and raw TCP on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twisted.web.resource import IResource

from protocols.answering import Services
from protocols.listening import Conversation, ConversationFactory
from protocols.ncip.exchange import Exchange
from protocols.ncip.http import NcipResource
from protocols.ncip.session import NcipSession
from protocols.ncip.settings import NcipSettings
from protocols.reactor import reactor
from protocols.standard import Port

_EXAMPLE = """\
<NCIPMessage xmlns="http://www.niso.org/2008/ncip"><LookupItem><ItemId><ItemIdentifierValue>\
I0000001</ItemIdentifierValue></ItemId></LookupItem></NCIPMessage>"""


class _Ncip:
    """The plug-in (`protocols.standard.Standard`)."""

    name = "ncip"
    settings = NcipSettings

    def ports(self, settings: NcipSettings, services: Services) -> Sequence[Port]:
        if settings.port is None:
            return []
        exchange = Exchange(settings, services)

        def converse(address: object) -> Conversation:
            session = NcipSession(
                reactor.seconds(),
                settings.idle_seconds,
                settings.message_seconds,
            )
            return Conversation(session, exchange.answer)

        factory: Any = ConversationFactory(converse)
        return [Port(settings.port, settings.interface, factory)]

    def resources(self, settings: NcipSettings, services: Services) -> Mapping[bytes, IResource]:
        resource: Any = NcipResource(Exchange(settings, services))
        return {b"ncip": resource}

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
