"""What befalls an item: recalls, reports, statuses, a check-out undone (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    AuthenticationInput,
    Code,
    InitiationHeader,
    ItemId,
    MandatedAction,
    RequestId,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.elements import element
from protocols.ncip.models.items import ITEM_FIELDS, ItemOptionalFields
from protocols.ncip.models.rows import (
    CODE,
    FLAG,
    HEADER,
    ITEM_ELEMENTS,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    USER,
    USER_ELEMENTS,
    Row,
)
from protocols.ncip.models.users import USER_FIELDS, UserOptionalFields


@element
class UndoCheckOutItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    request_id: RequestId | None = None


@element
class UndoCheckOutItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None


@element
class RecallItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    desired_date_due: datetime | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class RecallItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    date_due: datetime | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class CancelRecallItem:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class CancelRecallItemResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class ItemReportedReturned:
    date_reported_returned: datetime | None = None


@element
class ReportCirculationStatusChange:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    authentication_input: tuple[AuthenticationInput, ...] = ()
    item_reported_returned: ItemReportedReturned | None = None
    item_reported_never_borrowed: bool = False
    item_reported_lost: bool = False
    item_reported_missing: bool = False
    item_element_type: tuple[Code, ...] = ()
    user_element_type: tuple[Code, ...] = ()


@element
class ReportCirculationStatusChangeResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None
    user_id: UserId | None = None
    item_optional_fields: ItemOptionalFields | None = None
    user_optional_fields: UserOptionalFields | None = None


@element
class UpdateCirculationStatus:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    item_id: ItemId | None = None
    circulation_status: Code | None = None


@element
class UpdateCirculationStatusResponse:
    response_header: ResponseHeader | None = None
    item_id: ItemId | None = None


_MANDATED = Row("mandated_action", MandatedAction, OPTIONAL)
_ITEM = Row("item_id", ItemId, ONE)
_ITEM_ANSWERED = Row("item_id", ItemId, ONE, choice="outcome")
_USER_ANSWERED = Row("user_id", UserId, OPTIONAL, choice="outcome")
_TOLD = (RESPONSE_HEADER, _ITEM_ANSWERED, _USER_ANSWERED, ITEM_FIELDS, USER_FIELDS)

LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    UndoCheckOutItem: (
        HEADER,
        _MANDATED,
        _ITEM,
        *USER,
        Row("request_id", RequestId, OPTIONAL),
    ),
    UndoCheckOutItemResponse: (RESPONSE_HEADER, _ITEM_ANSWERED, _USER_ANSWERED),
    RecallItem: (
        HEADER,
        _MANDATED,
        _ITEM,
        Row("desired_date_due", MOMENT, OPTIONAL),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    RecallItemResponse: (
        RESPONSE_HEADER,
        _ITEM_ANSWERED,
        _USER_ANSWERED,
        Row("date_due", MOMENT, OPTIONAL, choice="outcome"),
        ITEM_FIELDS,
        USER_FIELDS,
    ),
    CancelRecallItem: (HEADER, _MANDATED, _ITEM, ITEM_ELEMENTS, USER_ELEMENTS),
    CancelRecallItemResponse: _TOLD,
    ItemReportedReturned: (Row("date_reported_returned", MOMENT, ONE),),
    ReportCirculationStatusChange: (
        HEADER,
        _MANDATED,
        _ITEM,
        Row("user_id", UserId, ONE, choice="user"),
        Row("authentication_input", AuthenticationInput, SOME, choice="user"),
        Row("item_reported_returned", ItemReportedReturned, ONE, choice="report"),
        Row("item_reported_never_borrowed", FLAG, ONE, choice="report"),
        Row("item_reported_lost", FLAG, ONE, choice="report"),
        Row("item_reported_missing", FLAG, ONE, choice="report"),
        ITEM_ELEMENTS,
        USER_ELEMENTS,
    ),
    ReportCirculationStatusChangeResponse: _TOLD,
    UpdateCirculationStatus: (
        HEADER,
        _MANDATED,
        _ITEM,
        Row("circulation_status", CODE, ONE),
    ),
    UpdateCirculationStatusResponse: (RESPONSE_HEADER, _ITEM_ANSWERED),
}
