"""Fetching records from other catalogues, for accession: all targets at once, within a deadline.

The network is used before a transaction begins, never within one: the engine is given what was
fetched.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from catalogue.changes.fetched import Choice, Fetched, choose
from catalogue.searching.standard_numbers import NumberKind, StandardNumber
from protocols.records.accession_settings import AccessionSettings, TargetSettings

#: How many of the records that a target finds are looked at.
MOST_RECORDS = 5

#: Kind of target -> the module that holds its `open_source`, imported when one is opened.
_KINDS = {"z3950": "protocols.z3950.asking.record_source", "sru": "protocols.sru.record_source"}


class SourceError(Exception):
    """The target could not be asked, or did not answer; the message is meant for people."""


class RecordSource(Protocol):
    """One target. Opened by ``open_source(settings)``, which does not use the network yet."""

    def fetch(self, number: StandardNumber) -> list[bytes]:
        """The records with this number as octets (ISO 2709, XML); a few at most.

        Raises SourceError within the target's own time.
        """

    def close(self) -> None:
        """Ends what is open; another `fetch` opens it again."""


class Asked(NamedTuple):
    """What one target answered: `problem` is empty where it could say whether it has a record."""

    target: str
    choice: Choice
    problem: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record chosen, and what each target that has answered by then said."""

    fetched: Fetched | None
    asked: tuple[Asked, ...]


NOTHING = Choice(None, ())


class Targets:
    """The configured targets, with their connections kept from one number to the next."""

    def __init__(
        self,
        settings: AccessionSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline = settings.deadline
        self._clock = clock
        self._targets = [_Target(each) for each in settings.targets]

    def __bool__(self) -> bool:
        return bool(self._targets)

    def fetch(self, numbers: Sequence[StandardNumber]) -> Outcome:
        """Asks for the numbers, the likeliest first, until a target has a record.

        Local control numbers are left out if there is any other number: other catalogues have other
        books under them.
        """
        worth = [each for each in numbers if each.kind is not NumberKind.CONTROL_NUMBER]
        asked: tuple[Asked, ...] = ()
        for number in worth or numbers[:1]:
            outcome = self._fetch(number)
            asked += outcome.asked
            if outcome.fetched is not None:
                return Outcome(outcome.fetched, asked)
        return Outcome(None, asked)

    def _fetch(self, number: StandardNumber) -> Outcome:
        if len(self._targets) == 1:
            return _decide([self._targets[0].ask(number, self._clock, self._deadline)])
        answers: list[Asked | None] = [None] * len(self._targets)
        changed = threading.Condition()
        end = self._clock() + self._deadline

        def ask(place: int, target: _Target) -> None:
            answer = target.ask(number, self._clock, self._deadline)
            with changed:
                answers[place] = answer
                changed.notify()

        for place, target in enumerate(self._targets):
            threading.Thread(target=ask, args=(place, target), daemon=True).start()
        with changed:
            while not _is_decided(answers) and (left := end - self._clock()) > 0:
                changed.wait(left)
            known = list(answers)
        silent = [
            Asked(target.settings.name, NOTHING, "did not answer in time", self._deadline)
            if answer is None
            else answer
            for target, answer in zip(self._targets, known, strict=True)
        ]
        return _decide(silent)

    def close(self) -> None:
        for target in self._targets:
            target.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_decided(answers: Sequence[Asked | None]) -> bool:
    """Has a target the record, and no silent one precedes it?"""
    for answer in answers:
        if answer is None:
            return False
        if answer.choice.fetched is not None:
            return True
    return True


def _decide(answers: Sequence[Asked]) -> Outcome:
    """The first in order that has the record; those after it are not listed."""
    for place, answer in enumerate(answers):
        if answer.choice.fetched is not None:
            return Outcome(answer.choice.fetched, tuple(answers[: place + 1]))
    return Outcome(None, tuple(answers))


class _Target:
    """One target, asked one number at a time."""

    def __init__(self, settings: TargetSettings) -> None:
        self.settings = settings
        self._source = open_source(settings)
        self._asking = threading.Lock()

    def ask(self, number: StandardNumber, clock: Callable[[], float], patience: float) -> Asked:
        begun = clock()
        name = self.settings.name
        if not self._asking.acquire(timeout=patience):
            return Asked(name, NOTHING, "is still busy with the number before", clock() - begun)
        try:
            found = self._source.fetch(number)
        except SourceError as error:
            return Asked(name, NOTHING, str(error), clock() - begun)
        finally:
            self._asking.release()
        choice = choose(found, number, source=name, record_format=self.settings.format)
        return Asked(name, choice, "", clock() - begun)

    def close(self) -> None:
        # A target that is still being asked ends with its own time-out.
        if self._asking.acquire(blocking=False):
            try:
                self._source.close()
            finally:
                self._asking.release()


def open_source(settings: TargetSettings) -> RecordSource:
    """The source for a target of the settings."""
    module = importlib.import_module(_KINDS[settings.kind])
    source: RecordSource = module.open_source(settings)
    return source
