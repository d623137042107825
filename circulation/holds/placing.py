"""Placing holds."""

from __future__ import annotations

from collections.abc import Sequence

from circulation.holds.changes import insert_hold, insert_hold_set
from circulation.holds.facts import holds_of_record
from circulation.holds.judging import Accepted, Case, common_refusals, known_case, sorted_out
from circulation.holds.kinds import HoldKind
from circulation.holds.lists import queued
from circulation.holds.recalls import recall_for
from circulation.holds.results import HoldsPlaced
from circulation.holds.wishes import HoldWish
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused


def place_holds(act: Act, wish: HoldWish) -> HoldsPlaced | Refused:
    """Places the holds.

    Of a PARALLEL set those that can be placed are, and `HoldsPlaced.refused` tells of the others.
    Where the rules charge for a hold, a parallel set is charged for once. Raises ValueError where
    nothing is wanted, VerificationNeeded (see `circulation.patrons.pins`).
    """
    if not wish.wanted:
        raise ValueError("nothing is wanted")
    case = known_case(act, wish)
    if isinstance(case, Refused):
        return case
    transaction, now = act.transaction, act.now
    accepted, refused = sorted_out(case)
    is_parallel = wish.kind is HoldKind.PARALLEL
    common, charging = common_refusals(case, len(accepted))
    overridden = [refusal for each in accepted for refusal in each.overridden]
    if wish.overriding.left_of(common) or not accepted or (refused and not is_parallel):
        of_targets = overridden + [refusal for _, several in refused for refusal in several]
        return Refused(tuple(dict.fromkeys(common + of_targets)), patron=case.borrower.patron())

    placed = _write(case, accepted, common)
    charged = charging.follow()
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


def _write(case: Case, accepted: Sequence[Accepted], common: list[Refusal]) -> list[int]:
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
