"""Messages to patrons: what could not be sent, what staff do about it, what they write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from circulation.digital_post.receipts import KeptReceipt
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import Logged
from protocols.api.models.common import Request, Sentence


class QueueQuery(Request):
    """Of how many days back; `waiting`: with what will be sent by itself."""

    days: Annotated[int, Field(ge=1, le=400)] = 28
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class PostReceipt:
    """What came back of a message: `status` in the words of who carried it."""

    at: datetime
    status: str
    error: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message as it was given to a channel, or that could not be; `text` is what it said.

    `patron` is whom it is about, `recipient` who got it.
    """

    id: str
    patron: str | None
    recipient: str | None
    kind: str
    channel: str
    address: str
    state: str
    created: datetime
    due: datetime
    sent: datetime | None
    changed: datetime | None
    attempts: int
    why: str
    language: str
    template: str
    subject: str
    text: str
    receipts: tuple[PostReceipt, ...]


@dataclass(frozen=True, slots=True)
class NoticeQueue:
    """What could not be sent, and what may have been sent, or not; the oldest first."""

    notices: tuple[Notice, ...]


def notice_shown(
    entry: Logged, known: Callable[[int], str | None], receipts: list[KeptReceipt]
) -> Notice:
    """`known` gives what a patron is called in the answer, by their id."""
    return Notice(
        str(entry.id),
        None if entry.patron_id is None else known(entry.patron_id),
        None if entry.recipient_id is None else known(entry.recipient_id),
        entry.kind.value,
        entry.channel,
        entry.address,
        entry.state.value,
        entry.created,
        entry.due,
        entry.sent,
        entry.changed,
        entry.attempts,
        entry.why,
        entry.language,
        entry.template,
        entry.subject,
        entry.text,
        tuple(PostReceipt(each.at, each.status, each.error_text) for each in receipts),
    )


class Decision(Request):
    """``resend`` tells it again, in the words of now and if it is still so; ``sent``: you have
    found out that it was; ``withdraw``: nobody is told."""

    decision: Literal["resend", "sent", "withdraw"]


class NewNotice(Request):
    """What staff write to a patron. `title` is that of a purchase, or of what cannot be obtained.
    `channels` go before those of the rule."""

    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    subject: Sentence = ""
    kind: Literal[
        "staff", "cannot_be_obtained", "purchase", "sorter_message", "supplier_agreement"
    ] = "staff"
    title: Sentence = ""
    channels: Annotated[
        tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=20)
    ] = ()


@dataclass(frozen=True, slots=True)
class NoticesMade:
    """The numbers of what the patron will be told."""

    notices: tuple[str, ...]


class ChoiceChange(Request):
    """Does the patron want messages of this kind?"""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a patron has said of messages, by their kind."""

    choices: Mapping[NoticeKind, bool]
