"""What happens to an item: recalls, reports, statuses, an undone check-out (Z39.83-1-2012, 5.4)."""

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
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ItemOptionalFields
from protocols.ncip.models.marks import ONE, Choice
from protocols.ncip.models.users import UserOptionalFields


@element
class UndoCheckOutItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    request_id: RequestId | None = None


@element
class UndoCheckOutItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None


@element
class RecallItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    desired_date_due: datetime | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RecallItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CancelRecallItem(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CancelRecallItemResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class ItemReportedReturned:
    date_reported_returned: Annotated[datetime, ONE] | None = None


@element
class ReportCirculationStatusChange(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    user_id: Annotated[UserId, Choice("user")] | None = None
    authentication_input: Annotated[tuple[AuthenticationInput, ...], Choice("user")] = ()
    item_reported_returned: Annotated[ItemReportedReturned, Choice("report")] | None = None
    item_reported_never_borrowed: Annotated[bool, Choice("report")] = False
    item_reported_lost: Annotated[bool, Choice("report")] = False
    item_reported_missing: Annotated[bool, Choice("report")] = False
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class ReportCirculationStatusChangeResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class UpdateCirculationStatus(UpdateMessage):
    item_id: Annotated[ItemId, ONE] | None = None
    circulation_status: Annotated[Code, ONE] | None = None


@element
class UpdateCirculationStatusResponse(ResponseMessage):
    item_id: Annotated[ItemId, Choice("outcome")] | None = None
