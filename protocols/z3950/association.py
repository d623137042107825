"""What one conversation has agreed on and found: the caller, as handlers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntFlag

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.searching.result_order import ResultOrder
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.entrance import Entrance
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.retrieval import Segment
from protocols.z3950.settings import Account, Z3950Settings

#: Names of deleted result sets that are remembered, to give the right diagnostic.
FORGOTTEN_NAMES = 1000


class Option(IntFlag):
    """The bits of `options` that we can agree on (3.2.1.1.3)."""

    SEARCH = 1 << 0
    PRESENT = 1 << 1
    DELETE_SETS = 1 << 2
    TRIGGER_RESOURCE_CONTROL = 1 << 4
    SCAN = 1 << 7
    SORT = 1 << 8
    EXTENDED_SERVICES = 1 << 10
    SEGMENTATION_LEVEL_1 = 1 << 11
    NAMED_RESULT_SETS = 1 << 14
    RESULT_COUNT_IN_SORT = 1 << 16
    NEGOTIATION_MODEL = 1 << 17
    QUERY_TYPE_104 = 1 << 19
    STRING_SCHEMA = 1 << 21


@dataclass(slots=True)
class ResultSet:
    """The records a search found.

    Position n (from 1) is that of the n-th entry of `order` in a sorted set, and that of the n-th
    smallest number in any other. A sorted set holds each record once, like the others. The order of
    a large one is worked out only as far as it is read.
    """

    records: BitMap
    databases: Sequence[str]
    order: ResultOrder | None = None

    @property
    def database(self) -> str:
        """The name that goes with each record; of several databases, the first."""
        return self.databases[0]

    def __len__(self) -> int:
        return len(self.records)

    def ids(self, transaction: Transaction, start: int, number: int) -> list[int]:
        """The `number` records from position `start` (from 1) on."""
        if self.order is not None:
            return self.order.ids(transaction, start, number)
        row = self.records
        if number == 1 and 0 < start <= len(row):
            return [row[start - 1]]  # a slice of a bitmap is a bitmap
        return list(row[start - 1 : start - 1 + number])


@dataclass(slots=True)
class Association:
    """A Z-association. Only the session changes it, by the `Answer`s of handlers.

    `version` is 2 or 3; `options` are the bits agreed on in Init, and sizes are in octets.
    """

    settings: Z3950Settings
    version: int = 3
    preferred_message_size: int = 0
    exceptional_record_size: int = 0
    result_sets: dict[str, ResultSet] = field(default_factory=dict)
    #: The latest names of sets that had to make room.
    forgotten: dict[str, None] = field(default_factory=dict)
    options: int = 0
    account: Account | None = None
    #: What was negotiated, if anything; `record_charset` is what applies.
    negotiated_charset: str | None = None
    #: The way in; None if nobody counts wrong passwords.
    entrance: Entrance | None = None

    @property
    def record_charset(self) -> str:
        """The charset of MARC records: negotiated, else the account's, else everybody's."""
        of_account = self.account.record_charset if self.account else None
        return self.negotiated_charset or of_account or self.settings.record_charset

    def keep(self, name: str, found: ResultSet) -> None:
        """Keeps a result set; if there are too many, the oldest makes room (3.2.2.1.8)."""
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

    `closing`: the association ends with it; `account`: the one that it lets in.
    """

    response: Apdu
    result_sets: dict[str, ResultSet | None] = field(default_factory=dict)
    closing: bool = False
    account: Account | None = None
    #: The charset of records that was negotiated, if one was.
    record_charset: str | None = None
    #: Segments that precede the response (3.3.2).
    segments: Sequence[Segment] = ()
    #: A password was wrong, or the name is unknown.
    is_refused: bool = False
