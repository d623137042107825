"""SIP2 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from twisted.internet.interfaces import IAddress
from twisted.web.resource import IResource

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


class Sip2:
    """The protocol folder as a `protocols.hosting.standard.Standard`."""

    name: Final = "sip2"
    settings: Final = Sip2Settings

    def ports(self, settings: Sip2Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        branches = Branches()
        tally = written_down(services)
        accounts = Accounts(settings)
        failed = FailedLogins(settings.login_failures)
        meter = services.measures.meter(self.name)

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

    def resources(self, settings: Sip2Settings, services: Services) -> Mapping[bytes, IResource]:
        return {}

    def examples(
        self, settings: Sip2Settings, ports: Sequence[int], http_port: int | None
    ) -> Sequence[str]:
        ask = r'printf "9900802.00\r" >&3; read -r -d "$(printf "\r")" answer <&3; echo "$answer"'
        # The first port takes plain connections unless that is switched off.
        return [
            f"bash -c 'exec 3<>/dev/tcp/{settings.interface}/{port}; {ask}'" for port in ports[:1]
        ]


standard = Sip2()
