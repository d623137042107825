"""May terminals be switched to the new system? Yes, or what speaks against it and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from protocols.hosting.proxy_words import say_errand, say_side
from protocols.proxy.differences.comparing import Class
from protocols.proxy.differences.dialect import left_out
from protocols.proxy.differences.exchanges import Joining, Judged
from protocols.proxy.differences.patterns import FREE, Accepted, Group, grouped
from protocols.proxy.journal.records import Record
from protocols.proxy.reconciling.rows import Named, Row
from protocols.proxy.settings import DialectSettings
from protocols.proxy.state import State
from protocols.proxy.tasks import Task

#: Days on which something was judged, the last ones, of which nothing may be unexplained.
DAYS: Final = 14
#: Of a hundred exchanges so many may be left unjudged.
UNJUDGED_AT_MOST: Final = 5

#: What may be in the way of a switch.
SENTENCES: Final = {
    "DAYS": "judged on {count} days of the {of} that are wanted",
    "DATE": "{count} patterns of other due dates are not explained",
    "POLICY": "{count} patterns of one system granting what the other refuses are not explained",
    "MISSING": "{count} patterns of data that Tiro lacks are not explained",
    "UNREADABLE": "{count} patterns of answers that nobody can read are not explained",
    "DIFFERING": "{count} items or patrons differed when a terminal last asked about them",
    "UNEQUAL": "{count} items or patrons differ between both systems",
    "BACKLOG": "{count} acts are still to be told to the new system",
    "FOR_A_PERSON": "{count} acts must be settled by a person",
    "UNJUDGED": "{count} of {of} exchanges were not judged",
}
#: What is done about each.
ADVICE: Final = {
    "DAYS": "leave the branch in the mode shadow until enough days have passed",
    "DATE": "set calendars and loan periods in Tiro as in the old system, or accept the pattern"
    " with `tiro proxy accept`",
    "POLICY": "set the rule in Tiro as in the old system, or accept the pattern with"
    " `tiro proxy accept`",
    "MISSING": "load the next delivery with `tiro move load`, and look at what it sets aside",
    "UNREADABLE": "read the answers with `tiro proxy journal --request`; what the old system never"
    " sends goes into [old.dialect] of proxy.toml",
    "DIFFERING": "compare the branch with `tiro proxy reconcile`; what is then equal does not"
    " count",
    "UNEQUAL": "`tiro proxy unequal` lists each with what to do",
    "BACKLOG": "wait until `tiro proxy status` has nothing to be told to the new system",
    "FOR_A_PERSON": "see to what `tiro proxy status` lists, then `tiro proxy settle`",
    "UNJUDGED": "see why in the journal (judged ... why): Tiro was down, or too slow for"
    " judge_queue",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that is in the way, an example of it, and what to do about it."""

    code: str
    count: int
    of: int = 0
    example: str = ""

    @property
    def what_to_do(self) -> str:
        return ADVICE[self.code]

    def __str__(self) -> str:
        return SENTENCES[self.code].format(count=self.count, of=self.of)


@dataclass(slots=True)
class Readiness:
    """What was found of some terminals. `against` holds each thing in the way."""

    days: int = 0
    judged: int = 0
    unjudged: int = 0
    #: Patterns that nobody has explained.
    unexplained: list[Group] = field(default_factory=list)
    #: Items and patrons of whom the systems said different things the last time.
    differing: list[str] = field(default_factory=list)
    #: What the comparison of both systems lists of the branches.
    unequal: list[Row] = field(default_factory=list)
    #: Acts that the new system has not been told yet, and those that a person must settle.
    backlog: list[Task] = field(default_factory=list)
    for_a_person: list[Task] = field(default_factory=list)
    #: Habits of the old system that are no differences.
    dialect: list[str] = field(default_factory=list)
    against: list[Obstacle] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        return not self.against


