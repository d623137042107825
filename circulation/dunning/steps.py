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
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from catalogue.database import Long
from circulation.calendars.opening_hours import Calendar
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.fitting import DESCRIBED, Between
from circulation.kernel.models import AsText, Model, Wanted
from circulation.kernel.rules import Case, Rule, fitting
from circulation.languages.sentences import Sentence
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


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not value.isspace()


def _word_of(deed: Does | str) -> str:
    return Does(deed).value


def _is_deed(value: object) -> bool:
    return value in _DEEDS


def _is_message(value: object) -> bool:
    return value == "" or value in _MESSAGES


_DEEDS = tuple(each.value for each in Does)
_MESSAGES = {kind.value for kind in NoticeKind}
_MOST_DAYS = 1_000
Amount = Annotated[int, Between(0, MAX_AMOUNT_MINOR_UNITS), Long]


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the set-up has it."""

    __pydantic_config__: ClassVar = DESCRIBED

    code: Annotated[str, Wanted("A_WORD", _is_word)]
    """Its name, each once."""
    does: Annotated[
        Does,
        Wanted(_DEEDS, _is_deed),
        AsText(_word_of, Does),
    ]
    """Of a loan: ``notice`` tells, ``recall`` asks for the item back, ``bill`` charges compensation
    and late fee. Of a debt: ``remind`` tells, ``collect`` hands it over to the debtor system."""
    days: Annotated[int, Between(-_MOST_DAYS, _MOST_DAYS)]
    """So many days after (negative: before) what it is `counted_from`."""
    counted_from: Literal["due", "previous"] = "due"
    """From the due date, or from the step before."""
    closed_days: Literal["keep", "push", "skip"] = "keep"
    """A step that falls on a closed day stays there, or goes to the next open one, or only open
    days are counted."""
    calendar: Literal["lending", "home"] = "lending"
    """By whose calendar: that of the branch that lent, or of that where the item belongs."""
    message: Annotated[
        str,
        Wanted("A_KIND_OF_MESSAGE", _is_message, "NO_MESSAGE_TYPE"),
    ] = ""
    """The kind of the message, by default that of what is done."""
    fee: Amount = 0
    """In minor units, charged with it."""
    warns: bool = False
    """The message says, too, that who owes so much will be excluded, so that the days until the
    block begin to run."""
    minimum: Amount = 0
    """Debts of a patron that are less together are left alone."""
    children: Literal["never", "guardian"] = "never"
    """A child's debt is never collected, or from the guardian."""

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
STEP = Model(Step, "NO_SUCH_KEY")


class Flow(NamedTuple):
    """The steps for the scope of one rule, which says nothing besides."""

    rule: Rule
    steps: tuple[Step, ...]

    @property
    def of_loans(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.does in OF_LOANS)

    @property
    def of_debts(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.does in OF_DEBTS)


class Flows:
    """All flows of one set-up. Never changed, but for what it remembers."""

    __slots__ = ("_chosen", "flows", "lead")

    def __init__(self, flows: Iterable[Flow]) -> None:
        self.flows = tuple(flows)
        #: How many days before a due date the first step of any flow may be.
        self.lead = max((-step.days for flow in self.flows for step in flow.of_loans), default=0)
        self._chosen: dict[Case, Flow | None] = {}

    def flow(self, case: Case) -> Flow | None:
        """The flow of the narrowest scope that fits; None where there is none."""
        if case not in self._chosen:
            if len(self._chosen) > 20_000:
                self._chosen.clear()
            by_rule = {flow.rule.id: flow for flow in self.flows}
            holding = fitting((flow.rule for flow in self.flows), case)
            self._chosen[case] = by_rule[holding[0].id] if holding else None
        return self._chosen[case]


def step_of(values: Mapping[str, Any]) -> Step:
    """A step from sound settings as somebody wrote them, what is left out being as usual."""
    return Step(**{**values, "does": Does(values["does"])})


def said_of(step: Step) -> dict[str, Any]:
    """The settings of a step that say something of their own, as somebody writes them."""
    return {
        name: setting.stored(getattr(step, name))
        for name, setting in STEP.settings.items()
        if name in ("does", "days") or getattr(step, name) != setting.default
    }


def of_step(code: str, text: Sentence) -> Sentence:
    """A sentence about a step, after its name."""
    return Sentence("AT", path=code, text=text)


def flow_problems(steps: Sequence[Step]) -> dict[str, Sentence]:
    """What is wrong with sound steps together: the code of the step at fault, and a sentence."""
    problems: dict[str, Sentence] = {}
    known: set[str] = set()
    before: Step | None = None
    for step in steps:
        is_first_debt = step.does in OF_DEBTS and (before is None or before.does in OF_LOANS)
        if step.code in known:
            problems[step.code] = Sentence("STEP_TWICE")
        elif step.does in OF_LOANS and before and before.does in (Does.BILL, *OF_DEBTS):
            problems[step.code] = Sentence("BILL_IS_LAST")
        elif before and before.does is Does.COLLECT:
            problems[step.code] = Sentence("NOTHING_FOLLOWS")
        elif step.does in OF_DEBTS and step.counted_from != "previous":
            problems[step.code] = Sentence("DEBT_NOT_DUE")
        elif before is None and step.does in OF_LOANS and step.counted_from != "due":
            problems[step.code] = Sentence("NO_STEP_BEFORE")
        elif step.counted_from == "previous" and step.days < (0 if is_first_debt else 1):
            problems[step.code] = Sentence("STEP_TOO_EARLY")
        elif step.does is Does.BILL and not (before and _is_warning(before)):
            problems[step.code] = Sentence("BILL_WARNS")
        elif step.does is Does.COLLECT and (before is None or before.does is not Does.REMIND):
            problems[step.code] = Sentence("COLLECTION_WARNS")
        elif (
            before
            and step.counted_from == before.counted_from == "due"
            and step.days <= before.days
        ):
            problems[step.code] = Sentence("STEP_NOT_AFTER", step=before.code)
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
