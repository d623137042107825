"""The rota of a case: the next library is asked when one does not lend, until one does or none is
left; then the patron is told.

Only the last interlibrary loan of a case moves it on. What an earlier one says is taken note of,
and what it sends all the same is kept for the patron as long as nothing else is on its way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from circulation.callers.partners import Partner
from circulation.interlending.cases import (
    Case,
    Outcome,
    attempts_of,
    case_by_id,
    end_case,
    insert_case,
    loads,
    store_case,
)
from circulation.interlending.notices import PartnerNoticeKind, readdress, tell
from circulation.interlending.ranking import Asking, Availability, Candidate, Ranked, rank
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    begun,
    insert_loan,
    loan_by_id,
    readdress_loan,
)
from circulation.interlending.rules import interlending_terms
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle
from circulation.interlending.suppliers import SUPPLIERS
from circulation.interlending.terms import InterlendingTerms
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.results import UNATTENDED
from circulation.kernel.set_up import SetUp
from circulation.ledger.changes import charge_patron
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind

#: What follows where nobody lends what a patron asked for.
UNOBTAINABLE: Registry[Callable[[Act, InterlibraryLoan], None]] = Registry(
    "interlending.rota:UNOBTAINABLE"
)

#: How much of the order is kept with a case: a registry may name hundreds of libraries.
MOST_KEPT = 50
#: Why a loan has ended in whose place another library is asked.
ANOTHER = "another library is asked"
#: It was asked for, and nothing was sent.
NOT_SENT = (BorrowingState.ASKED, BorrowingState.EXPECTED, BorrowingState.OFFERED)


class Sought(NamedTuple):
    """What is wanted of the partners, as far as their order depends on it."""

    branch_id: int
    category: str
    only: str = ""


def ranked_for(
    act: Act,
    sought: Sought,
    asked: frozenset[str] = frozenset(),
    seen: Mapping[str, Availability] | None = None,
) -> list[Ranked]:
    """The partners in the order in which they would be asked now, and why; `seen` is what their
    catalogues have said."""
    set_up = act.circulation.current_set_up(act.transaction)
    with_them = {each.partner: each.wishes for each in loads(act.transaction)}
    candidates = [
        Candidate(
            key,
            partner.name or partner.agency,
            terms,
            with_them.get(key, 0),
            (seen or {}).get(key, Availability.UNKNOWN),
        )
        for key, (partner, terms) in SUPPLIERS.of(set_up).items()
    ]
    asking = Asking(set_up.day(act.now, sought.branch_id), asked, sought.only)
    return rank(candidates, asking, rules_of(set_up, sought))


def rules_of(set_up: SetUp, sought: Sought | Case) -> InterlendingTerms:
    return interlending_terms(set_up, sought.branch_id, sought.category)


def begin_case(act: Act, case: Case) -> InterlibraryLoan | None:
    """Begins a case and asks the first library; None, and nothing is begun, where none can be."""
    sought = Sought(case.branch_id, case.category, case.only)
    ranked = ranked_for(act, sought)
    if not any(each.position is not None for each in ranked):
        return None
    insert_case(act.transaction, case)
    return _ask_first(act, case, ranked)


def ask_next(act: Act, case: Case) -> InterlibraryLoan | None:
    """Asks the next library; None where none is left."""
    return _ask_first(act, case, _left(act, case))


def _left(act: Act, case: Case) -> list[Ranked]:
    """The partners as they stand now; none where as many were asked as may be."""
    rules = rules_of(act.circulation.current_set_up(act.transaction), case)
    before = attempts_of(act.transaction, case_id=case.id)
    asked = frozenset(each.partner for each in before)
    if len(asked) >= rules.libraries:
        return []
    return ranked_for(act, Sought(case.branch_id, case.category, case.only), asked)


def _is_anybody_left(act: Act, case: Case) -> bool:
    is_late = case.before is not None and case.before < act.now
    return not is_late and any(each.position is not None for each in _left(act, case))


def _ask_first(act: Act, case: Case, ranked: list[Ranked]) -> InterlibraryLoan | None:
    set_up = act.circulation.current_set_up(act.transaction)
    rules = rules_of(set_up, case)
    chosen = next((each for each in ranked if each.position is not None), None)
    if chosen is None:
        return None
    looks = _may_look(set_up, ranked, rules)
    wait = timedelta(seconds=rules.look_seconds) if looks else timedelta()
    loan = begin_attempt(act, case, SUPPLIERS.of(set_up)[chosen.partner].partner, wait=wait)
    store_case(
        act.transaction,
        case._replace(loan_id=loan.id, rota=_kept(ranked), look_at=act.now if looks else None),
    )
    return loan


def _may_look(set_up: SetUp, ranked: list[Ranked], rules: InterlendingTerms) -> bool:
    """Is there somebody to ask what is in, and may the answer change whom we ask?"""
    if not rules.look_seconds or "availability" not in rules.order:
        return False
    known = SUPPLIERS.of(set_up)
    eligible = [each.partner for each in ranked if each.position is not None]
    return len(eligible) > 1 and any(known[each].terms.catalogue for each in eligible)


def _kept(ranked: list[Ranked]) -> str:
    return json.dumps([each.shown() for each in ranked[:MOST_KEPT]], ensure_ascii=False)


def begin_attempt(
    act: Act,
    case: Case,
    partner: Partner,
    *,
    wait: timedelta = timedelta(),
    said: Mapping[str, Any] | None = None,
) -> InterlibraryLoan:
    """Asks a partner, under a new id; the request goes out after `wait`."""
    transaction = act.transaction
    pickup = act.circulation.current_set_up(transaction).branches[case.branch_id].isil
    loan = begun(
        act,
        partner=partner.agency.strip().casefold(),
        actor=partner.name or partner.agency,
        state_name=BorrowingState.ASKED.value,
        title=case.title,
        author=case.author,
        branch_id=partner.branch_id,
        patron_id=case.patron_id,
        user=case.user,
        case_id=case.id,
    ).with_said(pickup=pickup, **(said or {}))
    insert_loan(transaction, loan)
    about = {"pickup": pickup}
    if case.record_id is not None:
        about["record"] = str(case.record_id)
    if case.number:
        about["number"] = case.number
    if case.before is not None:
        about["before"] = case.before.isoformat()
    tell(ours(act), loan, PartnerNoticeKind.ASKED, about=about, wait=wait)
    return loan


def ours(act: Act) -> Act:
    """The same, done by nobody at a desk: what follows from what a partner says is our own, and a
    partner of the same name is told of it."""
    return act._replace(desk=UNATTENDED)


def catalogues_said(act: Act, case_id: int, seen: Mapping[str, Availability]) -> None:
    """What the catalogues of partners say, or those that have answered. Where another than the one
    that was chosen is first now, it is asked in its place, unless that was asked already."""
    transaction = act.transaction
    case = case_by_id(transaction, case_id)
    if case is None or case.closed is not None or case.look_at is None:
        return
    loan = None if case.loan_id is None else loan_by_id(transaction, case.loan_id)
    case = case._replace(look_at=None)
    if loan is None or loan.state is not BorrowingState.ASKED:
        store_case(transaction, case)
        return
    before = attempts_of(transaction, case_id=case.id)
    asked = frozenset(each.partner for each in before if each.id != loan.id)
    ranked = ranked_for(act, Sought(case.branch_id, case.category, case.only), asked, seen)
    first = next((each for each in ranked if each.position == 1), None)
    set_up = act.circulation.current_set_up(transaction)
    if first is not None and readdress(transaction, loan.id, first.partner, act.now):
        chosen = SUPPLIERS.of(set_up)[first.partner].partner
        readdress_loan(
            transaction,
            loan_id=loan.id,
            partner=first.partner,
            actor=chosen.name or chosen.agency,
            branch_id=chosen.branch_id,
        )
    store_case(transaction, case._replace(rota=_kept(ranked)))


def not_lent(act: Act, loan: InterlibraryLoan) -> None:
    """A library does not lend it, which its loan says already: the next is asked, or the patron is
    told. `loan` is as it was before, with its patron."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is None:
        _tell_patron(act, loan)
    elif case.loan_id == loan.id and case.closed is None:
        go_on(act, case, loan)


