"""Queries, and the Search facility (3.2.2, 3.7)."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    ApduSequence,
    DatabaseName,
    DateTime,
    IntUnit,
    ObjectIdentifier,
    OtherInformation,
    OtherInformationItem,
    ResultSetId,
    StringOrNumeric,
)
from protocols.z3950.messages.retrieval import ElementSetNames, Records
from protocols.z3950.wire.asn1 import (
    Alternative,
    AnyValue,
    Choice,
    Explicit,
    External,
    Null,
    Oid,
    Sequence,
    Tag,
)


@dataclass(slots=True)
class ComplexAttributeValue(Sequence):
    list_: Annotated[list[StringOrNumeric], Tag(1)]
    semantic_action: Annotated[list[int], Tag(2)] | None = None


AttributeValue = Annotated[
    Annotated[int, Tag(121)] | Annotated[ComplexAttributeValue, Tag(224)],
    Choice("AttributeValue"),
]


@dataclass(slots=True)
class AttributeElement(Sequence):
    attribute_set: Annotated[Oid, Tag(1)] | None = field(default=None, kw_only=True)
    attribute_type: Annotated[int, Tag(120)]
    attribute_value: AttributeValue


AttributeList = Annotated[list[AttributeElement], Tag(44)]

#: General octets, numeric, characterString, and the rarer kinds.
Term = Annotated[
    Annotated[bytes, Tag(45)]
    | Annotated[int, Tag(215)]
    | Annotated[str, Tag(216)]
    | Annotated[ObjectIdentifier, Tag(217)]
    | Annotated[DateTime, Tag(218)]
    | Annotated[External, Tag(219)]
    | Annotated[IntUnit, Tag(220)]
    | Annotated[Null, Tag(221)],
    Choice("Term"),
]


@dataclass(slots=True)
class AttributesPlusTerm(Sequence):
    attributes: AttributeList
    term: Term


@dataclass(slots=True)
class ResultSetPlusAttributes(Sequence):
    result_set: ResultSetId
    attributes: AttributeList


Operand = Annotated[
    Annotated[AttributesPlusTerm, Tag(102)]
    | ResultSetId
    | Annotated[ResultSetPlusAttributes, Tag(214)],
    Choice("Operand"),
]


class Operator(Enum):
    AND = 0
    OR = 1
    AND_NOT = 2


@dataclass(slots=True)
class Known(Alternative):
    """A KnownProximityUnit: 1 character, 2 word, 3 sentence, and so on."""

    value: int


@dataclass(slots=True)
class Private(Alternative):
    value: int


@dataclass(slots=True)
class ProximityOperator(Sequence):
    exclusion: Annotated[bool, Tag(1)] | None = field(default=None, kw_only=True)
    distance: Annotated[int, Tag(2)]
    ordered: Annotated[bool, Tag(3)]
    relation_type: Annotated[int, Tag(4)]
    proximity_unit_code: Annotated[Annotated[Known, Tag(1)] | Annotated[Private, Tag(2)], Tag(5)]


@dataclass(slots=True)
class RpnRpnOp(Sequence):
    rpn1: "RPNStructure"
    rpn2: "RPNStructure"
    op: Annotated[Operator | Annotated[ProximityOperator, Tag(3)], Tag(46)]


#: A term, the name of a result set (str), a result set with attributes, or an operation.
RPNStructure = Annotated[
    Annotated[Operand, Tag(0)] | Annotated[RpnRpnOp, Tag(1)],
    Choice("RPNStructure"),
]


@dataclass(slots=True)
class RPNQuery(Sequence):
    attribute_set: Oid
    rpn: RPNStructure


@dataclass(slots=True)
class Type0(Alternative):
    """A query of a kind agreed in private: any one BER value."""

    value: AnyValue


@dataclass(slots=True)
class Type1(Alternative):
    value: RPNQuery


@dataclass(slots=True)
class Type2(Alternative):
    """ISO 8777."""

    value: bytes


@dataclass(slots=True)
class Type100(Alternative):
    """Z39.58."""

    value: bytes


@dataclass(slots=True)
class Type101(Alternative):
    value: RPNQuery


@dataclass(slots=True)
class Type102(Alternative):
    """Ranked list."""

    value: bytes


@dataclass(slots=True)
class Type104(Alternative):
    """Externally defined: CQL, SQL."""

    value: External


Query = Annotated[
    Annotated[Type1, Tag(1)]
    | Annotated[Type101, Tag(101)]
    | Annotated[Type0, Tag(0)]
    | Annotated[Type2, Explicit(2)]
    | Annotated[Type100, Explicit(100)]
    | Annotated[Type102, Explicit(102)]
    | Annotated[Type104, Tag(104)],
    Choice("Query"),
]


@dataclass(slots=True)
class SearchRequest(ApduSequence):
    small_set_upper_bound: Annotated[int, Tag(13)]
    large_set_lower_bound: Annotated[int, Tag(14)]
    medium_set_present_number: Annotated[int, Tag(15)]
    replace_indicator: Annotated[bool, Tag(16)]
    result_set_name: Annotated[str, Tag(17)]
    database_names: Annotated[list[DatabaseName], Tag(18)]
    small_set_element_set_names: Annotated[ElementSetNames, Tag(100)] | None = field(
        default=None, kw_only=True
    )
    medium_set_element_set_names: Annotated[ElementSetNames, Tag(101)] | None = field(
        default=None, kw_only=True
    )
    preferred_record_syntax: Annotated[Oid, Tag(104)] | None = field(default=None, kw_only=True)
    query: Annotated[Query, Tag(21)]
    additional_search_info: Annotated[list[OtherInformationItem], Tag(203)] | None = None
    other_info: OtherInformation | None = None


@dataclass(slots=True)
class SearchResponse(ApduSequence):
    result_count: Annotated[int, Tag(23)]
    number_of_records_returned: Annotated[int, Tag(24)]
    next_result_set_position: Annotated[int, Tag(25)]
    search_status: Annotated[bool, Tag(22)]
    result_set_status: Annotated[int, Tag(26)] | None = None
    present_status: Annotated[int, Tag(27)] | None = None
    records: Records | None = None
    additional_search_info: Annotated[list[OtherInformationItem], Tag(203)] | None = None
    other_info: OtherInformation | None = None
