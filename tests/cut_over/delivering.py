"""What the old system delivers: its files, written anew, and taken in by `tiro move load`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import md5
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

from sqlalchemy import func, select

from catalogue.database import Database, Statement, columns, many
from catalogue.schema import branches, items, records
from circulation.holds.schema import captures, holds
from circulation.ledger.schema import charges
from circulation.loans.schema import loans
from circulation.patrons.schema import patron_blocks, patron_identifiers
from tests.cut_over.world import BRANCHES, World, email_of
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
branch = { constant = "DK-900101" }
kind = { constant = "administrative" }
amount = "amount"
remaining = "left"
created = "day"
"""


def deliver(world: World) -> None:
    """The old system writes its files, and the new one takes in what has changed. Before the whole
    delivery comes half of one, which must do nothing.
    """
    files = world.folder / "files"
    is_first = not files.exists()
    if is_first:
        files.mkdir()
        (files / "plan.toml").write_text(_PLAN)
    _export(world, files)
    load = ("move", "load", str(files / "plan.toml"))
    if not is_first:
        whole = (files / "loans.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (files / "loans.csv").write_text("".join(whole[: len(whole) // 2]), encoding="utf-8")
        before = open_loans(world.new.database)
        halved = run_tiro(world.folder / "new" / "tiro.toml", *load)
        assert halved.returncode == 1, halved.stdout
        assert open_loans(world.new.database) == before
        (files / "loans.csv").write_text("".join(whole), encoding="utf-8")
    # As many loans may have ended since as a day's returns are of all.
    shorter = () if is_first else ("--shorter",)
    done = run_tiro(world.folder / "new" / "tiro.toml", *load, *shorter)
    assert done.returncode == 0, done.stdout + done.stderr
    if is_first:
        copytree(files, world.folder / "first files")


_CARD = patron_identifiers.c.kind == "card"


@many(tuple[str, str, datetime, datetime, int, str])
def _open_loans() -> Statement:
    card = (patron_identifiers.c.patron_id == loans.c.patron_id) & _CARD
    return (
        select(
            patron_identifiers.c.identifier,
            items.c.barcode,
            loans.c.checked_out,
            loans.c.due,
            loans.c.renewals,
            branches.c.isil,
        )
        .select_from(
            loans.join(items, items.c.id == loans.c.item_id)
            .join(patron_identifiers, card)
            .join(branches, branches.c.id == loans.c.branch_id)
        )
        .where(loans.c.checked_in.is_(None))
    )


@many(tuple[str, int, int, int, datetime])
def _open_debts() -> Statement:
    card = (patron_identifiers.c.patron_id == charges.c.patron_id) & _CARD
    return (
        select(
            patron_identifiers.c.identifier,
            charges.c.id,
            charges.c.amount,
            charges.c.balance,
            charges.c.created,
        )
        .select_from(charges.join(patron_identifiers, card))
        .where(charges.c.balance > 0)
    )


class _Waiting(NamedTuple):
    """A hold as the old system has it; `ready` is the item that is kept for it."""

    number: int
    card: str
    record: str
    barcode: str
    branch: str
    placed: datetime
    ready: str | None
    shelved: datetime | None
    deadline: datetime | None
    place: int | None


@many(_Waiting)
def _waiting() -> Statement:
    """All queues, each in its order. There is one item of each title."""
    card = (patron_identifiers.c.patron_id == holds.c.patron_id) & _CARD
    kept = items.alias("kept")
    its = captures.c
    told = columns(
        _Waiting,
        number=holds.c.id,
        card=patron_identifiers.c.identifier,
        record=records.c.control_number,
        barcode=items.c.barcode,
        branch=branches.c.isil,
        placed=holds.c.placed,
        ready=kept.c.barcode,
        shelved=its.shelved,
        deadline=its.deadline,
        place=its.number,
    )
    order = func.coalesce(holds.c.queued, holds.c.placed)
    return (
        select(*told)
        .select_from(
            holds.join(patron_identifiers, card)
            .join(records, records.c.id == holds.c.record_id)
            .join(items, items.c.record_id == records.c.id)
            .join(branches, branches.c.id == holds.c.pickup_branch_id)
            .outerjoin(captures, its.hold_id == holds.c.id)
            .outerjoin(kept, kept.c.id == its.item_id)
        )
        .where(holds.c.closed.is_(None))
        .order_by(records.c.id, holds.c.queue_class, holds.c.priority, order, holds.c.id)
    )


@many(tuple[str])
def _blocked() -> Statement:
    card = (patron_identifiers.c.patron_id == patron_blocks.c.patron_id) & _CARD
    return select(patron_identifiers.c.identifier).select_from(
        patron_blocks.join(patron_identifiers, card)
    )


def open_loans(database: Database) -> dict[str, tuple[str, datetime, int]]:
    """By barcode: card, due date, renewals."""
    found = database.read(_open_loans).result()
    return {barcode: (card, due, renewals) for card, barcode, _, due, renewals, _ in found}


def open_debts(database: Database) -> dict[str, int]:
    """By card, what is owed in minor units."""
    return {card: balance for card, _, _, balance, _ in database.read(_open_debts).result()}


def waiting_for(database: Database) -> dict[str, tuple[str, str]]:
    """By barcode, who is the first to wait for it, and where they fetch it."""
    found: dict[str, tuple[str, str]] = {}
    for each in database.read(_waiting).result():
        found.setdefault(each.barcode, (each.card, each.branch))
    return found


def _export(world: World, folder: Path) -> None:
    """What the old system writes."""
    old = world.old.database
    blocked = {card for (card,) in old.read(_blocked).result()}
    _write(
        folder / "patrons.csv",
        ("card", "branch", "given", "family", "email", "pin", "blocks"),
        [
            (
                card,
                BRANCHES[0],
                "Ida",
                "Ørsted",
                email_of(card),
                _PIN,
                "X" if card in blocked else "",
            )
            for card in world.cards
        ],
    )
    _write(
        folder / "items.csv",
        ("barcode", "record", "branch"),
        [
            (barcode, f"c{number}", BRANCHES[number % 2])
            for number, barcode in enumerate(world.barcodes)
        ],
    )
    _write(
        folder / "loans.csv",
        ("card", "item", "out", "due", "renewals", "branch"),
        [
            (card, item, out.isoformat(), due.isoformat(), renewals, branch)
            for card, item, out, due, renewals, branch in old.read(_open_loans).result()
        ],
    )
    _write(
        folder / "holds.csv",
        (
            *("number", "card", "record", "item", "branch", "placed", "position", "state"),
            *("ready", "shelved", "deadline", "place"),
        ),
        _written(old.read(_waiting).result()),
    )
    _write(
        folder / "debts.csv",
        ("number", "card", "amount", "left", "day"),
        [
            (number, card, f"{amount / 100:.2f}", f"{left / 100:.2f}", day.isoformat())
            for card, number, amount, left, day in old.read(_open_debts).result()
        ],
    )


def _written(waiting: Iterable[_Waiting]) -> Iterator[tuple[object, ...]]:
    """Rows of holds.csv, with places in the queues."""
    places: Counter[str] = Counter()
    for each in waiting:
        places[each.record] += 1
        state = "waiting" if each.ready is None else "transit" if each.shelved is None else "shelf"
        yield (
            each.number,
            each.card,
            each.record,
            each.barcode,
            each.branch,
            each.placed.isoformat(),
            places[each.record],
            state,
            each.ready or "",
            each.shelved.isoformat() if each.shelved else "",
            each.deadline.isoformat() if each.deadline else "",
            each.place or "",
        )


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
