"""What all ways to SIP2 of a process have in common: its accounts, counts and failed logins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from protocols.hosting.answering import Lane, Services
from protocols.hosting.throttle import FailedLogins
from protocols.sip2.conversation.pacing import Pace
from protocols.sip2.handlers import answer
from protocols.sip2.machines import tell_of_machines
from protocols.sip2.messages import Request
from protocols.sip2.outcomes import outcome_of
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Sip2Settings
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.counting import written_down
from protocols.sip2.terminals.places import Branches

Reply = Callable[[Any], None]


class Joined:
    """Shared by the ports and the resource, so that a login is the same over each of them."""

    def __init__(self, settings: Sip2Settings, services: Services) -> None:
        tell_of_machines(settings, services.circulation)
        self.settings = settings
        self.services = services
        self.branches = Branches()
        self.tally = written_down(services)
        self.accounts = Accounts(settings)
        self.failed = FailedLogins(settings.login_failures)
        self.meter = services.measures.meter("sip2")
        #: How fast accounts send that have no connection of their own.
        self.paces: dict[str, Pace] = {}

    def follow_accounts(self) -> None:
        """Takes up a changed set-up: who may log in must be known by the first message."""
        self.services.perform(Lane.READ, self.accounts.follow, lambda _, error: None)

    def answer(self, session: Sip2Session, request: Request, reply: Reply) -> None:
        """See `protocols.sip2.handlers.answer`."""
        answer(self.services, self.branches, session, request, reply)

    def answer_measured(self, session: Sip2Session, request: Request, reply: Reply) -> None:
        """The same, as a request that counts."""
        self.measured(session)(request, reply)

    def measured(self, session: Sip2Session) -> Callable[[Any, Reply], None]:
        """The way to an answer for the requests of a session."""
        return self.meter.traced(
            outcome_of, lambda request, reply: self.answer(session, request, reply)
        )


_JOINED: Final[dict[Services, Joined]] = {}


def joined(settings: Sip2Settings, services: Services) -> Joined:
    """What the ways of this process have in common; the same for all that ask."""
    found = _JOINED.get(services)
    if found is None:
        found = _JOINED[services] = Joined(settings, services)
        services.before_close(lambda: _JOINED.pop(services, None))
    return found
