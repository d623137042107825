"""What a source tells of its records: merged into the catalogue, or taken out of it.

Everything may be told again: what is the same changes nothing. Which stored record one that comes
is, is known by its identifier if it has come before, and else found by the rules that loads of
files have.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from catalogue.changes.former_records import NoSuchRecord, present_id
from catalogue.loading.import_plans import Fate, ImportRules
from catalogue.loading.pages import Merged, Part, merge
from catalogue.loading.record_matches import Match
from catalogue.marc.records_found import FoundRecord
from circulation.harvesting.rows import (
    HarvestedRecord,
    HarvestProblem,
    ProblemKind,
    delete_harvested,
    delete_problems,
    insert_harvested,
    insert_problems,
    names_of,
    needed_of,
    problems_with,
    records_numbered,
    records_of,
    stored_records,
    withdrawn_of,
)
from circulation.kernel.act import Act
from circulation.records.changes import RecordNeeded, delete_record

#: What is counted, as it is told: what has come, and what has become of it.
COUNTED: Final = (
    *("told", "added", "replaced", "unchanged", "left", "refused"),
    *("withdrawn", "needed", "kept"),
)
_LONGEST: Final = 500


class Told(NamedTuple):
    """What a source tells under one identifier: its records, or that it is withdrawn."""

    identifier: str
    is_deleted: bool
    records: tuple[FoundRecord, ...] = ()


class Policy(NamedTuple):
    """What is done with the records of a source.

    They are in MARC of `record_format` where they do not say theirs, and belong to the agency; None
    shares them. Where `number_in` is found in an identifier, its group is the control number of the
    record, for those that are withdrawn and came in another way. `most_withdrawn` records of a list
    are deleted at most; 0: none is.
    """

    rules: ImportRules
    record_format: str
    agency_id: int | None
    number_in: re.Pattern[str] | None
    most_withdrawn: int


class Taking:
    """One source, within one transaction. `counts` are those of its list so far, and go on."""

    def __init__(self, act: Act, source: str, policy: Policy, counts: Counter[str]) -> None:
        self._act = act
        self._source = source
        self._policy = policy
        self.counts = counts

    def take(self, told: Sequence[Told], part: Part) -> None:
        """Takes what is told, each identifier once; the part has its records, in their order."""
        transaction = self._act.transaction
        names = [each.identifier for each in told]
        old: defaultdict[str, set[int]] = defaultdict(set)
        for row in records_of(transaction, identifiers=names, source=self._source):
            old[row.identifier].add(row.record_id)
        said = problems_with(transaction, identifiers=names, source=self._source)
        delete_problems(transaction, said)
        before = {each.identifier: each for each in said}
        problems = self._merge(told, part, old)
        self.counts["told"] += len(told)
        for each in told:
            if each.is_deleted:
                problem = before.get(each.identifier)
                if problem is None or problem.kind is not ProblemKind.KEPT:  # else people decide
                    problem = self._withdraw(each.identifier, old[each.identifier])
                if problem is not None:
                    problems.append(problem)
        since = {name: each.since for name, each in before.items()}
        insert_problems(
            transaction,
            [each._replace(since=since.get(each.identifier, each.since)) for each in problems],
        )

    # What is there

    def _merge(
        self, told: Sequence[Told], part: Part, old: dict[str, set[int]]
    ) -> list[HarvestProblem]:
        places: dict[str, list[int]] = {}
        position = 0
        for each in told:
            count = len(each.records)
            places[each.identifier] = list(range(position + 1, position + count + 1))
            position += count
        if not position:
            return [self._refused(each, "no MARC record") for each in told if not each.is_deleted]
        merged = merge(
            self._act.transaction,
            part,
            self._policy.rules,
            self._known(told, places, old),
            agency_id=self._policy.agency_id,
            now=self._act.now,
        )
        self._count(merged)
        fates = {each.position: each for each in merged.plan}
        problems = []
        for each in told:
            if each.is_deleted:
                continue
            its = places[each.identifier]
            wrong = [merged.refused[place] for place in its if place in merged.refused]
            set_aside = [fates[place] for place in its if place in fates]
            unclear = [one.reason for one in set_aside if one.fate is Fate.AMBIGUOUS]
            if wrong or not its:
                problems.append(self._refused(each, "; ".join(wrong) or "no MARC record"))
            elif unclear:
                problems.append(
                    self._problem(each.identifier, ProblemKind.AMBIGUOUS, None, "; ".join(unclear))
                )
            ids = {one.record_id for one in set_aside if not one.is_set_aside}
            self._note(each.identifier, ids, old[each.identifier], is_whole=not (wrong or unclear))
        return problems

    def _known(
        self, told: Sequence[Told], places: dict[str, list[int]], old: dict[str, set[int]]
    ) -> dict[int, Match]:
        """The stored records of identifiers under which one record has come before, and comes."""
        transaction = self._act.transaction
        single = {
            each.identifier: next(iter(old[each.identifier]))
            for each in told
            if len(each.records) == 1 and len(old[each.identifier]) == 1
        }
        stored = {
            each.id: each for each in stored_records(transaction, record_ids=list(single.values()))
        }
        found = {}
        for each in told:
            record_id = single.get(each.identifier)
            if record_id is None:
                continue
            [place], [record] = places[each.identifier], each.records
            its = stored.get(record_id)
            if its is not None:
                kind = record.record_format or self._policy.record_format
                if (its.format, its.agency_id) == (kind, self._policy.agency_id):
                    found[place] = Match((record_id,), "identifier")
            elif (survivor := present_id(transaction, record_id)) is not None:
                found[place] = Match((survivor,), "identifier", is_merged=True)
        return found

    def _count(self, merged: Merged) -> None:
        fates = Counter(each.fate for each in merged.plan)
        self.counts["added"] += fates[Fate.ADDED]
        self.counts["replaced"] += merged.replaced
        self.counts["unchanged"] += fates[Fate.OVERLAID] - merged.replaced
        self.counts["left"] += fates[Fate.KNOWN] + fates[Fate.SKIPPED]

    def _note(self, identifier: str, ids: set[int], old: set[int], *, is_whole: bool) -> None:
        """Which records are under the identifier now. What was and is no more, is withdrawn."""
        transaction = self._act.transaction
        new = [HarvestedRecord(self._source, identifier, each) for each in sorted(ids - old)]
        insert_harvested(transaction, new)
        if is_whole and ids:
            for record_id in sorted(old - ids):
                self._take_out(identifier, record_id)

    # What is withdrawn

    def _withdraw(self, identifier: str, ids: Iterable[int]) -> HarvestProblem | None:
        """Deletes the records of the identifier, or says why they are here still."""
        found = sorted(ids) or self._numbered(identifier)
        for record_id in found:
            problem = self._take_out(identifier, record_id)
            if problem is not None:
                return problem
        return None

    def _numbered(self, identifier: str) -> list[int]:
        """The record whose control number the identifier holds, where there is just one."""
        number_in = self._policy.number_in
        number = number_in.search(identifier) if number_in is not None else None
        if number is None or not number[1]:
            return []
        found = records_numbered(self._act.transaction, control_number=number[1])
        its = [each.id for each in found if each.agency_id == self._policy.agency_id]
        return its if len(its) == 1 else []

    def _take_out(self, identifier: str, record_id: int) -> HarvestProblem | None:
        """Deletes a record, unless it is there under another identifier as well."""
        transaction = self._act.transaction
        row = HarvestedRecord(self._source, identifier, record_id)
        names = names_of(transaction, record_ids=[record_id])
        if all(each == row for each in names):
            if self.counts["withdrawn"] >= self._policy.most_withdrawn:
                self.counts["kept"] += 1
                return self._problem(
                    identifier, ProblemKind.KEPT, record_id, "withdrawn, and kept for people to see"
                )
            try:
                done = delete_record(self._act, record_id)
            except NoSuchRecord:  # deleted here already, or merged: the survivor is another record
                done = None
            if isinstance(done, RecordNeeded):
                self.counts["needed"] += 1
                why = "; ".join(f"{need.value} ({number})" for need, number in done.needs)
                return self._problem(identifier, ProblemKind.NEEDED, record_id, why)
            self.counts["withdrawn"] += done is not None
        delete_harvested(transaction, [row])
        return None

    def try_again(self, after: str, at_most: int, *, with_kept: bool) -> str | None:
        """Tries again what was withdrawn and was needed, or kept as well: `at_most` behind the
        identifier. Gives the identifier behind which to go on, None at the end."""
        transaction = self._act.transaction
        listed = withdrawn_of if with_kept else needed_of
        waiting = listed(transaction, source=self._source, after=after, at_most=at_most)
        names = [each.identifier for each in waiting]
        old: defaultdict[str, set[int]] = defaultdict(set)
        for row in records_of(transaction, identifiers=names, source=self._source):
            old[row.identifier].add(row.record_id)
        for each in waiting:
            counts = self.counts["needed"], self.counts["kept"]
            problem = self._withdraw(each.identifier, old[each.identifier])
            self.counts["needed"], self.counts["kept"] = counts  # it was counted when it was told
            if problem != each._replace(since=self._act.now):
                delete_problems(transaction, [each])
                if problem is not None:
                    insert_problems(transaction, [problem._replace(since=each.since)])
        return names[-1] if len(names) == at_most else None

    # Problems

    def _refused(self, told: Told, why: str) -> HarvestProblem:
        self.counts["refused"] += 1
        return self._problem(told.identifier, ProblemKind.REFUSED, None, why)

    def _problem(
        self, identifier: str, kind: ProblemKind, record_id: int | None, why: str
    ) -> HarvestProblem:
        return HarvestProblem(
            self._source, identifier, kind.value, record_id, why[:_LONGEST], self._act.now
        )
