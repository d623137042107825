"""What travels inside APDUs as EXTERNAL: record syntaxes and negotiation records.

By the standard's own names, as far as this server reads or writes them.
"""

from dataclasses import dataclass, field
from typing import Annotated

from protocols.z3950.messages.building_blocks import (
    DatabaseName,
    ElementSetName,
    IntUnit,
    StringOrNumeric,
)
from protocols.z3950.wire.asn1 import (
    Alternative,
    AnyValue,
    Explicit,
    External,
    Null,
    Oid,
    Sequence,
    Tag,
    Time,
)


@dataclass(slots=True)
class CircRecord(Sequence):
    """One copy. `availablity_date` is spelt so in the standard."""

    available_now: Annotated[bool, Tag(1)]
    availablity_date: Annotated[str, Tag(2)] | None = field(default=None, kw_only=True)
    available_thru: Annotated[str, Tag(3)] | None = field(default=None, kw_only=True)
    restrictions: Annotated[str, Tag(4)] | None = field(default=None, kw_only=True)
    item_id: Annotated[str, Tag(5)] | None = field(default=None, kw_only=True)
    renewable: Annotated[bool, Tag(6)]
    on_hold: Annotated[bool, Tag(7)]
    enum_and_chron: Annotated[str, Tag(8)] | None = None
    midspine: Annotated[str, Tag(9)] | None = None
    temporary_location: Annotated[str, Tag(10)] | None = None


@dataclass(slots=True)
class Volume(Sequence):
    enumeration: Annotated[str, Tag(1)] | None = None
    chronology: Annotated[str, Tag(2)] | None = None
    enum_and_chron: Annotated[str, Tag(3)] | None = None


@dataclass(slots=True)
class HoldingsAndCircData(Sequence):
    type_of_record: Annotated[str, Tag(1)] | None = None
    encoding_level: Annotated[str, Tag(2)] | None = None
    format: Annotated[str, Tag(3)] | None = None
    receipt_acq_status: Annotated[str, Tag(4)] | None = None
    general_retention: Annotated[str, Tag(5)] | None = None
    completeness: Annotated[str, Tag(6)] | None = None
    date_of_report: Annotated[str, Tag(7)] | None = None
    nuc_code: Annotated[str, Tag(8)] | None = None
    local_location: Annotated[str, Tag(9)] | None = None
    shelving_location: Annotated[str, Tag(10)] | None = None
    call_number: Annotated[str, Tag(11)] | None = None
    shelving_data: Annotated[str, Tag(12)] | None = None
    copy_number: Annotated[str, Tag(13)] | None = None
    public_note: Annotated[str, Tag(14)] | None = None
    reproduction_note: Annotated[str, Tag(15)] | None = None
    terms_use_repro: Annotated[str, Tag(16)] | None = None
    enum_and_chron: Annotated[str, Tag(17)] | None = None
    volumes: Annotated[list[Volume], Tag(18)] | None = None
    circulation_data: Annotated[list[CircRecord], Tag(19)] | None = None


@dataclass(slots=True)
class OpacRecord(Sequence):
    bibliographic_record: Annotated[External, Tag(1)] | None = None
    holdings_data: (
        Annotated[
            list[Annotated[External, Tag(1)] | Annotated[HoldingsAndCircData, Tag(2)]], Tag(2)
        ]
        | None
    ) = None


@dataclass(slots=True)
class TaggedElement(Sequence):
    """One entry of a GRS-1 record, which is a list of them.

    Its content is octets, a number, text, nothing (NULL), or elements inside it.
    """

    tag_type: Annotated[int, Tag(1)] | None = field(default=None, kw_only=True)
    tag_value: Annotated[StringOrNumeric, Tag(2)]
    tag_occurrence: Annotated[int, Tag(3)] | None = field(default=None, kw_only=True)
    content: """Annotated[
        bytes | int | str | Annotated[Null, Tag(3)] | Annotated[list[TaggedElement], Explicit(6)],
        Tag(4),
    ]"""


@dataclass(slots=True)
class HumanText(Sequence):
    """One language of a HumanString, which is a list of them."""

    language: Annotated[str, Tag(0)] | None = field(default=None, kw_only=True)
    text: Annotated[str, Tag(1)]


@dataclass(slots=True)
class CommonInfo(Sequence):
    date_added: Annotated[Time, Tag(0)] | None = None
    date_changed: Annotated[Time, Tag(1)] | None = None
    expiry: Annotated[Time, Tag(2)] | None = None
    human_string_language: Annotated[str, Tag(3)] | None = None


