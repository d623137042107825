"""From circulation's reasons to what patrons read of a document that cannot be had: the sentences
that machines show them as well (the context "screen")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from circulation.calendars.due_dates import local_date
from circulation.kernel.reasons import BlockReason, Reason
from circulation.kernel.results import Refusal
from circulation.languages.installed import language as language_called
from circulation.ledger.money import amount_text, debts_text

#: Reasons that are told by the sentence of another; all the others have one of their own name.
_AS: Final[dict[Reason, str]] = {
    Reason.NO_LOAN_POLICY: "ITEM_NOT_LOANABLE",
    Reason.COPY_WANTED: "COPY_KEPT_FOR_HOLD",
    Reason.ON_DISPLAY: "ON_SITE_ONLY",
    Reason.NOT_ENOUGH_COPIES: "NOT_BOOKABLE",
    Reason.BOOKING_DATES_WRONG: "NOT_BOOKABLE",
    Reason.BOOKING_TOO_LONG: "NOT_BOOKABLE",
    Reason.BOOKING_UNDER_WAY: "NOT_BOOKABLE",
    Reason.NOT_FOR_BOOKING: "BOOKED",
    Reason.PLACEMENT_UNKNOWN: "STAYS_ELSEWHERE",
}
#: The sentence of each reason.
SENTENCES: Final = {each: _AS.get(each, each.name) for each in Reason}
#: That of each block. A death is not announced to whoever holds the card.
BLOCKS: Final[dict[BlockReason, str]] = {
    BlockReason.CARD_STOLEN: "CARD_REPORTED_LOST",
    BlockReason.EXCLUDED: "BLOCKED_EXCLUDED",
    BlockReason.EXCLUDED_EXTENDED: "BLOCKED_EXCLUDED",
    BlockReason.SELF_SERVICE: "BLOCKED_BY_MACHINE",
    BlockReason.SELF_REGISTERED: "BLOCKED_SELF_REGISTERED",
    BlockReason.DEBT: "BLOCKED_FOR_DEBT",
    BlockReason.DECEASED: "PATRON_BLOCKED",
    BlockReason.OTHER: "PATRON_BLOCKED",
}
#: Those with a plural, by their `limit`.
_COUNTED: Final = (Reason.TOO_MANY_LOANS, Reason.TOO_MANY_LOANS_IN_GROUP, Reason.TOO_MANY_HOLDS)
#: Those whose sentence for screens speaks of the machine.
_OF_MACHINES: Final = (Reason.BRANCH_UNKNOWN,)


def said(refusals: Iterable[Refusal], language: str, timezone: str) -> str:
    """Why the rules say no, all of it, the weightiest first."""
    return " ".join(dict.fromkeys(_said(each, language, timezone) for each in refusals))


def block_said(reason: BlockReason, language: str) -> str:
    return language_called(language).words.pgettext("screen", BLOCKS[reason])


def _said(refusal: Refusal, language: str, timezone: str) -> str:
    its = language_called(language)
    words, reason = its.words, refusal.reason
    if reason is Reason.PATRON_BLOCKED and refusal.block is not None:
        return block_said(refusal.block, language)
    if reason in _OF_MACHINES:
        return words.pgettext("reason", reason.name)
    name = SENTENCES[reason]
    facts: dict[str, object] = {}
    if refusal.opens is not None:
        facts["day"] = its.formats.day(local_date(refusal.opens, timezone))
    elif reason is Reason.RENEWAL_WINDOW_NOT_OPEN:
        name = "RENEWAL_GAINS_NOTHING"
    if refusal.amount is not None and refusal.currency is not None:
        facts["amount"] = amount_text(refusal.amount, refusal.currency)
    if refusal.debts:
        facts["debts"] = debts_text(refusal.debts)
    if refusal.limit is not None:
        facts["limit"] = refusal.limit
    if reason in _COUNTED:
        sentence = words.npgettext("screen", name, name, refusal.limit or 0)
    else:
        sentence = words.pgettext("screen", name)
    try:
        return sentence.format(**facts)
    except KeyError:  # without the fact that the sentence tells of
        return words.pgettext("reason", reason.name)
