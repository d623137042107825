"""What travels inside APDUs as EXTERNAL: record syntaxes and negotiation records.

Written like `messages`, by the standard's own names; their layouts are in `structure_layouts`. Of
each structure there is what this server reads or writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.z3950.messages import External, IntUnit, Null, StringOrNumeric

# OPAC records (OID.5.102)


@dataclass(slots=True)
class CircRecord:
    """One copy. `availablity_date` is spelt so in the standard."""

    available_now: bool
    renewable: bool
    on_hold: bool
    availablity_date: str | None = None
    available_thru: str | None = None
    restrictions: str | None = None
    item_id: str | None = None
    enum_and_chron: str | None = None
    midspine: str | None = None
    temporary_location: str | None = None


@dataclass(slots=True)
class Volume:
    enumeration: str | None = None
    chronology: str | None = None
    enum_and_chron: str | None = None


@dataclass(slots=True)
class HoldingsAndCircData:
    type_of_record: str | None = None
    encoding_level: str | None = None
    format: str | None = None
    receipt_acq_status: str | None = None
    general_retention: str | None = None
    completeness: str | None = None
    date_of_report: str | None = None
    nuc_code: str | None = None
    local_location: str | None = None
    shelving_location: str | None = None
    call_number: str | None = None
    shelving_data: str | None = None
    copy_number: str | None = None
    public_note: str | None = None
    reproduction_note: str | None = None
    terms_use_repro: str | None = None
    enum_and_chron: str | None = None
    volumes: list[Volume] | None = None
    circulation_data: list[CircRecord] | None = None


@dataclass(slots=True)
class OpacRecord:
    bibliographic_record: External | None = None
    holdings_data: list[External | HoldingsAndCircData] | None = None


# GRS-1 (OID.5.105)


@dataclass(slots=True)
class TaggedElement:
    """One entry of a GRS-1 record, which is a list of them.

    Its content is octets, a number, text, nothing (NULL), or elements inside it.
    """

    tag_value: StringOrNumeric
    content: bytes | int | str | Null | list[TaggedElement]
    tag_type: int | None = None
    tag_occurrence: int | None = None


# Explain (OID.5.100)


@dataclass(slots=True)
class HumanText:
    """One language of a HumanString, which is a list of them."""

    text: str
    language: str | None = None


@dataclass(slots=True)
class CommonInfo:
    date_added: str | None = None
    date_changed: str | None = None
    expiry: str | None = None
    human_string_language: str | None = None


@dataclass(slots=True)
class RpnCapabilities:
    result_set_as_operand_supported: bool
    restriction_operand_supported: bool
    operators: list[int] | None = None


@dataclass(slots=True)
class AccessInfo:
    unit_systems: list[str] = field(default_factory=list)
    query_types_supported: list[RpnCapabilities] | None = None
    diagnostics_sets: list[str] | None = None
    attribute_set_ids: list[str] | None = None
    record_syntaxes: list[str] | None = None
    element_set_names: list[str] | None = None


@dataclass(slots=True)
class TargetInfo:
    name: str
    named_result_sets: bool
    multiple_db_search: bool
    common_info: CommonInfo | None = None
    max_result_sets: int | None = None
    max_terms: int | None = None
    timeout_interval: IntUnit | None = None
    description: list[HumanText] | None = None
    languages: list[str] | None = None
    common_access_info: AccessInfo | None = None


@dataclass(slots=True)
class DatabaseInfo:
    name: str
    user_fee: bool
    available: bool
    common_info: CommonInfo | None = None
    explain_database: Null | None = None
    title_string: list[HumanText] | None = None
    description: list[HumanText] | None = None
    record_count: int | None = None
    proprietary: bool | None = None
    access_info: AccessInfo | None = None


@dataclass(slots=True)
class CategoryInfo:
    category: str
    original_category: str | None = None
    description: list[HumanText] | None = None
    asn1_module: str | None = None


@dataclass(slots=True)
class CategoryList:
    categories: list[CategoryInfo]
    common_info: CommonInfo | None = None


# Character set and language negotiation (OID.15.3)


@dataclass(slots=True)
class Iso10646:
    encoding_level: str
    collections: str | None = None


@dataclass(slots=True)
class Iso2022:
    """A proposal of ISO 2022 sets, any one BER value: known as such and never chosen."""

    value: bytes


@dataclass(slots=True)
class PrivateCharacterSet:
    """A private set, any one BER value: `charsets` reads the name in it."""

    value: bytes


@dataclass(slots=True)
class OriginProposal:
    proposed_char_sets: list[Iso2022 | Iso10646 | PrivateCharacterSet] | None = None
    proposed_languages: list[str] | None = None
    records_in_selected_char_sets: bool | None = None


@dataclass(slots=True)
class TargetResponse:
    """`selected_char_sets` NULL says that no set is agreed on."""

    selected_char_sets: Iso10646 | PrivateCharacterSet | Null | None = None
    selected_language: str | None = None
    records_in_selected_char_sets: bool | None = None
