"""Existing requests: LookupRequest (Z39.83-1-2012, 5.3.3), UpdateRequestItem (5.4)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    InitiationMessage,
    ItemId,
    RequestId,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.accounts import AcknowledgedFeeAmount, FiscalTransactionInformation
from protocols.ncip.models.addresses import ShippingInformation
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import BibliographicId, ItemOptionalFields
from protocols.ncip.models.marks import ONE, V2, V2_01, Before, Choice, Since
from protocols.ncip.models.users import UserOptionalFields


@element
class RequestItem(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    item_id: Annotated[tuple[ItemId, ...], Choice("item"), Before(V2_01, ONE)] = ()
    bibliographic_id: Annotated[
        tuple[BibliographicId, ...], Choice("item"), Before(V2_01, ONE)
    ] = ()
    request_id: RequestId | None = None
    request_type: Annotated[Code, ONE] | None = None
    request_scope_type: Annotated[Code, ONE] | None = None
    item_optional_fields: Annotated[ItemOptionalFields, Since(V2)] | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None
    pickup_expiry_date: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CancelRequestItem(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    item_id: Annotated[ItemId, Choice("item")] | None = None
    request_id: Annotated[RequestId, Choice("item")] | None = None
    request_type: Annotated[Code, ONE] | None = None
    request_scope_type: Code | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RequestItemResponse(ResponseMessage):
    request_id: Annotated[RequestId, Choice("outcome")] | None = None
    item_id: ItemId | None = None
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    request_type: Annotated[Code, Choice("outcome")] | None = None
    request_scope_type: Annotated[Code, Choice("outcome")] | None = None
    date_available: datetime | None = None
    hold_pickup_date: datetime | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CancelRequestItemResponse(ResponseMessage):
    request_id: Annotated[RequestId, Choice("outcome")] | None = None
    item_id: ItemId | None = None
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class LookupRequest(InitiationMessage):
    user_id: Annotated[UserId, Choice("request")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("request")] = ()
    item_id: Annotated[ItemId, Choice("request")] | None = None
    request_type: Annotated[Code, Choice("request")] | None = None
    request_id: Annotated[RequestId, Choice("request")] | None = None
    request_element_type: tuple[Code, ...] = ()
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class LookupRequestResponse(ResponseMessage):
    request_id: Annotated[RequestId, Choice("outcome")] | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    request_type: Code | None = None
    request_scope_type: Code | None = None
    request_status_type: Code | None = None
    hold_queue_position: int | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None
    pickup_expiry_date: datetime | None = None
    date_of_user_request: datetime | None = None
    date_available: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class DeleteRequestFields:
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None


@element
class AddRequestFields:
    user_id: UserId | None = None
    item_id: ItemId | None = None
    request_scope_type: Code | None = None
    shipping_information: ShippingInformation | None = None
    earliest_date_needed: datetime | None = None
    need_before_date: datetime | None = None
    pickup_location: Annotated[Code, Since(V2)] | None = None


@element
class UpdateRequestItem(UpdateMessage):
    user_id: Annotated[UserId, Choice("request")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("request")] = ()
    item_id: Annotated[ItemId, Choice("request")] | None = None
    request_type: Annotated[Code, Choice("request")] | None = None
    request_id: Annotated[RequestId, Choice("request")] | None = None
    delete_request_fields: DeleteRequestFields | None = None
    add_request_fields: AddRequestFields | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class UpdateRequestItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    request_type: Annotated[Code, Choice("outcome")] | None = None
    request_scope_type: Annotated[Code, Choice("outcome")] | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None
