"""What patrons are told: every type of message, what it is about, and what becomes of it.

The first two dozen are those that Danish libraries know; the others are what they lacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class NoticeKind(StrEnum):
    """A type of message. The value is what `notices.kind` and a set-up hold, and the name of its
    template."""

    BOOKING_IN_PREPARATION = "booking_in_preparation"
    BOOKING_CHANGED = "booking_changed"  # another borrower, other days or copies
    BOOKING_DELETED = "booking_deleted"
    BOOKING_REFUSED = "booking_refused"
    LOAN_MADE = "loan_made"  # the receipt
    NOT_RENEWABLE = "not_renewable"  # an interlibrary loan, say
    WELCOME = "welcome"
    ITEM_RETURNED = "item_returned"  # the receipt
    CANNOT_BE_OBTAINED = "cannot_be_obtained"
    READY_AT_DESK = "ready_at_desk"
    READY_IN_READING_ROOM = "ready_in_reading_room"
    HOLD_READY = "hold_ready"
    HOLD_DELETED = "hold_deleted"
    HOLD_LAST_COPY_LOST = "hold_last_copy_lost"
    HOLD_UNFILLABLE = "hold_unfillable"  # it waits, but no copy is left that could serve it
    HOLD_DELAYED = "hold_delayed"  # the copy for it was lent to another
    HOLD_EXPIRED = "hold_expired"
    PICKUP_NEAR = "pickup_near"  # it will not stand on the shelf much longer
    INTEREST_NEAR = "interest_near"  # the hold will end soon
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    SUPPLIER_AGREEMENT = "supplier_agreement"
    BALANCE = "balance"  # a statement of what is owed
    BLOCKED = "blocked"
    SORTER_MESSAGE = "sorter_message"
    SMS_RENEWED = "sms_renewed"
    SMS_NOT_UNDERSTOOD = "sms_not_understood"

    RENEWED = "renewed"  # by itself
    NOT_RENEWED = "not_renewed"  # by itself, as the rules would have had it
    DATES_MOVED = "dates_moved"  # of loans and holds, because a branch is closed
    RECALLED = "recalled"
    RECALL = "recall"  # the last letter before the bill
    BILL = "bill"
    REMINDER = "reminder"  # of a bill
    COLLECTION = "collection"
    BLOCK_WARNING = "block_warning"
    UNBLOCKED = "unblocked"
    PAYMENT_RECEIVED = "payment_received"
    COMPENSATION_CANCELLED = "compensation_cancelled"  # what was billed has come back
    CARD_EXPIRING = "card_expiring"
    PIN_CHANGED = "pin_changed"
    PURCHASE = "purchase"  # what the patron has asked the library to buy
    STAFF = "staff"  # words of a member of the staff


class Basis(Enum):
    """What is looked at again before a message is sent. The value is the field of `Cause`."""

    LOANS = "loans"
    HOLDS = "holds"
    CHARGES = "charges"
    BOOKINGS = "bookings"
    PATRON = "patron"


@dataclass(frozen=True, slots=True)
class Trait:
    """`basis`: what the message is about. `is_proof`: it tells of amounts, so it is kept when
    others are anonymised. `is_optional`: patrons may say that they do not want it."""

    basis: Basis
    is_proof: bool = False
    is_optional: bool = False


_OF: dict[Basis, tuple[NoticeKind, ...]] = {
    Basis.BOOKINGS: (
        NoticeKind.BOOKING_IN_PREPARATION,
        NoticeKind.BOOKING_CHANGED,
        NoticeKind.BOOKING_DELETED,
        NoticeKind.BOOKING_REFUSED,
    ),
    Basis.LOANS: (
        NoticeKind.LOAN_MADE,
        NoticeKind.NOT_RENEWABLE,
        NoticeKind.ITEM_RETURNED,
        NoticeKind.DUE_SOON,
        NoticeKind.OVERDUE,
        NoticeKind.RENEWED,
        NoticeKind.NOT_RENEWED,
        NoticeKind.RECALLED,
        NoticeKind.RECALL,
    ),
    Basis.HOLDS: (
        NoticeKind.CANNOT_BE_OBTAINED,
        NoticeKind.READY_AT_DESK,
        NoticeKind.READY_IN_READING_ROOM,
        NoticeKind.HOLD_READY,
        NoticeKind.HOLD_DELETED,
        NoticeKind.HOLD_LAST_COPY_LOST,
        NoticeKind.HOLD_UNFILLABLE,
        NoticeKind.HOLD_DELAYED,
        NoticeKind.HOLD_EXPIRED,
        NoticeKind.PICKUP_NEAR,
        NoticeKind.INTEREST_NEAR,
    ),
    Basis.CHARGES: (
        NoticeKind.BALANCE,
        NoticeKind.BILL,
        NoticeKind.REMINDER,
        NoticeKind.COLLECTION,
        NoticeKind.PAYMENT_RECEIVED,
        NoticeKind.COMPENSATION_CANCELLED,
    ),
}
_PROOF = {
    NoticeKind.BALANCE,
    NoticeKind.BILL,
    NoticeKind.BLOCKED,
    NoticeKind.BLOCK_WARNING,
    NoticeKind.COLLECTION,
    NoticeKind.COMPENSATION_CANCELLED,
    NoticeKind.ITEM_RETURNED,  # the law asks for the receipt (see the README)
    NoticeKind.PAYMENT_RECEIVED,
    NoticeKind.RECALL,
    NoticeKind.REMINDER,
    NoticeKind.UNBLOCKED,
}
_OPTIONAL = {
    NoticeKind.CARD_EXPIRING,
    NoticeKind.DUE_SOON,
    NoticeKind.INTEREST_NEAR,
    NoticeKind.ITEM_RETURNED,
    NoticeKind.LOAN_MADE,
    NoticeKind.PAYMENT_RECEIVED,
    NoticeKind.PICKUP_NEAR,
    NoticeKind.RENEWED,
    NoticeKind.WELCOME,
}
#: What tells of something that we have no row of, where a title of ours is not what is wanted.
MAY_HAVE_NO_ROWS = frozenset({NoticeKind.CANNOT_BE_OBTAINED})
_BASES = {kind: basis for basis, kinds in _OF.items() for kind in kinds}

TRAITS: dict[NoticeKind, Trait] = {
    kind: Trait(_BASES.get(kind, Basis.PATRON), kind in _PROOF, kind in _OPTIONAL)
    for kind in NoticeKind
}


class NoticeState(StrEnum):
    """How far a message has come. The value is what `notices.state` holds and people read."""

    WAITING = "waiting"
    SENDING = "sending"  # given to the channel, whose answer is not written down yet
    SENT = "sent"
    DELIVERED = "delivered"  # where the channel tells
    READ = "read"  # where the channel tells
    FAILED = "failed"
    NO_CONTACT_DATA = "no contact data"
    UNSURE = "unsure"  # it may have been sent, or not: staff must decide
    WITHDRAWN = "withdrawn"  # what it would have told was not so any more
