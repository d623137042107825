"""The declarations: on the wire they mean what the tables of Tiro 0.1 said, each type of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated

import pytest

from protocols.wire.declarations import DeclarationError
from protocols.z3950 import messages
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.wire.asn1 import Alternative, Explicit, External, Oid, Sequence, Tag
from protocols.z3950.wire.layouts import (
    Constant,
    ListOf,
    OneOf,
    Primitive,
    Tagged,
    Type,
    Wrapped,
    fields_of,
    label,
    type_of,
)

#: The tables of 0.1 as text.
TABLES = Path(__file__).parent / "layouts.txt"


def sequences() -> Iterator[type[Sequence]]:
    """Every SEQUENCE that is declared."""
    yield External
    for module in iter_modules(messages.__path__):
        name = f"{messages.__name__}.{module.name}"
        for each in vars(import_module(name)).values():
            if isinstance(each, type) and issubclass(each, Sequence) and each.__module__ == name:
                yield each


def text(of: Type, named: dict[str, OneOf]) -> str:
    """A type in the words of the tables; `named` takes the CHOICEs that have a name."""
    match of:
        case Tagged(Tag(number), inner):
            return f"[{number}] {text(inner, named)}"
        case Tagged(Explicit(number), inner):
            return f"[{number}] EXPLICIT {text(inner, named)}"
        case ListOf(inner):
            return f"SEQUENCE OF {text(inner, named)}"
        case Wrapped(by, inner):
            return f"{text(inner, named)} as {by.__name__}"
        case Constant(value):
            return f"NULL as {value}"
        case OneOf(name, alternatives):
            if name == "_or_".join(dict.fromkeys(map(label, alternatives))):
                return f"{{ {' | '.join(alternatives_of(of, named))} }}"
            named[name] = of
            return name
        case Primitive():
            return of.name
    return of.__name__


def alternatives_of(of: OneOf, named: dict[str, OneOf]) -> list[str]:
    """The alternatives by their tags: their order means nothing."""
    texts = sorted(text(each, named) for each in of.alternatives)
    return sorted(texts, key=lambda each: int("".join(re.findall(r"^\[(\d+)\]", each)) or -1))


def all_declared() -> dict[str, list[str]]:
    named: dict[str, OneOf] = {}
    text(type_of(Apdu), named)
    found = {}
    for kind in sequences():
        found[f"{kind.__name__} ::= SEQUENCE"] = [
            f"{field.name}: {text(field.type, named)}{' OPTIONAL' if field.is_optional else ''}"
            for field in fields_of(kind)
        ]
    waiting = list(named)
    while waiting:
        name = waiting.pop()
        more: dict[str, OneOf] = {}
        found[f"{name} ::= CHOICE"] = alternatives_of(named[name], more)
        waiting += more.keys() - named.keys()
        named = more | named
    return found


def test_every_declaration_means_what_the_tables_said() -> None:
    tables = {}
    for section in TABLES.read_text().split("\n\n"):
        name, *lines = section.splitlines()
        tables[name] = [line.strip() for line in lines]
    declared = all_declared()
    del declared["ApduSequence ::= SEQUENCE"]
    assert sum(name.endswith("SEQUENCE") for name in tables) == 92
    assert set(declared) == set(tables)
    for name, lines in tables.items():
        assert declared[name] == lines, name


# Wrong declarations


@dataclass(slots=True)
class NumberAsOid(Sequence):
    y: Annotated[int, Primitive.OID]


@dataclass(slots=True)
class Fraction(Sequence):
    part: float | None = None


@dataclass(slots=True)
class ListOfWrong(Sequence):
    parts: list[Annotated[bytes, Primitive.TIME]]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (NumberAsOid, r"test_layouts\.NumberAsOid\.y: int cannot be OID"),
        (Fraction, r"test_layouts\.Fraction\.part: float is no type of ASN\.1"),
        (ListOfWrong, r"test_layouts\.ListOfWrong\.parts: bytes cannot be TIME"),
    ],
)
def test_an_error_names_class_field_and_reason(kind: type[Sequence], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason):
        fields_of(kind)


# Tags


@dataclass(slots=True)
class Named(Alternative):
    value: Oid


def test_tags_go_around_in_the_order_of_the_marks() -> None:
    assert type_of(Annotated[str, Tag(3)]) == Tagged(Tag(3), Primitive.TEXT)
    assert type_of(Annotated[str, Tag(3), Tag(4)]) == Tagged(Tag(4), Primitive.TEXT)
    inner = Tagged(Tag(3), Primitive.TEXT)
    assert type_of(Annotated[str, Tag(3), Explicit(4)]) == Tagged(Explicit(4), inner)


def test_a_choice_keeps_the_tags_of_its_alternatives() -> None:
    choice = Annotated[int, Tag(1)] | Annotated[str, Tag(2)]
    assert type_of(Annotated[choice, Tag(3)]) == Tagged(Explicit(3), type_of(choice))


def test_a_tag_goes_inside_a_class_that_only_tells_an_alternative() -> None:
    wrapped = Wrapped(Named, Tagged(Tag(7), Primitive.OID))
    assert type_of(Annotated[Named, Tag(7)]) == wrapped
