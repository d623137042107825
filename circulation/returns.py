"""Check-in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.events import EventKind, write_event
from circulation.facts import ItemFacts, item_facts, lock_item
from circulation.loans import end_loan, must_touch_one
from circulation.reasons import Reason
from circulation.results import Branch, CheckedIn, Desk, Destination, Refusal, Refused
from circulation.transits import begin_transit, end_transit


def check_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
    returned: datetime | None = None,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused for what the patron or the rules are: the only refusals are ITEM_UNKNOWN and
    BRANCH_UNKNOWN. An item that is not on loan is checked in all the same, and the answer says so.
    `returned` (SIP2 09 return date) is when the item came back if that was earlier than `now`;
    it is held between the check-out and now.
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
        if returned is not None:
            at = min(max(returned, loan.checked_out), now)
        must_touch_one(end_loan(transaction, loan.id, at, here.id))
    destination, to_branch = (
        (Destination.SHELF_HERE, here) if here.id == home.id else (Destination.TRANSIT_HOME, home)
    )
    _move(transaction, facts, here, to_branch, now)
    after: dict[str, Any] = {"destination": destination.name}
    if destination is Destination.TRANSIT_HOME:
        after["in_transit_to"] = to_branch.id
    write_event(
        transaction,
        EventKind.ITEM_SEEN if loan is None else EventKind.CHECKED_IN,
        desk,
        at,
        recorded=now if at != now else None,
        item_id=facts.id,
        patron_id=facts.borrower_id,
        loan_id=facts.loan_id,
        before=None if facts.transit_to_id is None else {"in_transit_to": facts.transit_to_id},
        after=after,
    )
    return CheckedIn(
        facts.item(home),
        destination,
        to_branch,
        was_on_loan=loan is not None,
        borrower=facts.borrower(),
        loan=loan,
        was_overdue=loan is not None and at > loan.due,
    )


def _move(
    transaction: Transaction, item: ItemFacts, here: Branch, to_branch: Branch, now: datetime
) -> None:
    """The transit that was is over; another begins where the item goes elsewhere."""
    if item.transit_to_id is not None:
        end_transit(transaction, item.id)
    if to_branch.id != here.id:
        begin_transit(transaction, item.id, here.id, to_branch.id, now)
