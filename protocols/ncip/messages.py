"""NCIP messages by the standard's names: a dataclass for each element that has children.

Z39.83-1-2012, 5.3 to 5.5, and the 2.02 schema. There is a field, in snake case, for each child
that is read or written; `protocols.ncip.layouts` says how. Every field may be absent: what a
service needs is for its handler to say, what an answer must have is checked when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.ncip.models.accounts import (
        AcknowledgedFeeAmount,
        FiscalTransactionInformation,
        RequiredFeeAmount,
        UserFiscalAccount,
    )
    from protocols.ncip.models.addresses import OrganizationNameInformation, PhysicalAddress

# Values


@dataclass(frozen=True, slots=True)
class Code:
    """A value of an open list, with the URI of its list where one was given."""

    value: str
    scheme: str | None = None


# Identifiers and headers


@dataclass(frozen=True, slots=True)
class UserId:
    agency_id: Code | None = None
    user_identifier_type: Code | None = None
    user_identifier_value: str | None = None


@dataclass(frozen=True, slots=True)
class ItemId:
    agency_id: Code | None = None
    item_identifier_type: Code | None = None
    item_identifier_value: str | None = None


@dataclass(frozen=True, slots=True)
class RequestId:
    agency_id: Code | None = None
    request_identifier_type: Code | None = None
    request_identifier_value: str | None = None


@dataclass(frozen=True, slots=True)
class FromAgencyId:
    agency_id: Code | None = None


@dataclass(frozen=True, slots=True)
class ToAgencyId:
    agency_id: Code | None = None


@dataclass(frozen=True, slots=True)
class OnBehalfOfAgency:
    agency_id: Code | None = None


@dataclass(frozen=True, slots=True)
class InitiationHeader:
    """Who asks whom. The authentications are secrets: they are in no repr."""

    from_system_id: Code | None = None
    from_system_authentication: str | None = field(default=None, repr=False)
    from_agency_id: FromAgencyId | None = None
    from_agency_authentication: str | None = field(default=None, repr=False)
    on_behalf_of_agency: OnBehalfOfAgency | None = None
    to_system_id: Code | None = None
    to_agency_id: ToAgencyId | None = None
    application_profile_type: Code | None = None


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    from_system_id: Code | None = None
    from_agency_id: FromAgencyId | None = None
    to_system_id: Code | None = None
    to_agency_id: ToAgencyId | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why not. `problem_value` is never a secret."""

    problem_type: Code | None = None
    problem_detail: str | None = None
    problem_element: str | None = None
    problem_value: str | None = None


@dataclass(frozen=True, slots=True)
class AuthenticationInput:
    """One thing a user typed: an identifier, or a secret. In no repr."""

    authentication_input_data: str | None = field(default=None, repr=False)
    authentication_data_format_type: Code | None = None
    authentication_input_type: Code | None = None


# Requests


@dataclass(frozen=True, slots=True)
class MandatedAction:
    """The initiator has done it already: it is to be recorded, whatever the rules say."""

    date_event_occurred: datetime | None = None


@dataclass(frozen=True, slots=True)
class LookupUser:
    initiation_header: InitiationHeader | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    user_element_type: tuple[Code, ...] = ()
    loaned_items_desired: bool = False
    requested_items_desired: bool = False
    user_fiscal_account_desired: bool = False


@dataclass(frozen=True, slots=True)
class LookupItem:
    initiation_header: InitiationHeader | None = None
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    item_element_type: tuple[Code, ...] = ()
    current_borrower_desired: bool = False
    current_requesters_desired: bool = False


@dataclass(frozen=True, slots=True)
class CheckOutItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    desired_date_due: datetime | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckInItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class RenewItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()
    desired_date_due: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None


@dataclass(frozen=True, slots=True)
class BibliographicId:
    bibliographic_item_id: BibliographicItemId | None = None
    bibliographic_record_id: BibliographicRecordId | None = None


