"""The day of the caller's branch as it goes, in figures and in plots."""

from __future__ import annotations

from datetime import datetime, timedelta
from gettext import NullTranslations
from typing import Final

from circulation.holds.lengths import QueueLength, longest_queues
from circulation.kernel.events import EventKind
from circulation.kernel.rights import Principal, Right
from circulation.languages.installed import language
from circulation.loans.today import day_of_branch
from protocols.api import plots
from protocols.api.authority import must_have_here, today_here
from protocols.api.models.answers import branch_shown
from protocols.api.models.today import DayAsked, HourOfDay, LongQueue, MachineSeen, Today
from protocols.api.operation import Operation, Request, get
from protocols.api.operations.operating import terminals_of
from protocols.api.problems import Outcome, Problem, malformed
from protocols.hosting.answering import Context, Lane

#: Queues and machines that are shown.
_FEW: Final = 8
#: So many waiting for each copy are too many.
_TOO_LONG: Final = 8
#: Days that can be looked back.
_BACK: Final = timedelta(days=400)
#: A machine that was not heard of for so long is quiet.
_QUIET: Final = timedelta(hours=1)


def show_today(request: Request[None, DayAsked], principal: Principal, context: Context) -> Today:
    """What was lent, returned, renewed and reserved at the caller's branch on a day, by hour
    beside a usual one; the longest queues; machines."""
    must_have_here(principal, Right.VIEW_REPORTS)
    set_up = context.circulation.current_set_up(context.transaction)
    branch = set_up.branches.get(principal.branch_id)
    if branch is None:
        raise Problem(Outcome.NOT_FOUND, "the caller works at no branch")
    today = today_here(principal, context)
    day = request.query.day or today
    if not today - _BACK <= day <= today:
        raise malformed("day", "beyond", "this day cannot be shown")
    counted = day_of_branch(context.transaction, branch, day)
    queues = longest_queues(context.transaction, agency_id=branch.agency_id, at_most=_FEW)
    machines = _machines(principal, context)
    words = language(request.language).words
    hours = sorted({*counted.lent, *counted.usual})
    return Today(
        branch_shown(branch),
        day,
        counted.counts[EventKind.CHECKED_OUT],
        counted.counts[EventKind.CHECKED_IN],
        counted.counts[EventKind.RENEWED],
        counted.counts[EventKind.HOLD_PLACED],
        tuple(
            HourOfDay(hour, counted.lent.get(hour, 0), counted.usual.get(hour, 0.0))
            for hour in hours
        ),
        tuple(
            LongQueue(str(each.record_id), each.title, each.waiting, each.copies) for each in queues
        ),
        machines,
        {
            "hours": plots.hours(
                counted.lent, counted.usual, words.pgettext("plot", "LOANS_BY_HOUR")
            ),
            "queues": _queues_drawn(queues, words),
            "machines": _machines_drawn(machines, words, context.now),
        },
    )


def _machines(principal: Principal, context: Context) -> tuple[MachineSeen, ...]:
    return tuple(
        MachineSeen(
            each.account, sum(each.messages.values()), sum(each.deviations.values()), each.last
        )
        for each in terminals_of(principal, context).terminals
    )


def _queues_drawn(queues: list[QueueLength], words: NullTranslations) -> str:
    most = max((each.waiting for each in queues), default=1)
    told = words.pgettext("plot", "WAITING")
    lines = [
        plots.Bar(
            each.title,
            told.format(waiting=each.waiting, copies=each.copies),
            each.waiting / most,
            "todo" if each.waiting > _TOO_LONG * each.copies else "done",
        )
        for each in queues
    ]
    return plots.bars(lines, words.pgettext("plot", "LONGEST_QUEUES"))


def _machines_drawn(
    machines: tuple[MachineSeen, ...], words: NullTranslations, now: datetime
) -> str:
    most = max((each.messages for each in machines), default=1) or 1
    told = words.pgettext("plot", "MESSAGES")
    lines = [
        plots.Bar(
            each.account,
            told.format(messages=each.messages, deviations=each.deviations),
            each.messages / most,
            "todo" if each.last is None or now - each.last > _QUIET else "done",
        )
        for each in machines[:_FEW]
    ]
    return plots.bars(lines, words.pgettext("plot", "MACHINES"))


OPERATIONS: Final[tuple[Operation, ...]] = (
    get(
        "/today",
        "The day of the branch",
        show_today,
        Today,
        query=DayAsked,
        tag="reports",
        right=Right.VIEW_REPORTS,
        lane=Lane.WIDE_READ,
    ),
)
