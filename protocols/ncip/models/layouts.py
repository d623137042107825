"""The content models of all versions: how version 1 differs from the classes.

Version 1 has nearly the same models in the same order. The differences are only here and in the
marks of the classes:

| difference | where |
|---|---|
| an element that an older version does not have | `Since` |
| how often it stands there in older versions, and what stands in for it | `Before` |
| identifiers are named Unique... in version 1 | `NAMES_1`, for all; `Version1(name=...)` for one |
| an element around several in version 1 | `Version1(within=...)` |
| another order in version 1 | `ORDER_1` |
| Scheme and Value as elements, Problem | the codec: they are the same everywhere |

So the fields of a new message are declared as in the 2.02 schema; an element that version 1 lacks
gets ``Since(V2)``. What Tiro neither reads nor writes has no field.
tests/protocols/ncip/test_layouts.py compares each class with all four schemas.
"""

from __future__ import annotations

from typing import Any

from protocols.ncip.messages import Code
from protocols.ncip.models.elements import LAYOUTS, Row
from protocols.ncip.models.lookups import LookupUserResponse
from protocols.ncip.models.marks import CODE, ONE, OPTIONAL, TEXT, V2, Version
from protocols.ncip.models.users import UserOptionalFields

#: Where version 1 has another order: its fields, including those that have no row yet.
ORDER_1: dict[type[Any], tuple[str, ...]] = {
    UserOptionalFields: (
        "user_id",
        "name_information",
        "user_address_information",
        "date_of_birth",
        "user_language",
        "user_privilege",
        "block_or_trap",
    ),
    LookupUserResponse: (
        "response_header",
        "user_id",
        "user_fiscal_account",
        "loaned_items_count",
        "requested_items_count",
        "requested_item",
        "loaned_item",
        "user_optional_fields",
    ),
}


#: The rows of elements whose content in version 1 differs from their class.
LAYOUTS_1: dict[str, tuple[Row, ...]] = {
    "VisibleUserId": (
        Row("agency_id", CODE, OPTIONAL),
        Row(
            "user_identifier_type",
            CODE,
            ONE,
            name_1="VisibleUserIdentifierType",
            otherwise=Code("Barcode"),
        ),
        Row("user_identifier_value", TEXT, ONE, name_1="VisibleUserIdentifier"),
    ),
}


def rows_in(kind: type[Any], version: Version, element: str = "") -> tuple[Row, ...]:
    """The rows of a class in a version, in its order; `element` is its name there."""
    rows = LAYOUTS[kind]
    if version < V2:
        rows = LAYOUTS_1.get(element, rows)
        if kind in ORDER_1:
            places = {name: place for place, name in enumerate(ORDER_1[kind])}
            rows = tuple(sorted(rows, key=lambda row: places.get(row.name, len(places))))
    return tuple(row for row in rows if row.since <= version)
