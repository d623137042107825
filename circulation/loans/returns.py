"""Check-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.database import Transaction
from circulation.booking.at_loan import settle_return
from circulation.booking.stays import seen
from circulation.callers.sorting import sort, sort_rules_at
from circulation.fees.acts import charge_return
from circulation.interlending.following import follow_check_in
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import (
    ChargedFee,
    CheckedIn,
    Desk,
    Destination,
    LoanMark,
    Refusal,
    Refused,
)
from circulation.loans.lost import forget_missing
from circulation.loans.routing import HoldHandling, is_waited_for, route
from circulation.loans.rows import end_loan, must_touch_one


def check_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
    returned: datetime | None = None,
    holds: HoldHandling = HoldHandling.SHELVE,
    sorting: str | None = None,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused for what the patron or the rules are: the only refusals are ITEM_UNKNOWN,
    BRANCH_UNKNOWN and, where `holds` is REFUSE, ON_HOLD_FOR_ANOTHER. An item that is not on loan is
    checked in all the same, and the answer says so.
    `returned` (SIP2 09 return date) is when the item came back if that was earlier than `now`;
    it is held between the check-out and now. `holds` says what this desk or machine does where
    somebody waits for the item (see `circulation.loans.routing`); `sorting` names the scheme by
    which it sorts, where that is another than the set-up says of the terminal.
    """
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    now = facts.not_before_last_act(now)
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home))
    if holds is HoldHandling.REFUSE and is_waited_for(transaction, set_up, desk, facts, here, now):
        return Refused((Refusal(Reason.ON_HOLD_FOR_ANOTHER),), facts.item(home))

    loan = facts.loan()
    at = now
    charged: tuple[ChargedFee, ...] = ()
    if loan is not None:
        at = max(now, loan.checked_out)  # the later where the clock has been set back
        came = at if returned is None else min(max(returned, loan.checked_out), at)
        charged = charge_return(circulation, transaction, set_up, desk, facts, came, here, now)
        if facts.loan_mark == LoanMark.CLAIMED_RETURNED.value:
            returned = returned or facts.loan_marked  # they were right
        if returned is not None:
            at = min(max(returned, loan.checked_out), at)
        must_touch_one(end_loan(transaction, loan.id, at, here.id))
        if facts.is_spoken_for:
            facts = settle_return(transaction, desk, facts, now)
    elif facts.missing_since is not None:
        forget_missing(transaction, facts.id)
    is_borrowed = False
    if facts.interlibrary_id is not None:
        is_borrowed = follow_check_in(transaction, desk, facts, now) is not None
    way = route(transaction, set_up, desk, facts, here, holds, now)
    if is_borrowed and way.held_for is None and way.to_branch.id == here.id:
        # It belongs on no shelf of ours: once it is at the branch that borrowed it, or where
        # nothing goes there from here, staff send it back.
        way = way._replace(destination=Destination.PROBLEM_BIN)
    stay = None
    if facts.stay_branch_id is not None:
        stay = seen(transaction, set_up, facts, here, now)
    rules = sort_rules_at(set_up, desk.actor, sorting)
    belongs = here if way.destination is Destination.FLOAT_HERE else home
    sorted_by = rules and sort(
        rules, facts.item(belongs), way.destination, way.to_branch, set_up.groups
    )
    before: dict[str, Any] = {}
    if facts.transit_to_id is not None:
        before["in_transit_to"] = facts.transit_to_id
    if facts.missing_since is not None:
        before["missing_since"] = facts.missing_since.isoformat()
    if facts.loan_mark is not None:
        before["state"] = LoanMark(facts.loan_mark).name
    if way.destination is Destination.FLOAT_HERE:
        before["home"], home = home.id, here
    after: dict[str, Any] = {"destination": way.destination.name}
    if way.to_branch.id != here.id:
        after["in_transit_to"] = way.to_branch.id
    write_event(
        transaction,
        EventKind.ITEM_SEEN if loan is None else EventKind.CHECKED_IN,
        desk,
        at,
        recorded=now if at != now else None,
        item_id=facts.id,
        patron_id=facts.borrower_id,
        loan_id=facts.loan_id,
        hold_id=way.held_for.hold_id if way.held_for else None,
        before=before or None,
        after=after,
        set_up=set_up,
    )
    return CheckedIn(
        facts.item(home),
        way.destination,
        way.to_branch,
        was_on_loan=loan is not None,
        borrower=facts.borrower(),
        loan=loan,
        was_overdue=loan is not None and at > loan.due,
        held_for=way.held_for,
        was_marked=None if facts.loan_mark is None else LoanMark(facts.loan_mark),
        charged=charged,
        sort_bin=sorted_by.bin if sorted_by else None,
        sort_rule=sorted_by.number if sorted_by else None,
        stay=None if way.held_for else stay,
    )
