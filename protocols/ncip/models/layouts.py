"""The content models of NCIP messages as one table for all versions, in the order of 2.02.

A row for each field of a dataclass of `protocols.ncip.messages` (whose rows are here) and of
`protocols.ncip.models` (each module has its own); the codec reads and writes every
version by these rows alone. What the schema allows and Tiro neither reads nor writes has no row.

Version 1 has nearly the same models in the same order. What differs is said here and nowhere else:

| difference | where |
|---|---|
| an element that an older version does not have | `Row.since` |
| how often it stands there in older versions | `Row.before`, with what stands in `Row.otherwise` |
| identifiers are named Unique... in version 1 | `NAMES_1`, for all rows; `Row.name_1` for one |
| an element around several in version 1 | `Row.within_1` |
| another order in version 1 | `ORDER_1` |
| Scheme and Value as elements, Problem | the codec: they are the same everywhere |

So a row of a new message is written as the 2.02 schema has it; where version 1 lacks the element it
gets ``since=V2``. tests/protocols/ncip/test_layouts.py holds each row against all four schemas.
"""

from __future__ import annotations

from typing import Any

from protocols.ncip.messages import (
    Amount,
    AuthenticationInput,
    Code,
    FromAgencyId,
    InitiationHeader,
    ItemId,
    MandatedAction,
    OnBehalfOfAgency,
    Problem,
    RequestId,
    ResponseHeader,
    ToAgencyId,
    UserId,
)
from protocols.ncip.models import (
    accounts,
    addresses,
    agencies,
    circulation,
    interlending,
    item_sets,
    items,
    lookups,
    notices,
    requests,
    statuses,
    stock,
    users,
)
from protocols.ncip.models.lookups import LookupUserResponse
from protocols.ncip.models.rows import (
    AGENCY_ID,
    CODE,
    MOMENT,
    NUMBER,
    ONE,
    OPTIONAL,
    TEXT,
    V2,
    Row,
    Version,
)
from protocols.ncip.models.users import UserOptionalFields

#: The rows of each element that has children.
LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    UserId: (
        AGENCY_ID,
        Row("user_identifier_type", CODE, OPTIONAL, since=V2),
        Row("user_identifier_value", TEXT, ONE),
    ),
    ItemId: (
        AGENCY_ID,
        Row("item_identifier_type", CODE, OPTIONAL, since=V2),
        Row("item_identifier_value", TEXT, ONE),
    ),
    RequestId: (
        AGENCY_ID,
        Row("request_identifier_type", CODE, OPTIONAL, since=V2),
        Row("request_identifier_value", TEXT, ONE),
    ),
    FromAgencyId: (Row("agency_id", CODE, ONE),),
    ToAgencyId: (Row("agency_id", CODE, ONE),),
    OnBehalfOfAgency: (Row("agency_id", CODE, ONE),),
    InitiationHeader: (
        Row("from_system_id", CODE, OPTIONAL),
        Row("from_system_authentication", TEXT, OPTIONAL),
        Row("from_agency_id", FromAgencyId, ONE),
        Row("from_agency_authentication", TEXT, OPTIONAL),
        Row("on_behalf_of_agency", OnBehalfOfAgency, OPTIONAL),
        Row("to_system_id", CODE, OPTIONAL),
        Row("to_agency_id", ToAgencyId, ONE),
        Row("application_profile_type", CODE, OPTIONAL),
    ),
    Amount: (Row("currency_code", CODE, ONE), Row("monetary_value", NUMBER, ONE)),
    ResponseHeader: (
        Row("from_system_id", CODE, OPTIONAL),
        Row("from_agency_id", FromAgencyId, ONE),
        Row("to_system_id", CODE, OPTIONAL),
        Row("to_agency_id", ToAgencyId, ONE),
    ),
    Problem: (
        Row("problem_type", CODE, ONE),
        Row("problem_detail", TEXT, OPTIONAL),
        Row("problem_element", TEXT, OPTIONAL),
        Row("problem_value", TEXT, OPTIONAL),
    ),
    AuthenticationInput: (
        Row("authentication_input_data", TEXT, ONE),
        Row("authentication_data_format_type", CODE, ONE),
        Row("authentication_input_type", CODE, ONE),
    ),
    MandatedAction: (Row("date_event_occurred", MOMENT, ONE),),
}
for _models in (
    accounts,
    addresses,
    agencies,
    circulation,
    interlending,
    item_sets,
    items,
    lookups,
    notices,
    requests,
    statuses,
    stock,
    users,
):
    LAYOUTS |= _models.LAYOUTS

#: Where version 1 has another order: the fields in it, those that have no row yet among them.
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


#: Where an element of version 1 has another content than its class: the rows of that element.
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
    """The rows of a class that a version has, in its order; `element` is its name there."""
    rows = LAYOUTS[kind]
    if version < V2:
        rows = LAYOUTS_1.get(element, rows)
        if kind in ORDER_1:
            places = {name: place for place, name in enumerate(ORDER_1[kind])}
            rows = tuple(sorted(rows, key=lambda row: places.get(row.name, len(places))))
    return tuple(row for row in rows if row.since <= version)
