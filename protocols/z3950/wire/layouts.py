"""What declarations mean on the wire: the type of each field, as values that make up tables.

A type is a `Primitive`, the class of a SEQUENCE, or one of the classes below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeAlias, Union, get_args, get_origin

from catalogue.generated import OnDemand
from protocols.wire.declarations import Declared, declared
from protocols.z3950.wire import asn1
from protocols.z3950.wire.asn1 import NULL, Alternative, Explicit, Null, Primitive, Sequence, Tag


@dataclass(frozen=True, slots=True)
class Tagged:
    """A type with a context tag."""

    tag: Tag | Explicit
    of: Type


@dataclass(frozen=True, slots=True)
class ListOf:
    """SEQUENCE OF."""

    of: Type


@dataclass(frozen=True, slots=True)
class OneOf:
    """CHOICE: its alternatives, told apart by their Python class."""

    name: str
    alternatives: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An alternative whose value is put into a class with one field, `value`."""

    by: type[Alternative]
    of: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """An alternative that is a NULL: `value` stands for it."""

    value: Enum


Type: TypeAlias = Primitive | type[Any] | Tagged | ListOf | OneOf | Wrapped | Constant


class Field(NamedTuple):
    name: str
    type: Type
    is_optional: bool


#: The Python class of the values of each simple type.
CLASSES: dict[Primitive, type] = {
    Primitive.BOOLEAN: bool,
    Primitive.INTEGER: int,
    Primitive.OCTETS: bytes,
    Primitive.TEXT: str,
    Primitive.BITS: int,
    Primitive.DESCRIPTOR: bytes,
    Primitive.ANY: bytes,
    Primitive.OID: str,
    Primitive.TIME: str,
    Primitive.VISIBLE: str,
}
#: The type that a class stands for without a mark.
_UNMARKED = {
    bool: Primitive.BOOLEAN,
    int: Primitive.INTEGER,
    bytes: Primitive.OCTETS,
    str: Primitive.TEXT,
}


def fields_of(kind: type[Any]) -> tuple[Field, ...]:
    """The fields of a SEQUENCE, in the order of the wire. Raises DeclarationError."""
    return _fields[kind]


def _field(each: Declared) -> Field:
    try:
        return Field(each.name, _marked(each.kind, each.marks), each.is_optional)
    except TypeError as error:
        raise each.wrong(str(error)) from None


_fields: OnDemand[type[Any], tuple[Field, ...]] = OnDemand(
    lambda kind: tuple(_field(each) for each in declared(kind))
)


def type_of(annotation: Any) -> Type:
    """The type that an annotation stands for. Raises TypeError if that is not of ASN.1."""
    if get_origin(annotation) is Annotated:
        bare, *marks = get_args(annotation)
        return _marked(bare, tuple(marks))
    return _marked(annotation, ())


def tags_of(choice: Any) -> dict[type[Sequence], int]:
    """The tag of each class in a CHOICE of SEQUENCEs."""
    of = type_of(choice)
    assert isinstance(of, OneOf)
    return {
        each.of: each.tag.number
        for each in of.alternatives
        if isinstance(each, Tagged) and isinstance(each.of, type)
    }


def _marked(bare: Any, marks: tuple[Any, ...]) -> Type:
    """The type of an annotation and its marks, of which the last is the outermost."""
    of: Type | None = None
    for mark in marks:
        if isinstance(mark, Primitive):
            if CLASSES[mark] is not bare:
                raise TypeError(f"{_word(bare)} cannot be {mark.name}")
            of = mark
        elif isinstance(mark, Tag | Explicit):
            of = _tagged(mark, of or _plain(bare))
        elif isinstance(mark, asn1.Choice):
            of = OneOf(mark.name, _alternatives(bare))
    return of or _plain(bare)


def _tagged(tag: Tag | Explicit, of: Type) -> Type:
    """A type with a tag, which goes inside a class that only distinguishes an alternative."""
    if isinstance(of, Wrapped):
        return Wrapped(of.by, _tagged(tag, of.of))
    if isinstance(tag, Tag) and isinstance(of, OneOf):
        return Tagged(Explicit(tag.number), of)
    if isinstance(tag, Tag) and isinstance(of, Tagged):
        return Tagged(replace(of.tag, number=tag.number), of.of)
    return Tagged(tag, of)


def _plain(bare: Any) -> Type:
    """The type of an annotation without marks."""
    if get_origin(bare) in (Union, UnionType):
        alternatives = _alternatives(bare)
        return OneOf("_or_".join(dict.fromkeys(map(label, alternatives))), alternatives)
    if get_origin(bare) is list:
        return ListOf(type_of(*get_args(bare)))
    if bare is Null:
        return Constant(NULL)
    if bare in _UNMARKED:
        return _UNMARKED[bare]
    if isinstance(bare, type) and issubclass(bare, Sequence):
        return bare
    if isinstance(bare, type) and issubclass(bare, Alternative):
        [value] = fields_of(bare)
        return Wrapped(bare, value.type)
    raise TypeError(f"{_word(bare)} is no type of ASN.1")


def _alternatives(union: Any) -> tuple[Type, ...]:
    """The alternatives of a CHOICE; each member of an enum is one that is NULL, with its own
    tag."""
    found: list[Type] = []
    for each in get_args(union):
        if isinstance(each, type) and issubclass(each, Enum) and each is not Null:
            found += [Tagged(Tag(member.value), Constant(member)) for member in each]
        else:
            found.append(type_of(each))
    return tuple(found)


def _word(bare: Any) -> str:
    return bare.__name__ if isinstance(bare, type) else str(bare)


def label(of: Type) -> str:
    """The name of a type in the names of functions; different types have different names."""
    if isinstance(of, Tagged):
        joint = "_in_" if isinstance(of.tag, Explicit) else "_"
        return f"{label(of.of)}{joint}{of.tag.number}"
    if isinstance(of, ListOf):
        return f"list_of_{label(of.of)}"
    if isinstance(of, Wrapped):
        return of.by.__name__
    if isinstance(of, Constant):
        return type(of.value).__name__
    return of.__name__ if isinstance(of, type) else of.name


def holds(of: Type, sought: Type) -> bool:
    """Can a value of the first type contain one of the second, at any depth?"""
    waiting, seen = _parts(of), set()
    while waiting:
        part = waiting.pop()
        if part == sought:
            return True
        if part not in seen:
            seen.add(part)
            waiting += _parts(part)
    return False


def _parts(of: Type) -> list[Type]:
    """The types directly inside a type."""
    if isinstance(of, Tagged | ListOf | Wrapped):
        return [of.of]
    if isinstance(of, OneOf):
        return list(of.alternatives)
    return [each.type for each in fields_of(of)] if isinstance(of, type) else []
