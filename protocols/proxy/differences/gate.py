"""May terminals be flipped to the new system? Yes, or all that speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from protocols.proxy.differences.comparing import Class
from protocols.proxy.differences.exchanges import Joining, Judged
from protocols.proxy.differences.patterns import FREE, Accepted, Group, grouped
from protocols.proxy.journal.records import Record
from protocols.proxy.state import State
from protocols.proxy.tasks import Task

#: Days on which something was judged, the last ones, of which nothing may be unexplained.
DAYS: Final = 14
#: Of a hundred exchanges so many may be left unjudged.
UNJUDGED_AT_MOST: Final = 5


#: What may be in the way of a flip.
SENTENCES: Final = {
    "DAYS": "judged on {count} days of the {of} that are wanted",
    "UNEXPLAINED": "{count} patterns are not explained",
    "DIFFERING": "{count} items or patrons differ in state",
    "BACKLOG": "{count} acts are still to be told to the new system",
    "FOR_A_PERSON": "{count} acts must be settled by a person",
    "UNJUDGED": "{count} of {of} exchanges were not judged",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that is in the way."""

    code: str
    count: int
    of: int = 0

    def __str__(self) -> str:
        return SENTENCES[self.code].format(count=self.count, of=self.of)


@dataclass(slots=True)
class Gate:
    """What was found of some terminals. `against` holds each thing in the way."""

    days: int = 0
    judged: int = 0
    unjudged: int = 0
    #: Patterns that nobody has explained.
    unexplained: list[Group] = field(default_factory=list)
    #: Items and patrons of whom the systems said different things the last time.
    differing: list[str] = field(default_factory=list)
    #: Acts that the new system has not been told yet, and those that a person must settle.
    backlog: int = 0
    for_a_person: int = 0
    against: list[Obstacle] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return not self.against


class Looking:
    """Looks at the records of a journal for some terminals, or for all (None)."""

    def __init__(self, terminals: Collection[str] | None) -> None:
        self._terminals = terminals
        self._state = State()
        self._joining = Joining(terminals)
        self._judged: list[Judged] = []

    def take(self, record: Record) -> None:
        self._state.take(record)
        found = self._joining.take(record)
        if found is not None:
            self._judged.append(found)

    def groups(self) -> list[Group]:
        """All patterns, the worst first."""
        return grouped(self._judged)

    def gate(self, accepted: Mapping[str, Accepted], days: int = DAYS) -> Gate:
        """What speaks against a flip."""
        state, judged = self._state, self._judged
        looked = sorted({each.at[:10] for each in judged})
        since = looked[-days:][0] if looked else ""
        counted = [each for each in judged if each.at[:10] >= since]
        result = Gate(
            days=min(len(looked), days),
            judged=len(judged),
            unjudged=sum(self._joining.unjudged.values()),
            unexplained=[
                each
                for each in grouped(counted)
                if each.pattern.difference.kind not in (*FREE, Class.STATE)
                and each.pattern.id not in accepted
            ],
            differing=_differing(judged),
            backlog=sum(map(self._is_of_them, state.tasks.values())),
            for_a_person=sum(map(self._is_of_them, state.for_a_person.values())),
        )
        result.against = _against(result, days)
        return result

    def _is_of_them(self, task: Task) -> bool:
        """Does it keep the new system from knowing what was done at these terminals?"""
        return task.to == "new" and (self._terminals is None or task.terminal in self._terminals)


def gate(
    records: Iterable[Record],
    terminals: Collection[str],
    accepted: Mapping[str, Accepted],
    *,
    days: int = DAYS,
) -> Gate:
    """Looks at all records of the journal."""
    looking = Looking(terminals)
    for record in records:
        looking.take(record)
    return looking.gate(accepted, days)


def _differing(judged: list[Judged]) -> list[str]:
    """Whoever is named here was not in the same state the last time that somebody asked. What the
    last exchange was equal in has been put right."""
    last: dict[str, Class] = {}
    for each in judged:
        if each.subject:
            last[each.subject] = each.kind
    return sorted(subject for subject, kind in last.items() if kind is Class.STATE)


def _against(found: Gate, days: int) -> list[Obstacle]:
    asked = found.judged + found.unjudged
    is_unjudged = found.unjudged * 100 > asked * UNJUDGED_AT_MOST
    obstacles = (
        Obstacle("DAYS", found.days if found.days < days else 0, days),
        Obstacle("UNEXPLAINED", len(found.unexplained)),
        Obstacle("DIFFERING", len(found.differing)),
        Obstacle("BACKLOG", found.backlog),
        Obstacle("FOR_A_PERSON", found.for_a_person),
        Obstacle("UNJUDGED", found.unjudged if is_unjudged else 0, asked),
    )
    return [each for each in obstacles if each.count or (each.code == "DAYS" and not found.days)]
