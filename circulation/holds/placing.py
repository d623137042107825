"""Holds: placing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from catalogue.changes.former_records import present_id
from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.calendars.due_dates import local_date
from circulation.fees.loan_fees import charge_holds, fee_refusals, price_of
from circulation.holds.changes import (
    insert_hold,
    insert_hold_set,
)
from circulation.holds.copies import copies_of_record, copies_on_order
from circulation.holds.eligibility import (
    date_refusals,
    is_for_many,
    patron_hold_refusals,
    pickup_branch_of,
    target_refusals,
)
from circulation.holds.facts import HoldFacts, holds_of_patron, known_hold, lock_queue
from circulation.holds.lists import queued
from circulation.holds.queues import ORDINARY
from circulation.holds.recalls import recall_for
from circulation.holds.results import HoldKind, HoldsPlaced, Wanted
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Desk, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.contacts import preferences_of
from circulation.patrons.facts import PatronFacts, lock_patron, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin


class _Located(NamedTuple):
    """What is wanted, found in the catalogue; `record_id` None where it was not."""

    wanted: Wanted
    record_id: int | None
    item_id: int | None


def place_holds(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    wanted: Sequence[Wanted],
    now: datetime,
    kind: HoldKind = HoldKind.NORMAL,
    pickup_branch: str | None = None,
    activates: date | None = None,
    interest_until: date | None = None,
    queue_class: int = ORDINARY,
    priority: int = 0,
    pin: str | None = None,
    fee_acknowledged: bool | int = False,
) -> HoldsPlaced | Refused:
    """Places holds for the patron with identifier `patron`, all or none.

    Of a PARALLEL set those that can be placed are, and `HoldsPlaced.refused` tells of the others.
    `pickup_branch` is an ISIL, where None the patron's preferred branch or else the home branch;
    its rules hold. Nothing is served before the day `activates` nor after `interest_until` (None:
    as the patron prefers, or else as the rules have it). Where the rules make a hold cost
    something, a parallel set costs it once; `fee_acknowledged` as in
    `circulation.loans.lending.check_out`, for all that is wanted together. In the queue the smaller
    `queue_class` goes first, then the smaller `priority`, then who came first. `pin` as in
    `circulation.loans.lending.check_out`.
    Raises ValueError where nothing is wanted, VerificationNeeded (see `circulation.patrons.pins`).
    """
    if not wanted:
        raise ValueError("nothing is wanted")
    patron = IDENTIFIERS.of(circulation).stored(patron)
    lock_patron(transaction, patron)
    located = _locate_under_locks(transaction, wanted)
    borrower = patron_facts(transaction, patron, now, "")
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(circulation, transaction, borrower, pin, desk, now):
        return Refused((wrong,))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    chosen = preferences_of(transaction, borrower.id)
    pickup = pickup_branch_of(set_up, borrower, pickup_branch)
    if pickup_branch is None and chosen.pickup_branch_id is not None:
        pickup = set_up.branches[chosen.pickup_branch_id]
    if pickup is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=borrower.patron())
    today = local_date(now, pickup.timezone)
    terms = set_up.terms(pickup.id, borrower.category, "")
    own = holds_of_patron(transaction, borrower.id)
    interest = timedelta(days=chosen.interest_days or terms.interest_days)
    until = interest_until or max(today, activates or today) + interest
    common = date_refusals(activates, until, today)
    counted = set_up.counted_at(pickup.id)
    if kind is not HoldKind.PARALLEL:
        common += patron_hold_refusals(borrower, terms, len(own), len(wanted), today, counted)

    accepted: list[_Located] = []
    refused: list[tuple[Wanted, tuple[Refusal, ...]]] = []
    for each in located:
        found = _refusals(transaction, each, accepted, borrower, own, pickup, set_up)
        if found:
            refused.append((each.wanted, tuple(found)))
        else:
            accepted.append(each)
    if kind is HoldKind.PARALLEL:
        number = max(len(accepted), 1)
        common += patron_hold_refusals(borrower, terms, len(own), number, today, counted)
    price, currency = price_of(set_up, "hold_fee", pickup.id, borrower.category, "", now)
    times = min(len(accepted), 1) if kind is HoldKind.PARALLEL else len(accepted)
    common += fee_refusals(price * times, currency, fee_acknowledged)
    if common or not accepted or (refused and kind is not HoldKind.PARALLEL):
        of_targets = [refusal for _, several in refused for refusal in several]
        return Refused(tuple(dict.fromkeys(common + of_targets)), patron=borrower.patron())

    order = _Order(borrower.id, kind, pickup.id, queue_class, priority, now, activates, until)
    placed = _write(circulation, transaction, desk, order, accepted)
    charged = []
    if price:
        charged = charge_holds(
            circulation, transaction, set_up, desk, borrower, pickup.id, times, now
        )
    waiting = [known_hold(transaction, each) for each in placed]
    recalled = [recall_for(transaction, set_up, desk, hold, now) for hold in waiting]
    return HoldsPlaced(
        borrower.patron(),
        tuple(queued(transaction, set_up, hold, now) for hold in waiting),
        tuple(refused),
        tuple(loan for loan in recalled if loan is not None),
        tuple(charged),
    )


def _locate_under_locks(transaction: Transaction, wanted: Sequence[Wanted]) -> list[_Located]:
    """What is wanted, the queues of its records locked: looked for again until no record was
    merged or deleted, and no item moved, while we waited for the locks."""
    located: list[_Located] = []
    while (found := [_locate(transaction, each) for each in wanted]) != located:
        located = found
        for record_id in sorted({each.record_id for each in found if each.record_id is not None}):
            lock_queue(transaction, record_id)
    return located


def _locate(transaction: Transaction, wanted: Wanted) -> _Located:
    if wanted.item is None:
        found = None if wanted.record_id is None else present_id(transaction, wanted.record_id)
        return _Located(wanted, found, None)
    item = find_item(transaction, wanted.item)
    return _Located(wanted, item.record_id if item else None, item.id if item else None)


def _refusals(
    transaction: Transaction,
    located: _Located,
    before: Sequence[_Located],
    borrower: PatronFacts,
    own: Sequence[HoldFacts],
    pickup: Branch,
    set_up: SetUp,
) -> list[Refusal]:
    """Why there can be no hold on this; `before` has what is to be placed with it."""
    if located.record_id is None:
        is_item = located.wanted.item is not None
        return [Refusal(Reason.ITEM_UNKNOWN if is_item else Reason.RECORD_UNKNOWN)]
    same = [
        each
        for each in before
        if (each.record_id, each.wanted.part) == (located.record_id, located.wanted.part)
    ]
    if is_for_many(borrower):
        item_id = located.item_id
        same = [each for each in same if item_id is not None and each.item_id == item_id]
    if same:
        return [Refusal(Reason.ALREADY_ON_HOLD)]
    copies = copies_of_record(transaction, record_id=located.record_id)
    about = (borrower, own, located.record_id, pickup.id, set_up)
    refusals = target_refusals(located.wanted, located.item_id, copies, *about)
    if Refusal(Reason.NOT_HOLDABLE) in refusals and located.item_id is None:
        # None of its copies will do, but one on order may.
        on_order = copies_on_order(transaction, located.record_id)
        refusals = target_refusals(located.wanted, None, [*copies, *on_order], *about)
    return refusals


class _Order(NamedTuple):
    """What the holds that are placed together have in common."""

    patron_id: int
    kind: HoldKind
    pickup_branch_id: int
    queue_class: int
    priority: int
    placed: datetime
    activates: date | None
    interest_until: date


def _write(
    circulation: Circulation,
    transaction: Transaction,
    desk: Desk,
    order: _Order,
    accepted: Sequence[_Located],
) -> list[int]:
    """Writes the holds with their events; gives their ids."""
    now, set_id = order.placed, None
    if order.kind is not HoldKind.NORMAL:
        set_id = circulation.ids.next(now)
        insert_hold_set(transaction, set_id, order.kind.value)
    placed: list[int] = []
    for each in accepted:
        hold_id = circulation.ids.next(now)
        insert_hold(
            transaction,
            hold_id,
            each.record_id,
            each.item_id,
            each.wanted.part,
            order.patron_id,
            set_id,
            placed[-1] if placed and order.kind is HoldKind.SERIAL else None,
            order.pickup_branch_id,
            order.queue_class,
            order.priority,
            now,
            order.activates,
            order.interest_until,
        )
        write_event(
            transaction,
            EventKind.HOLD_PLACED,
            desk,
            now,
            hold_id=hold_id,
            patron_id=order.patron_id,
            item_id=each.item_id,
            after={
                "record": each.record_id,
                "pickup_branch": order.pickup_branch_id,
                "kind": order.kind.name,
            },
        )
        placed.append(hold_id)
    return placed
