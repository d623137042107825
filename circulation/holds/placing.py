"""Placing holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from catalogue.changes.former_records import present_id
from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.calendars.due_dates import local_date
from circulation.holds.changes import insert_hold, insert_hold_set
from circulation.holds.copies import copies_of_record, copies_on_order
from circulation.holds.eligibility import (
    Located,
    could_come,
    date_refusals,
    is_for_many,
    patron_hold_refusals,
    pickup_branch_of,
    target_refusals,
)
from circulation.holds.facts import HoldFacts, holds_of_patron, holds_of_record, lock_queue
from circulation.holds.lists import queued
from circulation.holds.recalls import recall_for
from circulation.holds.results import HoldKind, HoldsPlaced, Wanted
from circulation.holds.wishes import PLACING, HoldsCase, HoldWish
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.contacts import preferences_of
from circulation.patrons.facts import PatronFacts, lock_patron, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin


class _Case(NamedTuple):
    """Who wants what where, as far as it is known; `own` are the holds that they have."""

    act: Act
    wish: HoldWish
    set_up: SetUp
    borrower: PatronFacts
    pickup: Branch
    located: list[Located]
    own: list[HoldFacts]
    today: date  # at the pickup branch
    terms: LoanTerms
    interest_until: date


class _Accepted(NamedTuple):
    """What can be placed, and what hinders it by itself and was passed over."""

    located: Located
    overridden: list[Refusal]


def place_holds(act: Act, wish: HoldWish) -> HoldsPlaced | Refused:
    """Places the holds.

    Of a PARALLEL set those that can be placed are, and `HoldsPlaced.refused` tells of the others.
    Where the rules charge for a hold, a parallel set is charged for once. Raises ValueError where
    nothing is wanted, VerificationNeeded (see `circulation.patrons.pins`).
    """
    if not wish.wanted:
        raise ValueError("nothing is wanted")
    case = _known(act, wish)
    if isinstance(case, Refused):
        return case
    transaction, now = act.transaction, act.now
    accepted, refused = _sorted_out(case)
    is_parallel = wish.kind is HoldKind.PARALLEL
    times = min(len(accepted), 1) if is_parallel else len(accepted)
    fees = HoldsCase(act, case.set_up, case.borrower, case.pickup, times, wish.fee_acknowledged)
    common = _common_refusals(case, len(accepted))
    seen = [sight for look in PLACING.members if (sight := look(fees)) is not None]
    for sight in seen:
        common += sight.refusals(fees)
    overridden = [refusal for each in accepted for refusal in each.overridden]
    if wish.overriding.left_of(common) or not accepted or (refused and not is_parallel):
        of_targets = overridden + [refusal for _, several in refused for refusal in several]
        return Refused(tuple(dict.fromkeys(common + of_targets)), patron=case.borrower.patron())

    placed = _write(case, accepted, common)
    charged = [fee for sight in seen for fee in sight.follow(fees)]
    records = {each.located.record_id for each in accepted}
    queues = {
        each: holds_of_record(transaction, record_id=each) for each in records if each is not None
    }
    by_id = {hold.id: hold for queue in queues.values() for hold in queue}
    waiting = [by_id[each] for each in placed]
    recalled = [recall_for(act, case.set_up, hold) for hold in waiting]
    return HoldsPlaced(
        case.borrower.patron(),
        tuple(
            queued(transaction, case.set_up, hold, now, queues[hold.record_id]) for hold in waiting
        ),
        tuple(refused),
        tuple(loan for loan in recalled if loan is not None),
        tuple(dict.fromkeys(common + overridden)),
        tuple(charged),
    )


def _known(act: Act, wish: HoldWish) -> _Case | Refused:
    """Locks the patron and the queues, then reads what is to be known."""
    transaction, circulation, _, now = act
    patron = IDENTIFIERS.of(circulation).stored(wish.patron)
    lock_patron(transaction, identifier=patron)
    located = _locate_under_locks(transaction, wish.wanted)
    borrower = patron_facts(transaction, identifier=patron, now=now, material_group="")
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(act, borrower, wish.pin):
        return Refused((wrong,))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    chosen = preferences_of(transaction, borrower.id)
    pickup = pickup_branch_of(set_up, borrower, wish.pickup_branch)
    if wish.pickup_branch is None and chosen.pickup_branch_id is not None:
        pickup = set_up.branches[chosen.pickup_branch_id]
    if pickup is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=borrower.patron())
    today = local_date(now, pickup.timezone)
    terms = set_up.terms(pickup.id, borrower.category, "")
    own = holds_of_patron(transaction, patron_id=borrower.id)
    interest = timedelta(days=chosen.interest_days or terms.interest_days)
    until = wish.interest_until or max(today, wish.activates or today) + interest
    return _Case(act, wish, set_up, borrower, pickup, located, own, today, terms, until)


def _sorted_out(
    case: _Case,
) -> tuple[list[_Accepted], list[tuple[Wanted, tuple[Refusal, ...]]]]:
    """What can be placed, and what cannot with the reasons."""
    accepted: list[_Accepted] = []
    refused: list[tuple[Wanted, tuple[Refusal, ...]]] = []
    for each in case.located:
        found, left = _refusals(case, each, [before.located for before in accepted])
        if left:
            refused.append((each.wanted, tuple(found)))
        else:
            accepted.append(_Accepted(each, found))
    return accepted, refused


def _common_refusals(case: _Case, accepted: int) -> list[Refusal]:
    """What hinders all of them alike."""
    wish, today, counted = case.wish, case.today, case.set_up.counted_at(case.pickup.id)
    number = max(accepted, 1) if wish.kind is HoldKind.PARALLEL else len(wish.wanted)
    return date_refusals(wish.activates, case.interest_until, today) + patron_hold_refusals(
        case.borrower, case.terms, len(case.own), number, today, counted
    )


def _locate_under_locks(transaction: Transaction, wanted: Sequence[Wanted]) -> list[Located]:
    """What is wanted, the queues of its records locked: looked for again until no record was
    merged or deleted, and no item moved, while we waited for the locks."""
    located: list[Located] = []
    while (found := [_locate(transaction, each) for each in wanted]) != located:
        located = found
        for record_id in sorted({each.record_id for each in found if each.record_id is not None}):
            lock_queue(transaction, record_id=record_id)
    return located


def _locate(transaction: Transaction, wanted: Wanted) -> Located:
    if wanted.item is None:
        found = None if wanted.record_id is None else present_id(transaction, wanted.record_id)
        return Located(wanted, found, None)
    item = find_item(transaction, wanted.item)
    return Located(wanted, item.record_id if item else None, item.id if item else None)


def _refusals(
    case: _Case, located: Located, before: Sequence[Located]
) -> tuple[list[Refusal], list[Refusal]]:
    """What hinders a hold on this, and what of it is not passed over; `before` has what is to be
    placed with it."""
    transaction = case.act.transaction
    if located.record_id is None:
        is_item = located.wanted.item is not None
        unknown = [Refusal(Reason.ITEM_UNKNOWN if is_item else Reason.RECORD_UNKNOWN)]
        return unknown, unknown
    same = [
        each
        for each in before
        if (each.record_id, each.wanted.part) == (located.record_id, located.wanted.part)
    ]
    if is_for_many(case.borrower):
        item_id = located.item_id
        same = [each for each in same if item_id is not None and each.item_id == item_id]
    if same:
        twice = [Refusal(Reason.ALREADY_ON_HOLD)]
        return twice, twice
    copies = copies_of_record(transaction, record_id=located.record_id)
    about = (case.borrower, case.own, case.pickup.id, case.set_up)
    refusals = target_refusals(located, copies, *about)
    if Refusal(Reason.NOT_HOLDABLE) in refusals and located.item_id is None:
        # None of its copies will do, but one on order may.
        copies += copies_on_order(transaction, located.record_id)
        refusals = target_refusals(located, copies, *about)
    left = case.wish.overriding.left_of(refusals)
    if Refusal(Reason.NOT_HOLDABLE) in refusals and not left:
        can_come = could_come(located, copies, case.borrower, case.pickup.id, case.set_up)
        left = [] if can_come else refusals
    return refusals, left


def _write(case: _Case, accepted: Sequence[_Accepted], common: list[Refusal]) -> list[int]:
    """Writes the holds with their events, and what was passed over for each; gives their ids."""
    transaction, circulation, _, now = case.act
    wish, patron_id, set_id = case.wish, case.borrower.id, None
    if wish.kind is not HoldKind.NORMAL:
        set_id = circulation.ids.next(now)
        insert_hold_set(transaction, set_id=set_id, kind=wish.kind.value)
    placed: list[int] = []
    for each, overridden in accepted:
        hold_id = circulation.ids.next(now)
        insert_hold(
            transaction,
            hold_id=hold_id,
            record_id=each.record_id,
            item_id=each.item_id,
            part=each.wanted.part,
            patron_id=patron_id,
            set_id=set_id,
            waits_for=placed[-1] if placed and wish.kind is HoldKind.SERIAL else None,
            pickup_branch_id=case.pickup.id,
            is_forced=Refusal(Reason.NOT_HOLDABLE) in overridden,
            queue_class=wish.queue_class,
            priority=wish.priority,
            placed=now,
            activates=wish.activates,
            interest_until=case.interest_until,
        )
        append_event(
            case.act,
            NewEvent(
                EventKind.HOLD_PLACED,
                hold_id=hold_id,
                patron_id=patron_id,
                item_id=each.item_id,
                after={
                    "record": each.record_id,
                    "pickup_branch": case.pickup.id,
                    "kind": wish.kind.name,
                }
                | wish.overriding.noted(common + overridden),
            ),
        )
        placed.append(hold_id)
    return placed
