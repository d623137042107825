"""A terminal without a network: bytes go into a real session, real handlers and a real database.

terminal = a_terminal(library, an_account(branch="DK-900101"))
assert terminal.ask(b"9300CNkiosk|COkiosk|") == b"941\r"
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from catalogue.database import Database
from protocols.hosting.answering import Lane, Services
from protocols.hosting.throttle import FailedLogins
from protocols.hosting.tls import PLAIN, Security
from protocols.sip2.handlers import answer
from protocols.sip2.messages import Response
from protocols.sip2.prompts import PromptedSession
from protocols.sip2.session import Sip2Session
from protocols.sip2.settings import Account, Sip2Settings, account_from
from protocols.sip2.terminals.accounts import Accounts
from protocols.sip2.terminals.entrance import Entrance
from protocols.sip2.terminals.options import LoginWay
from protocols.sip2.terminals.places import Branches
from tests.builders.circulation import Library
from tests.builders.pins import hashed

PASSWORD = "open sesame"
LOGIN = b"9300CNkiosk|COopen sesame|"


def an_account(**options: Any) -> Account:
    facts: dict[str, Any] = {
        "login": "kiosk",
        "password": hashed(PASSWORD),
        "branch": "DK-900101",
        "language": "en",
    }
    return account_from(facts | options)


#: The reactor's part: what the terminals of one database are to do, all in this thread.
_CALLS: WeakKeyDictionary[Database, queue.SimpleQueue[Callable[[], object]]] = WeakKeyDictionary()


class Terminal:
    """One connection. What the engines answer from other threads is taken up by `ask`."""

    def __init__(self, library: Library, settings: Sip2Settings) -> None:
        self.library = library
        self._calls = _CALLS.setdefault(library.database, queue.SimpleQueue())
        self.services = Services(
            library.database,
            library.circulation,
            clock=lambda: library.now,
            call_from_thread=self._calls.put,
            call_later=lambda _, release: self._calls.put(release),
        )
        self.branches = Branches()
        self.settings = settings
        self.seconds = 1000.0
        self.requests = 0
        self.failed = FailedLogins(settings.login_failures)
        self.connect()

    def connect(
        self,
        peer: str = "192.0.2.7:50000",
        security: Security = PLAIN,
        way: LoginWay = "message",
    ) -> None:
        """A new connection to the same server."""
        accounts = Accounts(self.settings)
        self.services.perform(Lane.READ, accounts.follow, lambda _, error: None)
        entrance = Entrance(self.settings, accounts, peer, self.failed, lambda: security, way)
        kind = PromptedSession if way == "prompt" else Sip2Session
        self.session = kind(self.settings, self.seconds, lambda: self.library.now, entrance)

    @property
    def closing(self) -> bool:
        return self.session.closing

    def feed(self, data: bytes) -> bytes:
        """Hands over the bytes as they are and gives all that comes back."""
        session = self.session
        session.receive_data(data, self.seconds)
        while not session.closing and (request := session.next_request()) is not None:
            self.requests += 1
            replies: list[Response] = []
            answer(self.services, self.branches, session, request, replies.append)
            while not replies:
                self.take_up()
            assert len(replies) == 1
            session.send(replies[0], self.seconds)
        return session.take_outgoing()

    def take_up(self) -> None:
        """Do the next thing that an engine has left to the reactor's thread."""
        self._calls.get(timeout=20)()

    def ask(self, message: bytes) -> bytes:
        """Sends one message, ended as the standard says."""
        return self.feed(message + b"\r")

    def close(self) -> None:
        while not self._calls.empty():
            self._calls.get()()
        self.services.close()


def ask_at_once(terminals: Sequence[Terminal], messages: Sequence[bytes]) -> list[bytes]:
    """Send a message from each terminal before any of them is answered."""
    replies: dict[int, Response] = {}
    for number, (each, message) in enumerate(zip(terminals, messages, strict=True)):
        each.session.receive_data(message + b"\r", each.seconds)
        request = each.session.next_request()
        assert request is not None
        keep = partial(replies.setdefault, number)
        answer(each.services, each.branches, each.session, request, keep)  # type: ignore[arg-type]
    while len(replies) < len(terminals):
        terminals[0].take_up()
    for number, each in enumerate(terminals):
        each.session.send(replies[number], each.seconds)
    return [each.session.take_outgoing() for each in terminals]


def with_checksum(message: bytes, sequence: int = 1) -> bytes:
    """The message with error detection, computed here as the standard words it."""
    data = message + b"AY%dAZ" % sequence
    total = sum(data) & 0xFFFF
    return data + f"{((total ^ 0xFFFF) + 1) & 0xFFFF:04X}".encode()