@dataclass(frozen=True, slots=True)
class RequestItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: tuple[ItemId, ...] = ()
    bibliographic_id: tuple[BibliographicId, ...] = ()
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_optional_fields: ItemOptionalFields | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelRequestItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_id: ItemId | None = None
    request_id: RequestId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherService:
    """A request for one of the services that Tiro does not offer: only its header is read."""

    service: str
    initiation_header: InitiationHeader | None = None


@dataclass(frozen=True, slots=True)
class LookupVersion:
    """Which versions? Asked outright, or by a message in a version that is not spoken here.

    It belongs to no version: its schema is ncip_version.xsd.
    """

    from_agency_id: Code | None = None
    to_agency_id: Code | None = None


# What is told about users


@dataclass(frozen=True, slots=True)
class StructuredPersonalUserName:
    given_name: str | None = None
    surname: str | None = None


@dataclass(frozen=True, slots=True)
class PersonalNameInformation:
    structured_personal_user_name: StructuredPersonalUserName | None = None
    unstructured_personal_user_name: str | None = None


@dataclass(frozen=True, slots=True)
class NameInformation:
    personal_name_information: PersonalNameInformation | None = None
    organization_name_information: tuple[OrganizationNameInformation, ...] = ()


@dataclass(frozen=True, slots=True)
class ElectronicAddress:
    electronic_address_type: Code | None = None
    electronic_address_data: str | None = None


@dataclass(frozen=True, slots=True)
class UserAddressInformation:
    user_address_role_type: Code | None = None
    physical_address: PhysicalAddress | None = None
    electronic_address: ElectronicAddress | None = None


@dataclass(frozen=True, slots=True)
class UserPrivilegeStatus:
    user_privilege_status_type: Code | None = None


@dataclass(frozen=True, slots=True)
class UserPrivilege:
    agency_id: Code | None = None
    agency_user_privilege_type: Code | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None
    user_privilege_status: UserPrivilegeStatus | None = None


@dataclass(frozen=True, slots=True)
class BlockOrTrap:
    agency_id: Code | None = None
    block_or_trap_type: Code | None = None
    valid_from_date: datetime | None = None
    valid_to_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class PreviousUserId:
    agency_id: Code | None = None
    user_identifier_value: str | None = None


@dataclass(frozen=True, slots=True)
class UserOptionalFields:
    name_information: NameInformation | None = None
    user_address_information: tuple[UserAddressInformation, ...] = ()
    date_of_birth: datetime | None = None
    user_language: tuple[Code, ...] = ()
    user_privilege: tuple[UserPrivilege, ...] = ()
    block_or_trap: tuple[BlockOrTrap, ...] = ()
    user_id: tuple[UserId, ...] = ()
    previous_user_id: tuple[PreviousUserId, ...] = ()


# What is told about items


@dataclass(frozen=True, slots=True)
class BibliographicItemId:
    bibliographic_item_identifier: str | None = None
    bibliographic_item_identifier_code: Code | None = None


@dataclass(frozen=True, slots=True)
class BibliographicRecordId:
    bibliographic_record_identifier: str | None = None
    agency_id: Code | None = None


@dataclass(frozen=True, slots=True)
class BibliographicDescription:
    author: str | None = None
    bibliographic_item_id: BibliographicItemId | None = None
    bibliographic_record_id: tuple[BibliographicRecordId, ...] = ()
    edition: str | None = None
    place_of_publication: str | None = None
    publication_date: str | None = None
    publisher: str | None = None
    series_title_number: str | None = None
    title: str | None = None
    language: Code | None = None
    medium_type: Code | None = None


@dataclass(frozen=True, slots=True)
class ItemDescription:
    call_number: str | None = None
    copy_number: str | None = None


@dataclass(frozen=True, slots=True)
class LocationNameInstance:
    location_name_level: int | None = None
    location_name_value: str | None = None


