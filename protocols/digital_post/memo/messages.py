"""A whole MeMo message: what a program fills in, in the standard's own names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from protocols.digital_post.memo.documents import MessageBody
from protocols.digital_post.memo.people import Recipient, Sender
from protocols.digital_post.memo.subjects import ContentData, ForwardData, ReplyData


class MemoVersion(Enum):
    """The value is the attribute ``memoVersion``. There is no schema after 1.1."""

    V1_1 = "1.1"
    V1_2 = "1.2"


class MessageType(Enum):
    DIGITALPOST = "DIGITALPOST"
    NEMSMS = "NEMSMS"


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """`label` is the subject, and `notification` the text of the alert by e-mail and SMS: neither
    may hold anything sensitive. A NemSMS is its notification, of 150 characters at most.

    `message_id` is the sender's own name for the message and comes back in receipts.
    `mandatory` and `legal_notification` must be given in 1.1 and may be left out in 1.2.
    """

    message_type: MessageType
    message_uuid: str
    label: str
    sender: Sender
    recipient: Recipient
    message_id: str | None = None
    message_code: str | None = None
    notification: str | None = None
    additional_notification: str | None = None
    reply: bool | None = None
    reply_by_date_time: datetime | None = None
    do_not_deliver_until_date: date | None = None
    mandatory: bool | None = False
    legal_notification: bool | None = False
    post_type: str | None = None
    content_data: ContentData | None = None
    forward_data: ForwardData | None = None
    reply_data: tuple[ReplyData, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Only a NemSMS has no `message_body`."""

    message_header: MessageHeader
    message_body: MessageBody | None = None
