"""What passes from the reader to the database: rows with their place, and what was set aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, get_type_hints

from catalogue.database import Transaction
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk
from circulation.kernel.set_up import SetUp
from circulation.moving.keys import Moved
from circulation.moving.values import Cell
from circulation.patrons.identifiers import national_digits

#: Why something new is not in: what comes up there comes up here.
OURS: Final = "of a branch that is looked after here"
#: What a code may be: nobody's address, no hash, no sentence.
_CODE: Final = re.compile(r"[\w .:/+-]{1,24}")


class Place(NamedTuple):
    """Where a row stands."""

    file: str
    line: int


class Fault(NamedTuple):
    """A row that is not in, or with `is_noted` one that is, though something of it is not.

    `reason` is one of few; `detail` names what it is about: a field, an unknown code. Neither tells
    what is known of a person. `remedy` says what to write, and where, so that such rows come in.
    """

    place: Place
    key: str
    reason: str
    detail: str = ""
    is_noted: bool = False
    remedy: str = ""


def is_code(text: str) -> bool:
    """May it be shown, where it stands for a code? Not what looks like anything of a person."""
    return _CODE.fullmatch(text) is not None and not national_digits(text.strip())


def code_shown(text: str) -> str:
    """A code that nobody knows, for a report; nothing where it may be somebody's."""
    return repr(text) if is_code(text) else ""


@dataclass(slots=True)
class Arrival:
    """A row that was read: `row` is a NamedTuple of its kind, `row_id` ours where there is one."""

    place: Place
    key: str
    row: Any
    checksum: int
    row_id: int | None = None

    @property
    def number(self) -> int:
        """Our row's, which is there or has just been numbered."""
        assert self.row_id is not None
        return self.row_id


class Moving(NamedTuple):
    """What holds for a whole move. `until`: nobody is told of what comes up before."""

    source: str
    circulation: Circulation
    set_up: SetUp
    currency: str
    timezone: str
    now: datetime
    until: datetime

    def desk(self, branch_id: int) -> Desk:
        return self.set_up.desk(branch_id, self.actor)

    @property
    def actor(self) -> str:
        return f"move {self.source}"


@dataclass(slots=True)
class Batch:
    """Rows that go into one transaction, and what is set aside of them on the way.

    `fields` are those that the plan gives; `by_key` those of them that refer to the other system's
    own ids; `kinds` what else it moves. `branches` are those that the plan speaks of as homes.
    `written` is when the other system wrote its files. What is about rows of ours in `doubtful` was
    set aside, so that they may be right.
    """

    transaction: Transaction
    moving: Moving
    fields: frozenset[str] = frozenset()
    by_key: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    branches: frozenset[int] = frozenset()
    written: datetime | None = None
    doubtful: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    #: Rows that stay as they are here, because we look after their branch.
    kept: int = 0
    _refused: set[int] = field(default_factory=set)

    def set_aside(
        self, arrival: Arrival, reason: str, detail: str = "", *, remedy: str = ""
    ) -> None:
        """The row is not in. It is told once, with the reason that was found first."""
        if id(arrival) in self._refused:
            return
        self.faults.append(Fault(arrival.place, arrival.key, reason, detail, remedy=remedy))
        self._refused.add(id(arrival))

    def note(self, arrival: Arrival, reason: str, detail: str = "") -> None:
        """The row is in, but for this."""
        self.faults.append(Fault(arrival.place, arrival.key, reason, detail, is_noted=True))

    def keep(self, arrival: Arrival) -> None:
        """The row stays as it is here, where more is known of it than the other system knows."""
        self.kept += id(arrival) not in self._refused
        self._refused.add(id(arrival))

    def is_ours(self, branch_id: int) -> bool:
        """Has the branch come over, so that we know more of it than the other system?"""
        return self.moving.set_up.elsewhere.has_come_over(branch_id)

    def is_theirs(self, branch_id: int) -> bool:
        """Does the other system look after the branch, so that its delivery decides?"""
        is_there = self.moving.set_up.elsewhere.has(branch_id, self.moving.now)
        return is_there and branch_id in self.branches

    def left(self, arrivals: Iterable[Arrival]) -> list[Arrival]:
        """Those that were not set aside."""
        return [each for each in arrivals if id(each) not in self._refused]


def without(arrivals: Iterable[Arrival], others: Iterable[Arrival]) -> list[Arrival]:
    """Those that are none of the others."""
    left_out = {*map(id, others)}
    return [each for each in arrivals if id(each) not in left_out]


class Kind(NamedTuple):
    """A kind of rows: `row` is its NamedTuple, whose annotations say how cells are read.

    `store` writes new rows, giving each its `row_id`, and those that have changed; `gone` sees to
    rows of ours that the other system does not have any more, and is None where they stay as they
    are. `branches` gives the ids of rows of ours with those of their branches: what belongs to one
    that we look after is ours to change, and theirs no more. `lacking` ends rows of ours that came
    from no delivery and that a whole one lacks, or only counts them; it returns their number.
    """

    name: str
    row: type[Any]
    store: Callable[[Batch, Sequence[Arrival], Sequence[Arrival]], None]
    gone: Callable[[Batch, Sequence[Moved]], None] | None = None
    branches: Callable[..., list[tuple[int, int]]] | None = None
    lacking: Callable[[Batch, bool], int] | None = None

    @property
    def cells(self) -> dict[str, Cell]:
        """How each field is read."""
        hints = get_type_hints(self.row, include_extras=True)
        return {name: hints[name].__metadata__[0] for name in self.row._fields}

    def ours(self, batch: Batch, row_ids: Iterable[int]) -> set[int]:
        """Those rows of ours that belong to branches which have come over: the other system knows
        of them what it is told, and that late."""
        if self.branches is None or not batch.moving.set_up.elsewhere:
            return set()
        found = self.branches(batch.transaction, row_ids=[*{*row_ids}])
        return {number for number, branch_id in found if batch.is_ours(branch_id)}

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Of the fields that a plan need not give."""
        found: Mapping[str, Any] = self.row._field_defaults
        return found
