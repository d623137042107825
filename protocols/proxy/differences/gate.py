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

#: Days on which something was judged, the last ones, of which nothing may be unexplained.
DAYS: Final = 14
#: Of a hundred exchanges so many may be left unjudged.
UNJUDGED_AT_MOST: Final = 5


@dataclass(slots=True)
class Gate:
    """What was found of some terminals. `against` holds a sentence for each thing in the way."""

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
    against: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return not self.against


def gate(
    records: Iterable[Record],
    terminals: Collection[str],
    accepted: Mapping[str, Accepted],
    *,
    days: int = DAYS,
) -> Gate:
    """Looks at all records of the journal."""
    state, joining, judged = State(), Joining(terminals), []
    for record in records:
        state.take(record)
        found = joining.take(record)
        if found is not None:
            judged.append(found)
    looked = sorted({each.at[:10] for each in judged})
    since = looked[-days:][0] if looked else ""
    counted = [each for each in judged if each.at[:10] >= since]
    result = Gate(
        days=min(len(looked), days),
        judged=len(judged),
        unjudged=sum(joining.unjudged.values()),
        unexplained=[
            each
            for each in grouped(counted)
            if each.pattern.difference.kind not in (*FREE, Class.STATE)
            and each.pattern.id not in accepted
        ],
        differing=_differing(judged),
        backlog=sum(each.terminal in terminals for each in state.tasks.values()),
        for_a_person=sum(each.terminal in terminals for each in state.for_a_person.values()),
    )
    result.against = _against(result, days)
    return result


def _differing(judged: list[Judged]) -> list[str]:
    """Whoever is named here was not in the same state the last time that somebody asked. What the
    last exchange was equal in has been put right."""
    last: dict[str, Class] = {}
    for each in judged:
        if each.subject:
            last[each.subject] = each.kind
    return sorted(subject for subject, kind in last.items() if kind is Class.STATE)


def _against(found: Gate, days: int) -> list[str]:
    against = []
    if found.days < days:
        against.append(f"judged on {found.days} days of the {days} that are wanted")
    if found.unexplained:
        against.append(f"{len(found.unexplained)} patterns are not explained")
    if found.differing:
        against.append(f"{len(found.differing)} items or patrons differ in state")
    if found.backlog:
        against.append(f"{found.backlog} acts are still to be told to the new system")
    if found.for_a_person:
        against.append(f"{found.for_a_person} acts must be settled by a person")
    asked = found.judged + found.unjudged
    if found.unjudged * 100 > asked * UNJUDGED_AT_MOST:
        against.append(f"{found.unjudged} of {asked} exchanges were not judged")
    return against
