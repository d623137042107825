"""A delivery taken in: whole files, of which only what is new or has changed is written.

Each kind of rows is read twice. First its rows are counted and their keys remembered: a delivery
with less of the former number than its plan allows stops the kind before anything is written, and
what a whole one does not have any more is gone. Then rows go in by batches, each a transaction with
the keys of its rows, so that a move can be ended at any moment and run again: what is in is passed
over by its checksum. A dry run is the same run in one transaction that is rolled back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from catalogue.database import Database, Transaction
from circulation.moving.earlier import (
    NUMBERS,
    check_age,
    check_numbers,
    examine_delivery,
    note_taken,
)
from circulation.moving.key_sets import KeySet
from circulation.moving.keys import (
    STEP,
    GoneRow,
    Moved,
    MovedRow,
    count_rows,
    homes_before,
    insert_moved,
    mark_gone,
    moved,
    moved_after,
    note_delivery,
    rows_before,
    update_moved,
)
from circulation.moving.kinds.table import KINDS
from circulation.moving.mapping import Mapper
from circulation.moving.plans import Plan
from circulation.moving.recognition.advice import Advice
from circulation.moving.rows import Arrival, Batch, Fault, Kind, Moving, Place
from circulation.moving.sources.opening import open_source, require_inside
from circulation.moving.sources.rows import Line, UnreadableFile
from circulation.moving.values import Formats
from circulation.patrons.identifiers import IDENTIFIERS

T = TypeVar("T")
#: Rows of one transaction.
BATCH: Final = 2_000
#: Of the rows that a home branch had in the former delivery, where they were `MANY`: a whole file
#: may be missing, which is little among those of all schools.
LEAST_OF_HOME: Final = Fraction(1, 2)
MANY: Final = 20
DOUBLED: Final = "doubled"
#: The database counts its rows anew when so many times as many are there.
_GROWN: Final = 8
#: Rows that are counted between two signs of life.
_TOLD_EVERY: Final = 20_000
#: Told of a kind as often as anything is known: rows dealt with, of how many, where that is known.
Progress = Callable[[str, int, int | None], None]
#: Has work done in a transaction: of its own, or in that of the dry run.
Doing = Callable[[Callable[[Transaction], Any]], Any]


@dataclass(slots=True)
class KindReport:
    """What became of the rows of one kind. `stopped`: why nothing was done with them."""

    kind: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    set_aside: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    put_off: int = 0  # what may be gone, and may stand in the rows that are broken
    kept: int = 0  # what has changed there, of branches that are looked after here
    advice: list[str] = field(default_factory=list)  # what to write in the plan
    unread_files: list[str] = field(default_factory=list)  # with the reason
    remedies: Counter[str] = field(default_factory=Counter)  # what to write, for so many rows

    def take(self, faults: Sequence[Fault]) -> None:
        for each in faults:
            (self.noted if each.is_noted else self.reasons)[each.reason] += 1
            self.set_aside += not each.is_noted
            if each.remedy:
                self.remedies[each.remedy] += 1


class Survey(NamedTuple):
    """A delivery at first sight: its rows, their keys, what is no row; `unreadable` are files that
    give nothing, each with the reason. `homes` are the rows by the ISIL of their home branch."""

    rows: int
    keys: KeySet
    broken: int
    unreadable: tuple[Fault, ...]
    homes: Counter[str]


class _RolledBack(Exception):
    """Ends the transaction of a dry run."""


class Following(NamedTuple):
    """How a delivery is followed. `on_fault` is told of every row that is set aside or noted, and
    of its kind. `may_be_shorter`: that there are much fewer rows than before is right. `hold`
    begins every transaction, and holds a lease, so that no two moves are at it. `may_be_older`:
    that it is older than the last one, or has other rows, is right."""

    may_be_shorter: bool = False
    on_fault: Callable[[str, Fault], None] = lambda kind, fault: None
    on_progress: Progress = lambda kind, rows, of: None
    hold: Callable[[Transaction], object] = lambda transaction: None
    may_be_older: bool = False


ALONE: Final = Following()


def take_delivery(
    database: Database,
    plan: Plan,
    moving: Moving,
    following: Following = ALONE,
    *,
    dry_run: bool = False,
) -> list[KindReport]:
    """Takes in all that the plan names, one kind after the other; gives a report of each.

    Raises what the database raises, LeaseTaken where another move is at it, and OlderDelivery; rows
    raise nothing. A delivery of another library stops all kinds that follow.
    """
    reports: list[KindReport] = []
    its = examine_delivery(plan, formats_of(plan, moving), moving.now)

    def held(work: Callable[[Transaction], T]) -> T:
        def holding(transaction: Transaction) -> T:
            following.hold(transaction)
            return work(transaction)

        return database.write(holding).result()

    def all_kinds(do: Doing) -> None:
        if its is not None and not following.may_be_older:
            do(lambda transaction: check_age(transaction, moving.source, its, moving.timezone))

        def begin() -> None:
            """Remember the delivery, before anything of a kind is taken."""
            if its is not None:
                do(lambda transaction: note_taken(transaction, moving.source, its, moving.now))

        for name in KINDS:
            if name in plan.kinds:
                one = _Delivery(plan, KINDS[name], moving, do, following, begin)
                reports.append(one.take())
                if one.is_foreign:
                    return

    if not dry_run:
        all_kinds(held)
        return reports

    def tried(transaction: Transaction) -> None:
        reports.clear()
        all_kinds(lambda work: work(transaction))
        raise _RolledBack

    held(lambda transaction: None)  # so that others are told who is at it
    with suppress(_RolledBack):
        held(tried)
    return reports


def formats_of(plan: Plan, moving: Moving, advice: Advice | None = None) -> Formats:
    """Return how the other system writes values; `advice` learns from what is read."""
    branches = {branch.isil: branch.id for branch in moving.set_up.branches.values()}
    timezone = plan.timezone or moving.timezone
    today = moving.set_up.day(moving.now)
    return Formats(branches, timezone, today, plan.currency, plan.dates, plan.decimal, advice)


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of a file, which change while it is written; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _find_staying(transaction: Transaction, kind: Kind, known: Iterable[Moved]) -> set[int]:
    """Return the rows of ours that stayed as they were when those of the other system were gone."""
    if kind.gone is not None:
        return set()
    ids = [*{each.row_id for each in known if each.gone is not None}]
    if kind.branches is None:
        return {*ids}
    return {number for number, _ in kind.branches(transaction, row_ids=ids)}


class _Delivery:
    """The rows of one kind on their way."""

    def __init__(
        self,
        plan: Plan,
        kind: Kind,
        moving: Moving,
        do: Doing,
        following: Following,
        begin: Callable[[], None],
    ) -> None:
        self._plan, self._kind, self._moving, self._do = plan, kind, moving, do
        self._following, self._begin = following, begin
        its = plan.kinds[kind.name]
        self._fields = frozenset(its.fields)
        self._by_key = frozenset(name for name, each in its.fields.items() if each.by == "key")
        self._advice = Advice(plan, plan.timezone or moving.timezone)
        self._kinds, formats = frozenset(plan.kinds), formats_of(plan, moving, self._advice)
        homes = plan.homes(kind.name) or formats.branches
        self._branches = frozenset(
            number for isil, number in formats.branches.items() if isil in homes
        )
        self._identifiers = IDENTIFIERS.of(moving.circulation)
        self._mapper = Mapper(plan, kind, formats, self._identifiers)
        self.report = KindReport(kind.name)
        self._awaited = KeySet()
        self._doubtful: set[int] = set()
        self._opened: dict[Path, tuple[int, int] | None] = {}
        self._known: Sequence[Moved] = ()  # of the rows that were taken before, the first ones
        self._numbers: dict[str, str | None] = {}  # theirs, in the files
        self._number_at: int | None = None
        self.is_foreign = False

    def take(self) -> KindReport:
        report = self._take()
        report.advice = self._advice.lines()
        return report

    def _take(self) -> KindReport:
        self._examine()
        is_whole = self._plan.kinds[self._kind.name].delivery == "whole"
        if is_whole and not self._following.may_be_older and self._kind.name in NUMBERS:
            self._known = self._do(self._first_known)
            self._numbers = dict.fromkeys(each.key for each in self._known)
        survey = self._survey()
        report, source, name = self.report, self._moving.source, self._kind.name
        report.rows = survey.rows
        self._tell(survey.unreadable)
        report.unread_files = [f"{each.place.file}: {each.detail}" for each in survey.unreadable]
        if growing := self._still_written():
            report.stopped = f"{growing} is being written still"
            return report
        if self._known and not survey.unreadable:
            report.stopped = self._do(self._of_another_library)
            self.is_foreign = bool(report.stopped)
            if report.stopped:
                return report
        if is_whole and not self._following.may_be_shorter:
            report.stopped = self._do(lambda transaction: self._too_short(transaction, survey))
            if report.stopped:
                return report
        self._begin()
        if is_whole and not survey.unreadable:
            self._see_to_gone(survey)
        self._awaited = survey.keys  # each once
        for faults in self._batches():
            self._tell(faults)
        if is_whole and not survey.unreadable:
            self._see_to_lacking(survey)
        if not survey.unreadable:
            rows, now = survey.rows, self._moving.now
            homes = survey.homes
            self._do(lambda transaction: note_delivery(transaction, source, name, rows, now, homes))
        return report

    def _first_known(self, transaction: Transaction) -> Sequence[Moved]:
        source, kind = self._moving.source, self._kind.name
        return moved_after(transaction, source=source, kind=kind, after="")

    def _of_another_library(self, transaction: Transaction) -> str:
        numbers = {key: number for key, number in self._numbers.items() if number is not None}
        return check_numbers(transaction, self._kind.name, self._known, numbers)

    def _examine(self) -> None:
        """Learn how the files are written, before any of them is read by the plan."""
        its = self._plan.kinds[self._kind.name]
        for path in self._plan.paths(self._kind.name):
            with suppress(UnreadableFile, OSError, UnicodeError):
                require_inside(path, self._plan)
                self._advice.see_bytes(path, its)
                self._advice.see_columns(path, its, open_source(path, self._plan, its).columns)

    def _still_written(self) -> str:
        """The name of a file that has changed since it was opened to be counted."""
        return next((p.name for p, seen in self._opened.items() if seen != _state(p)), "")

    def _too_short(self, transaction: Transaction, survey: Survey) -> str:
        """What says that files are broken, or missing; empty where nothing does."""
        source, name = self._moving.source, self._kind.name
        before = rows_before(transaction, source=source, kind=name)
        if before is not None and survey.rows < before * Fraction(
            str(self._plan.kinds[name].least)
        ):
            return f"{survey.rows} rows, and {before} the last time: too few to be whole"
        for home, number in homes_before(transaction, source, name).items():
            if number >= MANY and survey.homes[home] < number * LEAST_OF_HOME:
                told = f"{survey.homes[home]} rows of {home}, and {number} the last time"
                return f"{told}: too few to be whole"
        return ""

    def _batch(self, transaction: Transaction) -> Batch:
        given = self._fields, self._by_key, self._kinds, self._branches, self._written()
        return Batch(transaction, self._moving, *given, doubtful=self._doubtful)

    def _written(self) -> datetime | None:
        """When the other system wrote the oldest of the files."""
        times = [state[1] for state in self._opened.values() if state is not None]
        return datetime.fromtimestamp(min(times) / 1e9, UTC) if times else None

    def _see_to_lacking(self, survey: Survey) -> None:
        """What came from no delivery, and is lacking in this one."""
        lacking = self._kind.lacking
        if lacking is None:
            return
        number = self._do(lambda each: lacking(self._batch(each), bool(survey.broken)))
        if survey.broken:
            self.report.put_off += number
        else:
            self.report.gone += number

    def _tell(self, faults: Sequence[Fault]) -> None:
        self.report.take(faults)
        for each in faults:
            self._following.on_fault(self._kind.name, each)

    def _lines(self) -> Iterator[tuple[Path, Line | Fault]]:
        """All rows that are wanted, and for a file that cannot be read on a fault."""
        its = self._plan.kinds[self._kind.name]
        paths = self._plan.paths(self._kind.name)
        if not paths and its.delivery == "whole":
            place = Place(", ".join(its.files), 0)
            yield Path(place.file), Fault(place, "", "unreadable file", "no file has that name")
        for path in paths:
            number = 0
            try:
                self._opened.setdefault(path, _state(path))
                source = open_source(path, self._plan, its)
                self._mapper.begin(source.columns)
                self._number_at = self._find_number(source.columns)
                for line in source.lines():
                    number = line.number
                    if self._mapper.is_wanted(line):
                        yield path, line
            except (UnreadableFile, OSError, UnicodeError) as error:
                said = str(error) if isinstance(error, UnreadableFile) else type(error).__name__
                yield path, Fault(Place(path.name, number), "", "unreadable file", said)

    def _survey(self) -> Survey:
        keys, rows, broken, unreadable = KeySet(), 0, 0, []
        homes: Counter[str] = Counter()
        for _, line in self._lines():
            if isinstance(line, Fault):
                unreadable.append(line)
                continue
            rows += 1
            if rows % _TOLD_EVERY == 0:
                self._do(lambda transaction: None)  # whoever follows this hears that it goes on
                self._following.on_progress(f"{self._kind.name}, counted", rows, None)
            if home := self._mapper.home(line):
                homes[home] += 1
            key = self._mapper.key(line)
            broken += key is None
            if key is not None:
                keys.add(key)
                if key in self._numbers:
                    self._numbers[key] = self._number(line)
        keys.close()
        return Survey(rows, keys, broken, tuple(unreadable), homes)

    def _find_number(self, columns: Sequence[str]) -> int | None:
        """Return the place of the column with the card or barcode, where one alone has it."""
        field = self._plan.kinds[self._kind.name].fields.get(NUMBERS.get(self._kind.name, ""))
        is_single = field is not None and len(field.column) == 1
        return [*columns].index(field.column[0]) if field is not None and is_single else None

    def _number(self, line: Line) -> str | None:
        if self._number_at is None:
            return None
        return self._identifiers.stored(line.cells[self._number_at].strip())

    def _see_to_gone(self, survey: Survey) -> None:
        """What the delivery does not have any more. As long as rows of it are broken, nobody knows
        whether they stand there."""
        after: str | None = ""
        while after is not None:
            gone, kept, after = self._do(self._gone_after(after, survey))
            self.report.kept += kept
            if survey.broken:
                self.report.put_off += gone
            else:
                self.report.gone += gone

    def _gone_after(
        self, after: str, survey: Survey
    ) -> Callable[[Transaction], tuple[int, int, str | None]]:
        moving, kind = self._moving, self._kind

        def work(transaction: Transaction) -> tuple[int, int, str | None]:
            found = moved_after(transaction, source=moving.source, kind=kind.name, after=after)
            gone = [each for each in found if each.key not in survey.keys]
            batch, number = self._batch(transaction), len(gone)
            ours = kind.ours(batch, [each.row_id for each in gone])
            gone = [each for each in gone if each.row_id not in ours]
            if gone and not survey.broken:
                if kind.gone is not None:
                    kind.gone(batch, gone)
                rows = (GoneRow(moving.source, kind.name, each.key, moving.now) for each in gone)
                mark_gone(transaction, list(rows))
            last = found[-1].key if len(found) == STEP else None
            return len(gone), number - len(gone), last

        return work

    def _batches(self) -> Iterator[list[Fault]]:
        """Takes the rows in, and gives what is set aside and noted, batch by batch."""
        lines = ((path, line) for path, line in self._lines() if isinstance(line, Line))
        done, counted = 0, BATCH // _GROWN
        while several := list(islice(lines, BATCH)):
            faults, arrivals = self._read(several)
            counts, found = self._do(self._store(arrivals))
            for name, count in counts.items():
                setattr(self.report, name, getattr(self.report, name) + count)
            done += len(several)
            if done >= counted * _GROWN:
                self._do(count_rows)
                counted = done
            self._following.on_progress(self._kind.name, done, self.report.rows)
            yield faults + found

    def _read(self, lines: Sequence[tuple[Path, Line]]) -> tuple[list[Fault], list[Arrival]]:
        faults: list[Fault] = []
        arrivals: list[Arrival] = []
        for path, line in lines:
            read = self._mapper.arrival(path.name, line)
            if isinstance(read, Fault):
                faults.append(read)
            elif self._awaited.take(read.key):
                arrivals.append(read)
            else:
                faults.append(Fault(read.place, read.key, DOUBLED))
        return faults, arrivals

    def _store(
        self, arrivals: Sequence[Arrival]
    ) -> Callable[[Transaction], tuple[dict[str, int], list[Fault]]]:
        source, kind = self._moving.source, self._kind

        def work(transaction: Transaction) -> tuple[dict[str, int], list[Fault]]:
            batch = self._batch(transaction)
            keys = [each.key for each in arrivals]
            known = {
                each.key: each
                for each in moved(transaction, keys=keys, source=source, kind=kind.name)
            }
            staying = _find_staying(transaction, kind, known.values())
            new, changed = [], []
            for each in arrivals:
                before = known.get(each.key)
                if before is None or (before.gone is not None and before.row_id not in staying):
                    new.append(each)
                    continue
                each.row_id = before.row_id
                if before.gone is not None or before.checksum != each.checksum:
                    changed.append(each)
            unchanged = len(arrivals) - len(new) - len(changed)
            ours = kind.ours(batch, [each.number for each in changed])
            batch.kept = sum(each.row_id in ours for each in changed)
            changed = [each for each in changed if each.row_id not in ours]
            kind.store(batch, new, changed)
            new, changed = batch.left(new), batch.left(changed)
            rows = {
                each.key: MovedRow(source, kind.name, each.key, each.number, each.checksum)
                for each in [*new, *changed]
            }
            insert_moved(transaction, [row for key, row in rows.items() if key not in known])
            update_moved(transaction, [row for key, row in rows.items() if key in known])
            counts = {"new": len(new), "changed": len(changed), "unchanged": unchanged}
            counts["kept"] = batch.kept
            return counts, batch.faults

        return work
