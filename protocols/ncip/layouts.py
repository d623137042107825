"""The content models of NCIP messages as tables, in the order of the 2.02 schema.

A row for each field of a dataclass of `protocols.ncip.messages`; the codec reads and writes by
these rows alone. What the schema allows and Tiro neither reads nor writes has no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from protocols.ncip.messages import (
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
    CurrentBorrower,
    Destination,
    ElectronicAddress,
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
    NameInformation,
    PersonalNameInformation,
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


class Kind(Enum):
    """How the content of an element without a layout of its own is written."""

    TEXT = "xs:string"
    CODE = "SchemeValuePair"
    MOMENT = "xs:dateTime"
    COUNT = "xs:nonNegativeInteger"
    FLAG = "no content"


class Occurs(Enum):
    """How often an element stands in its parent."""

    ONE = "1"
    OPTIONAL = "?"
    SOME = "+"
    MANY = "*"


ONE, OPTIONAL, SOME, MANY = Occurs.ONE, Occurs.OPTIONAL, Occurs.SOME, Occurs.MANY
TEXT, CODE, MOMENT, COUNT, FLAG = Kind.TEXT, Kind.CODE, Kind.MOMENT, Kind.COUNT, Kind.FLAG


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a content model.

    `kind` is a `Kind`, or the dataclass of the element. `choice` names the group of alternatives
    it belongs to, of which one is given. `since` is the first version that knows the element
    there, as major and minor.
    """

    name: str
    kind: Any
    occurs: Occurs
    choice: str = ""
    since: tuple[int, int] = (2, 0)

    @property
    def element(self) -> str:
        """The element's name: ``item_id`` is ItemId."""
        return "".join(part.capitalize() for part in self.name.split("_"))


_HEADER = Row("initiation_header", InitiationHeader, OPTIONAL)
_RESPONSE_HEADER = Row("response_header", ResponseHeader, OPTIONAL)
_USER = (
    Row("user_id", UserId, ONE, choice="user"),
    Row("authentication_input", AuthenticationInput, SOME, choice="user"),
)
_ITEM_ELEMENTS = Row("item_element_type", CODE, MANY)
_USER_ELEMENTS = Row("user_element_type", CODE, MANY)
_ITEM_FIELDS = Row("item_optional_fields", ItemOptionalFields, OPTIONAL)
_USER_FIELDS = Row("user_optional_fields", UserOptionalFields, OPTIONAL)

