"""The sheet as the files have it: read with the plan, by other code than that which loads them.

It knows neither the database nor what a row must be to be taken in: what cannot be read is counted
all the same, at no branch, so that nothing of the files is missing from the sheet.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from circulation.moving.balancing.figures import (
    LOAN_CHECKSUM,
    NOWHERE,
    QUEUE_CHECKSUM,
    UNREAD,
    Figure,
    Sheet,
    checksum,
    queue_checksum,
    summed,
)
from circulation.moving.balancing.file_rows import NUMBER, At, FileRow, FileRows, OnRows
from circulation.moving.kinds.table import KINDS
from circulation.moving.plans import FieldPlan, Plan
from circulation.moving.rows import is_code
from circulation.patrons.identifiers import IdentifierKey

#: What comes from registers balances with nothing: it changes patrons who are here already.
_REGISTERS: Final = {"members", "persons"}
#: What a hold of a queue is ordered by: its place, or when it was placed; and the row.
_Waiting = tuple[tuple[int, str], int, str]
#: What a patron may go by in a file that names patrons.
NUMBERS: Final = ("card", "other_cards", "replaced_cards", "lost_cards", "login", "national_id")
#: Where an item is that is not on its shelf, in two bits.
_IN_HAND: Final = ("", "on loan", "for a hold")


@dataclass
class FilesSheet:
    """What the files have in all, what of that stands in rows that were set aside, and why."""

    all: Sheet = field(default_factory=Sheet)
    aside: Sheet = field(default_factory=Sheet)
    reasons: dict[Figure, Sheet] = field(default_factory=lambda: defaultdict(Sheet))
    queues: dict[str, list[str]] = field(default_factory=dict)  # keys by title, in their order


def sheet_of_files(
    plan: Plan,
    timezone: str,
    aside: Mapping[tuple[str, At], str],
    identifiers: IdentifierKey,
    on_rows: OnRows = lambda kind, rows: None,
) -> FilesSheet:
    """The sheet; `aside` are the reasons of rows that were set aside, by kind and place. `on_rows`
    is told now and then how many rows of a kind were read."""
    return _Reading(plan, timezone, aside, identifiers, on_rows).sheet()


class _Items:
    """Branch and state of each item, in a number each: there may be millions."""

    def __init__(self) -> None:
        self._branches: dict[str, int] = {}
        self._names: list[str] = []
        self._codes: dict[int, int] = {}  # so that equal numbers are one
        self._item: dict[str, int] = {}  # barcode -> branch and state
        self._barcode: dict[str, str] = {}  # key -> barcode

    def add(self, barcode: str, branch: str, key: str | None) -> None:
        if branch not in self._branches:
            self._branches[branch] = len(self._names)
            self._names.append(branch)
        self._put(barcode, self._branches[branch] << 2)
        if key is not None:
            self._barcode[key] = barcode

    def _put(self, barcode: str, code: int) -> None:
        self._item[barcode] = self._codes.setdefault(code, code)

    def find(self, text: str, *, by_key: bool) -> tuple[str, str]:
        """Barcode and branch of what is named so."""
        barcode = self._barcode.get(text, "") if by_key else text
        code = self._item.get(barcode)
        return (text, NOWHERE) if code is None else (barcode, self._names[code >> 2])

    def take(self, barcode: str, state: str) -> None:
        """It is in somebody's hands; on loan goes before all else."""
        code = self._item.get(barcode)
        if code is not None and code & 3 != 1:
            self._put(barcode, code & ~3 | _IN_HAND.index(state))

    def state(self, barcode: str) -> str:
        return _IN_HAND[self._item.get(barcode, 0) & 3]


