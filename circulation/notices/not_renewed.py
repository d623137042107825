"""Telling a borrower that a loan was not renewed by itself."""

from __future__ import annotations

from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.languages.installed import complete_tags
from circulation.loans.facts import OpenLoan
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.refusal_words import why_not_renewed
from circulation.notices.requests import NoticeRequest, request_notice

#: It is tried again before it falls due, or it is not asked back.
_NOTHING_TO_TELL = frozenset(
    {
        Reason.RENEWAL_WINDOW_NOT_OPEN,
        Reason.ITEM_LOST,
        Reason.ITEM_CLAIMED_RETURNED,
        Reason.LOAN_SUSPENDED,
    }
)


def tell_not_renewed(act: Act, loan: OpenLoan, answer: Refused) -> None:
    """Who need do nothing as a rule has to return this one: once for each due date."""
    if _NOTHING_TO_TELL.intersection(answer.reasons):
        return
    why = {
        "loan": loan.id,
        "reasons": [reason.name for reason in answer.reasons],
        **{tag: why_not_renewed(answer.reasons, tag) for tag in complete_tags()},
    }
    request_notice(
        act,
        NoticeRequest(
            patron_id=loan.patron_id,
            kind=NoticeKind.NOT_RENEWED,
            cause=Cause(loans=(loan.id,), key=f"due {loan.due.isoformat()}"),
            facts={"why": [why]},
            branch_id=loan.branch_id,
        ),
    )
