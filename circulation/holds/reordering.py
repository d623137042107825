"""Staff put a hold elsewhere in the queue of its title, and say why.

Positions are not stored, so the hold gets a key between those of its new neighbours: the class and
priority of one of them, and a time from which it counts (`holds.queued`). What is placed afterwards
comes behind it, and nothing is renumbered but holds that were placed in one instant.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import update

from catalogue.database import Statement, send
from circulation.holds.changes import note_change
from circulation.holds.changing import locked_hold
from circulation.holds.facts import HoldFacts, holds_of_record, known_hold
from circulation.holds.lists import queued
from circulation.holds.queues import number_in_queue, since, waiting
from circulation.holds.results import QueuedHold
from circulation.holds.schema import holds
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused

_LEAST: Final = timedelta(microseconds=1)


class Move(NamedTuple):
    """The hold is to be the `number`-th of those that wait (1 is the next to be served), or the
    last where there are not so many."""

    hold_id: int
    number: int
    why: str


@send
def _set_key(*, hold_id: int, queue_class: int, priority: int, queued: datetime) -> Statement:
    given = locals()
    return update(holds).where(holds.c.id == given.pop("hold_id")).values(given)


def move_hold(act: Act, move: Move) -> QueuedHold | Refused:
    """Puts the hold elsewhere in its queue; the event says from where, to where and why.

    Refused with HOLD_UNKNOWN. Raises ValueError for a hold that waits no more, because it has its
    item, and where nobody says why.
    """
    if not move.why.strip():
        raise ValueError("whoever moves a hold says why")
    transaction = act.transaction
    hold = locked_hold(transaction, move.hold_id)
    if hold is None or hold.closed is not None:
        return Refused((Refusal(Reason.HOLD_UNKNOWN),))
    queue = waiting(holds_of_record(transaction, record_id=hold.record_id))
    number = number_in_queue(queue, hold.id)
    if number is None:
        raise ValueError("the hold waits no more: it has its item")
    others = [each for each in queue if each.id != hold.id]
    at = min(max(move.number, 1), len(queue)) - 1
    if at + 1 != number:
        for each in placed_between(hold, others[:at], others[at:]):
            _set_key(
                transaction,
                hold_id=each.id,
                queue_class=each.queue_class,
                priority=each.priority,
                queued=since(each),
            )
        after = {"number_in_queue": at + 1, "why": move.why.strip()}
        note_change(act, hold, before={"number_in_queue": number}, after=after)
    set_up = act.circulation.current_set_up(transaction)
    return queued(transaction, set_up, known_hold(transaction, hold.id), act.now)


def placed_between(
    hold: HoldFacts, ahead: list[HoldFacts], behind: list[HoldFacts]
) -> list[HoldFacts]:
    """The holds that get another key for it, with that key, the hold first. Pure."""
    first = behind[0] if behind else None
    last = ahead[-1] if ahead else None
    if last is not None and (first is None or _rank(last) == _rank(first)):
        moment = since(last) + _LEAST
        if first is not None and since(first) - since(last) > _LEAST:
            moment = since(last) + (since(first) - since(last)) / 2
        neighbour = last
    elif first is not None:
        moment, neighbour = since(first) - _LEAST, first
    else:
        return []
    changed = [_with_key(hold, neighbour, moment)]
    for each in behind:  # there was no room between two of one instant
        if _rank(each) != _rank(neighbour) or since(each) > moment:
            break
        moment += _LEAST
        changed.append(_with_key(each, each, moment))
    return changed


def _rank(hold: HoldFacts) -> tuple[int, int]:
    return hold.queue_class, hold.priority


def _with_key(hold: HoldFacts, like: HoldFacts, moment: datetime) -> HoldFacts:
    return hold._replace(queue_class=like.queue_class, priority=like.priority, queued=moment)
