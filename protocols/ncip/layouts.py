"""The content models of NCIP messages as one table for all versions, in the order of 2.02.

A row for each field of a dataclass of `protocols.ncip.messages`; the codec reads and writes every
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
    BibliographicDescription,
    BibliographicId,
    BibliographicItemId,
    BibliographicRecordId,
    BlockOrTrap,
    CancelRequestItem,
    CancelRequestItemResponse,
    CheckInItem,
    CheckInItemResponse,
    CheckOutItem,
    CheckOutItemResponse,
    Code,
    CurrentBorrower,
    CurrentRequester,
    Destination,
    ElectronicAddress,
    ElectronicResource,
    FromAgencyId,
    InitiationHeader,
    ItemDescription,
    ItemId,
    ItemOptionalFields,
    ItemTransaction,
    LoanedItem,
    LoanedItemsCount,
    Location,
    LocationName,
    LocationNameInstance,
    LookupItem,
    LookupItemResponse,
    LookupUser,
    LookupUserResponse,
    MandatedAction,
    NameInformation,
    OnBehalfOfAgency,
    PersonalNameInformation,
    PreviousUserId,
    Problem,
    RenewItem,
    RenewItemResponse,
    RequestedItem,
    RequestedItemsCount,
    RequestId,
    RequestItem,
    RequestItemResponse,
    ResponseHeader,
    RoutingInformation,
    StructuredPersonalUserName,
    ToAgencyId,
    UserAddressInformation,
    UserId,
    UserOptionalFields,
    UserPrivilege,
    UserPrivilegeStatus,
)
from protocols.ncip.models import (
    accounts,
    addresses,
    agencies,
    item_sets,
    notices,
    requests,
    statuses,
    stock,
    users,
)
from protocols.ncip.models.accounts import (
    AcknowledgedFeeAmount,
    FiscalTransactionInformation,
    UserFiscalAccount,
)
from protocols.ncip.models.addresses import OrganizationNameInformation, PhysicalAddress
from protocols.ncip.rows import (
    AGENCY,
    AGENCY_ID,
    CODE,
    COUNT,
    FLAG,
    HEADER,
    ITEM_ELEMENTS,
    ITEM_FIELDS,
    MANY,
    MOMENT,
    NUMBER,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    USER,
    USER_ELEMENTS,
    USER_FIELDS,
    V1,
    V2,
    V2_02,
    Kind,
    Occurs,
    Row,
    Version,
)

__all__ = [
    "AGENCY",
    "CODE",
    "COUNT",
    "FLAG",
    "LAYOUTS",
    "MANY",
    "MOMENT",
    "NUMBER",
    "ONE",
    "OPTIONAL",
    "SOME",
    "TEXT",
    "V1",
    "V2",
    "V2_02",
    "Kind",
    "Occurs",
    "Row",
    "Version",
]

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
    LookupUser: (
        HEADER,
        *USER,
        Row("user_element_type", CODE, MANY, before=(V2, SOME)),
        Row("loaned_items_desired", FLAG, OPTIONAL),
        Row("requested_items_desired", FLAG, OPTIONAL),
        Row("user_fiscal_account_desired", FLAG, OPTIONAL),
    ),
    LookupItem: (
        HEADER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("item_element_type", CODE, MANY, before=(V2, SOME)),
        Row("current_borrower_desired", FLAG, OPTIONAL),
        Row("current_requesters_desired", FLAG, OPTIONAL),
    ),
    CheckOutItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE),
        Row("request_id", RequestId, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
        Row("desired_date_due", MOMENT, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    CheckInItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        Row("item_id", ItemId, ONE),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    RenewItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
        Row("desired_date_due", MOMENT, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
    ),
    BibliographicId: (
        Row("bibliographic_item_id", BibliographicItemId, ONE, choice="work"),
        Row("bibliographic_record_id", BibliographicRecordId, ONE, choice="work"),
    ),
    RequestItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, SOME, choice="item", before=((2, 1), ONE)),
        Row("bibliographic_id", BibliographicId, SOME, choice="item", before=((2, 1), ONE)),
        Row("request_id", RequestId, OPTIONAL),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, ONE),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL),
        Row("earliest_date_needed", MOMENT, OPTIONAL),
        Row("need_before_date", MOMENT, OPTIONAL),
        Row("pickup_location", CODE, OPTIONAL, since=V2),
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        Row("acknowledged_fee_amount", AcknowledgedFeeAmount, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    CancelRequestItem: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        *USER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    StructuredPersonalUserName: (
        Row("given_name", TEXT, OPTIONAL),
        Row("surname", TEXT, ONE),
    ),
    PersonalNameInformation: (
        Row("structured_personal_user_name", StructuredPersonalUserName, ONE, choice="name"),
        Row("unstructured_personal_user_name", TEXT, OPTIONAL, choice="name"),
    ),
    NameInformation: (
        Row("personal_name_information", PersonalNameInformation, ONE, choice="name"),
        Row("organization_name_information", OrganizationNameInformation, SOME, choice="name"),
    ),
    ElectronicAddress: (
        Row("electronic_address_type", CODE, ONE),
        Row("electronic_address_data", TEXT, ONE),
    ),
    UserAddressInformation: (
        Row("user_address_role_type", CODE, ONE),
        Row("physical_address", PhysicalAddress, ONE, choice="address"),
        Row("electronic_address", ElectronicAddress, ONE, choice="address"),
    ),
    UserPrivilegeStatus: (Row("user_privilege_status_type", CODE, ONE),),
    UserPrivilege: (
        Row("agency_id", CODE, ONE),
        Row("agency_user_privilege_type", CODE, ONE),
        Row("valid_from_date", MOMENT, OPTIONAL),
        Row("valid_to_date", MOMENT, OPTIONAL),
        Row("user_privilege_status", UserPrivilegeStatus, OPTIONAL),
    ),
    BlockOrTrap: (
        Row("agency_id", CODE, ONE),
        Row("block_or_trap_type", CODE, ONE),
        Row("valid_from_date", MOMENT, OPTIONAL),
        Row("valid_to_date", MOMENT, OPTIONAL),
    ),
    UserOptionalFields: (
        Row("name_information", NameInformation, OPTIONAL),
        Row("user_address_information", UserAddressInformation, MANY),
        Row("date_of_birth", MOMENT, OPTIONAL),
        Row("user_language", CODE, MANY),
        Row("user_privilege", UserPrivilege, MANY),
        Row("block_or_trap", BlockOrTrap, MANY),
        Row("user_id", UserId, MANY, name_1="VisibleUserId"),
        Row("previous_user_id", PreviousUserId, MANY, since=V2),
    ),
    BibliographicItemId: (
        Row("bibliographic_item_identifier", TEXT, ONE),
        Row("bibliographic_item_identifier_code", CODE, OPTIONAL),
    ),
    BibliographicRecordId: (
        Row("bibliographic_record_identifier", TEXT, ONE),
        Row("agency_id", CODE, ONE, choice="source"),
    ),
    BibliographicDescription: (
        Row("author", TEXT, OPTIONAL),
        Row("bibliographic_item_id", BibliographicItemId, OPTIONAL),
        Row("bibliographic_record_id", BibliographicRecordId, MANY, before=(V2, OPTIONAL)),
        Row("edition", TEXT, OPTIONAL),
        Row("place_of_publication", TEXT, OPTIONAL),
        Row("publication_date", TEXT, OPTIONAL),
        Row("publisher", TEXT, OPTIONAL),
        Row("series_title_number", TEXT, OPTIONAL),
        Row("title", TEXT, OPTIONAL),
        Row("language", CODE, OPTIONAL),
        Row("medium_type", CODE, OPTIONAL),
    ),
    ItemDescription: (Row("call_number", TEXT, OPTIONAL), Row("copy_number", TEXT, OPTIONAL)),
    LocationNameInstance: (
        Row("location_name_level", COUNT, ONE),
        Row("location_name_value", TEXT, ONE),
    ),
    LocationName: (Row("location_name_instance", LocationNameInstance, SOME),),
    Location: (Row("location_type", CODE, ONE), Row("location_name", LocationName, ONE)),
    ItemOptionalFields: (
        Row("bibliographic_description", BibliographicDescription, OPTIONAL),
        Row("item_use_restriction_type", CODE, MANY),
        Row("circulation_status", CODE, OPTIONAL),
        Row("hold_queue_length", COUNT, OPTIONAL),
        Row("item_description", ItemDescription, OPTIONAL),
        Row("location", Location, MANY),
        Row("electronic_resource", ElectronicResource, OPTIONAL),
        Row("date_due", MOMENT, OPTIONAL, since=V2_02),
    ),
    CurrentBorrower: (Row("user_id", UserId, ONE),),
    CurrentRequester: (Row("user_id", UserId, ONE),),
    ElectronicResource: (Row("reference_to_resource", TEXT, ONE, choice="resource"),),
    MandatedAction: (Row("date_event_occurred", MOMENT, ONE),),
    PreviousUserId: (
        Row("agency_id", CODE, ONE),
        Row("user_identifier_value", TEXT, ONE),
    ),
    ItemTransaction: (
        Row("current_borrower", CurrentBorrower, OPTIONAL),
        Row("current_requester", CurrentRequester, MANY),
    ),
    LoanedItemsCount: (
        Row("circulation_status", CODE, ONE, choice="counted"),
        Row("loaned_item_count_value", COUNT, ONE),
    ),
    LoanedItem: (
        Row("item_id", ItemId, ONE),
        Row("bibliographic_id", BibliographicId, MANY, since=V2_02),
        Row("reminder_level", COUNT, OPTIONAL, before=(V2_02, ONE), otherwise=1),
        Row("date_due", MOMENT, ONE, choice="period"),
        Row("amount", Amount, OPTIONAL, before=(V2_02, ONE), otherwise=Amount(Code("XXX"), 0)),
        Row("title", TEXT, OPTIONAL, since=V2),
    ),
    RequestedItemsCount: (
        Row("request_type", CODE, ONE, choice="counted"),
        Row("requested_item_count_value", COUNT, ONE),
    ),
    RequestedItem: (
        Row("request_id", RequestId, ONE, choice="request"),
        Row("item_id", ItemId, OPTIONAL, choice="request"),
        Row("bibliographic_id", BibliographicId, MANY, since=V2_02),
        Row("request_type", CODE, ONE),
        Row("request_status_type", CODE, ONE),
        Row("date_placed", MOMENT, ONE),
        Row("pickup_location", CODE, OPTIONAL, since=V2),
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        Row("hold_queue_position", COUNT, OPTIONAL),
        Row("title", TEXT, OPTIONAL, since=V2),
    ),
    Destination: (Row("location", Location, ONE, choice="place"),),
    RoutingInformation: (
        Row("routing_instructions", TEXT, ONE),
        Row("destination", Destination, ONE),
        Row("request_type", CODE, OPTIONAL),
        Row("user_id", UserId, OPTIONAL),
    ),
    LookupUserResponse: (
        RESPONSE_HEADER,
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("user_fiscal_account", UserFiscalAccount, MANY, choice="outcome"),
        Row("loaned_items_count", LoanedItemsCount, MANY, choice="outcome"),
        Row("loaned_item", LoanedItem, MANY, choice="outcome", within_1="UserTransaction"),
        Row("requested_items_count", RequestedItemsCount, MANY, choice="outcome"),
        Row("requested_item", RequestedItem, MANY, choice="outcome", within_1="UserTransaction"),
        Row("user_optional_fields", UserOptionalFields, OPTIONAL, choice="outcome"),
    ),
    LookupItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("date_recalled", MOMENT, OPTIONAL, choice="outcome"),
        Row("item_transaction", ItemTransaction, OPTIONAL, choice="outcome"),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, choice="outcome"),
    ),
    CheckOutItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("date_due", MOMENT, ONE, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    CheckInItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("routing_information", RoutingInformation, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    RequestItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("request_type", CODE, ONE, choice="outcome"),
        Row("request_scope_type", CODE, ONE, choice="outcome"),
        Row("date_available", MOMENT, OPTIONAL, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    CancelRequestItemResponse: (
        RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    RenewItemResponse: (
        RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("date_due", MOMENT, OPTIONAL, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        Row("fiscal_transaction_information", FiscalTransactionInformation, OPTIONAL),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
}
for _models in (
    accounts,
    addresses,
    agencies,
    item_sets,
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
