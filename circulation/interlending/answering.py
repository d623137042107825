"""What we answer to a library that asks us for something: by the owner's rules, and what stands on
the shelf now.

What we will lend, now or later, is a hold of the library as a patron: it is on the pick list as any
other. A copy is made by somebody, and has no hold. What is answered is told by the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from catalogue.records import fetch_records
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.holds.changing import cancel_hold
from circulation.holds.copies import Copy, copies_of_record
from circulation.holds.facts import holds_of_record
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, QueuedHold, Wanted
from circulation.holds.wishes import HoldWish
from circulation.interlending.institutions import Institution, register_institution
from circulation.interlending.kinds import WhyNot
from circulation.interlending.lending import request_lending
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    begun,
    insert_loan,
    loan_by_id,
    store,
)
from circulation.interlending.states import LendingAction, LendingState, Obstacle, Role
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused

#: An estimate of no more days than this is a promise: it stands here, or is on its way.
AT_ONCE_DAYS = 3


class Demand(NamedTuple):
    """What another library asks for.

    `request_id` is unique for the partner. `records` are those that may be meant, none of them
    where we have no such title. `said` are details to be kept.
    """

    institution: Institution
    partner: str
    request_id: str
    title: str
    author: str
    records: Sequence[int]
    wants_loan: bool
    wants_copy: bool
    before: datetime | None
    said: dict[str, Any]


class Terms(NamedTuple):
    """What was agreed with the library: do we lend to it, may it wait in the queue, do we make
    copies for it?"""

    lends: bool = True
    queues: bool = True
    copies: bool = False


class Promise(NamedTuple):
    """The answer: the state that the loan is in now, when it can be had, and why not."""

    state: LendingState
    available: date | None = None
    why: WhyNot | None = None
    hold: QueuedHold | None = None
    note: str = ""


def answer_demand(act: Act, demand: Demand, terms: Terms) -> InterlibraryLoan:
    """Begins an interlibrary loan, or says no; the library is told. It is begun once: who calls has
    seen that there is none of this request."""
    promise = _promised(act, demand, terms)
    if promise.hold is not None:
        loan = request_lending(
            act,
            partner=demand.partner,
            actor=demand.institution.partner,
            request_id=demand.request_id,
            user=demand.institution.identifier,
            hold=promise.hold.hold,
        )
    else:
        loan = _without_hold(act, demand, promise)
    said = dict(demand.said)
    if promise.available is not None:
        branch = act.circulation.current_set_up(act.transaction).branches[loan.branch_id]
        said["expected"] = end_of_day(promise.available, branch.timezone).isoformat()
    if promise.why is not None:
        said["why"] = promise.why.value
    loan = loan.with_said(**said)
    store(act.transaction, loan)
    tell(act, loan, PartnerNoticeKind.ANSWERED, about={"note": promise.note})
    return loan


def _without_hold(act: Act, demand: Demand, promise: Promise) -> InterlibraryLoan:
    is_over = promise.state is LendingState.UNFILLED
    branch_id = demand.institution.branch_id
    found = fetch_records(act.transaction, list(demand.records[:1]))
    loan = begun(
        act,
        partner=demand.partner,
        actor=demand.institution.partner,
        request_id=demand.request_id,
        role=Role.LENDER.value,
        state_name=promise.state.value,
        title=demand.title or (found[0].title if found else ""),
        author=demand.author or (found[0].author if found else ""),
        branch_id=branch_id,
        record_id=demand.records[0] if demand.records else None,
        user="" if is_over else demand.institution.identifier,
        made_here=False,
        closed=act.now if is_over else None,
    )
    insert_loan(act.transaction, loan)
    return loan


def _promised(act: Act, demand: Demand, terms: Terms) -> Promise:
    if not terms.lends:
        return Promise(LendingState.UNFILLED, why=WhyNot.POLICY)
    if not demand.records:
        return Promise(LendingState.UNFILLED, why=WhyNot.NOT_HELD)
    if not demand.wants_loan:
        return _copy(terms)
    promise = _loan(act, demand, terms)
    if promise.hold is None and demand.wants_copy and terms.copies:
        return _copy(terms)
    return promise


def _copy(terms: Terms) -> Promise:
    if not terms.copies:
        return Promise(LendingState.UNFILLED, why=WhyNot.NO_COPIES)
    return Promise(LendingState.REQUESTED)


def _loan(act: Act, demand: Demand, terms: Terms) -> Promise:
    """The best that the records promise: on the shelf, later, not now, never."""
    if register_institution(act, demand.institution) is None:
        return Promise(LendingState.UNFILLED, why=WhyNot.POLICY)
    record_id = _likeliest(act, demand.records)
    if record_id is None:
        return Promise(LendingState.UNFILLED, why=WhyNot.NOT_HELD)
    branch = act.circulation.current_set_up(act.transaction).branches[demand.institution.branch_id]
    before = None if demand.before is None else local_date(demand.before, branch.timezone)
    today = local_date(act.now, branch.timezone)
    if before is not None and before < today:
        return Promise(LendingState.UNFILLED, why=WhyNot.NOT_BY_THEN)
    outcome = place_holds(
        act,
        HoldWish(
            patron=demand.institution.identifier,
            wanted=[Wanted(record_id=record_id)],
            pickup_branch=branch.isil,
            interest_until=before,
        ),
    )
    if isinstance(outcome, Refused):
        return _refused(outcome)
    assert isinstance(outcome, HoldsPlaced)
    queued = outcome.holds[0]
    available = None if queued.days is None else today + timedelta(days=queued.days)
    is_at_once = queued.days is not None and queued.days <= AT_ONCE_DAYS
    is_late = before is not None and (available is None or available > before)
    if is_late or not (is_at_once or terms.queues):
        _withdraw(act, demand, queued)
        return Promise(LendingState.OFFERED, available, WhyNot.ON_LOAN)
    return Promise(LendingState.REQUESTED, None if is_at_once else available, hold=queued)


def _likeliest(act: Act, records: Sequence[int]) -> int | None:
    """The record of which most copies stand on the shelf and nobody waits for; of several alike the
    first. None where none has a copy of ours."""

    def free(record_id: int, copies: Sequence[Copy]) -> int:
        on_shelf = sum(1 for each in copies if each.is_on_shelf)
        return on_shelf - len(holds_of_record(act.transaction, record_id=record_id))

    found: dict[int, int] = {}
    for record_id in records:
        copies = copies_of_record(act.transaction, record_id=record_id)
        own = [each for each in copies if not each.is_foreign]
        if own:
            found[record_id] = free(record_id, own)
    return max(found, key=lambda each: found[each]) if found else None


def _refused(refused: Refused) -> Promise:
    """Why the rules place no hold."""
    reasons = {refusal.reason for refusal in refused.refusals}
    for reason, why in _WHY.items():
        if reason in reasons:
            return Promise(LendingState.UNFILLED, why=why)
    return Promise(LendingState.UNFILLED, why=WhyNot.POLICY)


#: All other reasons are between us and the library as a patron.
_WHY = {
    Reason.RECORD_UNKNOWN: WhyNot.NOT_HELD,
    Reason.NOT_HOLDABLE: WhyNot.NOT_LENT,
    Reason.ITEM_NOT_LOANABLE: WhyNot.NOT_LENT,
    Reason.ON_SITE_ONLY: WhyNot.NOT_LENT,
    Reason.NO_LOAN_POLICY: WhyNot.NOT_LENT,
    Reason.ALREADY_ON_HOLD: WhyNot.NOT_NOW,
    Reason.HOLD_DATES_WRONG: WhyNot.NOT_BY_THEN,
}


def _withdraw(act: Act, demand: Demand, queued: QueuedHold) -> None:
    cancel_hold(act, patron=demand.institution.identifier, hold_id=queued.hold.id)


def cancel_demand(act: Act, loan: InterlibraryLoan) -> bool:
    """The library wants it no more; False where it was lent already, or is over otherwise."""
    if loan.state is LendingState.REQUESTED and loan.hold_id is not None:
        cancel_hold(act, patron=loan.user, hold_id=loan.hold_id)
        now = loan_by_id(act.transaction, loan.id)
        return now is not None and now.state is LendingState.CANCELLED
    return not isinstance(advance(act, loan, LendingAction.CANCEL), Obstacle)


def supply_copy(act: Act, loan: InterlibraryLoan, *, url: str) -> InterlibraryLoan | Obstacle:
    """The copy that was asked for is there: the library is told where. Its hold ends."""
    hold_id = loan.hold_id
    new = advance(act, loan.with_said(url=url or None), LendingAction.SUPPLY, hold_id=None)
    if isinstance(new, Obstacle) or new.state is loan.state:
        return new
    if hold_id is not None:
        cancel_hold(act, patron=loan.user, hold_id=hold_id)
    tell(act, new, PartnerNoticeKind.SUPPLIED)
    return new


def refuse_demand(
    act: Act, loan: InterlibraryLoan, why: WhyNot, note: str = ""
) -> InterlibraryLoan | Obstacle:
    """We do not lend it after all: it was not found, or must not leave the house."""
    told = loan.with_said(why=why.value, answer=note or None)
    if loan.state is LendingState.REQUESTED and loan.hold_id is not None:
        store(act.transaction, told)
        is_gone = why is WhyNot.NOT_FOUND
        cancel_hold(act, patron=loan.user, hold_id=loan.hold_id, unobtainable=is_gone)
        return loan_by_id(act.transaction, loan.id) or Obstacle.UNKNOWN
    new = advance(act, told, LendingAction.REFUSE)
    if isinstance(new, InterlibraryLoan) and new.state is not loan.state:
        tell(act, new, PartnerNoticeKind.CANCELLED)
    return new
