"""The ports of SIP2, and what answers there: loaded by a server alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.interfaces import IAddress

from protocols.hosting.answering import Lane, Services
from protocols.hosting.listening import Conversation, ConversationFactory, reactor
from protocols.hosting.standard import Port
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.tls import security_of
from protocols.sip2.asking.recording import record
from protocols.sip2.handlers import answer
from protocols.sip2.outcomes import outcome_of
from protocols.sip2.prompts import PromptedSession
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.counting import written_down
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.options import LoginWay
from protocols.sip2.terminals.places import Branches


def ports(settings: Sip2Settings, services: Services) -> Sequence[Port]:
    """The ports that the settings want."""
    branches = Branches()
    tally = written_down(services)
    accounts = Accounts(settings)
    failed = FailedLogins(settings.login_failures)
    meter = services.measures.meter("sip2")

    def converse(address: IAddress | None, way: LoginWay = "message") -> Conversation:
        peer = f"{getattr(address, 'host', '')}:{getattr(address, 'port', '')}"
        # The account of an address or a certificate must be known by the first message.
        services.perform(Lane.READ, accounts.follow, lambda _, error: None)
        entrance = Entrance(settings, accounts, peer, failed, lambda: security_of(line()), way)
        kind = PromptedSession if way == "prompt" else Sip2Session
        session = kind(settings, reactor.seconds(), services.clock, entrance, tally)

        if settings.record is not None:
            record(session, settings.record, peer, services.clock)

        def line() -> object:
            return conversation.transport

        conversation = Conversation(
            session,
            meter.traced(
                outcome_of,
                lambda request, reply: answer(services, branches, session, request, reply),
            ),
        )
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
