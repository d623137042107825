"""Libraries that have lent for years, and what of it was moved out."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from catalogue.database import Transaction
from catalogue.database.migrations.running import newest_revision
from circulation.archiving.moving_out.moving import Moving, move_out
from circulation.holdings.following import gather
from circulation.items.removal import remove_item
from circulation.jobs.running import run_job
from circulation.kernel.moves_out import MoveOut
from circulation.kernel.schema import events
from circulation.loans.schema import loans
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.patrons.identifiers import find_patron
from circulation.patrons.personal_erasure import StillNeeded, erase_person
from tests.builders.circulation import ZONE, Library, a_patron, an_item
from tests.builders.holds import a_hold, cancel
from tests.builders.tables import rows_of

#: When the libraries below begin to lend, and from which day on nothing is moved out.
BEGUN: Final = datetime(2022, 3, 1, 9, tzinfo=UTC)
BEFORE: Final = date(2024, 1, 1)
_LATEST: Final = datetime(2025, 6, 1, 9, tzinfo=UTC)
#: The jobs that must have seen to the past.
_JOBS: Final = ("notices", "history", "closed-holds")

Rows = dict[str, dict[int, tuple[Any, ...]]]


def years_of_lending(library: Library, *, seed: int = 0, acts: int = 40) -> None:
    """Lends from `BEGUN` for some three years, everything that can happen to loans."""
    chance = random.Random(seed)
    library.now = BEGUN
    cards = [a_patron(library) for _ in range(4)]
    items = [an_item(library) for _ in range(6)]

    def lend() -> None:
        library.check_out(chance.choice(cards), chance.choice(items))

    def read() -> None:
        card, item = chance.choice(cards), chance.choice(items)
        library.check_in(item)
        library.check_out(card, item)
        library.pass_time(days=7)
        if chance.random() < 0.3:
            library.renew(card, item)
        library.check_in(item)

    def give_back() -> None:
        library.check_in(chance.choice(items), at=chance.choice([library.main, library.other]))

    def renew() -> None:
        library.renew(chance.choice(cards), chance.choice(items))

    def undo() -> None:
        item = chance.choice(items)
        verb: Callable[..., object] = chance.choice([cancel_check_out, cancel_check_in])
        library.check_out(chance.choice(cards), item)
        library.write(lambda transaction: verb(library.act(transaction), item=item))

    def want() -> None:
        one, other = chance.sample(cards, 2)
        item = chance.choice(items)
        library.check_in(item)
        library.check_out(one, item)
        cancel(library, other, a_hold(library, other, item).hold)

    def withdraw() -> None:
        if len(items) > 3:
            item = items.pop(0)
            library.check_in(item)
            library.write(lambda transaction: remove_item(library.act(transaction), item=item))

    what = [read, read, read, lend, lend, give_back, renew, undo, want, withdraw]
    for _ in range(acts):
        chance.choice(what)()
        library.pass_time(days=chance.randrange(1, 32) * 60 // acts, minutes=chance.randrange(600))
    library.now = max(library.now, _LATEST)
    erase_if_possible(library, cards[-1])


def erase_if_possible(library: Library, card: str) -> None:
    def erase(transaction: Transaction) -> None:
        patron_id = find_patron(transaction, card)
        assert patron_id is not None
        erase_person(library.act(transaction), patron_id)

    with suppress(StillNeeded):
        library.write(erase)


def see_to_the_past(library: Library) -> None:
    """What a server and the daily jobs have done by now: all are told of what has happened, loans
    are cut from their patrons, and counted."""
    while library.write(lambda transaction: gather(transaction, lambda: library.now)).is_more:
        pass
    for job in _JOBS:
        _run(library, job, library.now.date())
    for day in sorted({each[2].astimezone(ZONE).date() for each in library.read(rows_of(events))}):
        _run(library, "statistics", day)


def _run(library: Library, job: str, day: date) -> None:
    run_job(library.circulation, library.database, job, day=day, now=library.now)


def moving(library: Library, folder: Path, **others: Any) -> Moving:
    facts = {"before": BEFORE, "now": library.now, "rest": lambda seconds: None} | others
    revisions = (newest_revision(),)
    return Moving(library.database, library.circulation, folder, revisions=revisions, **facts)


def moved(library: Library, folder: Path, **others: Any) -> MoveOut | None:
    return move_out(moving(library, folder, **others))


def rows_here(library: Library) -> Rows:
    """The events and loans in the database, by table and id."""
    return {
        table.name: {row[0]: tuple(row) for row in library.read(rows_of(table))}
        for table in (events, loans)
    }


def rows_in(folder: Path) -> Rows:
    """The same of the files, read as any program may."""
    found: Rows = {"events": {}, "loans": {}}
    for path in sorted(folder.glob("*.jsonl")):
        table, year = path.stem.split("-")
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert row["id"] not in found[table]
            ended = row["checked_in"] if table == "loans" else row["recorded"] or row["at"]
            assert ended[:4] == year
            found[table][row["id"]] = tuple(
                datetime.fromisoformat(value) if value is not None and name in _MOMENTS else value
                for name, value in row.items()
            )
    return found


_MOMENTS: Final = {
    *("at", "recorded"),
    *("checked_out", "due", "checked_in", "marked", "suspended_until", "recalled", "billed"),
}
