"""A message and how it stands on the wire, said once: dataclasses whose fields carry marks.

    @dataclass(slots=True)
    class UserId:
        agency_id: Annotated[Code, ONE] | None = None
        user_identifier_value: Annotated[str, ONE] | None = None

To a type checker the fields are plain ones; `declared` gives their marks too. What marks there are
and what they mean is for each standard to say: it writes its codec from what `declared` gives, and
raises `Declared.wrong` for what it cannot write.

Annotations of such classes are read when their module is imported. So there is no ``from __future__
import annotations`` there, and a class that is declared further below is named in quotes, with the
whole annotation in them. Give each class a docstring: without one dataclass makes it from the
annotations, which takes longer than all the rest.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class DeclarationError(Exception):
    """A class cannot be put on the wire as it is declared; the text says where and why."""

    def __init__(self, declaring: type[Any], field: str, reason: str) -> None:
        place = f"{declaring.__module__}.{declaring.__qualname__}"
        super().__init__(f"{place}.{field}: {reason}" if field else f"{place}: {reason}")


@dataclass(frozen=True, slots=True)
class Declared:
    """One field of a class, with its marks.

    `kind` is its type without None and without the marks; where several are left of a union, each
    keeps its own marks.
    """

    declaring: type[Any]
    field: Field[Any]
    kind: Any
    marks: tuple[Any, ...]
    is_optional: bool

    @property
    def name(self) -> str:
        return self.field.name

    def mark(self, kind: type[T]) -> T | None:
        """The one mark of a kind; None where there is none. Raises DeclarationError for two."""
        found = [mark for mark in self.marks if isinstance(mark, kind)]
        if len(found) > 1:
            raise self.wrong(f"more than one {kind.__name__}")
        return found[0] if found else None

    def wrong(self, reason: str) -> DeclarationError:
        """The error to raise where this field cannot be put on the wire."""
        return DeclarationError(self.declaring, self.name, reason)


def declared(declaring: type[Any]) -> tuple[Declared, ...]:
    """The fields of a dataclass in their order; raises DeclarationError for what is none."""
    if not is_dataclass(declaring):
        raise DeclarationError(declaring, "", "no dataclass")
    return tuple(_declared(declaring, field) for field in fields(declaring))


def _declared(declaring: type[Any], field: Field[Any]) -> Declared:
    hint: Any = field.type
    if isinstance(hint, str):
        try:
            hint = get_type_hints(declaring, include_extras=True)[field.name]
        except NameError as error:
            raise DeclarationError(declaring, field.name, str(error)) from None
    is_optional = False
    if get_origin(hint) in (Union, UnionType):
        members = get_args(hint)
        others = tuple(member for member in members if member is not NoneType)
        is_optional = len(others) < len(members)
        if is_optional:
            hint = others[0] if len(others) == 1 else Union[others]  # noqa: UP007 - made of a tuple
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    return Declared(declaring, field, hint, marks, is_optional)
