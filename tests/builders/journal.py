"""A day at the library as a journal: what is done, what is answered, which events and rows follow.

`Journal.do` writes a verb and everything that it changed, in the words of the tables. Ids are named
by what they stand for, so the journal is the same on each database and a librarian can read it:

    > 12:00 Ida borrows I1
    < CheckedOut item=I1 patron=Ida loan=(loan 1, 25 Nov 12:00 to 23 Dec 23:59:59, renewals 0) ...
    ! checked_out at 25 Nov 12:00 by kiosk, machine in Hovedbiblioteket at Hovedbiblioteket item=I1
    + loans id=loan 1 item_id=I1 ...
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from inspect import signature
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from catalogue.database import Statement, Transaction, many, migrate, open_database
from catalogue.schema import branches, items
from circulation.holds.changing import change_hold
from circulation.holds.placing import place_holds
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.kernel.events import Event, select_events
from circulation.kernel.results import Branch, Desk, Item, Loan, Patron
from circulation.kernel.schema import all_tables, events
from circulation.loans.off_line import OffLineReport, take_report
from circulation.patrons.schema import patron_identifiers, patrons
from tests.builders.circulation import ZONE, Library, a_library, a_patron, an_item
from tests.builders.tables import rows_of

#: Rows of these say what the organisation is, or only repeat what others say.
_LEFT_OUT = frozenset(
    {"events", "outbox", "set_up_version", "pin_failures", "held_records", "patron_words"}
)
_TABLES: dict[Table, Callable[..., list[Any]]] = {
    table: rows_of(table)
    for table in all_tables()
    if table.name not in _LEFT_OUT and table.primary_key.columns
}


@many(Event)
def _all_events() -> Statement:
    return select_events().order_by(events.c.id)


@many(tuple[int, str])
def _all_items() -> Statement:
    return select(items.c.id, items.c.barcode)


@many(tuple[int, str])
def _all_patrons() -> Statement:
    return select(patrons.c.id, patron_identifiers.c.identifier).join(
        patron_identifiers, patron_identifiers.c.patron_id == patrons.c.id
    )


@many(tuple[int, str])
def _all_branches() -> Statement:
    return select(branches.c.id, branches.c.name)


#: What a small number means is said by the name that it goes by.
_BRANCH = re.compile(
    r"(.*_)?branch(_id)?|alternative(_id)?|in_transit_(to|from)|to_branch_id|from_branch_id|transit_to_id|home"
)
#: Verbs that are told in one value what is asked for.
WISHES: dict[Any, Any] = {
    change_hold: HoldChange,
    place_holds: HoldWish,
    take_report: OffLineReport,
}
_PATRON = re.compile(r"(co_)?patron_id|recipient_id|borrower_id|guardian_id|came_for")
_ITEM = re.compile(r"(captured_)?item_id")
_RECORD = re.compile(r"record(_id)?")
#: Numbers that the library gives out itself are larger.
_SMALL = 1 << 32
_LONG = re.compile(r"\d{16,}")
_NOUNS = {
    "ended_by_loan": "loan",
    "hold": "hold",
    "hold_id": "hold",
    "loan_id": "loan",
    "served": "hold",
    "set_id": "set",
    "for_hold": "hold",
}


def _given(row: dict[str, Any]) -> list[str]:
    return [name for name, value in row.items() if value is not None]


def perform(
    library: Library, transaction: Transaction, verb: Any, at: Branch | Desk | None, **options: Any
) -> Any:
    """What a verb of the engine does at the main desk, or `at` another branch."""
    if next(iter(signature(verb).parameters)) == "act":
        act, wish = library.act(transaction, at), WISHES.get(verb)
        return verb(act, **options) if wish is None else verb(act, wish(**options))
    about = {"desk": library.desk(at), "now": library.now} | options
    return verb(library.circulation, transaction, **about)


class Journal:
    """The lines of a journal of the library, with its patrons Ida, Bo and Rut."""

    def __init__(self, library: Library) -> None:
        for name in ("Ida", "Bo", "Rut"):
            a_patron(library, name, given_name=name, family_name="Ek")
        self.library = library
        self.lines: list[str] = []
        self._names: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._items: dict[int, str] = {}
        self._patrons: dict[int, str] = {}
        self._branches: dict[int, str] = {}
        self._seen: dict[Table, dict[tuple[Any, ...], Any]] = {}
        self._event = 0
        self.skip()

    def forget(self) -> None:
        """Begins again: ids are named by what follows."""
        self.lines, self._names, self._counts, self._seen, self._event = [], {}, {}, {}, 0
        self.skip()

    def skip(self) -> None:
        """What was done since the last line is not told."""
        self._learn()
        list(self._events())
        list(self._rows())

    def do(self, what: str, work: Callable[[], Any], **moved: float) -> Any:
        """Does it a minute later (or as `moved` says), writes it down, and gives the answer."""
        self.library.pass_time(**(moved or {"minutes": 1}))
        answer = work()
        self._learn()
        told_events, told_rows = list(self._events()), list(self._rows())
        self.lines += ["", f"> {self._told('', self.library.now)} {what}"]
        self.lines += [f"< {self._told('', answer)}", *told_events, *told_rows]
        return answer

    def act(self, what: str, verb: Callable[..., Any], **options: Any) -> Any:
        """A verb of the engine that no builder has, at the main desk or `at` another branch."""
        at, moved = options.pop("at", None), options.pop("moved", {})

        def work(transaction: Transaction) -> Any:
            return perform(self.library, transaction, verb, at, **options)

        return self.do(what, lambda: self.library.write(work), **moved)

    def act_on(self, what: str, verb: Callable[..., Any], *about: Any, **options: Any) -> Any:
        """The same of a verb that is told by position what it is about."""
        return self.act(what, lambda act, **rest: verb(act, *about, **rest), **options)

    def items(self, *barcodes: str, **details: Any) -> None:
        """Items, each with a title of its own, that no line tells of."""
        for barcode in barcodes:
            an_item(self.library, barcode, title=f"The book {barcode}", **details)
        self.skip()

    def _learn(self) -> None:
        read = self.library.read
        self._items = dict(read(_all_items))
        self._patrons = {}
        for patron_id, identifier in sorted(read(_all_patrons)):
            self._patrons.setdefault(patron_id, identifier)
        self._branches = dict(read(_all_branches))

    def _events(self) -> Iterator[str]:
        found = self.library.read(_all_events)
        for event in found[self._event :]:
            parts = [f"! {event.kind.value} at {self._told('', event.at)}"]
            if event.recorded is not None:
                parts.append(f"recorded {self._told('', event.recorded)}")
            parts.append(f"by {event.actor or 'the command line'}, {event.device}")
            told = event._asdict()
            for name in ("branch_id", "item_id", "patron_id", "loan_id", "hold_id"):
                if told[name] is not None:
                    parts.append(f"{name}={self._told(name, told[name])}")
            if event.cause is not None:
                cause = next(number for number, each in enumerate(found) if each.id == event.cause)
                parts.append(
                    f"cause={found[cause].kind.value} of {self._told('', found[cause].at)}"
                )
            for name in ("before", "after", "traits"):
                if said := getattr(event, name):
                    parts.append(f"{name}={self._told(name, said)}")
            yield " ".join(parts)
        self._event = len(found)

    def _rows(self) -> Iterator[str]:
        for table, statement in _TABLES.items():
            key = [column.name for column in table.primary_key.columns]
            names = [column.name for column in table.columns]
            rows = [dict(zip(names, row, strict=True)) for row in self.library.read(statement)]
            now = {tuple(row[name] for name in key): row for row in rows}
            was = self._seen.get(table, {})
            self._seen[table] = now
            for identity in sorted(was.keys() - now.keys()):
                yield f"- {table.name} {self._values(table, was[identity], _given(was[identity]))}"
            for identity in sorted(now.keys()):
                row = now[identity]
                if identity not in was:
                    yield f"+ {table.name} {self._values(table, row, _given(row))}"
                elif row != was[identity]:
                    changed = [name for name in names if row[name] != was[identity][name]]
                    told = [*key, *(name for name in changed if name not in key)]
                    yield f"~ {table.name} {self._values(table, row, told)}"

    def _values(self, table: Table, row: dict[str, Any], names: Iterable[str]) -> str:
        kind = table.name.removesuffix("s").replace("hold_set", "set")
        # The numbers that a database has given a row are its own affair.
        own = "item_id" if table is items else "id"
        return " ".join(
            f"{name}={self._told(own if name == 'id' else name, row[name], kind)}"
            for name in names
            if name != "id" or table is items or row[name] > _SMALL
        )

    def _told(self, name: str, value: Any, kind: str = "") -> str:
        match value:
            case bool() | None:
                return str(value)
            case Enum():
                return value.name
            case Branch():
                return value.name
            case Item():
                return value.barcode
            case Patron():
                return f"{value.identifier} ({value.name})"
            case Loan():
                due = self._told("", value.due)
                began = self._told("", value.checked_out)
                return f"({self._named(value.id, 'loan')}, {began} to {due}, {value.renewals})"
            case datetime():
                local = value.astimezone(ZONE)
                return f"{local:%-d %b %H:%M}" + (f":{local:%S}" if local.second else "")
            case date():
                return f"{value:%-d %b}"
            case int():
                return self._number(name, value, kind)
            case str():
                return self._moment(value) or _LONG.sub(self._known, value) or '""'
            case dict():
                told = (
                    f"{_LONG.sub(self._known, self._told('', each))}"
                    f"={self._told(str(each), value[each])}"
                    for each in value
                )
                return "{" + ", ".join(told) + "}"
        if hasattr(value, "_fields"):
            pairs = ((each, getattr(value, each)) for each in value._fields)
            return self._noun(value, pairs)
        if is_dataclass(value):
            pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
            return self._noun(value, pairs)
        if isinstance(value, list | tuple):
            return "[" + ", ".join(self._told(name, each) for each in value) + "]"
        return str(value)

    def _noun(self, value: Any, pairs: Iterable[tuple[str, Any]]) -> str:
        kind = type(value).__name__
        known = "hold" if kind in ("Hold", "HeldFor") else ""
        told = [
            f"{name}={self._told(name, each, known)}"
            for name, each in pairs
            if each is not None and each != ()
        ]
        return f"{kind}({', '.join(told)})"

    def _number(self, name: str, value: int, kind: str) -> str:
        if value in self._names:
            return self._names[value]
        if _BRANCH.fullmatch(name):
            return self._branches.get(value, f"branch {value}")
        if _PATRON.fullmatch(name):
            return self._patrons.get(value, f"patron {value}")
        if _ITEM.fullmatch(name):
            return self._items.get(value, f"item {value}")
        if _RECORD.fullmatch(name):
            return f"title {value}"
        if value > _SMALL:
            return self._named(value, _NOUNS.get(name) or kind or name.removesuffix("_id"))
        return str(value)

    def _known(self, found: re.Match[str]) -> str:
        """The name of an id within a text, where it has one."""
        return self._names.get(int(found[0]), found[0])

    def _named(self, value: int, kind: str) -> str:
        if value not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[value] = f"{kind} {self._counts[kind]}"
        return self._names[value]

    def _moment(self, value: str) -> str | None:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", value):
            return None
        return self._told("", datetime.fromisoformat(value).astimezone(UTC))


#: Name of the file -> what is done on the day.
Days = Mapping[str, Callable[[Library], Journal]]


def must_be_as_written(journal: Journal, path: Path) -> None:
    """Compares the journal with the one in the file."""
    assert journal.lines == path.read_text("utf-8").splitlines()


def write_journals(days: Days, folder: Path) -> None:
    """Writes the journals into their files anew."""
    for name, day in days.items():
        with tempfile.TemporaryDirectory() as place:
            url = f"sqlite:///{place}/library.db"
            migrate(url)
            database = open_database(url)
            lines = day(a_library(database)).lines
            database.close()
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")
