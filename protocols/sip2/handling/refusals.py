"""From circulation's reasons to what SIP2 shows: screen messages and patron status flags."""

from __future__ import annotations

from datetime import tzinfo

from circulation.kernel.reasons import Action, BlockReason, Reason
from circulation.kernel.results import PatronStatus, Refusal, Refused
from circulation.ledger.money import amount_text, debts_text
from protocols.sip2.handling.forms import FBS_CODES, is_fbs
from protocols.sip2.terminals.places import Caller
from protocols.sip2.wording import Text, say

#: The screen message for each reason; for PATRON_BLOCKED it depends on the block.
REASONS: dict[Reason, Text] = {
    Reason.PATRON_UNKNOWN: Text.PATRON_UNKNOWN,
    Reason.PATRON_NOT_SERVED: Text.PATRON_NOT_SERVED,
    Reason.PIN_MISSING: Text.PIN_MISSING,
    Reason.PIN_WRONG: Text.PIN_WRONG,
    Reason.CARD_REPORTED_LOST: Text.CARD_REPORTED_LOST,
    Reason.CARD_NOT_VALID: Text.CARD_NOT_VALID,
    Reason.PATRON_EXPIRED: Text.PATRON_EXPIRED,
    Reason.PATRON_BLOCKED: Text.PATRON_BLOCKED,
    Reason.ITEM_UNKNOWN: Text.ITEM_UNKNOWN,
    Reason.ITEM_NOT_LOANABLE: Text.ITEM_NOT_LOANABLE,
    Reason.ON_SITE_ONLY: Text.ON_SITE_ONLY,
    Reason.NO_LOAN_POLICY: Text.ITEM_NOT_LOANABLE,
    Reason.ON_LOAN_TO_ANOTHER: Text.ON_LOAN_TO_ANOTHER,
    Reason.ALREADY_ON_LOAN_TO_PATRON: Text.ALREADY_ON_LOAN_TO_PATRON,
    Reason.TOO_MANY_LOANS: Text.TOO_MANY_LOANS,
    Reason.TOO_MANY_LOANS_IN_GROUP: Text.TOO_MANY_LOANS_IN_GROUP,
    Reason.LOAN_SUSPENDED: Text.LOAN_SUSPENDED,
    Reason.ITEM_CLAIMED_RETURNED: Text.ITEM_CLAIMED_RETURNED,
    Reason.ITEM_LOST: Text.ITEM_LOST,
    Reason.NOTHING_TO_CANCEL: Text.NOTHING_TO_CANCEL,
    Reason.PIN_LOCKED: Text.PIN_LOCKED,
    Reason.ITEM_NOT_ON_LOAN: Text.ITEM_NOT_ON_LOAN,
    Reason.NOT_ON_LOAN_TO_PATRON: Text.NOT_ON_LOAN_TO_PATRON,
    Reason.MAX_RENEWALS_REACHED: Text.MAX_RENEWALS_REACHED,
    Reason.RENEWAL_WINDOW_NOT_OPEN: Text.RENEWAL_WINDOW_NOT_OPEN,
    Reason.ITEM_NOT_AT_HAND: Text.ITEM_NOT_AT_HAND,
    Reason.LOAN_RECALLED: Text.LOAN_RECALLED,
    Reason.NOT_RECALLABLE: Text.NOT_RECALLABLE,
    Reason.OVERDUE_NOT_RENEWABLE: Text.OVERDUE_NOT_RENEWABLE,
    Reason.ON_HOLD_FOR_ANOTHER: Text.ON_HOLD_FOR_ANOTHER,
    Reason.WANTED_BY_ANOTHER: Text.WANTED_BY_ANOTHER,
    Reason.COPY_WANTED: Text.COPY_KEPT_FOR_HOLD,
    Reason.COPY_KEPT_FOR_HOLD: Text.COPY_KEPT_FOR_HOLD,
    Reason.RECORD_UNKNOWN: Text.RECORD_UNKNOWN,
    Reason.NOT_HOLDABLE: Text.NOT_HOLDABLE,
    Reason.ALREADY_ON_HOLD: Text.ALREADY_ON_HOLD,
    Reason.TOO_MANY_HOLDS: Text.TOO_MANY_HOLDS,
    Reason.HOLD_UNKNOWN: Text.HOLD_UNKNOWN,
    Reason.HOLD_DATES_WRONG: Text.HOLD_DATES_WRONG,
    Reason.NOT_WANTED: Text.NOT_WANTED,
    Reason.BEING_FETCHED: Text.BEING_FETCHED,
    Reason.BOOKED: Text.BOOKED,
    Reason.ON_DISPLAY: Text.ON_SITE_ONLY,
    Reason.BOOKING_UNKNOWN: Text.BOOKING_UNKNOWN,
    Reason.NOT_BOOKABLE: Text.NOT_BOOKABLE,
    Reason.NOT_ENOUGH_COPIES: Text.NOT_BOOKABLE,
    Reason.BOOKING_DATES_WRONG: Text.NOT_BOOKABLE,
    Reason.BOOKING_TOO_LONG: Text.NOT_BOOKABLE,
    Reason.BOOKING_UNDER_WAY: Text.NOT_BOOKABLE,
    Reason.NOT_FOR_BOOKING: Text.BOOKED,
    Reason.STAYS_ELSEWHERE: Text.STAYS_ELSEWHERE,
    Reason.PLACEMENT_UNKNOWN: Text.STAYS_ELSEWHERE,
    Reason.FEE_NOT_ACKNOWLEDGED: Text.FEE_NOT_ACKNOWLEDGED,
    Reason.CHARGE_UNKNOWN: Text.CHARGE_UNKNOWN,
    Reason.NOTHING_OWED: Text.NOTHING_OWED,
    Reason.OWED_ELSEWHERE: Text.OWED_ELSEWHERE,
    Reason.CHARGE_SETTLED: Text.CHARGE_SETTLED,
    Reason.AMOUNT_WRONG: Text.AMOUNT_WRONG,
    Reason.AMOUNT_ABOVE_LIMIT: Text.AMOUNT_ABOVE_LIMIT,
    Reason.PAYMENT_TOO_LARGE: Text.PAYMENT_TOO_LARGE,
    Reason.PARTIAL_PAYMENT: Text.PARTIAL_PAYMENT,
    Reason.CURRENCY_NOT_OWED: Text.CURRENCY_NOT_OWED,
    Reason.ORDER_ID_TAKEN: Text.ORDER_ID_TAKEN,
    Reason.DATE_TOO_OLD: Text.DATE_TOO_OLD,
    Reason.DATE_IN_FUTURE: Text.DATE_IN_FUTURE,
    Reason.BRANCH_UNKNOWN: Text.BRANCH_UNKNOWN,
}

