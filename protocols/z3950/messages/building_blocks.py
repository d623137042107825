"""What messages of several facilities are made of: identifiers, other information, diagnostics."""

from dataclasses import dataclass, field
from typing import Annotated

from protocols.z3950.wire.asn1 import (
    Alternative,
    Choice,
    Explicit,
    External,
    Oid,
    Sequence,
    Tag,
    Time,
    VisibleString,
)


@dataclass(slots=True)
class ObjectIdentifier(Alternative):
    """An object identifier where the alternative is a character string."""

    value: Oid


@dataclass(slots=True)
class DateTime(Alternative):
    """A GeneralizedTime, as it was written."""

    value: Time


# Types to which the standard gives a name and a tag of their own
ResultSetId = Annotated[str, Tag(31)]
ElementSetName = Annotated[str, Tag(103)]
DatabaseName = Annotated[str, Tag(105)]

StringOrNumeric = Annotated[
    Annotated[str, Tag(1)] | Annotated[int, Tag(2)],
    Choice("StringOrNumeric"),
]


@dataclass(slots=True)
class Unit(Sequence):
    unit_system: Annotated[str, Explicit(1)] | None = None
    unit_type: Annotated[StringOrNumeric, Tag(2)] | None = None
    unit: Annotated[StringOrNumeric, Tag(3)] | None = None
    scale_factor: Annotated[int, Tag(4)] | None = None


@dataclass(slots=True)
class IntUnit(Sequence):
    value: Annotated[int, Tag(1)]
    unit_used: Annotated[Unit, Tag(2)]


@dataclass(slots=True)
class InfoCategory(Sequence):
    category_type_id: Annotated[Oid, Tag(1)] | None = field(default=None, kw_only=True)
    category_value: Annotated[int, Tag(2)]


@dataclass(slots=True)
class OtherInformationItem(Sequence):
    """One entry of OtherInformation, which is a list of them."""

    category: Annotated[InfoCategory, Tag(1)] | None = field(default=None, kw_only=True)
    information: (
        Annotated[str, Tag(2)]
        | Annotated[bytes, Tag(3)]
        | Annotated[External, Tag(4)]
        | Annotated[ObjectIdentifier, Tag(5)]
    )


OtherInformation = Annotated[list[OtherInformationItem], Tag(201)]


@dataclass(slots=True)
class ApduSequence(Sequence):
    """What every APDU begins with."""

    reference_id: Annotated[bytes, Tag(2)] | None = field(default=None, kw_only=True)


@dataclass(slots=True)
class V2Addinfo(Alternative):
    value: VisibleString


@dataclass(slots=True)
class V3Addinfo(Alternative):
    value: str


@dataclass(slots=True)
class DefaultDiagFormat(Sequence):
    diagnostic_set_id: Oid
    condition: int
    addinfo: V2Addinfo | V3Addinfo


DiagRec = Annotated[
    DefaultDiagFormat | External,
    Choice("DiagRec"),
]


@dataclass(slots=True)
class DiagnosticFormat(Sequence):
    """One entry of a diag-1 record (OID.4.2), which is a list of them.

    Explicit diagnostics are left out.
    """

    diagnostic: Annotated[DefaultDiagFormat, Tag(1), Explicit(1)] | None = None
    message: Annotated[str, Tag(2)] | None = None


@dataclass(slots=True)
class SurrogateDiagnostic(Alternative):
    """A diagnostic in place of a record, or of a term of a scan."""

    value: DiagRec


@dataclass(slots=True)
class SchemaOid(Alternative):
    value: Oid


@dataclass(slots=True)
class SchemaUri(Alternative):
    value: str


@dataclass(slots=True)
class Specification(Sequence):
    schema: Annotated[SchemaOid, Tag(1)] | Annotated[SchemaUri, Tag(300)] | None = None
    element_spec: Annotated[Annotated[str, Tag(1)] | Annotated[External, Tag(2)], Tag(2)] | None = (
        None
    )
