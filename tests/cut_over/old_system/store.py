"""What the old system remembers, and the rules by which it lends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Copenhagen")
LOAN_DAYS: Final = 28
MAX_RENEWALS: Final = 2
MAX_LOANS: Final = 12
DATABASE: Final = "old.sqlite"
FINE: Final = 1000
_SHELF_DAYS: Final = 60
#: It renews by itself what is due in so many days.
_RENEWED_DAYS: Final = 5
#: Its reminders: days after the due date.
_STEPS: Final = {"due-soon": -3, "overdue-1": 1, "overdue-2": 8}
_TABLES: Final = """
CREATE TABLE patrons (card TEXT PRIMARY KEY, pin TEXT, branch TEXT, blocked INTEGER DEFAULT 0);
CREATE TABLE items (barcode TEXT PRIMARY KEY, record TEXT, branch TEXT);
CREATE TABLE loans (id INTEGER PRIMARY KEY, item TEXT, card TEXT, branch TEXT, out TEXT, due TEXT,
    renewals INTEGER DEFAULT 0, ended TEXT, is_fined INTEGER DEFAULT 0);
CREATE UNIQUE INDEX open_loans ON loans (item) WHERE ended IS NULL;
CREATE INDEX loans_of ON loans (card) WHERE ended IS NULL;
CREATE TABLE holds (id INTEGER PRIMARY KEY, item TEXT, card TEXT, branch TEXT, placed TEXT,
    shelved TEXT, deadline TEXT, closed TEXT);
CREATE INDEX queues ON holds (item) WHERE closed IS NULL;
CREATE INDEX holds_of ON holds (card) WHERE closed IS NULL;
CREATE TABLE charges (id INTEGER PRIMARY KEY, card TEXT, branch TEXT, amount INTEGER,
    left_over INTEGER, created TEXT, why TEXT);
CREATE INDEX charges_of ON charges (card) WHERE left_over > 0;
CREATE TABLE payments (id INTEGER PRIMARY KEY, card TEXT, amount INTEGER, login TEXT, at TEXT);
CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, item TEXT, card TEXT, login TEXT, at TEXT,
    due TEXT);
CREATE INDEX events_of ON events (item);
CREATE TABLE letters (id INTEGER PRIMARY KEY, card TEXT, kind TEXT, step TEXT, item TEXT,
    of_day TEXT);