@dataclass(frozen=True, slots=True)
class LocationName:
    location_name_instance: tuple[LocationNameInstance, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    location_type: Code | None = None
    location_name: LocationName | None = None


@dataclass(frozen=True, slots=True)
class ElectronicResource:
    reference_to_resource: str | None = None


@dataclass(frozen=True, slots=True)
class ItemOptionalFields:
    bibliographic_description: BibliographicDescription | None = None
    item_use_restriction_type: tuple[Code, ...] = ()
    circulation_status: Code | None = None
    hold_queue_length: int | None = None
    item_description: ItemDescription | None = None
    location: tuple[Location, ...] = ()
    electronic_resource: ElectronicResource | None = None
    date_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: `monetary_value` in minor units of an ISO 4217 currency."""

    currency_code: Code | None = None
    monetary_value: int | None = None


@dataclass(frozen=True, slots=True)
class CurrentBorrower:
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class CurrentRequester:
    user_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class ItemTransaction:
    current_borrower: CurrentBorrower | None = None
    current_requester: tuple[CurrentRequester, ...] = ()


@dataclass(frozen=True, slots=True)
class LoanedItemsCount:
    circulation_status: Code | None = None
    loaned_item_count_value: int | None = None


@dataclass(frozen=True, slots=True)
class LoanedItem:
    item_id: ItemId | None = None
    bibliographic_id: tuple[BibliographicId, ...] = ()
    reminder_level: int | None = None
    date_due: datetime | None = None
    amount: Amount | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class RequestedItemsCount:
    request_type: Code | None = None
    requested_item_count_value: int | None = None


@dataclass(frozen=True, slots=True)
class RequestedItem:
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    bibliographic_id: tuple[BibliographicId, ...] = ()
    request_type: Code | None = None
    request_status_type: Code | None = None
    date_placed: datetime | None = None
    pickup_location: Code | None = None
    pickup_expiry_date: datetime | None = None
    hold_queue_position: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class RoutingInformation:
    routing_instructions: str | None = None
    destination: Destination | None = None
    request_type: Code | None = None
    user_id: UserId | None = None


# Responses


@dataclass(frozen=True, slots=True)
class LookupUserResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None
    user_fiscal_account: tuple[UserFiscalAccount, ...] = ()
    loaned_items_count: tuple[LoanedItemsCount, ...] = ()
    loaned_item: tuple[LoanedItem, ...] = ()
    requested_items_count: tuple[RequestedItemsCount, ...] = ()
    requested_item: tuple[RequestedItem, ...] = ()
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class LookupItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    hold_pickup_date: datetime | None = None
    date_recalled: datetime | None = None
    item_transaction: ItemTransaction | None = None
    item_optional_fields: ItemOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class CheckOutItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class CheckInItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    routing_information: RoutingInformation | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class RenewItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class RequestItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    date_available: datetime | None = None
    hold_pickup_date: datetime | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class CancelRequestItemResponse:
    response_header: ResponseHeader | None = None
    request_id: RequestId | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The response of any service that could not be carried out: its Problems.

    `service` None stands for a message whose service cannot be told: the Problems are then the
    children of NCIPMessage. `required_fee_amount` is what it would cost, where that is why.
    """

    service: str | None
    problem: tuple[Problem, ...]
    response_header: ResponseHeader | None = None
    required_fee_amount: RequiredFeeAmount | None = None


@dataclass(frozen=True, slots=True)
class LookupVersionResponse:
    from_agency_id: Code | None
    to_agency_id: Code | None
    version_supported: tuple[str, ...]
    service_supported: tuple[str, ...]


Request = (
    LookupUser
    | LookupItem
    | CheckOutItem
    | CheckInItem
    | RenewItem
    | RequestItem
    | CancelRequestItem
    | OtherService
    | LookupVersion
)
Response = (
    LookupUserResponse
    | LookupItemResponse
    | CheckOutItemResponse
    | CheckInItemResponse
    | RenewItemResponse
    | RequestItemResponse
    | CancelRequestItemResponse
    | Refusal
    | LookupVersionResponse
)
