"""The ports of SIP2, its resource, and what answers there: loaded by a server alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from twisted.internet.interfaces import IAddress
from twisted.web.resource import IResource

from protocols.hosting.answering import Services
from protocols.hosting.listening import Conversation, ConversationFactory, reactor
from protocols.hosting.standard import Port
from protocols.hosting.tls import security_of
from protocols.sip2.asking.recording import record
from protocols.sip2.http import Sip2Resource
from protocols.sip2.joining import joined
from protocols.sip2.prompts import PromptedSession
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.options import LoginWay


def ports(settings: Sip2Settings, services: Services) -> Sequence[Port]:
    """The ports that the settings want."""
    common = joined(settings, services)
    meter = common.meter

    def converse(address: IAddress | None, way: LoginWay = "message") -> Conversation:
        peer = f"{getattr(address, 'host', '')}:{getattr(address, 'port', '')}"
        # The account of an address or a certificate must be known by the first message.
        common.follow_accounts()
        entrance = Entrance(
            settings, common.accounts, peer, common.failed, lambda: security_of(line()), way
        )
        kind = PromptedSession if way == "prompt" else Sip2Session
        session = kind(settings, reactor.seconds(), services.clock, entrance, common.tally)

        if settings.record is not None:
            record(session, settings.record, peer, services.clock)

        def line() -> object:
            return conversation.transport

        conversation = Conversation(session, common.measured(session))
        return conversation

    main = Port(
        settings.port,
        settings.interface,
        ConversationFactory(converse, meter),
        settings.access,
        settings.tls,
    )
    ports = [main]
    if settings.tls_port is not None:
        factory = ConversationFactory(converse, meter)
        ports.append(replace(main, number=settings.tls_port, factory=factory, is_tls_only=True))
    if settings.telnet_port is not None:
        factory = ConversationFactory(lambda address: converse(address, "prompt"), meter)
        ports.append(replace(main, number=settings.telnet_port, factory=factory, tls=None))
    return ports


def resource(settings: Sip2Settings, services: Services) -> IResource:
    """That of the common HTTP port."""
    made: Any = Sip2Resource(joined(settings, services))
    found: IResource = made
    return found
