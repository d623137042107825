"""What a probe reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Weight(IntEnum):
    """How serious it is; the numbers are the exit status, as monitoring systems read it."""

    OK = 0
    NOT_TRIED = -1
    WARNING = 1
    ERROR = 2


#: Clauses of the standard (3M SIP2, document revision 2.12).
FRAMES: Final = "SIP2 2.12, chapter 2: message format"
ERROR_DETECTION: Final = "SIP2 2.12, p. 16: error detection"
RESEND: Final = "SIP2 2.12, chapter 3: 97 and 96"
EXTENSIBLE: Final = "SIP2 2.12, chapter 2: what is unknown is ignored"
#: Not in the standard, but expected by devices in the field.
FIELD: Final = "seen in the field"


def of_message(code: str) -> str:
    """The clause about a message."""
    return f"SIP2 2.12, chapter 3: message {code}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe has found. ERROR: against the standard. WARNING: allowed by it, or not
    mentioned, but something that terminals trip over."""

    weight: Weight
    text: str
    clause: str


def error(text: str, clause: str) -> Finding:
    return Finding(Weight.ERROR, text, clause)


def warning(text: str, clause: str = FIELD) -> Finding:
    return Finding(Weight.WARNING, text, clause)


def not_tried(text: str) -> Finding:
    return Finding(Weight.NOT_TRIED, text, "")