class _Reading:
    def __init__(
        self,
        plan: Plan,
        timezone: str,
        aside: Mapping[tuple[str, At], str],
        identifiers: IdentifierKey,
        on_rows: OnRows,
    ) -> None:
        self._plan, self._aside = plan, aside
        self._stored = identifiers.stored  # a key that is a national number
        self._rows = FileRows(plan, timezone, self._stored, on_rows)
        self._found = FilesSheet()
        self._key_of_card: dict[str, str] = {}
        self._items = _Items()
        # What there is no need to remember takes no memory.
        referring = [(kind, name) for kind in ("loans", "holds") for name in ("item", "ready")]
        self._needs_keys = any(self._rows.is_by_key(*each) for each in referring)
        loans = plan.kinds.get("loans")
        self._needs_cards = loans is not None and loans.fields["patron"].by == "number"
        past = plan.kinds.get("history")
        self._past_at_branch = past is not None and "branch" in past.fields
        debts = plan.kinds.get("debts")
        self._needs_homes = debts is not None and not _always_given(debts.fields.get("branch"))
        self._needs_cards |= self._needs_homes and not self._rows.is_by_key("debts", "patron")
        self._homes: dict[str, str] = {}  # key -> ISIL
        self._queues: defaultdict[str, list[_Waiting]] = defaultdict(list)

    def sheet(self) -> FilesSheet:
        for kind in ("patrons", "items", "loans", "holds"):
            for row in self._rows.of(kind):
                if row.texts and (kind, row.at) not in self._aside:
                    self._remember(kind, row)
        for kind in KINDS.keys() - _REGISTERS:
            for row in self._rows.of(kind):
                self._count(kind, row)
        for title, waiting in self._queues.items():
            order = self._found.queues[title] = [key for _, _, key in sorted(waiting)]
            self._found.all[QUEUE_CHECKSUM] += queue_checksum(title, order)
        summed(self._found.all)
        summed(self._found.aside)
        return self._found

    def _count(self, kind: str, row: FileRow) -> None:
        figures = {_told(each): value for each, value in self._figures(kind, row).items()}
        self._found.all.update(figures)
        reason = self._aside.get((kind, row.at))
        if reason is None:
            return
        self._found.aside.update(figures)
        for figure, value in figures.items():
            self._found.reasons[figure][Figure(reason)] += value

    def _remember(self, kind: str, row: FileRow) -> None:
        """What other rows may refer to, of a row that is in."""
        if kind == "patrons":
            if self._needs_homes:
                self._homes[row.key] = sys.intern(row["home_branch"])
            for name in NUMBERS if self._needs_cards else ():
                for part in self._rows.several(kind, row, name):
                    self._key_of_card[part] = row.key
        elif kind == "items":
            self._items.add(row["barcode"], row["branch"], row.key if self._needs_keys else None)
        elif kind == "loans":
            self._items.take(self._item_of("loans", row)[0], "on loan")
        elif row["state"] not in ("", "waiting"):
            self._items.take(self._item_of("holds", row, "ready")[0], "for a hold")
        else:
            self._queue(row)

    def _item_of(self, kind: str, row: FileRow, name: str = "item") -> tuple[str, str]:
        """Barcode and branch of what the row names."""
        return self._items.find(row[name], by_key=self._rows.is_by_key(kind, name))

    def _figures(self, kind: str, row: FileRow) -> dict[Figure, int]:
        if not row.texts:
            return {Figure(kind, NOWHERE, UNREAD): 1}
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
            case "history":
                return self._of_past_loan(row)
            case "uses":
                told = int(row["loans"]) if NUMBER.fullmatch(row["loans"]) else 0
                return {Figure(kind): 1, Figure(kind, "", "loans"): told}
            case "messages":
                return {Figure(kind, "", row["kind"]): 1}
        return {Figure(kind): 1}

    def _of_item(self, row: FileRow) -> dict[Figure, int]:
        state = self._items.state(row["barcode"]) or row["state"] or "available"
        branch = row["branch"]
        return {
            Figure("items", branch, row["material_group"]): 1,
            Figure("item states", branch, state): 1,
        }

    def _of_loan(self, row: FileRow) -> dict[Figure, int]:
        barcode, home = self._item_of("loans", row)
        branch, due = row["branch"] or home, self._rows.day(row["due"])
        patron = row["patron"]
        is_key = self._rows.is_by_key("loans", "patron")
        patron = self._stored(patron) if is_key else self._key_of_card.get(patron, "")
        return {
            Figure("loans", branch, row["mark"] or "open"): 1,
            Figure("loans due", branch, due): 1,
            LOAN_CHECKSUM: checksum(barcode, patron, due),
        }

    def _of_past_loan(self, row: FileRow) -> dict[Figure, int]:
        branch = ""
        if self._past_at_branch:
            branch = row["branch"] or self._item_of("history", row)[1]
        return {Figure("history", branch, self._rows.day(row["checked_out"])): 1}

    def _of_debt(self, row: FileRow) -> dict[Figure, int]:
        branch, kind = row["branch"] or self._home_of(row), row["kind"]
        return {
            Figure("debts", branch, kind): 1,
            Figure("remaining", branch, kind): self._rows.amount(row["remaining"]),
        }

    def _home_of(self, row: FileRow) -> str:
        """The home branch of the patron whom a debt names."""
        patron = row["patron"]
        is_key = self._rows.is_by_key("debts", "patron")
        key = self._stored(patron) if is_key else self._key_of_card.get(patron, "")
        return self._homes.get(key, NOWHERE)

    def _queue(self, row: FileRow) -> None:
        title = self._item_of("holds", row)[0] if row["item"] else row["record"]
        placed = self._rows.time(row["placed"])
        place = int(row["position"]) - 10_000 if NUMBER.fullmatch(row["position"]) else 0
        when = "" if placed is None else placed.isoformat()
        queue = self._queues[title]
        queue.append(((place, when), len(queue), row.key))


def _always_given(field: FieldPlan | None) -> bool:
    return field is not None and field.sources[-1].constant is not None


def _told(figure: Figure) -> Figure:
    """Without what may be somebody's, where a column holds what it should not."""
    parts = (each if not each or each == NOWHERE or is_code(each) else UNREAD for each in figure)
    return Figure(*parts)
