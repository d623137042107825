"""Messages to patrons: what could not be sent, what staff do about it, what they write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from circulation.digital_post.receipts import KeptReceipt
from circulation.kernel.elsewhere import Period
from circulation.kernel.rules import scope_of
from circulation.kernel.set_up import SetUp
from circulation.notices.explaining import ExplainedCause
from circulation.notices.kinds import NoticeKind
from circulation.notices.log import Logged
from circulation.notices.silence import SilentBatch as KnownBatch
from protocols.api.models.answers import Money
from protocols.api.models.common import Number, Request, Sentence
from protocols.api.models.money import RuleValue


class QueueQuery(Request):
    """Of how many days back; `waiting`: with what has not been tried yet."""

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

    `patron` is whom it is about, `recipient` who got it. `next_attempt` is set while it waits
    because an attempt has failed.
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
    next_attempt: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeQueue:
    """What could not be sent, what may have been sent, and what waits for another attempt; the
    oldest first."""

    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """What a patron was told, is to be told, or could not be; the newest first."""

    messages: tuple[Notice, ...]


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
        entry.next_attempt,
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


@dataclass(frozen=True, slots=True)
class Happened:
    """The event that a message was made of."""

    id: str
    kind: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class LoanTold:
    """A loan that a message tells of, as it stands now."""

    item: str
    title: str
    branch: str
    lent: datetime
    due: datetime
    renewals: int
    returned: datetime | None


@dataclass(frozen=True, slots=True)
class HoldTold:
    """A hold that a message tells of."""

    hold: str
    title: str
    branch: str


@dataclass(frozen=True, slots=True)
class ChargeTold:
    """A charge that a message tells of."""

    charge: str
    kind: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class BookingTold:
    """A booking that a message tells of."""

    booking: str
    title: str


@dataclass(frozen=True, slots=True)
class WayOpen:
    """A channel of the rule, in its order: whom it reaches and where, and whether it failed."""

    recipient: str
    channel: str
    configured: bool
    address: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """What becomes of it if it is looked at now, in which words."""

    state: str
    why: str
    channel: str
    later: datetime | None
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CauseExplained:
    """One thing that a message tells: what happened, what it is about, and which rules decided.
    `facts` are what it was asked for with; amounts among them are in minor units."""

    notice: str
    event: Happened | None
    facts: Mapping[str, Any]
    loans: tuple[LoanTold, ...]
    holds: tuple[HoldTold, ...]
    charges: tuple[ChargeTold, ...]
    bookings: tuple[BookingTold, ...]
    branch: str
    rules: Mapping[str, RuleValue]
    channels: tuple[WayOpen, ...]
    now: Prospect | None


@dataclass(frozen=True, slots=True)
class NoticeExplained:
    """A message, and why it was made or is to be."""

    message: Notice
    tells: tuple[CauseExplained, ...]


def cause_shown(cause: ExplainedCause, *, with_addresses: bool) -> CauseExplained:
    event, about, planned = cause.event, cause.about, cause.next
    return CauseExplained(
        str(cause.notice.id),
        None if event is None else Happened(str(event.id), event.kind.value, event.at, event.actor),
        cause.notice.facts,
        tuple(
            LoanTold(
                each.barcode,
                each.title,
                each.branch,
                each.checked_out,
                each.due,
                each.renewals,
                each.checked_in,
            )
            for each in about.loans
        ),
        tuple(HoldTold(str(each.id), each.title, each.branch) for each in about.holds),
        tuple(
            ChargeTold(
                str(each.id),
                each.kind,
                Money(each.amount, each.currency),
                Money(each.balance, each.currency),
            )
            for each in about.charges
        ),
        tuple(BookingTold(str(each.id), each.title) for each in about.bookings),
        cause.branch.isil,
        {
            part.field: RuleValue(part.value, part.rule and scope_of(part.rule, cause.branch))
            for part in cause.fields
        },
        tuple(
            WayOpen(
                each.recipient,
                each.channel,
                each.is_configured,
                each.address if with_addresses else None,
                each.has_failed,
            )
            for each in cause.ways
        ),
        None
        if planned is None
        else Prospect(
            planned.state.value,
            planned.why,
            planned.channel,
            planned.due,
            planned.text.subject if planned.text else "",
            planned.text.body if planned.text else "",
        ),
    )


class ReceiptQuery(Request):
    """Receipts of these messages, or, where none is named, of messages that nobody here knows that
    came in the last `days`."""

    notice: Annotated[tuple[Number, ...], Field(max_length=100)] = ()
    days: Annotated[int, Field(ge=1, le=400)] = 28


@dataclass(frozen=True, slots=True)
class DigitalPostReceipt:
    """A receipt as the platform worded it; `received` is when it was taken in."""

    notice: str | None
    uuid: str
    transmission: str
    channel: str
    status: str
    error: str
    at: datetime
    received: datetime
    name: str


@dataclass(frozen=True, slots=True)
class DigitalPostReceipts:
    """In the order in which it came about."""

    receipts: tuple[DigitalPostReceipt, ...]


def receipt_shown(receipt: KeptReceipt) -> DigitalPostReceipt:
    return DigitalPostReceipt(
        None if receipt.message_id is None else str(receipt.message_id),
        receipt.message_uuid,
        receipt.transmission_id,
        receipt.channel,
        receipt.status,
        ": ".join(filter(None, (receipt.error_code, receipt.error_text))),
        receipt.at,
        receipt.received,
        receipt.name,
    )


class SilentUntil(Request):
    """Up to when nobody is told of a batch."""

    until: datetime


@dataclass(frozen=True, slots=True)
class SilentBatch:
    """What a load from another system has made: nobody is told of it up to a time."""

    batch: str
    until: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class SilentBatches:
    """By name."""

    batches: tuple[SilentBatch, ...]


@dataclass(frozen=True, slots=True)
class BranchElsewhere:
    """A branch that another system looks after from `since` on, up to `until`: null, still."""

    branch: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class BranchesElsewhere:
    """In the order in which they were left to it. A branch may be there more than once."""

    branches: tuple[BranchElsewhere, ...]


def elsewhere_shown(periods: Iterable[Period], set_up: SetUp) -> BranchesElsewhere:
    return BranchesElsewhere(
        tuple(
            BranchElsewhere(set_up.branches[each.branch_id].isil, each.since, each.until)
            for each in periods
        )
    )


def batches_shown(batches: list[KnownBatch]) -> SilentBatches:
    return SilentBatches(tuple(SilentBatch(*each) for each in batches))
