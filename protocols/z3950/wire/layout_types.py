"""What tables of layouts are written in: ASN.1 in Python.

* A field is ``(name, tag, type)``, and OPTIONAL as a fourth for one that may be missing.
* `tag` is the context tag, or None for what brings its own. It replaces the tag of the type
  (IMPLICIT) unless the type is a `Choice` or is wrapped in `Explicit`.
* A type is a `Primitive`, a message class (its own layout is in a table too), `ListOf` a type, a
  `Choice`, or `Tagged`: a type with a tag of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Primitive(Enum):
    """A simple type with its universal tag number; ANY has none."""

    BOOLEAN = 1
    INTEGER = 2
    BITS = 3
    OCTETS = 4
    OID = 6
    DESCRIPTOR = 7
    TIME = 24
    VISIBLE = 26
    TEXT = 27
    ANY = None


BOOLEAN, INTEGER, BITS, OCTETS, OID, DESCRIPTOR, TIME, VISIBLE, TEXT, ANY = Primitive

OPTIONAL: Final = "optional"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A type with a context tag of its own: ``DatabaseName ::= [105] IMPLICIT ...``."""

    tag: int
    of: Any


@dataclass(frozen=True, slots=True)
class Explicit:
    """A type that keeps its own tag inside the context tag it is given."""

    of: Any


@dataclass(frozen=True, slots=True)
class ListOf:
    """SEQUENCE OF."""

    of: Any


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An alternative whose value is put into a class with one field, `value`."""

    by: type
    of: Any


@dataclass(frozen=True, slots=True)
class Constant:
    """An alternative that is a NULL: `value` stands for it."""

    value: Enum


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """CHOICE: the alternatives as ``(tag, type)``, told apart by their Python class."""

    name: str
    alternatives: tuple[tuple[int | None, Any], ...]
