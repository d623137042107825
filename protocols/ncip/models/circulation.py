"""CheckOutItem, CheckInItem and RenewItem (Z39.83-1-2012, 5.4)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    ItemId,
    RequestId,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.accounts import AcknowledgedFeeAmount, FiscalTransactionInformation
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ItemOptionalFields, Location
from protocols.ncip.models.marks import ONE, Choice
from protocols.ncip.models.users import UserOptionalFields


@element
class CheckOutItem(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    item_id: Annotated[ItemId, ONE] | None = None
    request_id: RequestId | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None
    desired_date_due: datetime | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CheckInItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RenewItem(UpdateMessage):
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    item_id: Annotated[ItemId, ONE] | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()
    desired_date_due: datetime | None = None
    acknowledged_fee_amount: AcknowledgedFeeAmount | None = None


@element
class Destination:
    location: Annotated[Location, Choice("place")] | None = None


@element
class RoutingInformation:
    routing_instructions: Annotated[str, ONE] | None = None
    destination: Annotated[Destination, ONE] | None = None
    request_type: Code | None = None
    user_id: UserId | None = None


@element
class CheckOutItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    date_due: Annotated[datetime, Choice("outcome")] | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CheckInItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None
    routing_information: RoutingInformation | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class RenewItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    renewal_count: int | None = None
    fiscal_transaction_information: FiscalTransactionInformation | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None
