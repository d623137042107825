"""Makes the stored set-up what a text declares, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from circulation.calendars.rows import closure_rows
from circulation.closures.closed_days import find_new_dates, follow_calendars
from circulation.closures.redating import NewDates
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.organisation import all_consortia
from circulation.kernel.set_up import lock_set_up, read_set_up, set_up_changed
from circulation.languages.sentences import Sentence
from circulation.sections.calendars import declared_calendars
from circulation.sections.changes import Change
from circulation.sections.parts import BRANCH, Noun
from circulation.sections.sections import SECTIONS, Storing, differences
from circulation.sections.source import Problem
from circulation.setting_up.reading import Declared
from circulation.setting_up.stored import stored_parts, uses


class DoesNotFit(ValueError):
    """What is declared cannot be applied; `problems` has all the reasons."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


class ChangedMeanwhile(RuntimeError):
    """The stored set-up is no longer the one for which the differences were shown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would change, and what prevents it.

    `moved` are the loans and holds that fall on days that it would close.
    """

    changes: list[Change]
    problems: list[Problem]
    moved: Sequence[NewDates] = ()


def plan(transaction: Transaction, declared: Declared, now: datetime | None = None) -> Plan:
    """Compares what is declared with what is stored; changes nothing.

    A text with problems is not compared. With `now`, loans and holds that would get new dates are
    found too.
    """
    if declared.problems:
        return Plan([], declared.problems)
    changes = differences(stored_parts(transaction), declared.parts)
    problems = _objections(transaction, declared, changes)
    if now is None or problems or not changes:
        return Plan(changes, problems)
    return Plan(changes, problems, _moved(transaction, declared, now))


def _moved(transaction: Transaction, declared: Declared, now: datetime) -> list[NewDates]:
    """Return the new dates by the stored rules and the declared calendars."""
    set_up = read_set_up(transaction)
    branches = list(set_up.branches.values())
    after = declared_calendars(declared.parts, branches, closure_rows(transaction))
    return find_new_dates(transaction, set_up, set_up.calendars, after, now)


def apply_set_up(
    act: Act, declared: Declared, *, shown: list[Change] | None = None
) -> list[Change]:
    """Makes the stored set-up the declared one; returns the changes, none if it already was.

    Raises DoesNotFit, and ChangedMeanwhile if the changes would not be those `shown`. All processes
    follow the new set-up from their next transaction on.
    """
    transaction = act.transaction
    lock_set_up(transaction)
    planned = plan(transaction, declared)
    if planned.problems:
        raise DoesNotFit(planned.problems)
    if shown is not None and planned.changes != shown:
        raise ChangedMeanwhile("the set-up was changed by somebody else meanwhile")
    if planned.changes:
        before = read_set_up(transaction)
        _write(transaction, planned.changes)
        set_up_changed(transaction)
        told = [str(change) for change in planned.changes]
        append_event(act, NewEvent(EventKind.SET_UP_CHANGED, after={"changes": told}))
        follow_calendars(act, before)
    return planned.changes


def _objections(
    transaction: Transaction, declared: Declared, changes: list[Change]
) -> list[Problem]:
    """The changes that cannot be made because of what is stored besides the set-up."""
    if len(all_consortia(transaction)) > 1:
        return [Problem(None, Sentence("SEVERAL_CONSORTIA"))]
    problems = []
    for change in changes:
        name = change.title
        if change.falls_back:
            continue
        if change.after is None:
            if found := uses(transaction, change.noun, change.key):
                counted = ", ".join(f"{number} {table}" for table, number in found.items())
                problems.append(Problem(None, Sentence("IN_USE", title=name, counted=counted)))
        elif (
            change.noun is BRANCH
            and change.before is not None
            and change.before["agency"] != change.after["agency"]
        ):
            text = Sentence("BRANCH_STAYS", title=name, agency=change.before["agency"])
            problems.append(Problem(declared.line(change.noun, change.key, "agency"), text))
    return problems


def _write(transaction: Transaction, changes: list[Change]) -> None:
    """Writes changes that have been checked."""
    by_noun: dict[Noun, list[Change]] = defaultdict(list)
    for change in changes:
        by_noun[change.noun].append(change)
    storing = Storing(transaction)
    for section in reversed(tuple(SECTIONS)):
        section.remove(storing, by_noun)
    for section in SECTIONS:
        section.write(storing, by_noun)
