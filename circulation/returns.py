"""Check-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.events import EventKind, write_event
from circulation.facts import item_facts, lock_item
from circulation.loans import end_loan, must_touch_one
from circulation.lost import forget_missing
from circulation.reasons import Reason
from circulation.results import CheckedIn, Desk, Destination, LoanMark, Refusal, Refused
from circulation.routing import HoldHandling, route


def check_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
    returned: datetime | None = None,
    holds: HoldHandling = HoldHandling.SHELVE,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused for what the patron or the rules are: the only refusals are ITEM_UNKNOWN and
    BRANCH_UNKNOWN. An item that is not on loan is checked in all the same, and the answer says so.
    `returned` (SIP2 09 return date) is when the item came back if that was earlier than `now`;
    it is held between the check-out and now. `holds` says what this desk or machine does where
    somebody waits for the item (see `circulation.routing`).
    """
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home))

    loan = facts.loan()
    at = now
    if loan is not None:
        if facts.loan_mark == LoanMark.CLAIMED_RETURNED.value:
            returned = returned or facts.loan_marked  # they were right
        if returned is not None:
            at = min(max(returned, loan.checked_out), now)
        must_touch_one(end_loan(transaction, loan.id, at, here.id))
    elif facts.missing_since is not None:
        forget_missing(transaction, facts.id)
    way = route(transaction, set_up, desk, facts, here, holds, now)
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
    )
