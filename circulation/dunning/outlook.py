"""What will follow for this person, which is all that a letter may announce.

The flow asks the functions of this module before it does a step, and a letter asks them about the
days to come (`to_come`), so that nobody is threatened with what would never happen: a bill where
the rules charge nothing, collection from a child or below the minimum, another letter where the
rules send none. All of it is as things stand when the letter is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from circulation.dunning.steps import Does, Done, Planned, Step, due_step
from circulation.kernel.set_up import SetUp
from circulation.notices.requests import is_told

_DAY = timedelta(days=1)


def to_come(
    planned_by: Callable[[Mapping[str, Done]], Sequence[Planned]],
    done: Mapping[str, Done],
    day: date,
    does: Callable[[Planned], bool],
    *,
    last_day: date | None = None,
) -> Iterator[Planned]:
    """The steps that will be done after `day`, each with its day, if nothing comes between.

    The flow's own decision (`due_step`) of one day after the other. `planned_by` plans the steps
    where these were done; `does` tells whether one that is due will be done for this person.
    """
    known = dict(done)
    while True:
        planned = planned_by(known)
        days = [each.day for each in planned if each.day > day]
        if not days:
            return
        day = min(days)
        step, passed = due_step(planned, known, day, last_day=last_day)
        known |= {each.step.code: Done(day, True) for each in passed}
        if step is not None and does(step):
            known[step.step.code] = Done(day, False)
            yield step._replace(day=day)


#: What a message calls the step that follows.
NEXT: dict[Does, str] = {
    Does.NOTICE: "overdue",
    Does.RECALL: "recall",
    Does.BILL: "bill",
    Does.REMIND: "reminder",
    Does.COLLECT: "collection",
}


def announced(following: Iterator[Planned], is_heard: Callable[[Step], bool]) -> dict[str, str]:
    """What a message tells of the first step that the patron will notice: what it is, its day,
    and the last day to keep it from coming; nothing where nothing follows."""
    for each in following:
        if each.step.does in (Does.BILL, Does.COLLECT) or is_heard(each.step):
            return {
                "next": NEXT[each.step.does],
                "next_date": each.day.isoformat(),
                "deadline": (each.day - _DAY).isoformat(),
            }
    return {}


#: Days to pay in, where nothing follows before which it would have to be paid.
PAYMENT_DAYS = 14


def pay_by(outlook: Mapping[str, str], day: date) -> str:
    """The last day to pay that a bill or reminder of `day` gives: the day before what follows."""
    return outlook.get("deadline") or (day + timedelta(PAYMENT_DAYS)).isoformat()


def is_enough(step: Step, together: int) -> bool:
    """Is enough owed for the step to be done? A patron who has as much to their credit owes
    nothing."""
    return together >= max(step.minimum, 1)


def hears(set_up: SetUp, branch_id: int, category: str) -> Callable[[Step], bool]:
    """Whether such patrons are sent the message of a step."""
    return lambda step: is_told(set_up, branch_id, category, step.kind)
