"""The outcomes of a call to the platform, by what has to be done next. Their texts never hold a
person's number: they are our own, or the platform's with anything that looks like one masked
(`without_numbers`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Statuses that mean that our certificate, token or right is at fault.
DENIED = frozenset({401, 403})
#: How services say that they already have a message. No list of their codes is published.
_REPETITION = re.compile(
    r"duplicat|already|allerede|dublet|not[ .]unique|unique[ .]constraint", re.IGNORECASE
)
_LIKE_A_NUMBER = re.compile(r"(?<!\w)[0-9]{6}[- ]?[0-9]{4}(?!\w)", re.ASCII)


def without_numbers(text: str, longest: int = 1000) -> str:
    """The text with whatever looks like a national number masked, cut at `longest`."""
    return _LIKE_A_NUMBER.sub("xxxxxx-xxxx", text)[:longest]


def is_repetition(code: str, text: str) -> bool:
    """Does the platform refuse a message because it already has it?"""
    return _REPETITION.search(f"{code} {text}") is not None


class PostFailure(Exception):
    """A message or question did not get through. `code` is the platform's own word, or ours."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = without_numbers(text)
        super().__init__(f"{code}: {self.text}")


class Unreachable(PostFailure):
    """Nothing was accepted, and the same call may succeed later: no connection, no token,
    overload."""


class Denied(Unreachable):
    """We are not let in: our certificate, token or agreement is at fault, not the message."""


class Unanswered(PostFailure):
    """It was sent and no answer came: it is unknown whether it was accepted."""


class Rejected(PostFailure):
    """It was not accepted, and never will be: the message is at fault."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform has accepted the message, which is not yet delivered. `transmission_id` is the
    platform's name for it, `advice` any remark of the platform.
    """

    message_uuid: str
    transmission_id: str = ""
    advice: str = ""
