"""A small library with a desk, served by a real process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from catalogue.changes.accession import add_record
from catalogue.database import Transaction, open_database
from catalogue.items import add_item
from circulation.kernel.organisation import find_branch
from circulation.kernel.reasons import BlockReason
from circulation.kernel.set_up import set_up_changed
from circulation.kernel.trees import CATEGORIES
from circulation.patrons.blocks import block_patron
from circulation.staff.roles import HeldRole
from circulation.staff.settings import STAFF_SETTINGS
from tests.builders.accounts import a_colleague
from tests.builders.circulation import Library, a_library, a_patron, an_item, present
from tests.builders.fees import charge, number_of
from tests.protocols.sru.stage import WORKS, a_record
from tests.servers import RunningServer, start_serving

#: Of the barcodes and cards that each `Stage.library` gives.
_NUMBERS = count(1)
#: The age of a child.
CHILDHOOD = timedelta(days=365 * 8)
NAME, PASSWORD = "anna", "correct horse battery"


@dataclass
class Stage:
    """The server, and barcodes and cards that nobody has touched."""

    server: RunningServer
    cards: list[str]
    items: list[str]
    #: On loan to the last of the cards.
    lent: list[str]
    #: Cards of patrons about whom there is something: blocked, owing; two of one name.
    people: dict[str, str]
    url: str

    def take(self, number: int = 1) -> list[str]:
        """Items that nobody has, and that no other test gets."""
        taken, self.items[:number] = self.items[:number], []
        return taken

    def take_lent(self, number: int = 1) -> list[str]:
        """Items on loan to the last of the cards, that no other test gets."""
        taken, self.lent[:number] = self.lent[:number], []
        return taken

    @contextmanager
    def library(self) -> Iterator[Library]:
        """The engines over the same database, for what happens elsewhere meanwhile."""
        database = open_database(self.url)
        try:
            main, other = (
                database.read(lambda transaction, isil=isil: find_branch(transaction, isil=isil))
                for isil in ("DK-900101", "DK-900102")
            )
            main, other = main.result(), other.result()
            assert main is not None
            assert other is not None
            yield Library(database, main, other, now=present(), _numbers=next(_NUMBERS) * 1000)
        finally:
            database.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.http}"


def fill(
    library: Library, number: int = 60
) -> tuple[list[str], list[str], list[str], dict[str, str]]:
    """Staff, patrons and items; the last patron has some of them."""
    library.now = present()
    library.write(
        lambda transaction: STAFF_SETTINGS.store(
            transaction, library.main.agency_id, {"known_networks": ["127.0.0.0/8"]}
        )
    )
    library.write(lambda transaction: CATEGORIES.store(transaction, {"adult": ("Adults", None)}))
    library.write(set_up_changed)
    a_colleague(library, NAME, HeldRole("administrator"), password=PASSWORD)
    cards = [a_patron(library) for _ in range(4)]
    items = [an_item(library) for _ in range(number)]
    lent = [an_item(library, on_loan_to=cards[-1]) for _ in range(30)]
    library.policy(material_group="class-set", bookable=True)
    for work in WORKS:
        library.write(lambda transaction, work=work: _add(library, work, transaction))
    return cards, items, lent, _people(library)


def _people(library: Library) -> dict[str, str]:
    """Patrons about whom there is something."""
    named = {"given_name": "Karla", "family_name": "Toft"}
    people = {
        "debtor": a_patron(library),
        "payer": a_patron(library),
        "child": a_patron(library, given_name="Emil", birth_date=present().date() - CHILDHOOD),
        "blocked": a_patron(library),
        "elder": a_patron(library, **named, birth_date=date(1950, 5, 4)),
        "younger": a_patron(library, **named, birth_date=date(2001, 2, 3)),
    }
    charge(library, people["debtor"], 5000)
    charge(library, people["debtor"], 2500)
    charge(library, people["payer"], 5000)
    blocked = number_of(library, people["blocked"])
    library.write(
        lambda transaction: block_patron(library.act(transaction), blocked, BlockReason.OTHER)
    )
    return people


def _add(library: Library, work: tuple[Any, ...], transaction: Transaction) -> None:
    """A title that is found, with a copy, and one for classes that can be booked."""
    record = add_record(transaction, a_record(*work), now=library.now, record_format="marc21")
    for barcode, group in ((f"T{work[0]}", ""), (f"S{work[0]}", "class-set")):
        add_item(
            transaction,
            barcode=barcode,
            record_id=record,
            branch_id=library.main.id,
            material_group=group,
            now=library.now,
        )


@contextmanager
def a_stage(url: str, folder: Path, *, api: str = "", **rule: Any) -> Iterator[Stage]:
    """The library, served for the length of a ``with`` block; `api` lines of that section."""
    database = open_database(url)
    try:
        cards, items, lent, people = fill(a_library(database, **rule))
    finally:
        database.close()
    stage = Stage(start_serving(folder, url, api=api), cards, items, lent, people, url)
    try:
        yield stage
    finally:  # perhaps another server by now
        if stage.server.process.poll() is None:
            stage.server.kill()
