"""Rows of files with the plan's words for them, read by other code than that which loads them.

Nothing is judged: a cell that cannot be read is what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from circulation.ledger.money import exponent_of
from circulation.moving.balancing.figures import UNREAD
from circulation.moving.code_tables import translate_value
from circulation.moving.kinds.table import KINDS
from circulation.moving.plans import FieldPlan, KindPlan, Plan
from circulation.moving.sources.opening import open_source
from circulation.moving.sources.rows import UnreadableFile
from circulation.moving.values import Unreadable

#: A number that is no more than a number.
NUMBER: Final = re.compile("[0-9]{1,9}")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?")
#: Fields that hold a list, with their kinds.
_LISTS: Final = {
    (kind.name, name)
    for kind in KINDS.values()
    for name, cell in kind.cells.items()
    if cell.is_list
}
#: Fields whose codes may have a day and words behind them.
_TAILED: Final = {
    (kind.name, name)
    for kind in KINDS.values()
    for name, cell in kind.cells.items()
    if cell.has_tail
}
#: Rows between two words on how far it has come.
_TOLD_EVERY: Final = 20_000
#: Told of a kind, and how many of its rows were read.
OnRows = Callable[[str, int], None]
#: A row of a file by the name of its file and its line.
At = tuple[str, int]


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row by the names of its fields; empty for what the plan does not give, and no texts at all
    for what is no row."""

    at: At
    key: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


class FileRows:
    """The rows of all files of a plan. `stored` is what stands in the database for a key."""

    def __init__(
        self,
        plan: Plan,
        timezone: str,
        stored: Callable[[str], str],
        on_rows: OnRows = lambda kind, rows: None,
    ) -> None:
        self._plan, self._zone = plan, ZoneInfo(plan.timezone or timezone)
        self.stored, self._on_rows = stored, on_rows

    def of(self, kind: str) -> Iterator[FileRow]:
        """All rows that the plan chooses."""
        if kind not in self._plan.kinds:
            return
        its = self._plan.kinds[kind]
        named, needed = its.columns_named(), its.columns_needed()
        for path in self._plan.paths(kind):
            try:
                source = open_source(path, self._plan, its)
                at = {name: number for number, name in reversed([*enumerate(source.columns)])}
                if needed - at.keys():
                    continue  # the load has told of the file: nothing of it is in
                for number, line in enumerate(source.lines()):
                    if number % _TOLD_EVERY == 0:
                        self._on_rows(kind, number)
                    row_at = path.name, line.number
                    there = () if line.fault else named & at.keys()
                    cells = {n: self._known(line.cells[at[n]]) for n in there}
                    if line.fault:
                        yield FileRow(row_at)
                    elif _is_chosen(its, cells):
                        yield self._row(kind, row_at, its, cells)
            except (UnreadableFile, OSError, UnicodeError):
                continue  # nor of what follows where it breaks off

    def _known(self, text: str) -> str:
        text = text.strip()
        return "" if text in self._plan.empty else text

    def _row(self, kind: str, at: At, its: KindPlan, cells: Mapping[str, str]) -> FileRow:
        key = "/".join(self.stored(cells[name]) for name in its.key)
        texts = {
            name: self._first(each, cells, (kind, name) in _TAILED, is_list=(kind, name) in _LISTS)
            for name, each in its.fields.items()
        }
        return FileRow(at, key, texts)

    def _first(
        self, planned: FieldPlan, known: Mapping[str, str], has_tail: bool, *, is_list: bool
    ) -> str:
        """Return what the first source says that gives anything, or what all do for a list."""
        cell = partial(_cell, known)
        told = (
            self._text(each, cell, has_tail=has_tail, is_list=is_list) for each in planned.sources
        )
        if is_list:
            return planned.separator.join(filter(None, told))
        return next(filter(None, told), "")

    def _text(
        self, planned: FieldPlan, cell: Callable[[str], str], *, has_tail: bool, is_list: bool
    ) -> str:
        text = planned.constant
        if text is None:
            text = planned.joined_by.join(filter(None, map(cell, planned.column)))
        table = self._plan.table(planned)
        if table is None or (not text and "" not in table):
            return text
        parts = [text]
        if planned.separator in text:
            parts = [*filter(None, map(str.strip, text.split(planned.separator)))]
        told = [_translated(table, each, has_tail=has_tail) for each in parts]
        if is_list:  # words behind a code may hold what parts the codes
            told = [each.replace(planned.separator, " ") for each in told]
        return planned.separator.join(filter(None, told))

    def is_by_key(self, kind: str, name: str) -> bool:
        """Does the field name what it refers to by the other system's own id?"""
        planned = self._plan.kinds[kind].fields.get(name) if kind in self._plan.kinds else None
        return planned is not None and planned.by == "key"

    def several(self, kind: str, row: FileRow, name: str) -> list[str]:
        """The values of a field that may hold more than one."""
        planned = self._plan.kinds[kind].fields.get(name)
        return [] if planned is None else parted(row[name], planned.separator)

    def amount(self, text: str) -> int:
        """Minor units; nothing for what is no amount, or has more digits than there are øre."""
        plain = text.replace("\u00a0", "").replace(" ", "").replace(self._plan.decimal, ".")
        if not _AMOUNT.fullmatch(plain):
            return 0
        units = Decimal(plain).scaleb(exponent_of(self._plan.currency))
        return int(units) if units == int(units) else 0

    def time(self, text: str) -> datetime | None:
        for form in self._plan.dates or (None,):
            try:
                if form is None:
                    read = datetime.fromisoformat(text)
                else:
                    read = datetime.strptime(text, form)  # noqa: DTZ007  the zone follows
                local = read if read.tzinfo else read.replace(tzinfo=self._zone)
                return local.astimezone(self._zone).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        return None

    def day(self, text: str) -> str:
        read = self.time(text)
        return UNREAD if read is None else read.astimezone(self._zone).date().isoformat()


def parted(text: str, separator: str) -> list[str]:
    return [part for each in text.split(separator) if (part := each.strip())]


def _cell(known: Mapping[str, str], name: str) -> str:
    return known.get(name, "")


def _translated(table: Mapping[str, str], text: str, *, has_tail: bool) -> str:
    try:
        return translate_value(table, text, has_tail=has_tail)
    except Unreadable:
        return UNREAD


def _is_chosen(its: KindPlan, cells: Mapping[str, str]) -> bool:
    return all(cells[name] in wanted for name, wanted in its.only.items()) and not any(
        cells[name] in these for name, these in its.unless.items()
    )
