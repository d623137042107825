"""The sheet as the files have it: read with the plan, by other code than that which loads them.

It knows neither the database nor what a row must be to be taken in: what cannot be read is counted
all the same, at no branch, so that nothing of the files is missing from the sheet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from sys import intern
from typing import Final
from zoneinfo import ZoneInfo

from circulation.ledger.money import exponent_of
from circulation.moving.balancing.figures import (
    LOAN_CHECKSUM,
    NOWHERE,
    QUEUE_CHECKSUM,
    Figure,
    Sheet,
    checksum,
    queue_checksum,
    summed,
)
from circulation.moving.kinds.table import KINDS
from circulation.moving.plans import ANY, FieldPlan, KindPlan, Plan
from circulation.moving.sources.opening import open_source
from circulation.moving.sources.rows import UnreadableFile
from circulation.patrons.identifiers import IdentifierKey, national_digits

#: What comes from registers balances with nothing: it changes patrons who are here already.
_REGISTERS: Final = {"members", "persons"}
_UNREAD: Final = "not to be read"
_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,8})?")
_NUMBER: Final = re.compile("[0-9]{1,9}")
#: Rows between two words on how far it has come.
_TOLD_EVERY: Final = 20_000
#: Told of a kind, and how many of its rows were read.
OnRows = Callable[[str, int], None]
#: A row of a file by the name of its file and its line.
At = tuple[str, int]
#: What a hold of a queue is ordered by: its place, or when it was placed; and the row.
_Waiting = tuple[tuple[int, str], int, str]
#: What a patron may go by in a file that names patrons.
_NUMBERS: Final = {"card", "other_cards", "replaced_cards", "lost_cards", "login", "national_id"}


@dataclass(frozen=True, slots=True)
class _Row:
    at: At
    key: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


@dataclass
class FilesSheet:
    """What the files have in all, what of that stands in rows that were set aside, and why."""

    all: Sheet = field(default_factory=Sheet)
    aside: Sheet = field(default_factory=Sheet)
    reasons: dict[Figure, Sheet] = field(default_factory=lambda: defaultdict(Sheet))


def sheet_of_files(
    plan: Plan,
    timezone: str,
    aside: Mapping[tuple[str, At], str],
    identifiers: IdentifierKey,
    on_rows: OnRows = lambda kind, rows: None,
) -> FilesSheet:
    """The sheet; `aside` are the reasons of rows that were set aside, by kind and place. `on_rows`
    is told now and then how many rows of a kind were read."""
    return _Reading(plan, ZoneInfo(plan.timezone or timezone), aside, identifiers, on_rows).sheet()


class _Reading:
    def __init__(
        self,
        plan: Plan,
        zone: ZoneInfo,
        aside: Mapping[tuple[str, At], str],
        identifiers: IdentifierKey,
        on_rows: OnRows,
    ) -> None:
        self._plan, self._zone, self._aside = plan, zone, aside
        self._on_rows = on_rows
        self._stored = identifiers.stored  # a key that is a national number
        self._found = FilesSheet()
        self._key_of_card: dict[str, str] = {}
        self._item: dict[str, tuple[str, str]] = {}  # by barcode: barcode, branch
        self._item_of_key: dict[str, tuple[str, str]] = {}
        # What there is no need to remember takes no memory.
        referring = {
            each.by
            for kind in ("loans", "holds")
            if kind in plan.kinds
            for name, each in plan.kinds[kind].fields.items()
            if name in ("item", "ready")
        }
        self._needs_keys, self._needs_barcodes = "key" in referring, "number" in referring
        loans = plan.kinds.get("loans")
        self._needs_cards = loans is not None and loans.fields["patron"].by == "number"
        self._taken: dict[str, str] = {}  # barcode -> what it is in hand for
        self._queues: defaultdict[str, list[_Waiting]] = defaultdict(list)
        self._number = 0

    def sheet(self) -> FilesSheet:
        for kind in ("patrons", "items", "loans", "holds"):
            for row in self._rows(kind):
                if row.texts and (kind, row.at) not in self._aside:
                    self._remember(kind, row)
        for kind in KINDS.keys() - _REGISTERS:
            for row in self._rows(kind):
                self._count(kind, row)
        for title, waiting in self._queues.items():
            order = [key for _, _, key in sorted(waiting)]
            self._found.all[QUEUE_CHECKSUM] += queue_checksum(title, order)
        summed(self._found.all)
        summed(self._found.aside)
        return self._found

    def _count(self, kind: str, row: _Row) -> None:
        figures = {_told(each): value for each, value in self._figures(kind, row).items()}
        self._found.all.update(figures)
        reason = self._aside.get((kind, row.at))
        if reason is None:
            return
        self._found.aside.update(figures)
        for figure, value in figures.items():
            self._found.reasons[figure][Figure(reason)] += value

    def _rows(self, kind: str) -> Iterator[_Row]:
        """All rows that the plan chooses; one that is none has no texts."""
        if kind not in self._plan.kinds:
            return
        its = self._plan.kinds[kind]
        named = its.columns_named()
        for path in self._plan.paths(kind):
            try:
                source = open_source(path, self._plan, its)
                at = {name: number for number, name in reversed([*enumerate(source.columns)])}
                if named - at.keys():
                    continue  # the load has told of the file: nothing of it is in
                for number, line in enumerate(source.lines()):
                    if number % _TOLD_EVERY == 0:
                        self._on_rows(kind, number)
                    row_at = path.name, line.number
                    cells = {} if line.fault else {n: line.cells[at[n]].strip() for n in named}
                    if line.fault:
                        yield _Row(row_at)
                    elif _is_chosen(its, cells):
                        yield self._row(row_at, its, cells)
            except (UnreadableFile, OSError, UnicodeError):
                continue  # nor of what follows where it breaks off

    def _row(self, at: At, its: KindPlan, cells: Mapping[str, str]) -> _Row:
        known = {name: "" if text in self._plan.empty else text for name, text in cells.items()}
        key = "/".join(self._stored(known[name]) for name in its.key)
        texts = {name: self._text(each, known.__getitem__) for name, each in its.fields.items()}
        return _Row(at, key, texts)

    def _text(self, planned: FieldPlan, cell: Callable[[str], str]) -> str:
        text = planned.constant
        if text is None:
            text = planned.joined_by.join(filter(None, map(cell, planned.column)))
        table = self._plan.table(planned)
        if table is None or (not text and "" not in table):
            return text
        return table.get(text, table.get(ANY, _UNREAD) if text else "")

    def _remember(self, kind: str, row: _Row) -> None:
        """What other rows may refer to, of a row that is in."""
        if kind == "patrons":
            several = self._plan.kinds["patrons"].fields if self._needs_cards else {}
            for name in several.keys() & _NUMBERS:
                parts = map(str.strip, row[name].split(several[name].separator))
                self._key_of_card.update((part, row.key) for part in parts if part)
        elif kind == "items":
            known = row["barcode"], intern(row["branch"])
            if self._needs_barcodes:
                self._item[known[0]] = known
            if self._needs_keys:
                self._item_of_key[row.key] = known
        elif kind == "loans":
            self._taken[self._item_of("loans", row)[0]] = "on loan"
        elif row["state"] not in ("", "waiting"):
            self._taken.setdefault(self._item_of("holds", row, "ready")[0], "for a hold")
        else:
            self._queue(row)

    def _item_of(self, kind: str, row: _Row, name: str = "item") -> tuple[str, str]:
        """Barcode and branch of what the row names."""
        planned = self._plan.kinds[kind].fields.get(name)
        known = self._item
        if planned is not None and planned.by == "key":
            known = self._item_of_key
        return known.get(row[name], (row[name], NOWHERE))

    def _figures(self, kind: str, row: _Row) -> dict[Figure, int]:
        if not row.texts:
            return {Figure(kind, NOWHERE, _UNREAD): 1}
        match kind:
            case "patrons":
                return {Figure(kind, row["home_branch"], row["category"]): 1}
            case "items":
                return self._of_item(row)
            case "loans":
                return self._of_loan(row)
            case "holds":
                return {Figure(kind, row["pickup_branch"], row["state"] or "waiting"): 1}
            case "debts":
                return self._of_debt(row)
            case "uses":
                told = int(row["loans"]) if _NUMBER.fullmatch(row["loans"]) else 0
                return {Figure(kind): 1, Figure(kind, "", "loans"): told}
            case "messages":
                return {Figure(kind, "", row["kind"]): 1}
        return {Figure(kind): 1}

    def _of_item(self, row: _Row) -> dict[Figure, int]:
        state = self._taken.get(row["barcode"]) or row["state"] or "available"
        branch = row["branch"]
        return {
            Figure("items", branch, row["material_group"]): 1,
            Figure("item states", branch, state): 1,
        }

    def _of_loan(self, row: _Row) -> dict[Figure, int]:
        barcode, home = self._item_of("loans", row)
        branch, due = row["branch"] or home, self._day(row["due"])
        by = self._plan.kinds["loans"].fields["patron"].by
        known = self._stored(row["patron"]) if by == "key" else None
        patron = self._key_of_card.get(row["patron"], "") if known is None else known
        return {
            Figure("loans", branch, row["mark"] or "open"): 1,
            Figure("loans due", branch, due): 1,
            LOAN_CHECKSUM: checksum(barcode, patron, due),
        }

    def _of_debt(self, row: _Row) -> dict[Figure, int]:
        branch, kind = row["branch"], row["kind"]
        return {
            Figure("debts", branch, kind): 1,
            Figure("remaining", branch, kind): self._amount(row["remaining"]),
        }

    def _amount(self, text: str) -> int:
        """Minor units; nothing for what is no amount, or has more digits than there are øre."""
        plain = text.replace("\u00a0", "").replace(" ", "").replace(self._plan.decimal, ".")
        if not _AMOUNT.fullmatch(plain):
            return 0
        units = Decimal(plain).scaleb(exponent_of(self._plan.currency))
        return int(units) if units == int(units) else 0

    def _time(self, text: str) -> datetime | None:
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

    def _day(self, text: str) -> str:
        read = self._time(text)
        return _UNREAD if read is None else read.astimezone(self._zone).date().isoformat()

    def _queue(self, row: _Row) -> None:
        title = row["record"] or self._item_of("holds", row)[0]
        placed = self._time(row["placed"])
        place = int(row["position"]) - 10_000 if _NUMBER.fullmatch(row["position"]) else 0
        self._number += 1
        when = "" if placed is None else placed.isoformat()
        self._queues[title].append(((place, when), self._number, row.key))


def _told(figure: Figure) -> Figure:
    """Without somebody's national number, where a column holds what it should not."""
    parts = (_UNREAD if national_digits(each.strip()) else each for each in figure)
    return Figure(*parts)


def _is_chosen(its: KindPlan, cells: Mapping[str, str]) -> bool:
    return all(cells[name] in wanted for name, wanted in its.only.items()) and not any(
        cells[name] in these for name, these in its.unless.items()
    )
