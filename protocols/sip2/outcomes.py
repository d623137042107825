"""How a request of a terminal ended, for the metrics."""

from __future__ import annotations

from typing import Any, Final

from protocols.hosting.failures import NO_ANSWER
from protocols.hosting.traces import OK, REFUSED
from protocols.sip2.conversation.answered import Written

#: How negative responses begin: the code, and the field that says no.
_NO: Final = frozenset(
    {
        *(b"100", b"120", b"160", b"200", b"300", b"660"),  # ok: N is 0 here
        *(b"36N", b"38N"),
    }
)


def outcome_of(response: Any) -> str:
    """The outcome of a response; only that to a login is not written yet."""
    if response is NO_ANSWER:
        return REFUSED
    if isinstance(response, Written):
        return REFUSED if response.body[:3] in _NO else OK
    return OK if getattr(response, "ok", True) else REFUSED
