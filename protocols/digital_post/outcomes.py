"""What may become of a call to the platform, by what has to be done next.

The texts never hold a person's number: they come from here, or from the platform with anything
that looks like one covered (`without_numbers`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The statuses that say that our certificate, token or right is at fault.
DENIED = frozenset({401, 403})
#: How services say that they have a message already. No list of their codes is published.
_REPETITION = re.compile(
    r"duplicat|already|allerede|dublet|not[ .]unique|unique[ .]constraint", re.IGNORECASE
)
_LIKE_A_NUMBER = re.compile(r"(?<!\w)[0-9]{6}[- ]?[0-9]{4}(?!\w)", re.ASCII)


def without_numbers(text: str, longest: int = 1000) -> str:
    """The text with whatever looks like a national number covered, cut at `longest`."""
    return _LIKE_A_NUMBER.sub("xxxxxx-xxxx", text)[:longest]


def is_repetition(code: str, text: str) -> bool:
    """Does the platform refuse a message because it has it already?"""
    return _REPETITION.search(f"{code} {text}") is not None


class PostFailure(Exception):
    """A message or question did not get through. `code` is the platform's own word, or ours."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = without_numbers(text)
        super().__init__(f"{code}: {self.text}")


class Unreachable(PostFailure):
    """Nothing was taken, and the same may succeed later: no connection, no token, overload."""


class Denied(Unreachable):
    """We are not let in: our certificate, token or agreement is at fault, and not the message."""


class Unanswered(PostFailure):
    """It was sent and no answer came: whether it was taken is not known."""


class Rejected(PostFailure):
    """It was not taken, and will not be: the message is at fault."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform has taken the message, which is not yet delivered.

    `transmission_id` is the platform's name for it, `advice` what it has to say besides.
    """

    message_uuid: str
    transmission_id: str = ""
    advice: str = ""
