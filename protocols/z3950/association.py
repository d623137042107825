"""What one conversation has agreed on and found: the caller, as handlers are given it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyroaring import BitMap

from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.messages import Apdu
from protocols.z3950.settings import Z3950Settings

#: Names of deleted result sets that are remembered, to give the right diagnostic.
FORGOTTEN_NAMES = 1000


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
    #: Names of sets that had to make room, the latest of them.
    forgotten: dict[str, None] = field(default_factory=dict)

    def keep(self, name: str, found: ResultSet) -> None:
        """Keeps a result set; where there are too many, the oldest makes room (3.2.2.1.8)."""
        self.result_sets.pop(name, None)
        self.forgotten.pop(name, None)
        self.result_sets[name] = found
        while len(self.result_sets) > self.settings.maximum_result_sets:
            oldest = next(iter(self.result_sets))
            del self.result_sets[oldest]
            self.forgotten[oldest] = None
        while len(self.forgotten) > FORGOTTEN_NAMES:
            del self.forgotten[next(iter(self.forgotten))]

    def without_result_set(self, name: str) -> Refused:
        """Why there is no set of this name: deleted by us, or never there."""
        if name in self.forgotten:
            return Refused(Bib1.RESULT_SET_DELETED_BY_SERVER, name)
        return Refused(Bib1.NO_SUCH_RESULT_SET, name)


@dataclass(slots=True)
class Answer:
    """A response, and what becomes of result sets when it is sent: None in `result_sets` deletes.

    `closing` says that the association ends with it.
    """

    response: Apdu
    result_sets: dict[str, ResultSet | None] = field(default_factory=dict)
    closing: bool = False
