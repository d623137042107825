"""What the log says of an exchange: its outcome, and the request that it was about."""

from __future__ import annotations

from typing import Any, Final

from protocols.ncip.messages import Refusal

_LONGEST: Final = 128


def outcome_of(response: Any) -> str:
    """``ok``, or the types of the problems."""
    if not isinstance(response, Refusal) or not response.problem:
        return "ok"
    types = (each.problem_type.value for each in response.problem if each.problem_type)
    return "; ".join(dict.fromkeys(types))[:_LONGEST] or "problem"


def request_id_of(message: Any) -> str:
    """The RequestId of a request or a response; empty where it has none."""
    found = getattr(message, "request_id", None)
    if isinstance(found, tuple):
        found = found[0] if found else None
    return str((found.request_identifier_value if found else None) or "")[:_LONGEST]
