"""How features join the verbs below them without being known to them.

The facts of a noun (an item, a patron) are one row of one statement. A feature adds a `Part` to
that row: its columns, the joins they need, and a class for what they hold. A verb asks a `Registry`
for what the features have to say. What joins where, and in which order, is told by the addresses of
both before anything is asked (`circulation.assembly`), and loaded with the first question: who
looks at a patron loads nothing that lends. From then on a place is sealed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, select

from catalogue.database import Shape
from catalogue.generated import OnDemand

T = TypeVar("T")
F = TypeVar("F")
P = TypeVar("P")


class Sealed(RuntimeError):
    """Something joined after the first use."""


class Join(NamedTuple):
    """What a feature brings to one place. Its folder has them all in ``feature.JOINS``.

    `place` is the address of a registry or noun below ``circulation``: ``loans.features:LENDING``.
    The addresses of the members are those below the feature's own folder: ``acts:FEES_AT_LOAN``,
    ``acts:FeesAtEnd()`` for one that is made of a class, ``section:*SECTIONS`` for all of a tuple,
    ``schema`` for a module.
    """

    place: str
    members: tuple[str, ...]


def joins(place: str, *members: str) -> Join:
    return Join(place, members)


#: The address of a place -> those of all that join it, in their order, all below ``circulation``.
_JOINED: Final[defaultdict[str, list[str]]] = defaultdict(list)


def join(place: str, *members: str) -> None:
    """Has them join the place when it is first asked. Both are addresses below ``circulation``."""
    _JOINED[place] += members


def load_all() -> None:
    """Loads all that has joined, for a process that will need it."""
    for address in [*_JOINED, *(member for its in _JOINED.values() for member in its)]:
        import_module(f"circulation.{address.partition(':')[0]}")


def found_at(address: str) -> tuple[Any, ...]:
    """What is at an address below ``circulation``. Raises ImportError and AttributeError."""
    path, _, name = address.partition(":")
    module = import_module(f"circulation.{path}")
    if not name:
        return (module,)
    found = attrgetter(name.strip("*()"))(module)
    if name.startswith("*"):
        return tuple(found)
    return (found() if name.endswith("()") else found,)


class Registry(Generic[T]):
    """What features bring to one place, in their order. `address` is its own, if they can."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._joined: list[T] = []

    def add(self, *members: T) -> None:
        """Raises Sealed after the first use."""
        if "members" in vars(self):
            raise Sealed(f"{self.address}: {members} came after the first use")
        self._joined += members

    @cached_property
    def members(self) -> tuple[T, ...]:
        """All of them. Seals the registry. Raises RuntimeError before the features have joined."""
        if ":" in self.address and not _JOINED:
            raise RuntimeError("no feature has joined: import circulation.assembly first")
        late = _JOINED.get(self.address, ())
        return (*self._joined, *(each for address in late for each in found_at(address)))

    def __iter__(self) -> Iterator[T]:
        return iter(self.members)


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
        self.index = -1  # among the parts of its noun, once its noun was asked for

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
    there, and ``parts``, a tuple of them all, None for those that are not. The databases join in
    the order of the parts: the one that is there most often comes first.
    """

    def __init__(
        self,
        address: str,
        row: type[F],
        columns: Mapping[str, ColumnElement[Any]],
        tables: FromClause,
    ) -> None:
        self.address = address
        self.row = row
        self.columns = _in_order(row, columns, "present", "parts")
        self.tables = tables
        self._joined: Registry[Part[Any]] = Registry(address)

    def add(self, *parts: Part[Any]) -> None:
        """Raises Sealed after the first use."""
        self._joined.add(*parts)

    @cached_property
    def parts(self) -> tuple[Part[Any], ...]:
        """All that have joined. Seals the noun."""
        for index, part in enumerate(self._joined):
            part.index = index
        return self._joined.members

    def select(self, *, cheaply: bool = False) -> Select[Any]:
        """The facts, to be narrowed by conditions. Seals the noun."""
        tables, columns = self.tables, [*self.columns.values()]
        for part in self.parts:
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
                for part in self.parts
            ),
        )


class Joining(Protocol):
    """What has a word to say where one of `parts` is there; always, where it names none."""

    @property
    def parts(self) -> tuple[Part[Any], ...]: ...


J = TypeVar("J", bound=Joining)


class Features(Registry[J]):
    """The features that join a verb, and those of them that certain facts concern."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
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
