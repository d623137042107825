"""A file surveyed: how it is written, and what each of its columns holds.

Files are read once, row by row, by the readers of the load, so a row is broken here if it is broken
there. With a plan its dialect is used; where the file is written otherwise, what was found is used,
and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path, PurePath
from typing import Final

from catalogue.marc import sources as marc_files
from circulation.moving.kinds.table import KINDS
from circulation.moving.plans import FieldPlan, KindPlan, Plan
from circulation.moving.recognition.advice import Advice
from circulation.moving.recognition.delimiters import Layout, tell_layout
from circulation.moving.recognition.encodings import ByteSurvey, survey_bytes
from circulation.moving.sources.delimited import Delimited
from circulation.moving.sources.marc_items import MarcItems, tell_item_tag
from circulation.moving.sources.rows import Line, Source, UnreadableFile
from circulation.moving.sources.xml_rows import SurveyedXml, tell_row_tag
from circulation.moving.surveys.columns import Column
from circulation.moving.values import (
    AMOUNT,
    DATES,
    LAST_MOMENT,
    MOMENT,
    Cell,
    Formats,
    Unreadable,
    part_tail,
)

_BATCH: Final = 4_096
#: Bytes that tell the format of a file.
_START: Final = 65_536
_TOLD_EVERY: Final = 20 * _BATCH
#: Different codes that are counted for one field.
_MAX_CODES: Final = 2_000
#: Reported as rows are read: the name of the file, and how many.
OnRows = Callable[[str, int], None]


@dataclass(slots=True)
class FieldCodes:
    """The codes that the files have for a field of a kind: its `table` is the plan's table of
    values for it, None where codes are taken unchanged."""

    kind: str
    name: str
    cell: Cell
    plan: FieldPlan
    table: Mapping[str, str] | None
    counts: Counter[str] = field(default_factory=Counter)  # all beyond the first ones as ""

    def see(self, columns: Mapping[str, Sequence[str]], empty: frozenset[str]) -> None:
        """Count the codes of a batch."""
        its = [columns[name] for name in self.plan.column if name in columns]
        cells: Iterable[str] = its[0]
        if len(its) > 1:
            rows = zip(*its, strict=True)
            cells = (self.plan.joined_by.join(_filled(parts, empty)) for parts in rows)
        for text, number in Counter(cells).items():
            parts = text.split(self.plan.separator) if self.cell.is_list else (text,)
            for part in map(str.strip, parts):
                code = part_tail(part).code if self.cell.has_tail else part
                if code and code not in empty:
                    is_kept = code in self.counts or len(self.counts) < _MAX_CODES
                    self.counts[code if is_kept else ""] += number


def _filled(parts: Iterable[str], empty: frozenset[str]) -> list[str]:
    return [bare for part in parts if (bare := part.strip()) and bare not in empty]


@dataclass(slots=True)
class KindSurvey:
    """What the rows of a file are that a section of the plan chooses. `columns` are those of the
    file where it chooses all rows."""

    kind: str
    plan: KindPlan
    columns: dict[str, Column]
    codes: list[FieldCodes]
    missing: list[str] = field(default_factory=list)  # columns of the plan
    rows: int = 0

    @property
    def chooses(self) -> bool:
        return bool(self.plan.only or self.plan.unless)

    def choose(
        self, rows: Sequence[Sequence[str]], at: Mapping[str, int], empty: frozenset[str]
    ) -> list[int]:
        """Return the places of the rows that the section chooses."""
        wanted = [(at[name], frozenset(values), True) for name, values in self.plan.only.items()]
        wanted += [
            (at[name], frozenset(values), False) for name, values in self.plan.unless.items()
        ]

        def is_chosen(cells: Sequence[str]) -> bool:
            for place, values, is_wanted in wanted:
                text = cells[place].strip()
                if (("" if text in empty else text) in values) is not is_wanted:
                    return False
            return True

        return [number for number, cells in enumerate(rows) if is_chosen(cells)]


@dataclass(slots=True)
class FileSurvey:
    """What a file is and holds. `unreadable`: why nothing of it can be read."""

    path: Path
    format: str
    octets: ByteSurvey | None = None
    layout: Layout | None = None
    tag: str = ""
    rows: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    columns: dict[str, Column] = field(default_factory=dict)
    kinds: list[KindSurvey] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    unreadable: str = ""

    def unread(self) -> list[Column]:
        """Return the columns with values that no section of the plan reads."""
        named = {name for each in self.kinds for name in each.plan.columns_named()}
        if self.format == "xml":  # a path with conditions reads what it names
            return [
                each for name, each in self.columns.items()
                if each.filled and not any(name in path for path in named)
            ]  # fmt: skip
        named |= {name.partition("[")[0] for name in named if self.format == "marc"}
        return [each for name, each in self.columns.items() if each.filled and name not in named]


def sources_of(plan: KindPlan) -> Iterator[tuple[str, FieldPlan]]:
    """Give the fields of a section, each with every source that it has."""
    for name, planned in plan.fields.items():
        yield name, planned
        yield from ((name, each) for each in planned.further)


def kinds_of(path: Path, plan: Plan) -> list[str]:
    """Return the kinds whose files the plan calls by such a name."""
    return [
        kind
        for kind, its in plan.kinds.items()
        if any(fnmatch(path.name, PurePath(pattern).name) for pattern in its.files)
    ]


def survey_file(
    path: Path,
    plan: Plan | None,
    timezone: str,
    on_rows: OnRows = lambda file, rows: None,
) -> FileSurvey:
    """Return the survey of a file; with a plan, of what its sections make of it too."""
    names = kinds_of(path, plan) if plan is not None else []
    its = plan.kinds[names[0]] if plan is not None and names else None
    survey = FileSurvey(path, "csv")
    try:
        survey.format = its.format if its else _tell_format(path)
        _Reading(survey, plan, names, timezone, on_rows).read()
    except (UnreadableFile, UnicodeError) as error:
        survey.unreadable = (
            str(error) if isinstance(error, UnreadableFile) else type(error).__name__
        )
    except marc_files.UnreadableFile as error:
        survey.unreadable = str(error).removeprefix(str(path)).strip(" :")
    except OSError as error:
        survey.unreadable = error.strerror or type(error).__name__
    return survey


def _tell_format(path: Path) -> str:
    """Return the format of a file of which no plan speaks."""
    with path.open("rb") as file:
        start = file.read(_START).lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<") and b"datafield" not in start:
        return "xml"
    try:
        with marc_files.Source(path):
            return "marc"
    except marc_files.UnreadableFile:
        return "csv"


class _Reading:
    """The rows of a file on their way into its survey."""

    def __init__(
        self,
        survey: FileSurvey,
        plan: Plan | None,
        names: Sequence[str],
        timezone: str,
        on_rows: OnRows,
    ) -> None:
        self._survey, self._plan, self._names, self._on_rows = survey, plan, names, on_rows
        self._timezone = (plan.timezone if plan is not None else None) or timezone
        self._advices: dict[str, Advice] = {}
        self._empty = frozenset(plan.empty if plan is not None else ("\\N", "NULL"))

    def read(self) -> None:
        survey = self._survey
        if survey.format == "csv":
            survey.octets = survey_bytes(survey.path)
            survey.layout = tell_layout(survey.path, survey.octets.encoding)
        source = self._source()
        columns = [*dict.fromkeys(source.columns)]
        survey.columns = {name: Column(name, self._empty) for name in columns}
        self._begin_kinds()
        at = {name: number for number, name in reversed([*enumerate(source.columns)])}
        lines = source.lines()
        while batch := [*islice(lines, _BATCH)]:
            self._see(batch, at)
            if survey.rows // _TOLD_EVERY > (survey.rows - len(batch)) // _TOLD_EVERY:
                self._on_rows(survey.path.name, survey.rows)
        self._advise()

    def _source(self) -> Source:
        """Open the file as the plan says, or as it looks where the plan does not fit it."""
        survey, names = self._survey, self._names
        planned = [self._plan.kinds[name] for name in names] if self._plan is not None else []
        if survey.format == "marc":
            survey.tag = planned[0].tag if planned else tell_item_tag(survey.path)
            named = {name for each in planned for name in each.columns_named()}
            return MarcItems(survey.path, _any_plan(tag=survey.tag), all_columns=named)
        if survey.format == "xml":
            survey.tag = planned[0].tag if planned else tell_row_tag(survey.path)
            return SurveyedXml(survey.path, survey.tag)
        octets, layout = survey.octets, survey.layout
        assert octets is not None
        assert layout is not None
        if planned:
            try:
                source = Delimited(survey.path, planned[0], octets.encoding)
                if len(source.columns) > 1 or len(layout.columns) < 2:
                    survey.layout = replace(
                        layout, delimiter=planned[0].delimiter,
                        has_header=not planned[0].columns, columns=tuple(source.columns),
                    )  # fmt: skip
                    return source
            except UnreadableFile:
                pass
        columns = (
            ()
            if layout.has_header
            else tuple(f"column {n}" for n in range(1, len(layout.columns) + 1))
        )
        found = _any_plan(
            delimiter=layout.delimiter, quote=layout.quote, escape=layout.escape, columns=columns
        )
        return Delimited(survey.path, found, octets.encoding)

    def _begin_kinds(self) -> None:
        plan, survey = self._plan, self._survey
        if plan is None:
            return
        for name in self._names:
            its, cells = plan.kinds[name], KINDS[name].cells
            missing = (
                sorted(its.columns_needed() - survey.columns.keys())
                if survey.format == "csv"
                else []
            )
            found = KindSurvey(name, its, survey.columns, [], missing)
            if found.chooses:
                found.columns = {
                    each: Column(each, self._empty)
                    for each in its.columns_named() if each in survey.columns
                }  # fmt: skip
            for field_name, planned in sources_of(its):
                cell, table = cells[field_name], plan.table(planned)
                is_there = not survey.columns.keys().isdisjoint(planned.column)
                if is_there and (cell.is_code or table is not None):
                    found.codes.append(FieldCodes(name, field_name, cell, planned, table))
            survey.kinds.append(found)
            self._advices[name] = Advice(plan, self._timezone)

    def _see(self, batch: Sequence[Line], at: Mapping[str, int]) -> None:
        survey = self._survey
        survey.rows += len(batch)
        survey.broken.update(line.fault for line in batch if line.fault)
        rows = [line.cells for line in batch if not line.fault]
        numbers = [line.number for line in batch if not line.fault]
        if not rows:
            return
        cells = [*zip(*rows, strict=True)]
        columns = {name: cells[place] for name, place in at.items()}
        for name, its in columns.items():
            survey.columns[name].see(its, numbers)
        for kind in survey.kinds:
            self._see_kind(kind, rows, numbers, columns, at)

    def _see_kind(
        self,
        kind: KindSurvey,
        rows: Sequence[Sequence[str]],
        numbers: Sequence[int],
        columns: Mapping[str, Sequence[str]],
        at: Mapping[str, int],
    ) -> None:
        chosen: Mapping[str, Sequence[str]] = columns
        if kind.chooses and {*kind.plan.only, *kind.plan.unless} <= at.keys():
            places = kind.choose(rows, at, self._empty | {""})
            kind.rows += len(places)
            chosen = {name: [columns[name][n] for n in places] for name in kind.columns}
            if not places:
                return
            for name, its in chosen.items():
                kind.columns[name].see(its, [numbers[n] for n in places])
        else:
            kind.rows += len(rows)
        for each in kind.codes:
            each.see(chosen, self._empty)
        if self._survey.rows <= _BATCH * 5:
            self._see_times(kind, chosen)

    def _advise(self) -> None:
        plan, survey = self._plan, self._survey
        if plan is None:
            return
        for kind in survey.kinds:
            advice = self._advices[kind.kind]
            advice.see_bytes(survey.path, kind.plan)
            advice.see_columns(survey.path, kind.plan, self._planned_columns(kind.plan))
            cells = KINDS[kind.kind].cells
            for name, planned in sources_of(kind.plan):
                for column in [kind.columns[c] for c in planned.column if c in kind.columns]:
                    if cells[name] in DATES:
                        column.tell_dates(advice.dates)
                    elif cells[name] == AMOUNT:
                        advice.numbers.add(column.numbers)
            survey.advice += [each for each in advice.lines() if each not in survey.advice]

    def _see_times(self, kind: KindSurvey, columns: Mapping[str, Sequence[str]]) -> None:
        """Learn from the first times whether they are UTC."""
        assert self._plan is not None
        formats = Formats(
            {}, self._timezone, date.max, dates=self._plan.dates, advice=self._advices[kind.kind]
        )
        for name, planned in sources_of(kind.plan):
            if KINDS[kind.kind].cells[name] in (MOMENT, LAST_MOMENT) and len(planned.column) == 1:
                for text in {*columns.get(planned.column[0], ())}:
                    with suppress(Unreadable):
                        formats.time_of(text.strip())

    def _planned_columns(self, its: KindPlan) -> list[str]:
        """Return the columns as the plan reads the file."""
        if self._survey.format != "csv":
            return [*self._survey.columns]
        assert self._survey.octets is not None
        try:
            return Delimited(self._survey.path, its, self._survey.octets.encoding).columns
        except UnreadableFile:
            return []


def _any_plan(**options: object) -> KindPlan:
    return KindPlan.model_validate({"files": ("any",), "key": ("any",), "fields": {}, **options})