CREATE TABLE steps (loan INTEGER, step TEXT, is_ours INTEGER, at TEXT, PRIMARY KEY (loan, step));
CREATE TABLE branches (isil TEXT PRIMARY KEY, is_ours INTEGER);
"""


class Refused(Exception):
    """It does not do that."""


class Loan(NamedTuple):
    """An open loan."""

    id: int
    item: str
    card: str
    branch: str
    out: str
    due: str
    renewals: int


class Hold(NamedTuple):
    """A hold that is open."""

    id: int
    item: str
    card: str
    branch: str
    placed: str
    shelved: str | None
    deadline: str | None


class Act(NamedTuple):
    """Circumstances of an act: when by its clock, where, by whom, and whether it has happened
    already (no block) until the date of `due`."""

    at: datetime
    branch: str
    login: str
    is_done: bool = False
    due: datetime | None = None


def end_of_day(at: datetime) -> datetime:
    """Return the last minute of that day where the library is."""
    local = at.astimezone(ZONE).replace(hour=23, minute=59, second=0, microsecond=0)
    return local.astimezone(UTC)


def day_of(stored: str) -> str:
    """Return the day of a stored moment where the library is, YYYYMMDD."""
    return f"{moment_of(stored).astimezone(ZONE):%Y%m%d}"


def moment_of(stored: str) -> datetime:
    return datetime.fromisoformat(stored)


class Store:
    """All of it, in a database of its own."""

    def __init__(self, folder: Path) -> None:
        path = folder / DATABASE
        is_new = not path.exists()
        self._database = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")  # processes are killed, not hosts
        if is_new:
            self._database.executescript(_TABLES)

    def close(self) -> None:
        self._database.close()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, values).fetchall()

    def write(self, statement: str, *values: object) -> int:
        """Change something; return the number of the row."""
        return self._database.execute(statement, values).lastrowid or 0

    def write_many(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        self._database.executemany(statement, rows)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do all of it or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self.commit()

    def commit(self) -> None:
        self._database.execute("COMMIT")

    # Looking

    def loan_of(self, item: str) -> Loan | None:
        found = self.rows(
            "SELECT id, item, card, branch, out, due, renewals FROM loans"
            " WHERE item = ? AND ended IS NULL",
            item,
        )
        return Loan(*found[0]) if found else None

    def loans_of(self, card: str) -> list[Loan]:
        found = self.rows(
            "SELECT id, item, card, branch, out, due, renewals FROM loans"
            " WHERE card = ? AND ended IS NULL ORDER BY id",
            card,
        )
        return [Loan(*row) for row in found]

    def queue_of(self, item: str) -> list[Hold]:
        return self._holds("item", item)

    def holds_of(self, card: str) -> list[Hold]:
        return self._holds("card", card)

    def _holds(self, column: str, value: str) -> list[Hold]:
        found = self.rows(
            "SELECT id, item, card, branch, placed, shelved, deadline FROM holds"
            f" WHERE {column} = ? AND closed IS NULL ORDER BY placed, id",
            value,
        )
        return [Hold(*row) for row in found]

    def owed_by(self, card: str) -> int:
        found = self.rows(
            "SELECT sum(left_over) FROM charges WHERE card = ? AND left_over > 0", card
        )
        return int(found[0][0] or 0)

    def patron(self, card: str) -> tuple[str, bool] | None:
        """Return PIN and block of a card; None where it is unknown."""
        found = self.rows("SELECT pin, blocked FROM patrons WHERE card = ?", card)
        return (found[0][0], bool(found[0][1])) if found else None

    def has_item(self, barcode: str) -> bool:
        return bool(self.rows("SELECT 1 FROM items WHERE barcode = ?", barcode))

    def looks_after(self, branch: str) -> bool:
        return bool(self.rows("SELECT 1 FROM branches WHERE isil = ? AND is_ours = 1", branch))

    # Loans

    def lend(self, card: str, item: str, act: Act) -> Loan:
        """Lend an item; an item that the patron has is renewed."""
        before, queue = self.loan_of(item), self.queue_of(item)
        if before is not None and before.card == card and act.is_done:
            return self._until(before, act)
        if not act.is_done:
            is_kept = bool(queue) and queue[0].card != card
            if before is not None or is_kept or len(self.loans_of(card)) >= MAX_LOANS:
                raise Refused
        if before is not None:
            self._end(before, act, "ended_by_loan")
        for hold in queue:
            if hold.card == card:
                self.write("UPDATE holds SET closed = ? WHERE id = ?", act.at.isoformat(), hold.id)
        due = act.due or end_of_day(act.at + timedelta(days=LOAN_DAYS))
        self.write(
            "INSERT INTO loans (item, card, branch, out, due) VALUES (?, ?, ?, ?, ?)",
            item,
            card,
            act.branch,
            act.at.isoformat(),
            due.isoformat(),
        )
        self._note("checked_out", item, card, act, due.isoformat())
        if self.looks_after(act.branch):
            self._letter(card, "loan_made", "", item, day_of(act.at.isoformat()))
        made = self.loan_of(item)
        assert made is not None
        return made

    def renew(self, card: str, item: str, act: Act) -> Loan:
        loan = self.loan_of(item)
        if act.is_done:
            if loan is None or loan.card != card:
                return self.lend(card, item, act)
            return self._until(loan, act)
        due = end_of_day(act.at + timedelta(days=LOAN_DAYS))
        if (
            loan is None
            or loan.card != card
            or loan.renewals >= MAX_RENEWALS
            or any(each.card != card for each in self.queue_of(item)[:1])
            or day_of(loan.due) >= day_of(due.isoformat())
        ):
            raise Refused
        return self._renewed(loan, due, act, "renewed")

    def _until(self, loan: Loan, act: Act) -> Loan:
        """It was renewed elsewhere, until then."""
        due = act.due or end_of_day(act.at + timedelta(days=LOAN_DAYS))
        if day_of(due.isoformat()) == day_of(loan.due):
            return loan
        return self._renewed(loan, due, act, "renewed")

    def _renewed(self, loan: Loan, due: datetime, act: Act, kind: str) -> Loan:
        self.write(
            "UPDATE loans SET due = ?, renewals = renewals + 1 WHERE id = ?",
            due.isoformat(),
            loan.id,
        )
        self.write("DELETE FROM steps WHERE loan = ?", loan.id)
        self._note(kind, loan.item, loan.card, act, due.isoformat())
        return loan._replace(due=due.isoformat(), renewals=loan.renewals + 1)

    def take_back(self, item: str, act: Act) -> Hold | None:
        """End the loan; return the hold that the item is for now."""
        loan = self.loan_of(item)
        if loan is not None:
            self._end(loan, act, "checked_in")
        queue = self.queue_of(item)
        if not queue:
            return None
        first = queue[0]
        if first.branch == act.branch and first.shelved is None:
            deadline = end_of_day(act.at + timedelta(days=_SHELF_DAYS))
            self.write(
                "UPDATE holds SET shelved = ?, deadline = ? WHERE id = ?",
                act.at.isoformat(),
                deadline.isoformat(),
                first.id,
            )
            self._note("hold_shelved", item, first.card, act)
            if self.looks_after(first.branch):
                self._letter(first.card, "hold_ready", "", item, day_of(first.placed))
        return first

    def _end(self, loan: Loan, act: Act, kind: str) -> None:
        self.write("UPDATE loans SET ended = ? WHERE id = ?", act.at.isoformat(), loan.id)
        self._note(kind, loan.item, loan.card, act)

    # Holds, money, cards

    def reserve(self, card: str, item: str, act: Act) -> None:
        loan = self.loan_of(item)
        queue = self.queue_of(item)
        if loan is None or loan.card == card or any(each.card == card for each in queue):
            raise Refused
        self.write(
            "INSERT INTO holds (item, card, branch, placed) VALUES (?, ?, ?, ?)",
            item,
            card,
            act.branch,
            act.at.isoformat(),
        )

    def pay(self, card: str, amount: int, act: Act) -> None:
        if not 0 < amount <= self.owed_by(card):
            raise Refused
        self.write(
            "INSERT INTO payments (card, amount, login, at) VALUES (?, ?, ?, ?)",
            card,
            amount,
            act.login,
            act.at.isoformat(),
        )
        for number, left in self.rows(
            "SELECT id, left_over FROM charges WHERE card = ? AND left_over > 0 ORDER BY id", card
        ):
            part = min(amount, left)
            amount -= part
            self.write("UPDATE charges SET left_over = left_over - ? WHERE id = ?", part, number)

    def block(self, card: str, *, is_blocked: bool) -> None:
        self.write("UPDATE patrons SET blocked = ? WHERE card = ?", int(is_blocked), card)

    def look_after(self, branch: str, *, is_ours: bool) -> None:
        self.write("UPDATE branches SET is_ours = ? WHERE isil = ?", int(is_ours), branch)

    # Nights

    def run_night(self, at: datetime, *, renews: bool, fines: bool) -> None:
        """The jobs of the night, for the branches that it looks after."""
        act = Act(at, "", "night")
        today = at.astimezone(ZONE).date()
        with self.working():
            ours = {isil for (isil,) in self.rows("SELECT isil FROM branches WHERE is_ours = 1")}
            for row in self.rows(
                "SELECT id, item, card, branch, out, due, renewals FROM loans WHERE ended IS NULL"
            ):
                loan = Loan(*row)
                late = (today - moment_of(loan.due).astimezone(ZONE).date()).days
                is_ours = loan.branch in ours
                if is_ours and renews and -_RENEWED_DAYS <= late < -3 and self._may_renew(loan):
                    due = end_of_day(at + timedelta(days=LOAN_DAYS))
                    self._renewed(loan, due, act, "own_renewal")
                    continue
                if is_ours and fines and late > 0:
                    self._fine(loan, act)
                self._remind(loan, late, act, is_ours=is_ours)

    def _may_renew(self, loan: Loan) -> bool:
        return loan.renewals < MAX_RENEWALS and not self.queue_of(loan.item)

    def _fine(self, loan: Loan, act: Act) -> None:
        if self.rows("SELECT 1 FROM loans WHERE id = ? AND is_fined = 1", loan.id):
            return
        self.write("UPDATE loans SET is_fined = 1 WHERE id = ?", loan.id)
        self.charge(loan.card, loan.branch, FINE, act.at, f"{loan.item} is late")

    def charge(self, card: str, branch: str, amount: int, at: datetime, why: str) -> None:
        self.write(
            "INSERT INTO charges (card, branch, amount, left_over, created, why)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            card,
            branch,
            amount,
            amount,
            at.isoformat(),
            why,
        )

    def _remind(self, loan: Loan, late: int, act: Act, *, is_ours: bool) -> None:
        """Write the reminder whose day it is, or note that another system does."""
        reached = [step for step, days in _STEPS.items() if late >= days]
        if not reached:
            return
        step = reached[-1]
        known = self.rows("SELECT 1 FROM steps WHERE loan = ? AND step = ?", loan.id, step)
        if known or (late > 0 and step == "due-soon"):
            return
        self.write(
            "INSERT INTO steps (loan, step, is_ours, at) VALUES (?, ?, ?, ?)",
            loan.id,
            step,
            int(is_ours),
            act.at.isoformat(),
        )
        if is_ours:
            self._letter(loan.card, "reminder", step, loan.item, day_of(loan.out))

    def _letter(self, card: str, kind: str, step: str, item: str, of_day: str) -> None:
        self.write(
            "INSERT INTO letters (card, kind, step, item, of_day) VALUES (?, ?, ?, ?, ?)",
            card,
            kind,
            step,
            item,
            of_day,
        )

    def _note(self, kind: str, item: str, card: str, act: Act, due: str = "") -> None:
        self.write(
            "INSERT INTO events (kind, item, card, login, at, due) VALUES (?, ?, ?, ?, ?, ?)",
            kind,
            item,
            card,
            act.login,
            act.at.isoformat(),
            due,
        )
