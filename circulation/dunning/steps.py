"""The steps of the flow, and on which day each is due. Pure: no database and no clock.

    due-soon -> overdue -> recall -> bill -> reminder -> collection

A step of a loan is counted from its due date or from the step before, a step of a debt (those
after the bill) from the step before: the first of them from the bill, or, for a debt that no bill
made, from the day of its charge.

Two promises are kept here. Of several steps that are due only the last is done, so that nobody is
told twice at once. And nobody is billed or handed over unwarned: such a step waits for the one
before it to be done, and keeps the distance to it that the flow has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import Enum
from typing import Any, NamedTuple

from circulation.calendars.opening_hours import Calendar
from circulation.kernel.policy import Case, narrowness
from circulation.notices.kinds import NoticeKind


class Does(Enum):
    """What a step does; all but collecting tell the patron."""

    NOTICE = "notice"
    RECALL = "recall"  # a notice that asks for the item back
    BILL = "bill"  # compensation and late fee, as the fee rules say
    REMIND = "remind"  # of a debt
    COLLECT = "collect"  # handed over to the debtor system


#: Steps of loans come first, the bill last of them; then those of debts.
OF_LOANS = (Does.NOTICE, Does.RECALL, Does.BILL)
OF_DEBTS = (Does.REMIND, Does.COLLECT)
#: What is never done unless the step before was.
NEEDS_WARNING = (Does.BILL, Does.COLLECT)


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the set-up has it.

    * `days` after (negative: before) what it is `counted_from`: the ``due`` date, or the
      ``previous`` step;
    * `closed_days`: a step that falls on a closed day stays there (``keep``) or goes to the next
      open one (``push``), or only open days are counted (``skip``), by the `calendar` of the
      branch that lent (``lending``) or where the item belongs (``home``);
    * `message` is the type of the notice, by default that of what is done; `fee`, in minor units,
      is charged with it;
    * `warns`: the message says, too, that who owes so much will be excluded, so that the days
      until the block begin to run;
    * `minimum`: debts of a patron that are less together are left alone;
    * `children`: a child's debt is ``never`` collected, or from the ``guardian``.
    """

    code: str
    does: Does
    days: int
    counted_from: str = "due"
    closed_days: str = "keep"
    calendar: str = "lending"
    message: str = ""
    fee: int = 0
    warns: bool = False
    minimum: int = 0
    children: str = "never"

    @property
    def kind(self) -> NoticeKind:
        """Of the message."""
        if self.message:
            return NoticeKind(self.message)
        return NoticeKind.DUE_SOON if is_before_due(self) else _KINDS[self.does]


_KINDS = {
    Does.NOTICE: NoticeKind.OVERDUE,
    Does.RECALL: NoticeKind.RECALL,
    Does.BILL: NoticeKind.BILL,
    Does.REMIND: NoticeKind.REMINDER,
    Does.COLLECT: NoticeKind.COLLECTION,
}
_MESSAGES = {kind.value for kind in NoticeKind}

#: What the fields with a closed list of words may say.
WORDS: dict[str, tuple[str, ...]] = {
    "does": tuple(each.value for each in Does),
    "counted_from": ("due", "previous"),
    "closed_days": ("keep", "push", "skip"),
    "calendar": ("lending", "home"),
    "children": ("never", "guardian"),
}
_DEFAULTS = {field.name: field.default for field in fields(Step)}
#: How far from its beginning a step may be.
MOST_DAYS = 1_000


class Flow(NamedTuple):
    """The steps for one scope; a scope that is None holds for any, as in
    `circulation.kernel.policy`."""

    id: int
    agency_id: int | None
    branch_id: int | None
    patron_category: str | None
    material_group: str | None
    steps: tuple[Step, ...]

    @property
    def of_loans(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.does in OF_LOANS)

    @property
    def of_debts(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.does in OF_DEBTS)


class Flows:
    """All flows of one set-up. Never changed, but for what it remembers."""

    __slots__ = ("_chosen", "lead", "rows")

    def __init__(self, rows: Iterable[Flow]) -> None:
        self.rows = tuple(rows)
        #: How many days before a due date the first step of any flow may be.
        self.lead = max((-step.days for row in self.rows for step in row.of_loans), default=0)
        self._chosen: dict[Case, Flow | None] = {}

    def flow(self, case: Case) -> Flow | None:
        """The flow of the narrowest scope that fits; None where there is none."""
        if case not in self._chosen:
            if len(self._chosen) > 20_000:
                self._chosen.clear()
            fitting = [
                (fit, row) for row in self.rows if (fit := narrowness(row, case)) is not None
            ]
            self._chosen[case] = max(fitting, default=(None, None), key=lambda each: each[0])[1]
        return self._chosen[case]


def step_of(values: Mapping[str, Any]) -> Step:
    """A step from sound fields, what is left out being as usual."""
    given = {**_DEFAULTS, **values, "does": Does(values["does"])}
    return Step(**given)


def said_of(step: Step) -> dict[str, Any]:
    """The fields of a step that say something of their own."""
    said = {field.name: getattr(step, field.name) for field in fields(Step)}
    said["does"] = step.does.value
    return {
        name: value
        for name, value in said.items()
        if name in ("does", "days") or value != _DEFAULTS.get(name)
    }


