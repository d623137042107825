"""What the messages are declared in: the ASN.1 of the standard in Python (X.680).

* A SEQUENCE is a dataclass, with its fields in the order of the wire; ``| None`` is OPTIONAL. An
  optional field before a mandatory one has to be given by its name.
* ``list[X]`` is SEQUENCE OF. ``bool``, ``int``, ``bytes`` and ``str`` are BOOLEAN, INTEGER, OCTET
  STRING and the standard's InternationalString; the other simple types stand below.
* `Tag` gives a context tag in place of the type's own (IMPLICIT), except that a CHOICE keeps the
  tags of its alternatives; `Explicit` puts one around the type's own. The last of several marks is
  the outermost.
* A union is a CHOICE, and `Choice` gives it a name. The Python class of a value tells the
  alternative. If two would share a class, each is an `Alternative` around its value; an enum stands
  for alternatives that are NULL, one for each member, whose value is the tag.
"""

# Without `from __future__ import annotations`: the annotations are read at run time.

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, ClassVar, Final


@dataclass(frozen=True, slots=True)
class Tag:
    """A context tag in place of the type's own: ``[number] IMPLICIT``."""

    number: int


@dataclass(frozen=True, slots=True)
class Explicit:
    """A context tag around a type that keeps its own: ``[number] EXPLICIT``."""

    number: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The name of a CHOICE, as the standard has it."""

    name: str


class Primitive(Enum):
    """A simple type with its universal tag; ANY, any one value, has none."""

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


#: An integer whose bit ``1 << n`` is bit n of the BIT STRING.
Bits = Annotated[int, Primitive.BITS]
#: An OBJECT IDENTIFIER in dotted form.
Oid = Annotated[str, Primitive.OID]
#: A GeneralizedTime, as it was written.
Time = Annotated[str, Primitive.TIME]
VisibleString = Annotated[str, Primitive.VISIBLE]
#: Any one value, header included.
AnyValue = Annotated[bytes, Primitive.ANY]


#: The universal tag of NULL.
NULL_TAG = 5


class Null(Enum):
    """The value of a bare NULL."""

    NULL = "null"


NULL: Final = Null.NULL


class Sequence:
    """What every SEQUENCE derives from."""

    __slots__ = ()
    universal_tag: ClassVar[int] = 16

    def __init_subclass__(cls) -> None:
        # A dataclass without a docstring gets its signature as one, which is slow to make.
        cls.__doc__ = cls.__doc__ or cls.__name__


class Alternative:
    """The base of classes that only distinguish an alternative of a CHOICE, around its `value`."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        cls.__doc__ = cls.__doc__ or cls.__name__


@dataclass(slots=True)
class SingleAsn1Type(Alternative):
    """Any one BER value, header included."""

    value: AnyValue


@dataclass(slots=True)
class Arbitrary(Alternative):
    """The contents of a bit string: the number of unused bits in one octet, then the bits."""

    value: bytes


@dataclass(slots=True)
class External(Sequence):
    """EXTERNAL: data of a kind that `direct_reference` names; plain bytes are octet-aligned."""

    universal_tag: ClassVar[int] = 8

    direct_reference: Oid | None = field(default=None, kw_only=True)
    indirect_reference: int | None = field(default=None, kw_only=True)
    data_value_descriptor: Annotated[bytes, Primitive.DESCRIPTOR] | None = field(
        default=None, kw_only=True
    )
    encoding: (
        Annotated[bytes, Tag(1)] | Annotated[SingleAsn1Type, Tag(0)] | Annotated[Arbitrary, Tag(2)]
    )
