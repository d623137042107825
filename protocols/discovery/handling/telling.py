"""What all answers about documents are made of: moments, names of titles, reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalogue.database import Transaction
from circulation.kernel.results import Refusal
from circulation.languages.sentences import Sentence
from circulation.patrons.identifiers import PatronPlace
from protocols.discovery.identifiers import Uris
from protocols.discovery.methods import Asking
from protocols.discovery.problems import Denied, Fault
from protocols.hosting.answering import Context
from protocols.records.naming import record_ids


def known_by(place: PatronPlace) -> str:
    """What the verbs know the patron by. Raises Denied where there is nothing."""
    if place.identifier is None:
        raise Denied(Fault.ACCESS_DENIED, Sentence("PATRON_WITHOUT_CARD"))
    return place.identifier


def zone_of(asking: Asking, context: Context) -> str:
    """The time zone of the patron's library."""
    branches = context.circulation.current_set_up(context.transaction).branches
    return branches[asking.patron.home_branch_id].timezone


def moment(at: datetime, timezone: str) -> str:
    """With the offset of the library: PAIA wants one (2.9)."""
    return at.astimezone(ZoneInfo(timezone)).isoformat(timespec="seconds")


def about(title: str, author: str) -> str | None:
    """A document in words."""
    return ": ".join(filter(None, (author, title))) or None


class Editions:
    """The URIs of titles: their numbers are read once for all of an answer."""

    def __init__(self, transaction: Transaction, uris: Uris, records: Iterable[int]) -> None:
        self._uris = uris
        self._numbers = record_ids(transaction, records)

    def uri(self, record_id: int) -> str:
        return self._uris.edition(self._numbers[record_id])


def without_none(told: dict[str, Any]) -> dict[str, Any]:
    """Optional fields are left out rather than null."""
    return {name: value for name, value in told.items() if value is not None}


def first_of(refusals: Sequence[Refusal], reason: object) -> Refusal | None:
    return next((each for each in refusals if each.reason is reason), None)
