"""Why a loan was not renewed, in a few words that fit into a text message."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.kernel.reasons import Reason

_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.MAX_RENEWALS_REACHED: ("kan ikke fornyes flere gange", "renewed as often as allowed"),
    Reason.RENEWAL_WINDOW_NOT_OPEN: ("for tidligt at forny", "too early to renew"),
    Reason.ITEM_NOT_AT_HAND: ("fornyes på biblioteket", "renewed at the library only"),
    Reason.LOAN_RECALLED: ("andre venter", "others wait"),
    Reason.WANTED_BY_ANOTHER: ("andre venter", "others wait"),
    Reason.ON_HOLD_FOR_ANOTHER: ("andre venter", "others wait"),
    Reason.OVERDUE_NOT_RENEWABLE: ("afleveringsfristen er overskredet", "it is overdue"),
    Reason.PATRON_BLOCKED: ("du er spærret for lån", "you are blocked from borrowing"),
    Reason.PATRON_EXPIRED: ("din registrering er udløbet", "your registration has expired"),
    Reason.FEE_NOT_ACKNOWLEDGED: ("det koster et gebyr", "it costs a fee"),
    Reason.ITEM_UNKNOWN: ("nummeret er ukendt", "the number is unknown"),
    Reason.ITEM_NOT_ON_LOAN: ("det er ikke lånt", "it is not on loan"),
    Reason.NOT_ON_LOAN_TO_PATRON: ("det er ikke lånt af dig", "it is not on loan to you"),
    Reason.ITEM_LOST: ("det er meldt bortkommet", "it was declared lost"),
    Reason.ITEM_CLAIMED_RETURNED: ("det er meldt afleveret", "you say that it was returned"),
    Reason.LOAN_SUSPENDED: ("lånet er sat i bero", "the loan is suspended"),
    Reason.BOOKED: ("det er booket", "it is booked"),
    Reason.NO_LOAN_POLICY: ("kan ikke fornyes", "cannot be renewed"),
    Reason.ITEM_NOT_LOANABLE: ("kan ikke fornyes", "cannot be renewed"),
}
_OTHERWISE = ("spørg på biblioteket", "ask at the library")


def why_not_renewed(reasons: Sequence[Reason], language: str) -> str:
    """The weightiest reason that has words; in Danish for who reads no other language of ours."""
    found = next((_WORDS[reason] for reason in reasons if reason in _WORDS), _OTHERWISE)
    return found[1] if language.partition("-")[0].lower() == "en" else found[0]
