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
from circulation.kernel.results import (
    Branch,
    ChargedFee,
    CheckedIn,
    Destination,
    LoanMark,
    Refusal,
    Refused,
)
from circulation.kernel.set_up import SetUp
from circulation.loans.conflicts import note_former_loan
from circulation.loans.dates import date_refusals, find_patron_category
from circulation.loans.ending import Ending, charge_end, end
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.features import AWAITED, RETURNING, HoldHandling, ReturnCase, Route
from circulation.loans.late import History, find_place
from circulation.loans.late_days import note_late_day
from circulation.loans.off_line import is_same_second
from circulation.loans.routing import route
from circulation.loans.states import LoanAction, refusals_in, state_of
from circulation.loans.wishes import RETURNED_NOW, OffLineReturn


def check_in(
    act: Act,
    *,
    item: str,
    returned: datetime | None = None,
    off_line: OffLineReturn = RETURNED_NOW,
    holds: HoldHandling = HoldHandling.SHELVE,
    sorting: str | None = None,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused because of the patron: the only refusals are ITEM_UNKNOWN, BRANCH_UNKNOWN, where
    `holds` is REFUSE ON_HOLD_FOR_ANOTHER, and DATE_TOO_OLD and DATE_IN_FUTURE for a `returned` that
    the rules do not accept. An item that another library
    has sent is taken in. One that is not on loan is
    checked in all the same, and the answer says so. `returned` (SIP2 09 return date) is when the
    item came back if that was earlier than `act.now`; a date before the check-out becomes the time
    of the check-out, and the answer says so.
    `off_line` is given for a return that was made off line, and reported now. It takes its place
    in the history of the item (`circulation.loans.late`). Where the item was lent or returned
    after that, it ends a loan of that time alone, the item stays where it is, and the answer says
    so (`is_past`).
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
    happened, noted, is_told = off_line
    returned = returned or happened
    if not is_told and (wrong := _date_refusals(act, returned, facts, set_up, here, noted)):
        return Refused(tuple(wrong), facts.item(home))
    if happened is not None:
        found_in = _place_return(act, set_up, facts, happened, returned)
        if isinstance(found_in, CheckedIn):
            return found_in
        loan = found_in
    came = min(returned, act.now) if is_told and returned is not None else act.now
    case = ReturnCase(act, facts, loan, set_up, here, holds, came, is_told, happened=happened)
    return _take(case, home, returned, sorting)


def _take(
    case: ReturnCase, home: Branch, returned: datetime | None, sorting: str | None
) -> CheckedIn | Refused:
    """End the loan, and find where the item goes."""
    act, facts, loan = case.act, case.item, case.loan
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


def _place_return(
    act: Act, set_up: SetUp, item: ItemFacts, happened: datetime, returned: datetime | None
) -> CheckedIn | OpenLoan | None:
    """Find the place of an off-line return in the history of the item.

    Return the open loan that it ends, as it was then, or the answer where the item moved on since.
    """
    at, loan = min(happened, act.now), OPEN_LOAN.of(item)
    here = set_up.branches[act.desk.branch_id]
    note_late_day(act, at, here)
    place = find_place(act, item, loan, at)
    if place is None:
        return loan
    history = History(act, set_up, item, place)
    if place.next is not None or (loan is None and place.has_return_at(at)):
        return _note_past(history, at, returned, here)
    return loan and _before_renewals(history, loan, at)


def _note_past(
    history: History, happened: datetime, returned: datetime | None, here: Branch
) -> CheckedIn:
    """Note a return after which the item was returned or lent again."""
    item, place, loan = history.item, history.place, history.place.covering
    charged: tuple[ChargedFee, ...] = ()
    if loan is not None:
        at = max(returned or happened, loan.checked_out)
        ended, charged = history.move_end(loan, at, here, {})
        following = ended and place.loans.get(ended.after.get("ended_by_loan", 0))
        if following:
            note_former_loan(history.act, following, item.id, None)
        elif ended is not None:
            history.at_branch_of(ended).note_seen(ended.at, ended.after, ended.id)
    elif not place.has_return_at(happened):
        history.note_seen(happened, {})
    has_name = loan is not None and loan.patron_id is not None
    return CheckedIn(
        item.item(history.set_up.branches[item.home_branch_id]),
        Destination.SHELF_HERE,
        here,
        loan is not None,
        loan.as_open().borrower() if loan is not None and has_name else None,
        None if loan is None else loan.loan(),
        loan is not None and happened > loan.due,
        charged=charged,
        is_past=True,
    )


def _before_renewals(history: History, loan: OpenLoan, happened: datetime) -> OpenLoan:
    """Return the open loan as it was at a return, before it was renewed later."""
    past = history.place.loans.get(loan.id)
    if past is None:
        return loan
    past = history.take_back_renewals(past, happened, is_for_good=True)
    return loan._replace(due=past.due, renewals=past.renewals)


def _date_refusals(
    act: Act,
    returned: datetime | None,
    item: ItemFacts,
    set_up: SetUp,
    here: Branch,
    noted: datetime | None,
) -> list[Refusal]:
    """Return why the rules for the borrower at this branch do not accept the date."""
    if returned is None:
        return []
    loan, category = OPEN_LOAN.of(item), None
    if loan is not None:
        category = find_patron_category(act.transaction, patron_id=loan.patron_id)
    terms = set_up.terms(here.id, category or "", item.material_group)
    return date_refusals(act, returned, terms, here.timezone, noted)


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
    at = case.at
    if loan is None:
        new = NewEvent(EventKind.ITEM_SEEN, item.id)
        at = at if case.happened is None else min(case.happened, at)
    else:
        new = NewEvent(EventKind.CHECKED_IN, item.id, loan.patron_id, loan.id)
    if way.held_for is not None:
        new.hold_id = way.held_for.hold_id
    new.before, new.after, new.at = before, after, at
    append_event(case.act, new, case.set_up)