class Looking:
    """Looks at the records of a journal for some terminals of some branches, or for all (None)."""

    def __init__(
        self,
        terminals: Collection[str] | None,
        dialect: DialectSettings,
        branches: Collection[str] | None = None,
    ) -> None:
        self._terminals = terminals
        self._branches = branches
        self._dialect = dialect
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
        return grouped(self._without_habits(self._learned()))

    def _learned(self) -> DialectSettings:
        return self._joining.habits.learned(self._dialect)

    def _without_habits(self, dialect: DialectSettings) -> list[Judged]:
        return [each.without_habits(dialect) for each in self._judged]

    def readiness(self, accepted: Mapping[str, Accepted], days: int = DAYS) -> Readiness:
        """What speaks against a switch."""
        dialect = self._learned()
        state, judged = self._state, self._without_habits(dialect)
        looked = sorted({each.at[:10] for each in judged})
        since = looked[-days:][0] if looked else ""
        counted = [each for each in judged if each.at[:10] >= since]
        result = Readiness(
            days=min(len(looked), days),
            judged=len(judged),
            unjudged=sum(self._joining.unjudged.values()),
            unexplained=[
                each
                for each in grouped(counted)
                if each.pattern.difference.kind not in (*FREE, Class.STATE)
                and each.pattern.id not in accepted
            ],
            differing=self._differing(judged),
            unequal=[
                row
                for row in state.differences.rows
                if self._branches is None or row.branch in self._branches
            ],
            backlog=[each for each in state.tasks.values() if self._is_of_them(each)],
            for_a_person=[each for each in state.for_a_person.values() if self._is_of_them(each)],
            dialect=left_out(dialect),
        )
        result.against = _against(result, days)
        return result

    def _is_of_them(self, task: Task) -> bool:
        """Does it keep the new system from knowing what was done at these terminals?"""
        return task.to == "new" and (self._terminals is None or task.terminal in self._terminals)

    def _differing(self, judged: list[Judged]) -> list[str]:
        """Return the subjects that were not in the same state when a terminal last asked.

        What a comparison of everything has found to be equal since has been put right.
        """
        last: dict[str, Judged] = {}
        for each in judged:
            if each.subject:
                last[each.subject] = each
        return sorted(
            subject
            for subject, each in last.items()
            if each.kind is Class.STATE and not self._is_equal_since(subject, each.at)
        )

    def _is_equal_since(self, subject: str, at: str) -> bool:
        sweep, differences = self._state.sweep, self._state.differences
        if sweep.is_running or not sweep.ended or sweep.begun < at:
            return False
        if sweep.branch and (self._branches is None or sweep.branch not in self._branches):
            return False
        names: tuple[Named, Named] = (("item", subject), ("patron", subject))
        return not any(differences.of(each) for each in names)


def readiness(
    records: Iterable[Record],
    looking: Looking,
    accepted: Mapping[str, Accepted],
    *,
    days: int = DAYS,
) -> Readiness:
    """Looks at all records of the journal."""
    for record in records:
        looking.take(record)
    return looking.readiness(accepted, days)


_OF_CLASS: Final = {
    Class.DATE: "DATE",
    Class.POLICY: "POLICY",
    Class.MISSING: "MISSING",
    Class.UNREADABLE: "UNREADABLE",
}


def _against(found: Readiness, days: int) -> list[Obstacle]:
    asked = found.judged + found.unjudged
    is_unjudged = found.unjudged * 100 > asked * UNJUDGED_AT_MOST
    obstacles = [
        Obstacle("DAYS", found.days if found.days < days else 0, days),
        *(_of_class(found, kind) for kind in _OF_CLASS),
        Obstacle("DIFFERING", len(found.differing), example=next(iter(found.differing), "")),
        Obstacle("UNEQUAL", len(found.unequal), example=_row_example(found.unequal)),
        Obstacle("BACKLOG", len(found.backlog), example=_task_example(found.backlog)),
        Obstacle("FOR_A_PERSON", len(found.for_a_person), 0, _task_example(found.for_a_person)),
        Obstacle("UNJUDGED", found.unjudged if is_unjudged else 0, asked),
    ]
    return [each for each in obstacles if each.count or (each.code == "DAYS" and not found.days)]


def _of_class(found: Readiness, kind: Class) -> Obstacle:
    """The patterns of a class, with the most frequent one as an example."""
    groups = [each for each in found.unexplained if each.pattern.difference.kind is kind]
    example = ""
    if groups:
        first = groups[0]
        example = f"{first.pattern.id} ({first.pattern.about}), request {first.of[-1]}"
    return Obstacle(_OF_CLASS[kind], len(groups), example=example)


def _row_example(rows: list[Row]) -> str:
    if not rows:
        return ""
    row = rows[0]
    sides = f"old system {say_side(row.old)}, Tiro {say_side(row.new)}"
    return f"{row.subject} {row.name}: {sides}; {say_errand(row.errand)}"


def _task_example(tasks: list[Task]) -> str:
    return f"request {tasks[0].request} of {tasks[0].terminal}" if tasks else ""