#: The screen message for each block. A death is not announced to whoever holds the card.
BLOCKS: dict[BlockReason, Text] = {
    BlockReason.CARD_STOLEN: Text.CARD_REPORTED_LOST,
    BlockReason.EXCLUDED: Text.BLOCKED_EXCLUDED,
    BlockReason.EXCLUDED_EXTENDED: Text.BLOCKED_EXCLUDED,
    BlockReason.SELF_SERVICE: Text.BLOCKED_BY_MACHINE,
    BlockReason.SELF_REGISTERED: Text.BLOCKED_SELF_REGISTERED,
    BlockReason.DEBT: Text.BLOCKED_FOR_DEBT,
    BlockReason.DECEASED: Text.PATRON_BLOCKED,
    BlockReason.OTHER: Text.PATRON_BLOCKED,
}

# Patron status: fourteen positions, Y or blank (SIP2 2.12, chapter 4). Positions 7 (too many
# renewals), 8 (too many claims), 9 (too many lost), 11 (fees), 12 (recall overdue) and 13 (too
# many billed) stay blank: circulation has no such limits.
#: Positions of denied privileges.
DENIED_POSITIONS: dict[Action, int] = {
    Action.CHECK_OUT: 0,
    Action.RENEW: 1,
    Action.RECALL: 2,
    Action.HOLD: 3,
}
CARD_REPORTED_LOST_POSITION = 4
TOO_MANY_CHARGED_POSITION = 5
#: Positions for blocks; the others show by what they deny.
BLOCK_POSITIONS: dict[BlockReason, int] = {
    BlockReason.CARD_STOLEN: CARD_REPORTED_LOST_POSITION,
    BlockReason.DEBT: 10,
}


def patron_status_flags(status: PatronStatus, denied: str = "all") -> str:
    """The fourteen positions for what is known of a patron.

    `denied` is the account's `denied_in_status`.
    """
    flags = [" "] * 14
    for action in status.denied:
        if denied == "all" or (denied == "loans" and action is Action.CHECK_OUT):
            flags[DENIED_POSITIONS[action]] = "Y"
    for block in status.blocks:
        position = BLOCK_POSITIONS.get(block.reason)
        if position is not None:
            flags[position] = "Y"
    if status.is_card_reported_lost:
        flags[CARD_REPORTED_LOST_POSITION] = "Y"
    if status.has_too_many_loans:
        flags[TOO_MANY_CHARGED_POSITION] = "Y"
    return "".join(flags)


def patron_messages(status: PatronStatus, language: str) -> tuple[str, ...]:
    """What a patron is told of card, registration and blocks, if anything is wrong."""
    if not (status.blocks or status.identifier_blocked or status.is_expired):
        return ()
    texts = [BLOCKS[block.reason] for block in status.blocks]
    if status.is_card_reported_lost:
        texts.append(Text.CARD_REPORTED_LOST)
    elif status.identifier_blocked is not None:
        texts.append(Text.CARD_NOT_VALID)
    if status.is_expired:
        texts.append(Text.PATRON_EXPIRED)
    return tuple(say(text, language) for text in dict.fromkeys(texts))


def refusal_messages(refused: Refused, caller: Caller, zone: tzinfo) -> tuple[str, ...]:
    """Why nothing was done: a screen message for each reason, the most important first."""
    coded = FBS_CODES if is_fbs(caller.account) else {}
    return tuple(
        dict.fromkeys(
            f"[{coded[each.reason]}]"
            if each.reason in coded
            else _message(each, caller.words, zone)
            for each in refused.refusals
        )
    )


def _message(refusal: Refusal, language: str, zone: tzinfo) -> str:
    if refusal.block is not None:
        return say(BLOCKS[refusal.block], language)
    text = REASONS[refusal.reason]
    if text is Text.RENEWAL_WINDOW_NOT_OPEN and refusal.opens is None:
        text = Text.RENEWAL_GAINS_NOTHING
    opens = refusal.opens.astimezone(zone).date().isoformat() if refusal.opens else ""
    amount = ""
    if refusal.amount is not None and refusal.currency is not None:
        amount = amount_text(refusal.amount, refusal.currency)
    debts = debts_text(refusal.debts)
    return say(text, language, limit=refusal.limit, day=opens, amount=amount, debts=debts)
