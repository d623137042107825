"""PAIA 3.3: what the patron has on loan and waits for, as documents (2.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from circulation.calendars.due_dates import local_date
from circulation.holds.lists import patron_holds
from circulation.holds.results import HoldState, QueuedHold
from circulation.items.availability import circulation_statuses
from circulation.items.facts import ItemFacts
from circulation.kernel.results import Loan, Refused
from circulation.languages.sentences import Sentence
from circulation.loans.renewals import LoanProspect, judge_renewals
from protocols.discovery.handling.telling import (
    Editions,
    about,
    known_by,
    moment,
    without_none,
)
from protocols.discovery.identifiers import Uris
from protocols.discovery.methods import Asking
from protocols.discovery.problems import Denied, Fault
from protocols.hosting.answering import Context

NO_RELATION, RESERVED, ORDERED, HELD, PROVIDED, REJECTED = range(6)
_STATUSES: Final = {
    HoldState.WAITING: RESERVED,
    HoldState.ON_THE_WAY: ORDERED,
    HoldState.READY: PROVIDED,
    HoldState.CLOSED: NO_RELATION,
}


def list_items(asking: Asking, context: Context) -> dict[str, Any]:
    """Loans by due date, then holds, the oldest first."""
    loans, holds = loans_of(asking, context), holds_of(asking, context)
    told = Telling(asking, context, [each.item for each in loans], holds)
    return {
        "doc": [
            *(
                told.loan(each.item, each.loan.loan(), each.loan.branch_id, not each.refusals)
                for each in loans
            ),
            *(told.hold(each) for each in holds),
        ]
    }


def loans_of(asking: Asking, context: Context) -> Sequence[LoanProspect]:
    """The patron's loans, each judged as its renewal would be."""
    found = judge_renewals(asking.act(context), patron=known_by(asking.patron))
    if isinstance(found, Refused):
        raise Denied(Fault.ACCESS_DENIED, Sentence("PATRON_DELETED"))
    return found


def holds_of(asking: Asking, context: Context) -> Sequence[QueuedHold]:
    found = patron_holds(
        context.circulation, context.transaction, patron=known_by(asking.patron), now=context.now
    )
    if isinstance(found, Refused):
        raise Denied(Fault.ACCESS_DENIED, Sentence("PATRON_DELETED"))
    return found.holds


class Telling:
    """Loans and holds as documents; what they have in common is read once."""

    def __init__(
        self,
        asking: Asking,
        context: Context,
        items: Sequence[ItemFacts],
        holds: Iterable[QueuedHold],
    ) -> None:
        transaction = context.transaction
        self._uris, self._now = asking.uris, context.now
        self._branches = context.circulation.current_set_up(transaction).branches
        records = {each.record_id for each in items} | {each.hold.record_id for each in holds}
        self.editions = Editions(transaction, asking.uris, records)
        self._queues: Mapping[int, int] = {}
        if items:
            found = circulation_statuses(
                context.circulation,
                transaction,
                item_ids=[each.id for each in items],
                now=context.now,
            )
            self._queues = {item_id: status.open_holds for item_id, status in found.items()}

    def loan(self, item: ItemFacts, loan: Loan, branch_id: int, can_renew: bool) -> dict[str, Any]:
        branch = self._branches[branch_id]
        return without_none(
            {
                "status": HELD,
                "item": self._uris.item(item.barcode),
                "edition": self.editions.uri(item.record_id),
                "about": about(item.title, item.author),
                "label": item.call_number or None,
                "queue": self._queues.get(item.id, 0),
                "renewals": loan.renewals,
                "starttime": moment(loan.checked_out, branch.timezone),
                "endtime": moment(loan.due, branch.timezone),
                "duedate": local_date(loan.due, branch.timezone).isoformat(),
                "cancancel": False,
                "canrenew": can_renew,
                "storage": branch.name,
                "storageid": self._uris.branch(branch.isil),
            }
        )

    def hold(self, queued: QueuedHold) -> dict[str, Any]:
        hold = queued.hold
        zone = hold.pickup_branch.timezone
        told: dict[str, Any] = {
            "status": _STATUSES[hold.state],
            "item": item_of(queued, self._uris),
            "edition": self.editions.uri(hold.record_id),
            "requested": self._requested(queued),
            "about": about(hold.title, hold.author),
            "label": hold.part or None,
            "queue": queued.number_in_queue,
            "cancancel": hold.state is not HoldState.CLOSED,
            "canrenew": False,
            "storage": hold.pickup_branch.name,
            "storageid": self._uris.branch(hold.pickup_branch.isil),
        }
        if hold.state is HoldState.WAITING:
            told["starttime"] = moment(hold.placed, zone)
        if hold.state is HoldState.READY and hold.deadline is not None:
            told["endtime"] = moment(hold.deadline, zone)
            told["duedate"] = local_date(hold.deadline, zone).isoformat()
        elif queued.days is not None and hold.state is not HoldState.CLOSED:
            there = local_date(self._now, zone) + timedelta(days=queued.days)
            told["endtime"] = there.isoformat()
        return without_none(told)

    def _requested(self, queued: QueuedHold) -> str:
        hold = queued.hold
        if hold.item is not None:
            return self._uris.item(hold.item)
        return self.editions.uri(hold.record_id)


def item_of(queued: QueuedHold, uris: Uris) -> str:
    """The copy that is kept for the hold, or the one that it is for; where none has been chosen
    yet, the hold itself, so that clients can name it."""
    hold = queued.hold
    barcode = hold.bound_item or hold.item
    return uris.hold(hold.id) if barcode is None else uris.item(barcode)
