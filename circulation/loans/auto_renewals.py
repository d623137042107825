"""Loans that the rules renew by themselves when they are about to fall due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from catalogue.database import Moment, Transaction, many
from catalogue.schema import items
from circulation.items.facts import ItemFacts, item_facts
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused, Renewed
from circulation.kernel.set_up import read_set_up
from circulation.languages.installed import complete_tags
from circulation.loans.renewals import renew
from circulation.loans.schema import loans
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind
from circulation.notices.refusal_words import why_not_renewed
from circulation.notices.requests import NoticeRequest, request_notice
from circulation.patrons.identifiers import known_as
from circulation.patrons.schema import patrons

#: The actor of the events.
ACTOR = "auto-renewal"

_falling_due: Callable[..., list[Any]] = many(
    select(
        loans.c.id,
        loans.c.due,
        items.c.barcode,
        patrons.c.category,
        loans.c.material_group,
        loans.c.branch_id,
    )
    .select_from(
        loans.join(items, items.c.id == loans.c.item_id).join(
            patrons, patrons.c.id == loans.c.patron_id
        )
    )
    .where(
        loans.c.checked_in.is_(None),
        loans.c.due >= bindparam("since", type_=Moment),
        loans.c.due <= bindparam("until", type_=Moment),
        loans.c.id > bindparam("after_id"),
    )
    .order_by(loans.c.id)
    .limit(bindparam("at_most")),
    None,
    "since",
    "until",
    "after_id",
    "at_most",
)


@dataclass(frozen=True, slots=True)
class AutoRenewed:
    """One page of automatic renewals; go on after the loan `last_id`, None when all are done."""

    renewed: tuple[Renewed, ...]
    refused: tuple[Refused, ...]
    last_id: int | None


def renew_automatically(
    circulation: Circulation,
    transaction: Transaction,
    *,
    now: datetime,
    within: timedelta = timedelta(days=1),
    after_id: int = 0,
    limit: int = 200,
) -> AutoRenewed:
    """Renews loans due between `now` and `within` later whose rules say ``auto_renew``.

    It is an ordinary renewal without the item at hand, and is refused for the same reasons: where
    somebody waits, the count is used up, or the patron is blocked or has no valid card. One that
    was made is not made again: its due date has moved on. Looks at `limit` loans at most.
    """
    set_up = read_set_up(transaction)
    page = _falling_due(transaction, now, now + within, after_id, limit)
    renewed, refused = [], []
    for _, _, barcode, category, group, branch_id in page:
        if not set_up.terms(branch_id, category, group).auto_renew:
            continue
        facts = item_facts(transaction, barcode)
        if facts is None or facts.borrower_id is None:
            continue
        borrower = known_as(transaction, facts.borrower_id)
        if borrower is None:
            continue
        desk = set_up.desk(branch_id, ACTOR)
        answer = renew(
            circulation,
            transaction,
            desk=desk,
            patron=borrower,
            item=barcode,
            now=now,
            seen=False,
        )
        if isinstance(answer, Renewed):
            renewed.append(answer)
        else:
            refused.append(answer)
            _tell(circulation, transaction, facts, answer, now)
    is_last = len(page) < limit
    return AutoRenewed(tuple(renewed), tuple(refused), None if is_last else page[-1][0])


#: It is tried again before it falls due, or it is not asked back.
_NOTHING_TO_TELL = frozenset(
    {
        Reason.RENEWAL_WINDOW_NOT_OPEN,
        Reason.ITEM_LOST,
        Reason.ITEM_CLAIMED_RETURNED,
        Reason.LOAN_SUSPENDED,
    }
)


def _tell(
    circulation: Circulation,
    transaction: Transaction,
    item: ItemFacts,
    answer: Refused,
    now: datetime,
) -> None:
    """Who need do nothing as a rule has to return this one: once for each due date."""
    if _NOTHING_TO_TELL.intersection(answer.reasons):
        return
    assert item.borrower_id is not None
    assert item.loan_id is not None
    assert item.loan_due is not None
    due = item.loan_due.isoformat()
    why = {
        "loan": item.loan_id,
        "reasons": [reason.name for reason in answer.reasons],
        **{tag: why_not_renewed(answer.reasons, tag) for tag in complete_tags()},
    }
    request_notice(
        circulation,
        transaction,
        NoticeRequest(
            patron_id=item.borrower_id,
            kind=NoticeKind.NOT_RENEWED,
            cause=Cause(loans=(item.loan_id,), key=f"due {due}"),
            facts={"why": [why]},
            branch_id=item.loan_branch_id,
        ),
        now=now,
    )
