"""Why circulation said no: one closed list, without wire codes.

Each protocol maps every member of `Reason` to its own codes and words, and a test walks
reason x protocol. `BlockReason` says why a patron is blocked and `DENIED` what each block forbids.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Reason(Enum):
    """Why a verb was refused. The value is a plain English sentence for logs and staff."""

    PATRON_UNKNOWN = "no patron has this identifier"
    PATRON_NOT_SERVED = "the patron is of an agency whose patrons are not served here"
    PIN_MISSING = "a PIN was asked for and the one given is empty"
    PIN_WRONG = "the PIN is wrong, or the patron has none"
    CARD_REPORTED_LOST = "the card was reported lost or stolen"
    CARD_NOT_VALID = "the card or other identifier was replaced or withdrawn"
    PATRON_EXPIRED = "the patron's registration has expired"
    PATRON_BLOCKED = "the patron is blocked"  # `Refusal.block` says why

    ITEM_UNKNOWN = "no item has this barcode"
    ITEM_NOT_LOANABLE = "the rules say that this material is not lent to this patron"
    ON_SITE_ONLY = "the rules say that this material is used in the library only"
    NO_LOAN_POLICY = "no rule gives a loan period for this patron and material"
    ON_LOAN_TO_ANOTHER = "the item is on loan to another patron"
    ALREADY_ON_LOAN_TO_PATRON = "the item is on loan to this patron already"
    TOO_MANY_LOANS = "the patron has as many loans as the rules allow"
    TOO_MANY_LOANS_IN_GROUP = "the patron has as many loans of this material group as allowed"

    LOAN_SUSPENDED = "the loan is suspended"
    ITEM_CLAIMED_RETURNED = "the patron says that the item was returned"
    ITEM_LOST = "the item was declared lost"
    NOTHING_TO_CANCEL = "this device has just now done nothing with the item that can be undone"
    PIN_LOCKED = "too many wrong PINs were tried: no PIN is believed for a while"

    ITEM_NOT_ON_LOAN = "the item is not on loan"
    NOT_ON_LOAN_TO_PATRON = "the item is on loan, but not to this patron"
    MAX_RENEWALS_REACHED = "the loan was renewed as many times as the rules allow"
    RENEWAL_WINDOW_NOT_OPEN = "it is too early: renewing now is not open or would gain nothing"
    ITEM_NOT_AT_HAND = "the rules renew this loan only where the item is shown"
    LOAN_RECALLED = "the loan was recalled, because somebody waits for the title"
    NOT_RECALLABLE = "the rules recall no such loan, or it ends soon enough as it is"
    OVERDUE_NOT_RENEWABLE = "the loan is overdue, and the rules do not renew overdue loans"

    ON_HOLD_FOR_ANOTHER = "the item waits for another patron"
    WANTED_BY_ANOTHER = "another patron waits for this title, and no other item can serve"
    COPY_WANTED = "another patron waits for this copy, and staff have not agreed to lend it"
    COPY_KEPT_FOR_HOLD = "another patron waits for this copy, and the rules keep it for them"
    RECORD_UNKNOWN = "no title has this number"
    NOT_HOLDABLE = "no item of this title can be kept for this patron"
    ALREADY_ON_HOLD = "the patron has a hold on this title already"
    TOO_MANY_HOLDS = "the patron has as many holds as the rules allow"
    HOLD_UNKNOWN = "the patron has no such open hold"
    HOLD_DATES_WRONG = "the hold would end before it begins"
    NOT_WANTED = "nobody waits whom this item would serve from its shelf"
    BEING_FETCHED = "somebody else has gone to fetch the item"

    FEE_NOT_ACKNOWLEDGED = "this costs a fee that was not agreed to"
    CHARGE_UNKNOWN = "the patron has no such charge with this agency"
    NOTHING_OWED = "nothing is owed of what was to be paid"
    OWED_ELSEWHERE = "this is owed to another agency, for which this one takes no payments"
    CHARGE_SETTLED = "the charge was settled otherwise: nothing of it is owed any more"
    AMOUNT_WRONG = "this is no amount that can be paid"
    AMOUNT_ABOVE_LIMIT = "the amount is above the limit for one payment or charge"
    PAYMENT_TOO_LARGE = "more was offered than is owed"
    PARTIAL_PAYMENT = "a charge is paid in full or not at all"
    CURRENCY_NOT_OWED = "nothing is owed in this currency"
    ORDER_ID_TAKEN = "another transaction has this number"

    BOOKED = "the copies of this title are booked for that time"
    ON_DISPLAY = "the item belongs to a theme that is not lent"
    BOOKING_UNKNOWN = "there is no such open booking"
    NOT_BOOKABLE = "these branches have no copy that the rules let this patron book"
    NOT_ENOUGH_COPIES = "fewer copies are free in that period than are needed"
    BOOKING_DATES_WRONG = "the booking would end before it begins, or begin in the past"
    BOOKING_TOO_LONG = "the rules allow no booking for so long"
    BOOKING_UNDER_WAY = "copies were set aside or lent for the booking already"
    NOT_FOR_BOOKING = "the item is no copy that the booking needs still"
    STAYS_ELSEWHERE = "the item is kept for a booking, or part of a deposit or theme, already"
    PLACEMENT_UNKNOWN = "there is no such deposit or theme that has not ended"

    DATE_TOO_OLD = "the date is further back than the rules allow"
    DATE_IN_FUTURE = "the date is in the future"

    BRANCH_UNKNOWN = "no branch has this ISIL"


class Action(Enum):
    """What a patron may be denied."""

    CHECK_OUT = "check out"
    RENEW = "renew"
    HOLD = "place a hold"
    RECALL = "recall"


class BlockReason(Enum):
    """Why a patron is blocked. The value is what `patron_blocks.reason` holds."""

    CARD_STOLEN = "card_stolen"
    EXCLUDED = "excluded"
    EXCLUDED_EXTENDED = "excluded_extended"
    SELF_SERVICE = "self_service"  # blocked by a self-service machine (SIP2 01)
    SELF_REGISTERED = "self_registered"  # registered on the web, not seen by staff yet
    DEBT = "debt"
    DECEASED = "deceased"
    OTHER = "other"


#: Blocks that are true of the person or the card, and so concern every agency. All others are a
#: matter between the patron and one agency, unless staff say that they concern all.
EVERYWHERE = frozenset({BlockReason.CARD_STOLEN, BlockReason.SELF_REGISTERED, BlockReason.DECEASED})

_EVERYTHING = frozenset(Action)

#: What each block forbids. A check-in is never forbidden.
DENIED: dict[BlockReason, frozenset[Action]] = {
    BlockReason.CARD_STOLEN: _EVERYTHING,
    BlockReason.EXCLUDED: _EVERYTHING,
    BlockReason.EXCLUDED_EXTENDED: _EVERYTHING,
    BlockReason.SELF_SERVICE: frozenset({Action.CHECK_OUT}),
    BlockReason.SELF_REGISTERED: _EVERYTHING,
    BlockReason.DEBT: _EVERYTHING,
    BlockReason.DECEASED: _EVERYTHING,
    BlockReason.OTHER: _EVERYTHING,
}


def denied_by(blocks: Iterable[BlockReason]) -> frozenset[Action]:
    """All that the blocks forbid together."""
    return frozenset[Action]().union(*(DENIED[block] for block in blocks))


class IdentifierBlock(Enum):
    """Why one identifier (a card) may not be used, while the patron's others may."""

    LOST = "lost"
    STOLEN = "stolen"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
