"""The town: its library as the demo sets it up, with patrons and items, in a new database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from sqlalchemy import insert

from catalogue.database import Database, Statement, Transaction, scalar_one
from catalogue.items import add_item
from catalogue.schema import records
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import UNATTENDED, Branch, Desk
from circulation.kernel.set_up import SetUp, set_up_changed
from circulation.notices.rules import NOTICE_RULES
from circulation.patrons.kinds import PatronKind
from circulation.patrons.registering import NewPatron, register_patron
from circulation.setting_up.applying import apply_set_up
from circulation.setting_up.reading import read
from protocols.demo.seeding import SET_UP

#: So many rows in one transaction.
_BATCH = 5_000
_PRICES = (12_500, 20_000, 25_000, 30_000)
_GROUPS = ("book", "book", "book", "book", "book", "book", "dvd", "game")


@scalar_one(int)
def _insert_record(*, title: str, created: datetime) -> Statement:
    return (
        insert(records)
        .values(
            format="marc21",
            title=title,
            author="",
            data=b"",
            created=created,
            changed=created,
        )
        .returning(records.c.id)
    )


@dataclass
class Town:
    """The library and who uses it. `shelf` holds the barcodes that are in."""

    database: Database
    circulation: Circulation
    branches: list[Branch]
    cards: list[str] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    shelf: list[str] = field(default_factory=list)

    def desk(self, branch: Branch) -> Desk:
        return Desk("kiosk", "10.0.0.1:1", branch.agency_id, branch.id)

    def set_up(self) -> SetUp:
        return self.database.read(self.circulation.current_set_up).result()


def found_town(
    database: Database, *, patrons: int, items: int, now: datetime, random: Random
) -> Town:
    """Sets the library up and fills it. One patron in five is a child, one in sixty an
    institution."""

    def set_up(transaction: Transaction) -> list[Branch]:
        declared = read(SET_UP.read_text(encoding="utf-8"))
        assert not declared.problems, declared.problems
        apply_set_up(Act(transaction, Circulation(), UNATTENDED, now), declared)
        # By these rules everybody is told everything at once, so that nothing is told too late.
        NOTICE_RULES.store(transaction, channels=["email"], digest="together")
        set_up_changed(transaction)
        found = [find_branch(transaction, isil=isil) for isil in ("DK-900101", "DK-900102")]
        return [branch for branch in found if branch]

    circulation = Circulation()
    town = Town(database, circulation, database.write(set_up).result())
    for first in range(0, patrons, _BATCH):
        numbers = range(first, min(first + _BATCH, patrons))
        facts = [_patron(number, now.date(), random) for number in numbers]

        def register(transaction: Transaction, facts: list[dict[str, Any]] = facts) -> None:
            for each in facts:
                home = town.branches[each["number"] % len(town.branches)]
                card = f"P{each['number'] + 1:07}"
                town.ids[card] = register_patron(
                    Act(transaction, circulation, UNATTENDED, now),
                    NewPatron(
                        home_branch=home.id,
                        card=card,
                        given_name="Gry",
                        family_name=f"Nr. {each['number']}",
                        email=f"p{each['number']}@example.org",
                        **{name: value for name, value in each.items() if name != "number"},
                    ),
                )

        database.write(register).result()
    town.cards = list(town.ids)
    for first in range(0, items, _BATCH):
        numbers = range(first, min(first + _BATCH, items))

        def acquire(transaction: Transaction, numbers: range = numbers) -> None:
            for number in numbers:
                record = _insert_record(transaction, title=f"Title {number}", created=now)
                add_item(
                    transaction,
                    barcode=f"I{number + 1:07}",
                    record_id=record,
                    branch_id=town.branches[number % len(town.branches)].id,
                    now=now,
                    material_group=_GROUPS[number % len(_GROUPS)],
                    price=_PRICES[number % len(_PRICES)],
                    currency="DKK",
                )

        database.write(acquire).result()
        town.shelf += [f"I{number + 1:07}" for number in numbers]
    random.shuffle(town.shelf)
    return town


def _patron(number: int, today: date, random: Random) -> dict[str, Any]:
    age = random.randint(6, 13) if number % 5 == 0 else random.randint(14, 90)
    if number % 60 == 7:
        return {"number": number, "category": "institution", "kind": PatronKind.GROUP}
    return {
        "number": number,
        "category": "child" if age < 14 else "adult",
        "birth_date": date(today.year - age, random.randint(1, 12), random.randint(1, 28)),
    }
