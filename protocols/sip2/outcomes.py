"""How a request of a terminal ended, for whoever counts them."""

from __future__ import annotations

from typing import Any, Final

from protocols.hosting.traces import OK, REFUSED
from protocols.sip2.conversation.answered import Written

#: How the responses begin that say no: the code, and the field that says so.
_NO: Final = frozenset(
    {
        *(b"100", b"120", b"160", b"200", b"300", b"660"),  # ok: N is 0 here
        *(b"36N", b"38N"),
    }
)


def outcome_of(response: Any) -> str:
    """Of the response as it goes out; only that to a login is not written yet."""
    if isinstance(response, Written):
        return REFUSED if response.body[:3] in _NO else OK
    return OK if getattr(response, "ok", True) else REFUSED
