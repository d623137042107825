"""Why somebody is told something: what makes two messages the same, and what is looked at again
before one is sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Cause:
    """The event, and the rows that it is about.

    Nobody is told twice of the same `event`; where none is given, of the same rows. `key` tells
    apart what the rows alone do not: the due date of a loan, the number of a reminder.
    """

    event: int | None = None
    loans: tuple[int, ...] = ()
    holds: tuple[int, ...] = ()
    charges: tuple[int, ...] = ()
    bookings: tuple[int, ...] = ()
    key: str = ""

    @property
    def name(self) -> str:
        """The same for what must not be told twice."""
        parts = [self.key] if self.key else []
        if self.event is not None:
            parts.append(f"e{self.event}")
        else:
            for noun in ("loans", "holds", "charges", "bookings"):
                parts += [f"{noun[0]}{each}" for each in sorted(getattr(self, noun))]
        name = " ".join(parts)
        if len(name) <= _LONGEST_NAME:
            return name
        return f"{name[:40]}... {sha256(name.encode()).hexdigest()[:32]}"

    def rows(self, noun: str) -> tuple[int, ...]:
        """The ids of a `Basis`; none for the patron."""
        found: tuple[int, ...] = getattr(self, noun, ())
        return found


def cause_text(cause: Cause) -> str:
    """As `notices.cause` holds it."""
    return json.dumps({name: value for name, value in asdict(cause).items() if value})


def read_cause(stored: str) -> Cause:
    """From what `cause_text` made."""
    found: dict[str, Any] = json.loads(stored)
    for name, value in found.items():
        if isinstance(value, list):
            found[name] = tuple(value)
    return Cause(**found)
