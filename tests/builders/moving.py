"""Another system's files, and a plan for them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue.database import Transaction
from circulation.moving.deliveries import Following, KindReport, take_delivery
from circulation.moving.example_plans import read_example
from circulation.moving.kinds.table import FIELDS
from circulation.moving.plans import Plan, read_plan
from circulation.moving.rows import Fault, Moving
from tests.builders.circulation import Library, _insert_record

PLAN = """
source = "old"

[values.branches]
MAIN = "DK-900101"
PORT = "DK-900102"

[values.categories]
A = "adult"
C = "child"

[patrons]
files = "patrons.csv"
key = "id"
[patrons.fields]
card = "card"
home_branch = { column = "branch", values = "branches" }
category = { column = "category", values = "categories" }
given_name = "first"
family_name = "last"
birth_date = "born"
email = "mail"
phone = "phone"
street = "street"
postal_code = "zip"
city = "city"
blocks = { column = "blocks", separator = ";" }
block_message = "why"
national_id = "cpr"
pin = "pin"
pin_scheme = "scheme"
pin_salt = "salt"

[items]
files = "items.csv"
key = "number"
[items.fields]
barcode = "barcode"
record = "title"
branch = { column = "branch", values = "branches" }
material_group = "type"
price = "price"
state = "state"
transit_to = { column = "to", values = "branches" }

[loans]
files = "loans.csv"
key = ["item", "out"]
[loans.fields]
patron = { column = "patron", by = "key" }
item = "item"
checked_out = "out"
due = "due"
renewals = "renewals"
reminders = "reminders"
reminded = "reminded"
"""

#: What else a plan may have.
MORE = """
[guardians]
files = "guardians.csv"
key = ["child", "adult"]
fields = { patron = { column = "child", by = "key" }, guardian = { column = "adult", by = "key" } }

[holds]
files = "holds.csv"
key = "id"
[holds.fields]
patron = "card"
record = "title"
pickup_branch = { column = "at", values = "branches" }
placed = "placed"
position = "position"
state = "state"
ready = "ready"
deadline = "deadline"

[debts]
files = "debts.csv"
key = "id"
[debts.fields]
patron = "card"
branch = { constant = "DK-900101" }
kind = { column = "type", values = { F = "late_fee", L = "compensation", C = "credit" } }
amount = "amount"
remaining = "left"
created = "day"
reason = "text"
reminders = "reminders"

[messages]
files = "messages.csv"
key = "id"
[messages.fields]
patron = "card"
kind = { column = "type", values = { ODUE = "overdue", HOLD = "hold_ready" } }
sent = "at"
channel = "by"
subject = "subject"
item = "item"

[history]
files = "history.csv"
key = "id"
[history.fields]
item = "item"
patron = "card"
checked_out = "out"
checked_in = "back"
"""

PATRONS = ("id", "card", "branch", "category", "first", "last", "born", "mail", "phone", "street",
           "zip", "city", "blocks", "why", "cpr", "pin", "scheme", "salt")  # fmt: skip
ITEMS = ("number", "barcode", "title", "branch", "type", "price", "state", "to")
LOANS = ("patron", "item", "out", "due", "renewals", "reminders", "reminded")
HEADERS = {
    "patrons": PATRONS,
    "items": ITEMS,
    "loans": LOANS,
    "guardians": ("child", "adult"),
    "holds": ("id", "card", "title", "at", "placed", "position", "state", "ready", "deadline"),
    "debts": ("id", "card", "type", "amount", "left", "day", "text", "reminders"),
    "messages": ("id", "card", "type", "at", "by", "subject", "item"),
    "history": ("id", "item", "card", "out", "back"),
}

IDA = ("1", "P1", "MAIN", "A", "Ida", "Ørsted", "1980-05-12", "ida@example.org", "22334455",
       "Søgade 3", "2610", "Rødovre", "", "", "", "", "", "")  # fmt: skip
BO = ("2", "P2", "PORT", "C", "Bo", "Åkjær", "2019-01-02", "", "", "", "", "", "excluded;other",
      "broke a lamp", "", "", "", "")  # fmt: skip
FIRST = ("11", "B1", "t1", "MAIN", "book", "299.95", "", "")
SECOND = ("12", "B2", "t1", "PORT", "book", "", "transit", "MAIN")
THIRD = ("13", "B3", "t2", "PORT", "film", "", "missing", "")
LENT = ("1", "B1", "2026-11-01 10:00:00", "2026-11-20", "1", "1", "2026-11-21")


@dataclass
class OldSystem:
    """A folder of what the other system has written. `library` has the titles t1 and t2."""

    library: Library
    folder: Path
    plan: str = PLAN
    faults: list[tuple[str, Fault]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def titles(transaction: Transaction) -> None:
            for name in ("t1", "t2"):
                number = _insert_record(
                    transaction, title=f"Title {name}", author="", created=self.library.now
                )
                transaction.execute(
                    "UPDATE records SET control_number = ? WHERE id = ?"
                    if transaction.dialect == "sqlite"
                    else "UPDATE records SET control_number = %s WHERE id = %s",
                    (name, number),
                )

        self.library.write(titles)
        self.write("patrons", IDA, BO)
        self.write("items", FIRST, SECOND, THIRD)
        self.write("loans", LENT)

    def plan_more(self) -> None:
        """With all kinds; the further files are empty."""
        self.plan += MORE
        for kind in ("guardians", "holds", "debts", "messages", "history"):
            self.write(kind)

    def write(self, kind: str, *rows: Sequence[str], header: Sequence[str] = ()) -> None:
        """A file of the kind with these rows and no others."""
        with (self.folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header or HEADERS[kind], *rows])

    def example(self, name: str, **files: str | bytes) -> None:
        """The plan that comes along for a system, and files for it: FILE__ENDING is their name."""
        self.plan = read_example(name)
        for file, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            (self.folder / file.replace("__", ".")).write_bytes(data)

    def read(self) -> Plan:
        path = self.folder / "plan.toml"
        path.write_text(self.plan, encoding="utf-8")
        return read_plan(path, FIELDS)

    def moving(self, **changed: Any) -> Moving:
        library = self.library
        set_up = library.read(library.circulation.current_set_up)
        held = Moving(
            self.read().source,
            library.circulation,
            set_up,
            "DKK",
            "Europe/Copenhagen",
            library.now,
            library.now,
        )
        return held._replace(**changed)

    def deliver(
        self,
        *,
        dry_run: bool = False,
        may_be_shorter: bool = False,
        may_be_older: bool = True,
        **changed: Any,
    ) -> dict[str, KindReport]:
        """Takes in what the files have now, which tests write to and fro."""
        self.faults.clear()
        following = Following(
            may_be_shorter, lambda *fault: self.faults.append(fault), may_be_older=may_be_older
        )
        plan, moving = self.read(), self.moving(**changed)
        database = self.library.database
        found = take_delivery(database, plan, moving, following, dry_run=dry_run)
        return {each.kind: each for each in found}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        return self.library.read(
            lambda transaction: [tuple(row) for row in transaction.execute(sql, ()).fetchall()]
        )
