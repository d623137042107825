"""SIP2 over TCP: joins sessions to connections. All meaning is in `session` and `handlers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from twisted.internet.interfaces import IAddress
from twisted.web.resource import IResource

from circulation.terminal_counts import add_counts
from protocols.answering import Lane, Services
from protocols.listening import Conversation, ConversationFactory, reactor
from protocols.sip2.accounts import Accounts
from protocols.sip2.handlers import answer
from protocols.sip2.places import Branches
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.tally import Tally
from protocols.standard import Port

#: Seconds between two times that counts are written down.
COUNT_SECONDS = 15.0


def _written_down(services: Services) -> Tally:
    """A tally that is added to the database from time to time, and at the end."""

    def later() -> None:
        counts = tally.take()
        services.perform(
            Lane.WRITE,
            lambda context: add_counts(context.transaction, counts, now=context.now),
            lambda _, error: None if error is None else tally.give_back(counts),
        )

    def at_the_end() -> None:
        counts, now = tally.take(), services.clock()
        services.database.write(lambda transaction: add_counts(transaction, counts, now=now))

    tally = Tally(lambda: reactor.callLater(COUNT_SECONDS, later))
    services.before_close(at_the_end)
    return tally


class Sip2:
    """The protocol folder as a `protocols.standard.Standard`."""

    name: Final = "sip2"
    settings: Final = Sip2Settings

    def ports(self, settings: Sip2Settings, services: Services) -> Sequence[Port]:
        if not settings.enabled:
            return []
        branches = Branches()
        tally = _written_down(services)
        accounts = Accounts(settings)

        def converse(address: IAddress | None) -> Conversation:
            peer = f"{getattr(address, 'host', '')}:{getattr(address, 'port', '')}"
            session = Sip2Session(
                settings, reactor.seconds(), services.clock, peer, tally, accounts
            )
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
