"""How features join the verbs below them without being known to them.

The facts of a noun (an item, a patron) are one row of one statement. A feature adds a `Part` to
that row: its columns, the joins they need, and a class for what they hold. A verb asks a `Registry`
for what the features have to say. Both are filled by `circulation.assembly`, in its order, before
anything is asked; from the first question on they are sealed, as the answer would otherwise depend
on which module happened to be imported first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, select

from catalogue.database import Shape
from catalogue.generated import OnDemand

T = TypeVar("T")
F = TypeVar("F")
P = TypeVar("P")
Member = TypeVar("Member", contravariant=True)


class Sealed(RuntimeError):
    """Something joined after the first use."""


class Registry(Generic[T]):
    """What features have registered, in the order of their registration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._joined: list[T] = []

    def add(self, *members: T) -> None:
        """Raises Sealed after the first use."""
        if "members" in vars(self):
            raise Sealed(f"{self.name}: {members} came after the first use")
        self._joined += members

    @cached_property
    def members(self) -> tuple[T, ...]:
        """All of them. Seals the registry."""
        return tuple(self._joined)

    def __iter__(self) -> Iterator[T]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self._joined)


class Part(Generic[P]):
    """What one feature adds to the facts of a noun.

    `columns` gives the column of each field of `row`, a NamedTuple. The part is absent where all
    `keys` are NULL or 0. `cheaper` columns stand in place of some where the facts are wanted
    cheaply.
    """

    def __init__(
        self,
        row: type[P],
        columns: Mapping[str, ColumnElement[Any]],
        *,
        keys: Sequence[str],
        joins: Sequence[tuple[FromClause, ColumnElement[bool]]] = (),
        cheaper: Mapping[str, ColumnElement[Any]] | None = None,
    ) -> None:
        self.row = row
        self.columns = _in_order(row, columns)
        self.keys = keys
        self.joins = joins
        self.cheaper = cheaper or {}
        self.index = -1  # among the parts of its noun, once it has joined

    @property
    def bit(self) -> int:
        """Set in ``present`` of facts that have the part."""
        return 1 << self.index

    def of(self, facts: Any) -> P | None:
        """The part of these facts; None where there is nothing of it."""
        found: P | None = facts.parts[self.index]
        return found

    def put(self, facts: F, part: P) -> F:
        """The facts with this part in place of what they had."""
        parts: list[Any] = list(facts.parts)  # type: ignore[attr-defined]
        parts[self.index] = part
        made: F = facts._replace(parts=tuple(parts))  # type: ignore[attr-defined]
        return made


class Noun(Generic[F]):
    """The facts of one noun: a row of its own columns and of the parts that joined it.

    The last two fields of `row`, a NamedTuple, are ``present``, with the bit of each part that is
    there, and ``parts``, a tuple of them all, None for those that are not.
    """

    def __init__(
        self,
        row: type[F],
        columns: Mapping[str, ColumnElement[Any]],
        tables: FromClause,
    ) -> None:
        self.row = row
        self.columns = _in_order(row, columns, "present", "parts")
        self.tables = tables
        self._parts: Registry[Part[Any]] = Registry(row.__name__)

    def add(self, *parts: Part[Any]) -> None:
        """The databases join in this order: the part that is there most often comes first."""
        for part in parts:
            part.index = len(self._parts)
            self._parts.add(part)

    def select(self, *, cheaply: bool = False) -> Select[Any]:
        """The facts, to be narrowed by conditions. Seals the noun."""
        tables, columns = self.tables, [*self.columns.values()]
        for part in self._parts:
            chosen = {**part.columns, **part.cheaper} if cheaply else part.columns
            columns += chosen.values()
            for table, condition in part.joins:
                tables = tables.outerjoin(table, condition)
        return select(*columns).select_from(tables)

    def shape(self) -> Shape:
        """How rows of `select` are put together. Seals the noun."""
        return Shape(
            self.row,
            len(self.columns),
            tuple(
                (part.row, tuple(list(part.columns).index(key) for key in part.keys))
                for part in self._parts
            ),
        )


class Place(Protocol[Member]):
    """Where something can be joined: a registry, or a noun."""

    def add(self, *members: Member) -> None: ...


class Join(NamedTuple):
    """What a feature brings to one place. Its folder has them all in ``feature.JOINS``."""

    place: Place[Any]
    members: Sequence[Any]


def joins(place: Place[Member], *members: Member) -> Join:
    return Join(place, members)


class Joining(Protocol):
    """What has a word to say where one of `parts` is there; always, where it names none."""

    @property
    def parts(self) -> tuple[Part[Any], ...]: ...


J = TypeVar("J", bound=Joining)


class Features(Registry[J]):
    """The features that join a verb, and those of them that certain facts concern."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._concerned: OnDemand[int, tuple[J, ...]] = OnDemand(self._concerned_by)

    def of(self, facts: Any) -> tuple[J, ...]:
        """Those that have a word to say about these facts, in their order."""
        return self._concerned[facts.present]

    def _concerned_by(self, present: int) -> tuple[J, ...]:
        return tuple(
            each
            for each in self
            if not each.parts or any(present & part.bit for part in each.parts)
        )


def _in_order(
    row: type[Any], columns: Mapping[str, ColumnElement[Any]], *but: str
) -> dict[str, ColumnElement[Any]]:
    """The columns in the order of the fields. Raises ValueError where they do not fit together."""
    fields = [name for name in row._fields if name not in but]
    if set(fields) != set(columns):
        raise ValueError(f"{row.__name__}: {sorted(set(fields) ^ set(columns))} stand alone")
    return {name: columns[name] for name in fields}
