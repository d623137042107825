"""SendUserNotice (Z39.83-1-2012, 5.4)."""

from datetime import datetime
from typing import Annotated

from protocols.ncip.messages import (
    Amount,
    Code,
    ResponseMessage,
    UpdateMessage,
    UserId,
)
from protocols.ncip.models.accounts import ItemDetails, UserFiscalAccount
from protocols.ncip.models.elements import element
from protocols.ncip.models.marks import ONE, Choice
from protocols.ncip.models.users import UserPrivilege


@element
class NoticeItem:
    item_details: Annotated[ItemDetails, ONE] | None = None
    amount: Amount | None = None


@element
class UserNoticeDetails:
    notice_type: Annotated[Code, ONE] | None = None
    notice_content: str | None = None
    notice_item: Annotated[tuple[NoticeItem, ...], Choice("about")] = ()
    user_fiscal_account: Annotated[UserFiscalAccount, Choice("about")] | None = None
    user_privilege: Annotated[UserPrivilege, Choice("about")] | None = None


@element
class SendUserNotice(UpdateMessage):
    user_id: Annotated[UserId, ONE] | None = None
    date_to_send: datetime | None = None
    user_notice_details: Annotated[UserNoticeDetails, ONE] | None = None


@element
class SendUserNoticeResponse(ResponseMessage):
    user_id: Annotated[UserId, Choice("outcome")] | None = None
    date_will_send: Annotated[datetime, Choice("outcome")] | None = None