#: The rows of each element that has children.
LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    UserId: (
        Row("agency_id", CODE, OPTIONAL),
        Row("user_identifier_type", CODE, OPTIONAL),
        Row("user_identifier_value", TEXT, ONE),
    ),
    ItemId: (
        Row("agency_id", CODE, OPTIONAL),
        Row("item_identifier_type", CODE, OPTIONAL),
        Row("item_identifier_value", TEXT, ONE),
    ),
    RequestId: (
        Row("agency_id", CODE, OPTIONAL),
        Row("request_identifier_type", CODE, OPTIONAL),
        Row("request_identifier_value", TEXT, ONE),
    ),
    FromAgencyId: (Row("agency_id", CODE, ONE),),
    ToAgencyId: (Row("agency_id", CODE, ONE),),
    InitiationHeader: (
        Row("from_system_id", CODE, OPTIONAL),
        Row("from_agency_id", FromAgencyId, ONE),
        Row("from_agency_authentication", TEXT, OPTIONAL),
        Row("to_system_id", CODE, OPTIONAL),
        Row("to_agency_id", ToAgencyId, ONE),
    ),
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
        _HEADER,
        *_USER,
        _USER_ELEMENTS,
        Row("loaned_items_desired", FLAG, OPTIONAL),
        Row("requested_items_desired", FLAG, OPTIONAL),
        Row("user_fiscal_account_desired", FLAG, OPTIONAL),
    ),
    LookupItem: (
        _HEADER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        _ITEM_ELEMENTS,
        Row("current_borrower_desired", FLAG, OPTIONAL),
        Row("current_requesters_desired", FLAG, OPTIONAL),
    ),
    CheckOutItem: (
        _HEADER,
        *_USER,
        Row("item_id", ItemId, ONE),
        Row("request_id", RequestId, OPTIONAL),
        Row("desired_date_due", MOMENT, OPTIONAL),
        _ITEM_ELEMENTS,
        _USER_ELEMENTS,
    ),
    CheckInItem: (_HEADER, Row("item_id", ItemId, ONE), _ITEM_ELEMENTS, _USER_ELEMENTS),
    RenewItem: (
        _HEADER,
        *_USER,
        Row("item_id", ItemId, ONE),
        _ITEM_ELEMENTS,
        _USER_ELEMENTS,
        Row("desired_date_due", MOMENT, OPTIONAL),
    ),
    BibliographicId: (
        Row("bibliographic_item_id", BibliographicItemId, ONE, choice="work"),
        Row("bibliographic_record_id", BibliographicRecordId, ONE, choice="work"),
    ),
    RequestItem: (
        _HEADER,
        *_USER,
        Row("item_id", ItemId, SOME, choice="item"),
        Row("bibliographic_id", BibliographicId, SOME, choice="item"),
        Row("request_id", RequestId, OPTIONAL),
        Row("request_type", CODE, ONE),
        Row("request_scope_type", CODE, ONE),
        Row("earliest_date_needed", MOMENT, OPTIONAL),
        Row("need_before_date", MOMENT, OPTIONAL),
        Row("pickup_location", CODE, OPTIONAL),
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        _ITEM_ELEMENTS,
        _USER_ELEMENTS,
    ),
    CancelRequestItem: (
        _HEADER,
        *_USER,
        Row("item_id", ItemId, ONE, choice="item"),
        Row("request_id", RequestId, ONE, choice="item"),
        Row("request_type", CODE, ONE),
        _ITEM_ELEMENTS,
        _USER_ELEMENTS,
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
    ),
    ElectronicAddress: (
        Row("electronic_address_type", CODE, ONE),
        Row("electronic_address_data", TEXT, ONE),
    ),
    UserAddressInformation: (
        Row("user_address_role_type", CODE, ONE),
        Row("electronic_address", ElectronicAddress, ONE, choice="address"),
    ),
    UserPrivilegeStatus: (Row("user_privilege_status_type", CODE, ONE),),
    UserPrivilege: (
        Row("agency_id", CODE, ONE),
        Row("agency_user_privilege_type", CODE, ONE),
        Row("valid_to_date", MOMENT, OPTIONAL),
        Row("user_privilege_status", UserPrivilegeStatus, OPTIONAL),
    ),
    BlockOrTrap: (
        Row("agency_id", CODE, ONE),
        Row("block_or_trap_type", CODE, ONE),
        Row("valid_from_date", MOMENT, OPTIONAL),
    ),
    UserOptionalFields: (
        Row("name_information", NameInformation, OPTIONAL),
        Row("user_address_information", UserAddressInformation, MANY),
        Row("date_of_birth", MOMENT, OPTIONAL),
        Row("user_language", CODE, MANY),
        Row("user_privilege", UserPrivilege, MANY),
        Row("block_or_trap", BlockOrTrap, MANY),
        Row("user_id", UserId, MANY),
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
        Row("bibliographic_record_id", BibliographicRecordId, MANY),
        Row("publication_date", TEXT, OPTIONAL),
        Row("title", TEXT, OPTIONAL),
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
        Row("circulation_status", CODE, OPTIONAL),
        Row("hold_queue_length", COUNT, OPTIONAL),
        Row("item_description", ItemDescription, OPTIONAL),
        Row("location", Location, MANY),
        Row("date_due", MOMENT, OPTIONAL, since=(2, 2)),
    ),
    CurrentBorrower: (Row("user_id", UserId, ONE),),
    ItemTransaction: (Row("current_borrower", CurrentBorrower, OPTIONAL),),
    LoanedItemsCount: (
        Row("circulation_status", CODE, ONE, choice="counted"),
        Row("loaned_item_count_value", COUNT, ONE),
    ),
    LoanedItem: (
        Row("item_id", ItemId, ONE),
        Row("date_due", MOMENT, ONE, choice="period"),
        Row("title", TEXT, OPTIONAL),
    ),
    RequestedItemsCount: (
        Row("request_type", CODE, ONE, choice="counted"),
        Row("requested_item_count_value", COUNT, ONE),
    ),
    RequestedItem: (
        Row("request_id", RequestId, ONE, choice="request"),
        Row("item_id", ItemId, OPTIONAL, choice="request"),
        Row("request_type", CODE, ONE),
        Row("request_status_type", CODE, ONE),
        Row("date_placed", MOMENT, ONE),
        Row("pickup_location", CODE, OPTIONAL),
        Row("pickup_expiry_date", MOMENT, OPTIONAL),
        Row("hold_queue_position", COUNT, OPTIONAL),
        Row("title", TEXT, OPTIONAL),
    ),
    Destination: (Row("location", Location, ONE, choice="place"),),
    RoutingInformation: (
        Row("routing_instructions", TEXT, ONE),
        Row("destination", Destination, ONE),
    ),
    LookupUserResponse: (
        _RESPONSE_HEADER,
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("loaned_items_count", LoanedItemsCount, MANY, choice="outcome"),
        Row("loaned_item", LoanedItem, MANY, choice="outcome"),
        Row("requested_items_count", RequestedItemsCount, MANY, choice="outcome"),
        Row("requested_item", RequestedItem, MANY, choice="outcome"),
        Row("user_optional_fields", UserOptionalFields, OPTIONAL, choice="outcome"),
    ),
    LookupItemResponse: (
        _RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("item_transaction", ItemTransaction, OPTIONAL, choice="outcome"),
        Row("item_optional_fields", ItemOptionalFields, OPTIONAL, choice="outcome"),
    ),
    CheckOutItemResponse: (
        _RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("date_due", MOMENT, ONE, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        _ITEM_FIELDS,
        _USER_FIELDS,
    ),
    CheckInItemResponse: (
        _RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("routing_information", RoutingInformation, OPTIONAL, choice="outcome"),
        _ITEM_FIELDS,
        _USER_FIELDS,
    ),
    RequestItemResponse: (
        _RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("request_type", CODE, ONE, choice="outcome"),
        Row("request_scope_type", CODE, ONE, choice="outcome"),
        Row("hold_pickup_date", MOMENT, OPTIONAL, choice="outcome"),
        _ITEM_FIELDS,
        _USER_FIELDS,
    ),
    CancelRequestItemResponse: (
        _RESPONSE_HEADER,
        Row("request_id", RequestId, ONE, choice="outcome"),
        Row("item_id", ItemId, OPTIONAL, choice="outcome"),
        Row("user_id", UserId, ONE, choice="outcome"),
        _ITEM_FIELDS,
        _USER_FIELDS,
    ),
    RenewItemResponse: (
        _RESPONSE_HEADER,
        Row("item_id", ItemId, ONE, choice="outcome"),
        Row("user_id", UserId, OPTIONAL, choice="outcome"),
        Row("date_due", MOMENT, OPTIONAL, choice="outcome"),
        Row("renewal_count", COUNT, OPTIONAL, choice="outcome"),
        _ITEM_FIELDS,
        _USER_FIELDS,
    ),
}
