"""What one conversation has agreed on and found: the caller, as handlers are given it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyroaring import BitMap

from protocols.z3950.messages import Apdu
from protocols.z3950.settings import Z3950Settings


@dataclass(slots=True)
class ResultSet:
    """The records a search found; position n (from 1) is that of the n-th smallest number."""

    records: BitMap
    database: str


@dataclass(slots=True)
class Association:
    """A Z-association. Only the session changes it, by the `Answer`s of handlers.

    `version` is 2 or 3; sizes are in octets, as agreed in Init.
    """

    settings: Z3950Settings
    version: int = 3
    preferred_message_size: int = 0
    exceptional_record_size: int = 0
    result_sets: dict[str, ResultSet] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """A response, and what becomes of result sets when it is sent: None in `result_sets` deletes.

    `closing` says that the association ends with it.
    """

    response: Apdu
    result_sets: dict[str, ResultSet | None] = field(default_factory=dict)
    closing: bool = False
