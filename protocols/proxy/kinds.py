"""The messages by their codes, as far as the proxy looks into them: what they change, and for whom.

It reads fields out of the bytes where it can: most messages are passed on as they are.
"""

from __future__ import annotations

from typing import Final

from protocols.sip2.fields import Layout
from protocols.sip2.messages import LAYOUTS, REQUESTS, answer_code

#: Requests that change something -> the place of the letter in the answer that grants them.
CHANGING: Final = {
    "11": 2,
    "09": 2,
    "29": 2,
    "65": 2,
    "37": 2,
    "15": 2,
    "19": 2,
    "01": -1,
    "25": -1,
}
#: Requests about an item that go where its loan is.
OF_LOANS: Final = frozenset({"09", "17", "19", "29"})
#: Requests that begin a patron's session at a machine, unless one is under way, and what ends it.
OF_PATRONS: Final = frozenset({"23", "63", "11", "29", "65", "37", "15", "25"})
#: Requests about what a patron has and owes, perhaps in both systems.
OF_BOTH: Final = frozenset({"23", "63", "37"})
END_OF_SESSION: Final = "35"
LOAN: Final = "11"
ALL_LOANS: Final = "65"
HOLD: Final = "15"
MONEY: Final = "37"
LOGIN: Final = "93"
STATUS: Final = "99"
RESEND: Final = b"97"
NOT_UNDERSTOOD: Final = b"96"

ANSWER_OF: Final[dict[str, str]] = {
    layout.code: answer_code(layout.code)
    for layout in LAYOUTS.values()
    if layout.message in REQUESTS
}
_REQUEST_OF: Final = {answer: code for code, answer in ANSWER_OF.items()}
_ANSWER_BYTES: Final = {code.encode(): answer.encode() for code, answer in ANSWER_OF.items()}
_FIXED: Final = {layout.code: layout.fixed_length for layout in LAYOUTS.values()}


def code_of(body: bytes) -> str:
    """The code of a message; any two bytes, since systems have messages of their own."""
    return body[:2].decode("latin-1")


def answer_bytes(code: bytes) -> bytes | None:
    """The code of the answer to a request; None if the request is none of the standard's."""
    return _ANSWER_BYTES.get(code)


def fixed_length(body: bytes) -> int:
    """Where the fields with ids begin; right after the code where the message is none of the
    standard's."""
    return _FIXED.get(body[:2].decode("latin-1"), 2)


def field(body: bytes, code: bytes, delimiter: bytes = b"|") -> bytes | None:
    """The first field with this id; None if there is none. Also that right after the fixed part."""
    start = fixed_length(body)
    if body[start : start + 2] == code:
        return body[start + 2 :].partition(delimiter)[0]
    found = body.find(delimiter + code, start)
    if found < 0:
        return None
    start = found + 1 + len(code)
    end = body.find(delimiter, start)
    return body[start:] if end < 0 else body[start:end]


def all_fields(body: bytes, code: bytes, delimiter: bytes = b"|") -> list[bytes]:
    """The values of a field that may stand there many times."""
    start = fixed_length(body)
    return [each[2:] for each in body[start:].split(delimiter) if each[:2] == code]


def text_field(body: bytes, code: str) -> str:
    """The same as text, without blanks around it; empty if it is not there."""
    return (field(body, code.encode()) or b"").decode("utf-8", "surrogateescape").strip()


def is_granted(request: str, answer: bytes) -> bool:
    """Does the answer to a request that changes something say that it was done?"""
    place = CHANGING.get(request)
    if place is None or answer[:2].decode("latin-1") != ANSWER_OF[request]:
        return False
    if place < 0:  # there is no letter for it: it was done, unless nobody has that card
        return text_field(answer, "BL") != "N"
    return answer[place : place + 1] in (b"1", b"Y")


def asked_for(answer: bytes) -> str:
    """The code of the request to an answer; empty where it is none of theirs."""
    return _REQUEST_OF.get(answer[:2].decode("latin-1"), "")


def layout_of(code: str) -> Layout:
    return LAYOUTS[code]


def with_field(body: bytes, code: bytes, value: bytes) -> bytes:
    """The message with another value of a field that it has."""
    start = fixed_length(body)
    parts = body[start:].split(b"|")
    return body[:start] + b"|".join(code + value if part[:2] == code else part for part in parts)
