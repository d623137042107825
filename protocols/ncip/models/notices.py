"""SendUserNotice (Z39.83-1-2012, 5.4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from protocols.ncip.messages import (
    Amount,
    Code,
    InitiationHeader,
    MandatedAction,
    ResponseHeader,
    UserId,
)
from protocols.ncip.models.accounts import ItemDetails, UserFiscalAccount
from protocols.ncip.models.elements import element
from protocols.ncip.models.rows import (
    CODE,
    HEADER,
    MOMENT,
    ONE,
    OPTIONAL,
    RESPONSE_HEADER,
    SOME,
    TEXT,
    Row,
)
from protocols.ncip.models.users import UserPrivilege


@element
class NoticeItem:
    item_details: ItemDetails | None = None
    amount: Amount | None = None


@element
class UserNoticeDetails:
    notice_type: Code | None = None
    notice_content: str | None = None
    notice_item: tuple[NoticeItem, ...] = ()
    user_fiscal_account: UserFiscalAccount | None = None
    user_privilege: UserPrivilege | None = None


@element
class SendUserNotice:
    initiation_header: InitiationHeader | None = None
    mandated_action: MandatedAction | None = None
    user_id: UserId | None = None
    date_to_send: datetime | None = None
    user_notice_details: UserNoticeDetails | None = None


@element
class SendUserNoticeResponse:
    response_header: ResponseHeader | None = None
    user_id: UserId | None = None
    date_will_send: datetime | None = None


LAYOUTS: dict[type[Any], tuple[Row, ...]] = {
    NoticeItem: (
        Row("item_details", ItemDetails, ONE),
        Row("amount", Amount, OPTIONAL),
    ),
    UserNoticeDetails: (
        Row("notice_type", CODE, ONE),
        Row("notice_content", TEXT, OPTIONAL),
        Row("notice_item", NoticeItem, SOME, choice="about"),
        Row("user_fiscal_account", UserFiscalAccount, ONE, choice="about"),
        Row("user_privilege", UserPrivilege, ONE, choice="about"),
    ),
    SendUserNotice: (
        HEADER,
        Row("mandated_action", MandatedAction, OPTIONAL),
        Row("user_id", UserId, ONE),
        Row("date_to_send", MOMENT, OPTIONAL),
        Row("user_notice_details", UserNoticeDetails, ONE),
    ),
    SendUserNoticeResponse: (
        RESPONSE_HEADER,
        Row("user_id", UserId, ONE, choice="outcome"),
        Row("date_will_send", MOMENT, ONE, choice="outcome"),
    ),
}