def step_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the fields of one step: a sentence for each."""
    problems = {}
    for name, value in values.items():
        if name not in _DEFAULTS:
            problems[name] = f"no such key; there are {', '.join(_DEFAULTS)}"
        elif problem := _problem(name, value):
            problems[name] = problem
    for name in ("code", "does", "days"):
        if name not in values:
            problems[name] = f"{name} is missing"
    return problems


def _problem(name: str, value: Any) -> str | None:
    if name in WORDS:
        words = WORDS[name]
        return None if value in words else f"{name} is {' or '.join(words)}, not {value!r}"
    if name == "code":
        is_word = isinstance(value, str) and value and not value.isspace()
        return None if is_word else f"code is a word, not {value!r}"
    if name == "message":
        is_kind = value == "" or value in _MESSAGES
        return None if is_kind else f"there is no type of message {value!r}"
    if name == "warns":
        return None if type(value) is bool else f"warns must be true or false, not {value!r}"
    least = -MOST_DAYS if name == "days" else 0
    most = MOST_DAYS if name == "days" else 2**31 - 1
    if type(value) is not int or not least <= value <= most:
        return f"{name} is a whole number from {least} to {most}, not {value!r}"
    return None


def flow_problems(steps: Sequence[Step]) -> dict[str, str]:
    """What is wrong with sound steps together: the code of the step at fault, and a sentence."""
    problems: dict[str, str] = {}
    known: set[str] = set()
    before: Step | None = None
    for step in steps:
        is_first_debt = step.does in OF_DEBTS and (before is None or before.does in OF_LOANS)
        if step.code in known:
            problems[step.code] = "there is a step of this name already"
        elif step.does in OF_LOANS and before and before.does in (Does.BILL, *OF_DEBTS):
            problems[step.code] = "the bill is the last step of a loan, debts come after it"
        elif before and before.does is Does.COLLECT:
            problems[step.code] = "nothing follows what was handed over"
        elif step.does in OF_DEBTS and step.counted_from != "previous":
            problems[step.code] = 'a debt has no due date: counted_from is "previous"'
        elif before is None and step.does in OF_LOANS and step.counted_from != "due":
            problems[step.code] = "there is no step before it"
        elif step.counted_from == "previous" and step.days < (0 if is_first_debt else 1):
            problems[step.code] = "it cannot come before the step that it is counted from"
        elif step.does is Does.BILL and not (before and _is_warning(before)):
            problems[step.code] = "the step before a bill tells that the loan is overdue"
        elif step.does is Does.COLLECT and (before is None or before.does is not Does.REMIND):
            problems[step.code] = "the step before collection reminds of the debt"
        elif (
            before
            and step.counted_from == before.counted_from == "due"
            and step.days <= before.days
        ):
            problems[step.code] = f"it does not come after {before.code}"
        known.add(step.code)
        before = step
    return problems


def _is_warning(step: Step) -> bool:
    return step.does in (Does.NOTICE, Does.RECALL) and not is_before_due(step)


def is_before_due(step: Step) -> bool:
    return step.counted_from == "due" and step.days < 0


class Done(NamedTuple):
    """A step that has a row: on which day, and whether it was passed over."""

    day: date
    is_passed: bool


def count_done(planned: Sequence[Planned], done: Mapping[str, Done]) -> int:
    """How many of these steps have been done: what was passed over was told to nobody."""
    return sum(
        not was.is_passed and not is_before_due(each.step)
        for each in planned
        if (was := done.get(each.step.code)) is not None
    )


class Planned(NamedTuple):
    """A step, and the day on which it is due: a day that may move as long as it is not done."""

    step: Step
    day: date
    counted_from: date


def plan(
    steps: Sequence[Step],
    start: date,
    done: Mapping[str, Done],
    calendars: Mapping[str, Calendar],
) -> list[Planned]:
    """When each step is due that is counted from `start`: the due date, or the bill.

    `calendars` are those that `Step.calendar` names. A step that was done has the day on which it
    was.
    """
    planned: list[Planned] = []
    intended: list[date] = []  # the days without any delay
    for number, step in enumerate(steps):
        from_start = step.counted_from == "due" or not number
        base = start if from_start else planned[-1].day
        usual = start if from_start else intended[-1]
        calendar = calendars[step.calendar]
        day = _day(step, base, calendar)
        intended.append(_day(step, usual, calendar))
        if step.does in NEEDS_WARNING and number:
            day = max(day, planned[-1].day + (intended[-1] - intended[-2]))
        was = done.get(step.code)
        if was is not None and not was.is_passed:
            day = was.day
        planned.append(Planned(step, day, base))
    return planned


def _day(step: Step, start: date, calendar: Calendar) -> date:
    if step.closed_days == "skip" and step.days > 0:
        day = start
        for _ in range(step.days):
            day = calendar.next_open_day(day + timedelta(1))
        return day
    day = start + timedelta(step.days)
    return calendar.next_open_day(day) if step.closed_days == "push" else day


def due_step(
    planned: Sequence[Planned], done: Mapping[str, Done], day: date, *, last_day: date | None = None
) -> tuple[Planned | None, list[Planned]]:
    """The step to be done on `day`, and those that are passed over with it.

    `last_day` is the due date: what tells that a loan is due soon is of no use after it.
    """
    reached = [number for number, each in enumerate(planned) if each.day <= day]
    if not reached:
        return None, []
    chosen = reached[-1]
    if not _is_warned(planned, done, chosen):
        chosen -= 1
    last = planned[chosen]
    before = [each for each in planned[:chosen] if each.step.code not in done]
    if last.step.code in done:
        return None, before
    if is_before_due(last.step) and last_day is not None and day > last_day:
        return None, [*before, last]
    return last, before


def _is_warned(planned: Sequence[Planned], done: Mapping[str, Done], number: int) -> bool:
    """May this step be done, as far as warnings go?"""
    step = planned[number].step
    if step.does not in NEEDS_WARNING or not number or step.code in done:
        return True
    before = done.get(planned[number - 1].step.code)
    if before is None or not before.is_passed:
        return before is not None
    # The set-up has another step before it now: any that warned will do.
    return count_done(planned[:number], done) > 0
