"""Libraries that say nothing, wishes whose time is over, and what owners want back soon.

Once a day each case is looked at. A library that was asked and is silent is asked how far it is,
and given up when it is silent still; the next is asked at once. What it sends all the same is taken
(`rota.taken_over`). What is of no use any more is cancelled, and its patron told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_

from catalogue.database import Statement, many
from circulation.calendars.due_dates import local_date
from circulation.callers.partners import PARTNERS, USUAL_PROTOCOL
from circulation.interlending.cases import Case, case_by_id, open_cases
from circulation.interlending.notices import PartnerNoticeKind, notices_of, tell
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rota import NOT_SENT, go_on, pass_over, rules_of
from circulation.interlending.rows import (
    InterlibraryLoan,
    loan_by_id,
    select_loans,
    store,
)
from circulation.interlending.rules import interlending_terms
from circulation.interlending.schema import interlibrary_loans
from circulation.interlending.states import BorrowingState, Role
from circulation.interlending.terms import InterlendingTerms
from circulation.kernel.act import Act

_table = interlibrary_loans
#: How many rows a step looks at.
AT_MOST = 100
#: Why a library is asked no longer.
SILENT, TOO_LATE = "no answer", "of no use any more"
#: The longest time before such a day that a rule can name.
_LONGEST_NOTICE = timedelta(365)
#: It is here, and goes back some day.
_HERE = (
    BorrowingState.ARRIVED.value,
    BorrowingState.ON_LOAN.value,
    BorrowingState.RENEWAL_ASKED.value,
    BorrowingState.RECALLED.value,
    BorrowingState.RETURNED.value,
)


@dataclass(slots=True)
class Chased:
    """How many libraries were asked how far they are, how many were silent still, and how many
    wishes are of no use any more."""

    asked: int = 0
    silent: int = 0
    in_vain: int = 0


def chase(act: Act, until: datetime, *, after: int = 0) -> tuple[Chased, int | None]:
    """Looks at open cases as they are at that time: what was done, and from which id the next step
    goes on; None: those were all."""
    found = open_cases(act.transaction, after=after, at_most=AT_MOST)
    done = Chased()
    for each in found:
        # Whatever says something about a loan locks that first, and the case afterwards.
        loan = None if each.loan_id is None else loan_by_id(act.transaction, each.loan_id)
        case = case_by_id(act.transaction, each.id)
        if loan is None or case is None or case.closed is not None:
            continue
        if case.loan_id == loan.id:
            _look_at(act, case, loan, until, done)
    return done, found[-1].id if len(found) == AT_MOST else None


def _look_at(act: Act, case: Case, loan: InterlibraryLoan, until: datetime, done: Chased) -> None:
    if loan.closed is not None:  # and nobody was asked in its place
        go_on(act, case, loan)
        return
    if loan.state not in NOT_SENT:
        return
    if case.before is not None and case.before < until:
        pass_over(act, loan, TOO_LATE)
        done.in_vain += 1
        return
    rules = rules_of(act.circulation.current_set_up(act.transaction), case)
    if not _is_silent(loan, rules, until):
        return
    asked = loan.said.get("status_asked")
    if asked is None and _can_be_asked(act, loan):
        store(act.transaction, loan.with_said(status_asked=until.isoformat()))
        tell(act, loan, PartnerNoticeKind.STATUS_ASKED)
        done.asked += 1
    elif asked is None or datetime.fromisoformat(asked) + timedelta(rules.cancel_days) <= until:
        pass_over(act, loan, SILENT)
        done.silent += 1


def _is_silent(loan: InterlibraryLoan, rules: InterlendingTerms, until: datetime) -> bool:
    """Has it said nothing for as long as it may, or not sent what it has promised?"""
    said = loan.said
    heard = loan.changed
    if said.get("heard"):
        heard = max(heard, datetime.fromisoformat(said["heard"]))
    if loan.state is BorrowingState.OFFERED:
        return False  # somebody here decides
    if loan.state is BorrowingState.ASKED:
        return heard + timedelta(rules.silent_days) <= until
    expected = said.get("expected")
    since = max(heard, datetime.fromisoformat(expected)) if expected else heard
    return since + timedelta(rules.promised_days) <= until


def _can_be_asked(act: Act, loan: InterlibraryLoan) -> bool:
    """Has its protocol a word for that, and has it got the request at all?"""
    partner = PARTNERS.of(act.circulation.current_set_up(act.transaction)).get(loan.partner)
    if partner is None or partner.protocol == USUAL_PROTOCOL:
        return False
    asked = PartnerNoticeKind.ASKED.value
    told = notices_of(act.transaction, loan_id=loan.id)
    return any(each.kind == asked and each.sent is not None for each in told)


@many(InterlibraryLoan)
def _wanted_back(*, before: datetime, after: int) -> Statement:
    return (
        select_loans(
            _table.c.role == Role.BORROWER.value,
            or_(*(_table.c.state == each for each in _HERE)),
            _table.c.due < before,
            _table.c.closed.is_(None),
            _table.c.id > after,
        )
        .order_by(_table.c.id)
        .limit(AT_MOST)
    )


def remind(act: Act, until: datetime, *, after: int = 0) -> tuple[int, int | None]:
    """Reminds staff once of each day on which an owner wants something back: how many, and from
    which id the next step goes on; None: that was all."""
    found = _wanted_back(act.transaction, before=until + _LONGEST_NOTICE, after=after)
    set_up = act.circulation.current_set_up(act.transaction)
    reminded = 0
    for each in found:
        loan = loan_by_id(act.transaction, each.id)
        if loan is None or loan.due is None or loan.closed is not None:
            continue
        days = interlending_terms(set_up, loan.branch_id, "").remind_days
        if loan.due - timedelta(days) > until or loan.said.get("reminded") == loan.due.isoformat():
            continue
        store(act.transaction, loan.with_said(reminded=loan.due.isoformat()))
        day = local_date(loan.due, set_up.branches[loan.branch_id].timezone)
        note_remark(act, loan, RemarkKind.DUE, f"{day}: it is {loan.state_name} here")
        reminded += 1
    return reminded, found[-1].id if len(found) == AT_MOST else None
