"""A table of what statuses mean on either route. SF1601 sends them as PKO_PostStatus, in words and
as the event's UUID; the direct interface has four words of its own.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Outcome(Enum):
    """How far a message has come."""

    ACCEPTED = "accepted"  # accepted: not delivered
    DELIVERED = "delivered"  # it is in the mailbox, which counts as arrived (Digitalpostloven § 10)
    POSTED = "posted"  # a letter is with the postal service
    FAILED = "failed"


#: ``TransaktionsStatusKode``, and the UUID of the event (``ObjektHandling``), to an outcome; None
#: if it says nothing new.
STATUSES: Final[dict[str, tuple[str, Outcome | None]]] = {
    "Fejlet": ("e225a75c-4b63-46c4-9423-77f5c8762445", Outcome.FAILED),
    "Modtaget Digital Post": ("eb866ca2-b871-4387-b501-12cde577bd58", Outcome.ACCEPTED),
    "Afleveret Digital Post": ("f7161a89-5068-4023-bc80-d7f4daad2a2e", Outcome.DELIVERED),
    "Klar": ("e2b30d57-504a-4e2e-ae2d-a1394a9cb0b8", Outcome.ACCEPTED),
    "Modtaget Fjern-print": ("dd98e71c-41ac-4305-a47b-8f86b00e639b", Outcome.ACCEPTED),
    "Afleveret til print og kuvertering": (
        "e3c0a021-2070-40d4-b7b7-754aeba762e9",
        Outcome.ACCEPTED,
    ),
    "Afsendt": ("db5a6025-caa3-45c3-8e02-4e6fa8142ade", Outcome.POSTED),
    "Modtaget Post Danmark": ("e94a0a8b-60a0-42ad-8b83-52c9e15d0fb3", Outcome.POSTED),
    "Opdatering fra Post Danmark": ("f4e6eb11-0261-4198-8b5d-be92a9b1a35d", None),
    "Tilbagekaldt": ("f03904aa-df6e-417f-bd74-6a01a61adbcf", Outcome.FAILED),
}
_WORDS: Final = {uuid: word for word, (uuid, _) in STATUSES.items()}

#: ``receiptStatus`` of the direct interface.
DIRECT_STATUSES: Final[dict[str, Outcome]] = {
    "RECEIVED": Outcome.ACCEPTED,
    "COMPLETED": Outcome.DELIVERED,
    "INVALID": Outcome.FAILED,
    "NOT_ALLOWED": Outcome.FAILED,
}


def word_of(event_uuid: str) -> str:
    """The status that an event's UUID stands for; empty if it is unknown."""
    return _WORDS.get(event_uuid.lower(), "")


def outcome_of(status: str) -> Outcome | None:
    """The outcome of a status on either route; None if it says nothing new, or is unknown."""
    return STATUSES[status][1] if status in STATUSES else DIRECT_STATUSES.get(status)
