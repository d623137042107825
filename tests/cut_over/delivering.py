"""What the old system delivers: its files, written anew, and taken in by `tiro move load`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import md5
from pathlib import Path
from shutil import copytree

from sqlalchemy import select

from catalogue.database import Statement, many
from catalogue.schema import items
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_identifiers
from tests.cut_over.old_system.store import Store
from tests.cut_over.world import World, email_of
from tests.servers import run_tiro

#: The PIN of all, as the old system keeps it.
_PIN = md5(b"1234", usedforsecurity=False).hexdigest()

_PLAN = """
source = "old"
[patrons]
files = "patrons.csv"
key = "card"
[patrons.fields]
card = "card"
home_branch = "branch"
category = { constant = "adult" }
given_name = "given"
family_name = "family"
email = "email"
pin = "pin"
pin_scheme = { constant = "md5" }
blocks = { column = "blocks", values = { X = "self_service" } }
[items]
files = "items.csv"
key = "barcode"
[items.fields]
barcode = "barcode"
record = "record"
branch = "branch"
[loans]
files = "loans.csv"
key = ["item", "out"]
[loans.fields]
patron = "card"
item = "item"
checked_out = "out"
due = "due"
renewals = "renewals"
branch = "branch"
[holds]
files = "holds.csv"
key = "number"
[holds.fields]
patron = "card"
record = "record"
pickup_branch = "branch"
placed = "placed"
position = "position"
state = "state"
ready = "ready"
shelved = "shelved"
deadline = "deadline"
shelf_number = "place"
[debts]
files = "debts.csv"
key = "number"
[debts.fields]
patron = "card"
branch = "branch"
kind = { constant = "administrative" }
amount = "amount"
remaining = "left"
created = "day"
"""


def deliver(world: World, *, is_halved: bool = False) -> None:
    """The old system writes its files, and the new one takes in what has changed. Before the whole
    delivery comes half of one if it `is_halved`, which must do nothing.
    """
    files = world.folder / "files"
    is_first = not files.exists()
    if is_first:
        files.mkdir()
        (files / "plan.toml").write_text(_PLAN)
    _export(world, files)
    load = ("move", "load", str(files / "plan.toml"))
    if is_halved:
        whole = (files / "loans.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (files / "loans.csv").write_text("".join(whole[: len(whole) // 2]), encoding="utf-8")
        before = world.new.database.read(_open_loans).result()
        halved = run_tiro(world.folder / "new" / "tiro.toml", *load)
        assert halved.returncode == 1, halved.stdout
        assert world.new.database.read(_open_loans).result() == before
        (files / "loans.csv").write_text("".join(whole), encoding="utf-8")
    # As many loans may have ended since as a day's returns are of all.
    shorter = () if is_first else ("--shorter",)
    done = run_tiro(world.folder / "new" / "tiro.toml", *load, *shorter)
    assert done.returncode == 0, done.stdout + done.stderr
    if is_first:
        copytree(files, world.folder / "first files")


_CARD = patron_identifiers.c.kind == "card"


@many(tuple[str, str])
def _open_loans() -> Statement:
    card = (patron_identifiers.c.patron_id == loans.c.patron_id) & _CARD
    return (
        select(patron_identifiers.c.identifier, items.c.barcode)
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id).join(patron_identifiers, card)
        )
        .where(loans.c.checked_in.is_(None))
        .order_by(items.c.barcode)
    )


def open_loans(old: Store) -> dict[str, str]:
    """By barcode, who has it."""
    return dict(old.rows("SELECT item, card FROM loans WHERE ended IS NULL"))


def open_debts(old: Store) -> dict[str, int]:
    """By card, what is owed in minor units."""
    return dict(
        old.rows("SELECT card, sum(left_over) FROM charges WHERE left_over > 0 GROUP BY card")
    )


def waiting_for(old: Store) -> dict[str, tuple[str, str]]:
    """By barcode, who is the first to wait for it, and where they fetch it."""
    found: dict[str, tuple[str, str]] = {}
    for item, card, branch in old.rows(
        "SELECT item, card, branch FROM holds WHERE closed IS NULL ORDER BY placed, id"
    ):
        found.setdefault(item, (card, branch))
    return found


def _export(world: World, folder: Path) -> None:
    """What the old system writes."""
    old = world.old
    _write(
        folder / "patrons.csv",
        ("card", "branch", "given", "family", "email", "pin", "blocks"),
        [
            (card, branch, "Ida", "Ørsted", email_of(card), _PIN, "X" if is_blocked else "")
            for card, branch, is_blocked in old.rows("SELECT card, branch, blocked FROM patrons")
        ],
    )
    _write(
        folder / "items.csv",
        ("barcode", "record", "branch"),
        old.rows("SELECT barcode, record, branch FROM items"),
    )
    _write(
        folder / "loans.csv",
        ("card", "item", "out", "due", "renewals", "branch"),
        old.rows("SELECT card, item, out, due, renewals, branch FROM loans WHERE ended IS NULL"),
    )
    _write(
        folder / "holds.csv",
        (
            *("number", "card", "record", "item", "branch", "placed", "position", "state"),
            *("ready", "shelved", "deadline", "place"),
        ),
        _waiting(old),
    )
    _write(
        folder / "debts.csv",
        ("number", "card", "branch", "amount", "left", "day"),
        [
            (number, card, branch, f"{amount / 100:.2f}", f"{left / 100:.2f}", created)
            for number, card, branch, amount, left, created in old.rows(
                "SELECT id, card, branch, amount, left_over, created FROM charges"
                " WHERE left_over > 0"
            )
        ],
    )


def _waiting(old: Store) -> Iterator[tuple[object, ...]]:
    """Rows of holds.csv, with places in the queues."""
    places: Counter[str] = Counter()
    for number, card, record, item, branch, placed, shelved, deadline in old.rows(
        "SELECT h.id, h.card, i.record, h.item, h.branch, h.placed, h.shelved, h.deadline"
        " FROM holds h JOIN items i ON i.barcode = h.item WHERE h.closed IS NULL"
        " ORDER BY h.placed, h.id"
    ):
        places[record] += 1
        is_coming = places[record] == 1 and old.loan_of(item) is None
        state = "shelf" if shelved else "transit" if is_coming else "waiting"
        ready = item if shelved or is_coming else ""
        yield (
            *(number, card, record, item, branch, placed, places[record], state),
            *(ready, shelved or "", deadline or "", ""),
        )


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
