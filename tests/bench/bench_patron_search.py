"""How fast a desk finds a patron among a million.

    python -m tests.bench.bench_patron_search [PATRONS [DATABASE-URL]]

Names are drawn as they are borne in Denmark: few by many, many by few. Every search asks for the
first page, as it is painted while somebody types: three letters of the name of a patron drawn at
random, so that those of common names are asked for most, and of the commonest alone; then names
in full, and several words. Without a URL it is a SQLite file of its own.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Index, insert

from catalogue.database import Database, Statement, migrate, open_database, send_many
from circulation.kernel.engine import Circulation
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.patrons.schema import patron_identifiers, patron_words, patrons
from circulation.patrons.search_words import Searched, Word, words_of
from circulation.patrons.searching import find_patrons
from tests.builders.circulation import a_library

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
BATCH = 5_000
SEARCHES = 500
#: Bearers in ten thousand; all others are of a tail, each less common than the one before.
FAMILY = {
    "Nielsen": 430,
    "Jensen": 425,
    "Hansen": 356,
    "Andersen": 264,
    "Pedersen": 262,
    "Christensen": 204,
    "Larsen": 194,
    "Sørensen": 186,
    "Rasmussen": 159,
    "Jørgensen": 151,
    "Petersen": 135,
    "Madsen": 111,
    "Kristensen": 103,
    "Olsen": 83,
    "Thomsen": 67,
    "Christiansen": 63,
    "Poulsen": 55,
    "Johansen": 52,
    "Møller": 52,
    "Mortensen": 49,
}
GIVEN = {
    "Peter": 160,
    "Anne": 150,
    "Michael": 140,
    "Kirsten": 130,
    "Lars": 130,
    "Mette": 125,
    "Hanne": 115,
    "Jens": 150,
    "Thomas": 110,
    "Anna": 110,
    "Henrik": 105,
    "Søren": 100,
    "Christian": 100,
    "Martin": 95,
    "Helle": 90,
    "Jan": 90,
    "Maria": 90,
    "Marie": 85,
    "Susanne": 80,
    "Anders": 80,
    "Niels": 80,
    "Lene": 75,
    "Morten": 75,
    "Andreas": 60,
}
STREETS = ("Nørregade", "Vestergade", "Skolevej", "Lindevej", "Birkevej", "Kirkevej", "Østergade")
SYLLABLES = ("al", "be", "da", "fi", "gro", "hol", "kjær", "lund", "mar", "nør", "ov", "ra", "sten")


class Names:
    """Names of a kind, drawn by how many bear them."""

    def __init__(self, known: dict[str, int], ending: str) -> None:
        tail = [
            f"{one}{two}{three}{ending}".capitalize()
            for one in SYLLABLES
            for two in SYLLABLES
            for three in SYLLABLES
        ]
        rest = 10_000 - sum(known.values())
        shares = [1 / (10 + number) for number in range(len(tail))]
        whole = sum(shares)
        self.names = [*known, *tail]
        self.weights = [*known.values(), *(rest * share / whole for share in shares)]

    def draw(self, choose: random.Random, number: int) -> list[str]:
        return choose.choices(self.names, self.weights, k=number)


class Row(NamedTuple):
    id: int
    agency_id: int
    home_branch_id: int
    category: str
    name: str
    given_name: str
    family_name: str
    language: str
    birth_date: date
    email: str
    phone: str
    note: str
    created: datetime


class Card(NamedTuple):
    identifier: str
    patron_id: int
    kind: str
    added: datetime


@send_many
def _insert_patron(row: Row) -> Statement:
    return insert(patrons).values(row._asdict())


@send_many
def _insert_card(row: Card) -> Statement:
    return insert(patron_identifiers).values(row._asdict())


@send_many
def _insert_word(row: Word) -> Statement:
    return insert(patron_words).values(row._asdict())


def people(first: int, number: int) -> Iterator[tuple[Row, str]]:
    """Patrons with ids from `first` on, each with their address."""
    choose = random.Random(first)
    given, middle = _GIVEN.draw(choose, number), _FAMILY.draw(choose, number)
    families = _FAMILY.draw(choose, number)
    for at in range(number):
        names = f"{given[at]} {middle[at]}" if at % 3 == 0 else given[at]
        born = date(1930, 1, 1) + timedelta(days=choose.randrange(33_000))
        figures = choose.randrange(20_000_000, 99_999_999)
        street, town = choose.choice(STREETS), choose.randrange(1000, 9990)
        yield (
            Row(
                first + at,
                1,
                1 + at % 2,
                "adult",
                f"{names} {families[at]}",
                names,
                families[at],
                "da",
                born,
                f"{given[at]}{figures}@example.dk".lower(),
                f"+45{figures}",
                "",
                NOW,
            ),
            f"{street} {choose.randrange(1, 200)}, {town} {choose.choice(SYLLABLES)}by",
        )


_GIVEN, _FAMILY = Names(GIVEN, "a"), Names(FAMILY, "sen")


def fill(database: Database, number: int) -> None:
    a_library(database)
    indexes = sorted(patron_words.indexes, key=lambda index: str(index.name))
    _run(database, [f"DROP INDEX {index.name}" for index in indexes])  # made at once at the end
    for first in range(1, number + 1, BATCH):
        found = list(people(first, min(BATCH, number + 1 - first)))
        words = [
            Word(row.id, word, is_protected, row.agency_id, False)
            for row, address in found
            for word, is_protected in words_of(
                Searched(
                    row.agency_id,
                    False,
                    False,
                    row.name,
                    row.given_name,
                    row.family_name,
                    row.birth_date,
                    row.email,
                    row.phone,
                ),
                [f"P{row.id:07}"],
                [address],
                [],
            ).items()
        ]

        def work(transaction, found=found, words=words):  # type: ignore[no-untyped-def]
            _insert_patron(transaction, [row for row, _ in found])
            _insert_card(
                transaction, [Card(f"P{row.id:07}", row.id, "card", NOW) for row, _ in found]
            )
            _insert_word(transaction, words)

        database.write(work).result()
    made = [f"CREATE INDEX {each.name} ON patron_words ({_names(each)})" for each in indexes]
    _run(database, made)
    if database.dialect == "postgresql":
        _run(database, ["ANALYZE patron_words", "ANALYZE patrons"])


def _names(index: Index) -> str:
    return ", ".join(column.name for column in index.columns)


def _run(database: Database, statements: list[str]) -> None:
    for each in statements:
        database.write(lambda transaction, each=each: transaction.execute(each, ())).result()


def searches(number: int) -> dict[str, list[str]]:
    """What is asked for, by kind."""
    choose = random.Random(7)
    drawn = [row for row, _ in people(1, min(number, BATCH))][:SEARCHES]
    common = [name[:3] for name in (*FAMILY, *GIVEN)]
    return {
        "three letters": [choose.choice((row.given_name, row.family_name))[:3] for row in drawn],
        "three letters of common names": [choose.choice(common) for _ in drawn],
        "one letter": [row.family_name[:1] for row in drawn],
        "a family name": [row.family_name for row in drawn],
        "both names": [row.name for row in drawn],
        "beginnings of both": [f"{row.given_name[:3]} {row.family_name[:3]}" for row in drawn],
        "two common beginnings": [" ".join(choose.sample(common, 2)) for _ in drawn],
        "three common beginnings": [" ".join(choose.sample(common, 3)) for _ in drawn],
        "name and date of birth": [f"{row.given_name} {row.birth_date:%d%m%y}" for row in drawn],
        "telephone": [row.phone[3:] for row in drawn],
        "e-mail": [row.email for row in drawn],
        "card": [f"P{row.id:07}" for row in drawn],
    }


def quantile(values: list[float], per_cent: int) -> float:
    return sorted(values)[len(values) * per_cent // 100]


def measure(database: Database, number: int) -> None:
    circulation = Circulation()
    everywhere = {Right.VIEW_PATRONS: Reach(everywhere=True)}
    callers = {
        "everywhere": Principal(Kind.STAFF, 1, "anna", 1, 1, grants=everywhere),
        "of another agency": Principal(Kind.STAFF, 1, "bo", 2, 1, grants=everywhere),
    }
    print(f"{'milliseconds':50} {'p50':>7} {'p95':>7} {'most':>7} {'CPU p95':>8} {'found':>6}")
    for caller, principal in callers.items():
        for kind, texts in searches(number).items():
            took, spent, found = [], [], 0
            for text in texts:
                began, at_work = time.perf_counter(), time.process_time()
                hits = database.read(
                    lambda transaction: find_patrons(transaction, circulation, principal, text)  # noqa: B023
                ).result()
                took.append((time.perf_counter() - began) * 1000)
                spent.append((time.process_time() - at_work) * 1000)
                found += len(hits.lines)
            p50, p95 = quantile(took, 50), quantile(took, 95)
            cpu = quantile(spent, 95)
            mean = found / len(texts)
            name = f"{kind}, {caller}"
            print(
                f"{name:50} {p50:7.2f} {p95:7.2f} {max(took):7.2f} {cpu:8.2f} {mean:6.1f}",
                flush=True,
            )


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'library.db'}"
        migrate(url)
        database = open_database(url)
        try:
            began = time.perf_counter()
            fill(database, number)
            print(f"{number:,} patrons made in {time.perf_counter() - began:.0f} s", flush=True)
            measure(database, number)
        finally:
            database.close()


if __name__ == "__main__":
    main()
