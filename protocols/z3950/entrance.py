"""Makes those who try passwords in Init wait, by the same rule as in the other protocols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocols.hosting.throttle import FailedLogins
from protocols.z3950.accounts import user_of
from protocols.z3950.messages.association import InitializeRequest


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way in from one host.

    `failed` is shared by all connections of the process, as otherwise each connection could begin
    anew; `seconds` reads the monotonic clock.
    """

    host: str
    failed: FailedLogins
    seconds: Callable[[], float]

    def is_held(self, request: InitializeRequest) -> bool:
        """Must the client wait before it names this account again? Then no password is looked
        at."""
        user = user_of(request.id_authentication)
        return bool(user) and self.failed.is_held(self.host, user, self.seconds())

    def tried(self, request: InitializeRequest, *, is_in: bool, is_refused: bool) -> None:
        """Init was answered, and its password looked at. Without a name nothing was tried."""
        user = user_of(request.id_authentication)
        if is_in:
            self.failed.succeeded(self.host, user)
        elif user and is_refused:
            self.failed.failed(self.host, user, self.seconds())
