"""Declarations are read as they stand, and those that cannot be are refused by name."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

import pytest

from protocols.wire.declarations import DeclarationError, declared


@dataclass(frozen=True)
class Tag:
    number: int


class Occurs(Enum):
    ONE = "1"


Oid = Annotated[str, "oid"]
Value = Annotated[int, Tag(121)] | Annotated[bytes, Tag(224)]


@dataclass(slots=True)
class Base:
    """What others begin with."""

    reference_id: Annotated[bytes, Tag(2)] | None = field(default=None, kw_only=True)


@dataclass(slots=True)
class Element(Base):
    """One of each kind of field."""

    plain: str
    marked: Annotated[Oid, Tag(1), Occurs.ONE]
    value: Value
    wanted: Value | None = None
    several: tuple[str, ...] = ()
    later: "Annotated[Later, Tag(7)] | None" = None


@dataclass(slots=True)
class Later:
    """Declared below."""


def test_each_field_is_given_by_its_name_type_and_marks() -> None:
    found = [(each.name, each.kind, each.marks, each.is_optional) for each in declared(Element)]
    assert found == [
        ("reference_id", bytes, (Tag(2),), True),
        ("plain", str, (), False),
        ("marked", str, ("oid", Tag(1), Occurs.ONE), False),
        ("value", Value, (), False),
        ("wanted", Value, (), True),
        ("several", tuple[str, ...], (), False),
        ("later", Later, (Tag(7),), True),
    ]
    assert declared(Later) == ()


def test_a_mark_is_found_by_its_kind() -> None:
    marked = declared(Element)[2]
    assert marked.mark(Tag) == Tag(1)
    assert marked.mark(Occurs) is Occurs.ONE
    assert marked.mark(int) is None


def error_of(declaring: type[Any]) -> str:
    with pytest.raises(DeclarationError) as refusal:
        assert [each.mark(Tag) for each in declared(declaring)] == []
    return str(refusal.value)


def test_an_error_names_module_class_and_field() -> None:
    @dataclass
    class Twice:
        """Two tags."""

        number: Annotated[int, Tag(1), Tag(2)]

    @dataclass
    class Misspelt:
        """A forward reference to nothing."""

        number: "Annotated[Lately, Tag(1)]"  # type: ignore[name-defined]  # noqa: F821

    class Bare:
        number: int

    here = f"{__name__}.test_an_error_names_module_class_and_field.<locals>"
    assert error_of(Twice) == f"{here}.Twice.number: more than one Tag"
    assert error_of(Misspelt) == f"{here}.Misspelt.number: name 'Lately' is not defined"
    assert error_of(Bare) == f"{here}.Bare: no dataclass"


def test_a_standard_refuses_what_it_cannot_write() -> None:
    plain = declared(Element)[1]
    assert str(plain.wrong("str has no tag")) == f"{__name__}.Element.plain: str has no tag"
