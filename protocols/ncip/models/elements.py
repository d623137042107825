"""Turns a class into an element of messages, and its fields into the content model. A field is the
element of its name in Pascal case, in the order of the 2.02 schema. Its type says what it holds, `|
None` or a tuple whether it may be repeated, and its marks the rest (`marks`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, dataclass_transform, get_args, get_origin

from protocols.ncip.models.marks import (
    COUNT,
    FLAG,
    MANY,
    MOMENT,
    ONE,
    OPTIONAL,
    SOME,
    TEXT,
    V1,
    V2,
    Before,
    Choice,
    Kind,
    Occurs,
    Since,
    Version,
    Version1,
)
from protocols.wire.declarations import Declared, declared

T = TypeVar("T")

#: The names that version 1 has for the identifiers.
NAMES_1 = {
    "AgencyId": "UniqueAgencyId",
    "BibliographicId": "UniqueBibliographicId",
    "ItemId": "UniqueItemId",
    "RequestId": "UniqueRequestId",
    "UserId": "UniqueUserId",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a content model; `kind` is a `Kind`, or the class of the element.

    The marks of the same names explain the rest.
    """

    name: str
    kind: Any
    occurs: Occurs
    choice: str = ""
    since: Version = V1
    before: tuple[Version, Occurs] | None = None
    otherwise: Any = None
    name_1: str = ""
    within_1: str = ""

    @property
    def element(self) -> str:
        """The element's name: ``item_id`` is ItemId."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    def element_in(self, version: Version) -> str:
        """The element's name in a version."""
        if version >= V2:
            return self.element
        return self.name_1 or NAMES_1.get(self.element, self.element)

    def occurs_in(self, version: Version) -> Occurs:
        """How often it may occur there in a version that has it."""
        if self.before is not None and version < self.before[0]:
            return self.before[1]
        return self.occurs


#: The rows of each element that has children, in their order.
LAYOUTS: dict[type[Any], tuple[Row, ...]] = {}
#: The kind of each type; the module of `Code` adds its own.
KINDS: dict[type[Any], Kind] = {str: TEXT, datetime: MOMENT, int: COUNT, bool: FLAG}


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value_class(cls: type[T]) -> type[T]:
    """A dataclass whose fields nobody sets, which the type checker ensures. One that is frozen at
    run time as well takes three times as long to make, and a look-up and its answer are some forty
    of them.
    """
    # Without a docstring, dataclass makes one from the signature, which is slower than the rest.
    cls.__doc__ = cls.__doc__ or cls.__name__
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def element(cls: type[T]) -> type[T]:
    """A `value_class` that is an element with children. Raises DeclarationError."""
    made = value_class(cls)
    LAYOUTS[made] = tuple(_row(each) for each in declared(made))
    return made


def _row(field: Declared) -> Row:
    is_tuple = get_origin(field.kind) is tuple
    kind, *rest = get_args(field.kind) if is_tuple else (field.kind,)
    if kind not in KINDS and kind not in LAYOUTS:
        raise field.wrong(f"{kind.__name__} is neither an element nor the text of one")
    may_be_absent = not field.is_optional if is_tuple else field.is_optional or kind is bool
    if not may_be_absent or rest not in ([], [...]):
        raise field.wrong("an element may be absent: `| None`, a tuple of any length, or a bool")
    needed = SOME if is_tuple else ONE
    occurs, choice, written = field.mark(Occurs), field.mark(Choice), field.mark(Kind)
    if occurs is not None and (occurs is not needed or choice is not None):
        raise field.wrong(f"{occurs.name} cannot be said here")
    if written is not None and kind is not int:
        raise field.wrong(f"{kind.__name__} is not written as {written.name}")
    if occurs is None:
        occurs = needed if choice else MANY if is_tuple else OPTIONAL
    since, before, version_1 = field.mark(Since), field.mark(Before), field.mark(Version1)
    return Row(
        field.name,
        written or KINDS.get(kind, kind),
        occurs,
        choice.group if choice else "",
        since.version if since else V1,
        (before.version, before.occurs) if before else None,
        before.otherwise if before else None,
        version_1.name if version_1 else "",
        version_1.within if version_1 else "",
    )
