"""Check-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from circulation.callers.sorting import sort, sort_rules_at
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.items.missing import forget_missing
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedIn, Destination, LoanMark, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.dates import date_refusals, find_patron_category
from circulation.loans.ending import Ending, charge_end, end
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.features import AWAITED, RETURNING, HoldHandling, ReturnCase, Route
from circulation.loans.off_line import is_same_second
from circulation.loans.routing import route
from circulation.loans.states import LoanAction, refusals_in, state_of


def check_in(
    act: Act,
    *,
    item: str,
    returned: datetime | None = None,
    holds: HoldHandling = HoldHandling.SHELVE,
    sorting: str | None = None,
    is_told: bool = False,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused because of the patron: the only refusals are ITEM_UNKNOWN, BRANCH_UNKNOWN, where
    `holds` is REFUSE ON_HOLD_FOR_ANOTHER, and DATE_TOO_OLD and DATE_IN_FUTURE for a `returned` that
    the rules do not accept. An item that another library
    has sent is taken in. One that is not on loan is
    checked in all the same, and the answer says so. `returned` (SIP2 09 return date) is when the
    item came back if that was earlier than `act.now`; a date before the check-out becomes the time
    of the check-out, and the answer says so.
    `is_told`: another has taken it back, and all that followed from that was so when it came back;
    its date is accepted.
    `holds` says what this desk or machine does where somebody waits for the item; `sorting` names
    the scheme by which it sorts, where that is not the one that the set-up gives the terminal.
    """
    lock_item(act.transaction, barcode=item)
    facts = item_facts(act.transaction, barcode=item)
    if facts is None:
        awaited = (each for take_in in AWAITED if (each := take_in(act, item)) is not None)
        return next(awaited, Refused((Refusal(Reason.ITEM_UNKNOWN),)))
    act = facts.not_before_last_act(act)
    set_up = act.circulation.set_up(act.transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    here = set_up.branches.get(act.desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home))
    loan = OPEN_LOAN.of(facts)
    if not is_told and (wrong := _date_refusals(act, returned, facts, set_up, here)):
        return Refused(tuple(wrong), facts.item(home))
    came = min(returned, act.now) if is_told and returned is not None else act.now
    case = ReturnCase(act, facts, loan, set_up, here, holds, came, is_told)
    found = refusals_in(state_of(facts, act.now), LoanAction.CHECK_IN)
    features = RETURNING.of(facts)
    for feature in features:
        found += feature.hindrances(case)
    if found:
        return Refused(tuple(found), facts.item(home))

    if loan is not None:
        _end_loan(case, loan, returned)
    elif facts.missing_since is not None:
        forget_missing(act.transaction, item_id=facts.id)
    for feature in features:
        feature.settle(case)
    way = route(case, features)
    for feature in features:
        feature.follow(case, way)
    answer = _answer(case, way, home, sorting)
    for feature in features:
        feature.leave(case)
    return answer


def _date_refusals(
    act: Act, returned: datetime | None, item: ItemFacts, set_up: SetUp, here: Branch
) -> list[Refusal]:
    """Return why the rules for the borrower at this branch do not accept the date."""
    if returned is None:
        return []
    loan, category = OPEN_LOAN.of(item), None
    if loan is not None:
        category = find_patron_category(act.transaction, patron_id=loan.patron_id)
    terms = set_up.terms(here.id, category or "", item.material_group)
    return date_refusals(act, returned, terms, here.timezone)


def _end_loan(case: ReturnCase, loan: OpenLoan, returned: datetime | None) -> None:
    """Finds when the item came back, and what the borrower is charged."""
    act, item, here = case.act, case.item, case.here
    at = max(act.now, loan.checked_out)  # the later where the clock has been set back
    came = at if returned is None else min(max(returned, loan.checked_out), at)
    case.is_before_loan = (
        returned is not None
        and returned < loan.checked_out
        and not is_same_second(returned, loan.checked_out)
    )
    ending = Ending(act, case.set_up, item, loan, came, here)
    case.charged = charge_end(ending)
    if loan.mark == LoanMark.CLAIMED_RETURNED.value:
        returned = returned or loan.marked  # they were right
    case.at = at if returned is None else min(max(returned, loan.checked_out), at)
    end(ending, case.at)


def _answer(case: ReturnCase, way: Route, home: Branch, sorting: str | None) -> CheckedIn:
    """Finds the bin, and writes the event."""
    loan, set_up = case.loan, case.set_up
    item = case.item.item(case.here if way.destination is Destination.FLOAT_HERE else home)
    borrower, ended, was_overdue, mark = None, None, False, None
    if loan is not None:
        borrower, ended, was_overdue = loan.borrower(), loan.loan(), case.at > loan.due
        mark = None if loan.mark is None else LoanMark(loan.mark)
    rules = sort_rules_at(set_up, case.act.desk.actor, sorting)
    sorted_by = rules and sort(rules, item, way.destination, way.to_branch, set_up.groups)
    _note(case, way, mark)
    return CheckedIn(
        item,
        way.destination,
        way.to_branch,
        loan is not None,
        borrower,
        ended,
        was_overdue,
        way.held_for,
        mark,
        sorted_by.bin if sorted_by else None,
        sorted_by.number if sorted_by else None,
        case.charged,
        None if way.held_for else case.stay,
        case.is_before_loan,
    )


def _note(case: ReturnCase, way: Route, mark: LoanMark | None) -> None:
    item, loan = case.item, case.loan
    before: dict[str, Any] = dict(case.before)
    if item.transit_to_id is not None:
        before["in_transit_to"] = item.transit_to_id
    if item.missing_since is not None:
        before["missing_since"] = item.missing_since.isoformat()
    if mark is not None:
        before["state"] = mark.name
    if way.destination is Destination.FLOAT_HERE:
        before["home"] = item.home_branch_id
    after: dict[str, Any] = case.after | {"destination": way.destination._name_}
    if way.to_branch.id != case.here.id:
        after["in_transit_to"] = way.to_branch.id
    if loan is None:
        new = NewEvent(EventKind.ITEM_SEEN, item.id)
    else:
        new = NewEvent(EventKind.CHECKED_IN, item.id, loan.patron_id, loan.id)
    if way.held_for is not None:
        new.hold_id = way.held_for.hold_id
    new.before, new.after, new.at = before, after, case.at
    append_event(case.act, new, case.set_up)