def pass_over(
    act: Act,
    loan: InterlibraryLoan,
    why: str,
    action: BorrowingAction = BorrowingAction.CANCEL,
) -> InterlibraryLoan | Obstacle:
    """A library is waited for no longer: it is told, and the next is asked."""
    new = advance(act, loan.with_said(why=why), action)
    if isinstance(new, InterlibraryLoan):
        tell(ours(act), loan, PartnerNoticeKind.CANCELLED)
        not_lent(act, loan)
    return new


def ask_another(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """Somebody here wants the next library asked in place of this one, which has not sent it; gives
    the loan of the next. Where none is left, this one goes on."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is None or case.closed is not None or case.loan_id != loan.id:
        return Obstacle.IS_OVER
    if loan.state not in NOT_SENT:
        return Obstacle.HERE_ALREADY
    if not _is_anybody_left(act, case):
        return Obstacle.NOBODY_LEFT
    passed = pass_over(act, loan, ANOTHER)
    if isinstance(passed, Obstacle):
        return passed
    case = case_by_id(act.transaction, case.id)
    following = None if case is None or case.loan_id is None else case.loan_id
    return passed if following is None else loan_by_id(act.transaction, following) or passed


def go_on(act: Act, case: Case, loan: InterlibraryLoan) -> InterlibraryLoan | None:
    """The next library is asked; where none is left the case is over, and the patron is told."""
    late = case.before is not None and case.before < act.now
    following = None if late else ask_next(act, case)
    if following is None:
        end_case(act.transaction, case, Outcome.UNOBTAINABLE, act.now)
        _tell_patron(act, loan._replace(patron_id=case.patron_id))
    return following


def _tell_patron(act: Act, loan: InterlibraryLoan) -> None:
    for follow in UNOBTAINABLE:
        follow(act, loan)


def filled(act: Act, loan: InterlibraryLoan) -> None:
    """What is wanted is here: the case is over, and its patron is charged where the rules say so.
    What was asked for elsewhere in the meantime is cancelled."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is None or case.closed is not None:
        return
    if case.loan_id != loan.id:
        _cancel_last(act, case)
    _charge(act, case)
    end_case(act.transaction, case._replace(loan_id=loan.id), Outcome.FILLED, act.now)


def withdraw_wish(act: Act, loan: InterlibraryLoan) -> None:
    """Nobody wants it any more: no other library is asked."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is not None:
        end_case(act.transaction, case, Outcome.CANCELLED, act.now)


def taken_over(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan:
    """A library sends what we had given up to get from it: it comes for the patron as long as
    nothing else is on its way to them, and what was asked for elsewhere is cancelled."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is None or case.closed is not None:
        return loan
    last = None if case.loan_id is None else loan_by_id(act.transaction, case.loan_id)
    is_free = last is None or last.id == loan.id or last.closed is not None
    if not (is_free or (last is not None and last.state in NOT_SENT)):
        return loan
    _cancel_last(act, case)
    store_case(act.transaction, case._replace(loan_id=loan.id, look_at=None))
    return loan._replace(patron_id=case.patron_id, user=case.user)


def _cancel_last(act: Act, case: Case) -> None:
    last = None if case.loan_id is None else loan_by_id(act.transaction, case.loan_id)
    if last is None or last.state not in NOT_SENT:
        return
    new = advance(act, last, BorrowingAction.CANCEL)
    if not isinstance(new, Obstacle):
        tell(ours(act), last, PartnerNoticeKind.CANCELLED)


def _charge(act: Act, case: Case) -> None:
    """What it has cost us, once."""
    rules = rules_of(act.circulation.current_set_up(act.transaction), case)
    if case.patron_id is None or not case.cost or rules.patron_pays == "nothing":
        return
    charge_patron(
        act,
        case.patron_id,
        NewCharge(
            ChargeKind.SERVICE,
            case.cost,
            case.currency,
            case.branch_id,
            ChargeReason.BORROWED_ELSEWHERE.value,
            once=f"interlibrary case {case.id}",
        ),
    )