@dataclass(slots=True)
class RpnCapabilities(Sequence):
    operators: Annotated[list[int], Tag(0)] | None = field(default=None, kw_only=True)
    result_set_as_operand_supported: Annotated[bool, Tag(1)]
    restriction_operand_supported: Annotated[bool, Tag(2)]


@dataclass(slots=True)
class AccessInfo(Sequence):
    query_types_supported: Annotated[list[Annotated[RpnCapabilities, Tag(1)]], Tag(0)] | None = None
    diagnostics_sets: Annotated[list[Oid], Tag(1)] | None = None
    attribute_set_ids: Annotated[list[Oid], Tag(2)] | None = None
    record_syntaxes: Annotated[list[Oid], Tag(4)] | None = None
    element_set_names: Annotated[list[ElementSetName], Tag(10)] | None = None
    unit_systems: Annotated[list[str], Tag(11)] = field(default_factory=list)


@dataclass(slots=True)
class TargetInfo(Sequence):
    common_info: Annotated[CommonInfo, Tag(0)] | None = field(default=None, kw_only=True)
    name: Annotated[str, Tag(1)]
    named_result_sets: Annotated[bool, Tag(4)]
    multiple_db_search: Annotated[bool, Tag(5)]
    max_result_sets: Annotated[int, Tag(6)] | None = None
    max_terms: Annotated[int, Tag(8)] | None = None
    timeout_interval: Annotated[IntUnit, Tag(9)] | None = None
    description: Annotated[list[HumanText], Tag(12)] | None = None
    languages: Annotated[list[str], Tag(101)] | None = None
    common_access_info: Annotated[AccessInfo, Tag(19)] | None = None


@dataclass(slots=True)
class DatabaseInfo(Sequence):
    common_info: Annotated[CommonInfo, Tag(0)] | None = field(default=None, kw_only=True)
    name: Annotated[DatabaseName, Tag(1)]
    explain_database: Annotated[Null, Tag(2)] | None = field(default=None, kw_only=True)
    user_fee: Annotated[bool, Tag(5)]
    available: Annotated[bool, Tag(6)]
    title_string: Annotated[list[HumanText], Tag(7)] | None = None
    description: Annotated[list[HumanText], Tag(9)] | None = None
    record_count: Annotated[int, Tag(0), Explicit(14)] | None = None
    proprietary: Annotated[bool, Tag(23)] | None = None
    access_info: Annotated[AccessInfo, Tag(29)] | None = None


@dataclass(slots=True)
class CategoryInfo(Sequence):
    category: Annotated[str, Tag(1)]
    original_category: Annotated[str, Tag(2)] | None = None
    description: Annotated[list[HumanText], Tag(3)] | None = None
    asn1_module: Annotated[str, Tag(4)] | None = None


@dataclass(slots=True)
class CategoryList(Sequence):
    common_info: Annotated[CommonInfo, Tag(0)] | None = field(default=None, kw_only=True)
    categories: Annotated[list[CategoryInfo], Tag(1)]


@dataclass(slots=True)
class Iso10646(Sequence):
    collections: Annotated[Oid, Tag(1)] | None = field(default=None, kw_only=True)
    encoding_level: Annotated[Oid, Tag(2)]


@dataclass(slots=True)
class Iso2022(Alternative):
    """A proposal of ISO 2022 sets, any one BER value: recognised and never chosen."""

    value: AnyValue


@dataclass(slots=True)
class PrivateCharacterSet(Alternative):
    """A private set, any one BER value: `charsets` reads the name in it."""

    value: AnyValue


@dataclass(slots=True)
class OriginProposal(Sequence):
    proposed_char_sets: (
        Annotated[
            list[
                Annotated[Iso2022, Tag(1)]
                | Annotated[Iso10646, Tag(2)]
                | Annotated[PrivateCharacterSet, Tag(3)]
            ],
            Tag(1),
        ]
        | None
    ) = None
    proposed_languages: Annotated[list[str], Tag(2)] | None = None
    records_in_selected_char_sets: Annotated[bool, Tag(3)] | None = None


@dataclass(slots=True)
class TargetResponse(Sequence):
    """`selected_char_sets` NULL: no set was agreed on."""

    selected_char_sets: (
        Annotated[
            Annotated[Iso10646, Tag(2)]
            | Annotated[PrivateCharacterSet, Tag(3)]
            | Annotated[Null, Tag(4)],
            Tag(1),
        ]
        | None
    ) = None
    selected_language: Annotated[str, Tag(2)] | None = None
    records_in_selected_char_sets: Annotated[bool, Tag(3)] | None = None
