"""How `structures` lie on the wire; written like `layouts`."""

from __future__ import annotations

from typing import Any, Final

from protocols.z3950 import messages as m
from protocols.z3950.messages import NULL
from protocols.z3950.wire import structures as s
from protocols.z3950.wire.layout_types import (
    ANY,
    BOOLEAN,
    INTEGER,
    OCTETS,
    OID,
    OPTIONAL,
    TEXT,
    TIME,
    Choice,
    Constant,
    Explicit,
    ListOf,
    Wrapped,
)
from protocols.z3950.wire.layouts import DATABASE_NAME, ELEMENT_SET_NAME, STRING_OR_NUMERIC

HUMAN_STRING = ListOf(s.HumanText)

STRUCTURE_LAYOUTS: Final[dict[type, tuple[tuple[Any, ...], ...]]] = {
    s.CircRecord: (
        ("available_now", 1, BOOLEAN),
        ("availablity_date", 2, TEXT, OPTIONAL),
        ("available_thru", 3, TEXT, OPTIONAL),
        ("restrictions", 4, TEXT, OPTIONAL),
        ("item_id", 5, TEXT, OPTIONAL),
        ("renewable", 6, BOOLEAN),
        ("on_hold", 7, BOOLEAN),
        ("enum_and_chron", 8, TEXT, OPTIONAL),
        ("midspine", 9, TEXT, OPTIONAL),
        ("temporary_location", 10, TEXT, OPTIONAL),
    ),
    s.Volume: (
        ("enumeration", 1, TEXT, OPTIONAL),
        ("chronology", 2, TEXT, OPTIONAL),
        ("enum_and_chron", 3, TEXT, OPTIONAL),
    ),
    s.HoldingsAndCircData: (
        ("type_of_record", 1, TEXT, OPTIONAL),
        ("encoding_level", 2, TEXT, OPTIONAL),
        ("format", 3, TEXT, OPTIONAL),
        ("receipt_acq_status", 4, TEXT, OPTIONAL),
        ("general_retention", 5, TEXT, OPTIONAL),
        ("completeness", 6, TEXT, OPTIONAL),
        ("date_of_report", 7, TEXT, OPTIONAL),
        ("nuc_code", 8, TEXT, OPTIONAL),
        ("local_location", 9, TEXT, OPTIONAL),
        ("shelving_location", 10, TEXT, OPTIONAL),
        ("call_number", 11, TEXT, OPTIONAL),
        ("shelving_data", 12, TEXT, OPTIONAL),
        ("copy_number", 13, TEXT, OPTIONAL),
        ("public_note", 14, TEXT, OPTIONAL),
        ("reproduction_note", 15, TEXT, OPTIONAL),
        ("terms_use_repro", 16, TEXT, OPTIONAL),
        ("enum_and_chron", 17, TEXT, OPTIONAL),
        ("volumes", 18, ListOf(s.Volume), OPTIONAL),
        ("circulation_data", 19, ListOf(s.CircRecord), OPTIONAL),
    ),
    s.OpacRecord: (
        ("bibliographic_record", 1, m.External, OPTIONAL),
        (
            "holdings_data",
            2,
            ListOf(Choice("HoldingsRecord", ((1, m.External), (2, s.HoldingsAndCircData)))),
            OPTIONAL,
        ),
    ),
    s.TaggedElement: (
        ("tag_type", 1, INTEGER, OPTIONAL),
        ("tag_value", 2, STRING_OR_NUMERIC),
        ("tag_occurrence", 3, INTEGER, OPTIONAL),
        (
            "content",
            4,
            Choice(
                "ElementData",
                (
                    (None, OCTETS),
                    (None, INTEGER),
                    (None, TEXT),
                    (3, Constant(NULL)),
                    (6, Explicit(ListOf(s.TaggedElement))),
                ),
            ),
        ),
    ),
    s.HumanText: (("language", 0, TEXT, OPTIONAL), ("text", 1, TEXT)),
    s.CommonInfo: (
        ("date_added", 0, TIME, OPTIONAL),
        ("date_changed", 1, TIME, OPTIONAL),
        ("expiry", 2, TIME, OPTIONAL),
        ("human_string_language", 3, TEXT, OPTIONAL),
    ),
    s.RpnCapabilities: (
        ("operators", 0, ListOf(INTEGER), OPTIONAL),
        ("result_set_as_operand_supported", 1, BOOLEAN),
        ("restriction_operand_supported", 2, BOOLEAN),
    ),
    s.AccessInfo: (
        (
            "query_types_supported",
            0,
            ListOf(Choice("QueryTypeDetails", ((1, s.RpnCapabilities),))),
            OPTIONAL,
        ),
        ("diagnostics_sets", 1, ListOf(OID), OPTIONAL),
        ("attribute_set_ids", 2, ListOf(OID), OPTIONAL),
        ("record_syntaxes", 4, ListOf(OID), OPTIONAL),
        ("element_set_names", 10, ListOf(ELEMENT_SET_NAME), OPTIONAL),
        ("unit_systems", 11, ListOf(TEXT)),
    ),
    s.TargetInfo: (
        ("common_info", 0, s.CommonInfo, OPTIONAL),
        ("name", 1, TEXT),
        ("named_result_sets", 4, BOOLEAN),
        ("multiple_db_search", 5, BOOLEAN),
        ("max_result_sets", 6, INTEGER, OPTIONAL),
        ("max_terms", 8, INTEGER, OPTIONAL),
        ("timeout_interval", 9, m.IntUnit, OPTIONAL),
        ("description", 12, HUMAN_STRING, OPTIONAL),
        ("languages", 101, ListOf(TEXT), OPTIONAL),
        ("common_access_info", 19, s.AccessInfo, OPTIONAL),
    ),
    s.DatabaseInfo: (
        ("common_info", 0, s.CommonInfo, OPTIONAL),
        ("name", 1, DATABASE_NAME),
        ("explain_database", 2, Constant(NULL), OPTIONAL),
        ("user_fee", 5, BOOLEAN),
        ("available", 6, BOOLEAN),
        ("title_string", 7, HUMAN_STRING, OPTIONAL),
        ("description", 9, HUMAN_STRING, OPTIONAL),
        (
            "record_count",
            14,
            Choice("RecordCount", ((0, INTEGER),)),
            OPTIONAL,
        ),
        ("proprietary", 23, BOOLEAN, OPTIONAL),
        ("access_info", 29, s.AccessInfo, OPTIONAL),
    ),
    s.CategoryInfo: (
        ("category", 1, TEXT),
        ("original_category", 2, TEXT, OPTIONAL),
        ("description", 3, HUMAN_STRING, OPTIONAL),
        ("asn1_module", 4, TEXT, OPTIONAL),
    ),
    s.CategoryList: (
        ("common_info", 0, s.CommonInfo, OPTIONAL),
        ("categories", 1, ListOf(s.CategoryInfo)),
    ),
    s.Iso10646: (("collections", 1, OID, OPTIONAL), ("encoding_level", 2, OID)),
    s.OriginProposal: (
        (
            "proposed_char_sets",
            1,
            ListOf(
                Choice(
                    "ProposedCharSet",
                    (
                        (1, Wrapped(s.Iso2022, ANY)),
                        (2, s.Iso10646),
                        (3, Wrapped(s.PrivateCharacterSet, ANY)),
                    ),
                )
            ),
            OPTIONAL,
        ),
        ("proposed_languages", 2, ListOf(TEXT), OPTIONAL),
        ("records_in_selected_char_sets", 3, BOOLEAN, OPTIONAL),
    ),
    s.TargetResponse: (
        (
            "selected_char_sets",
            1,
            Choice(
                "SelectedCharSets",
                (
                    (2, s.Iso10646),
                    (3, Wrapped(s.PrivateCharacterSet, ANY)),
                    (4, Constant(NULL)),
                ),
            ),
            OPTIONAL,
        ),
        ("selected_language", 2, TEXT, OPTIONAL),
        ("records_in_selected_char_sets", 3, BOOLEAN, OPTIONAL),
    ),
}
