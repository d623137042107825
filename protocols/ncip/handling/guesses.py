"""Whoever tries card after card with a PIN is slowed down, whichever partner it is.

A wrong PIN counts for its card, as everywhere (`circulation.patrons`); all patrons of a log-in
platform come from its few addresses, so what counts here is how many cards in a row were wrong from
one of them. Those that got in there before never wait.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal as EngineRefusal
from protocols.hosting.throttle import FailedLogins
from protocols.ncip.messages import Problem, Refusal
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problems
from protocols.ncip.subjects.users import named_user

_WRONG: Final = frozenset(
    {ProblemType.UNKNOWN_USER.value, ProblemType.USER_AUTHENTICATION_FAILED.value}
)


class Guesses:
    """What was tried with PINs, by host."""

    def __init__(self) -> None:
        self._failed = FailedLogins()

    def refusal(self, host: str, request: Any, now: float) -> Refusal | None:
        """What a request is told that has to wait: the same as where a PIN is not believed."""
        tried = _tried(request)
        if tried is None or not self._failed.is_held(host, tried, now):
            return None
        service = type(request).__name__
        return Refusal(service, problems(service, (EngineRefusal(Reason.PIN_LOCKED),), {}))

    def told(self, host: str, request: Any, response: Any, now: float) -> None:
        """Takes down what came of a PIN."""
        tried = _tried(request)
        if tried is None:
            return
        if not isinstance(response, Refusal):
            self._failed.succeeded(host, tried)
        elif any(
            each.problem_type is not None and each.problem_type.value in _WRONG
            for each in response.problem
        ):
            self._failed.failed(host, tried, now)


def _tried(request: Any) -> str | None:
    """Stands for the user that a PIN is tried with; None where there is no PIN."""
    if not getattr(request, "authentication_input", ()):
        return None
    user = named_user(request)
    if isinstance(user, Problem) or user.pin is None:
        return None
    return blake2b(user.identifier.encode("utf-8", "replace"), digest_size=8).hexdigest()
