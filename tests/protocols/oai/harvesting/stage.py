"""A library that harvests, and what is in its catalogue then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogue.database import Transaction
from catalogue.items import add_item
from catalogue.records import fetch_records, find_by_control_number
from circulation.harvesting.rows import (
    HarvestProblem,
    Source,
    all_sources,
    problems_of,
)
from protocols.hosting.answering import Context
from protocols.oai.harvesting.harvester import Harvester
from protocols.oai.harvesting.settings import SourceSettings
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library
from tests.protocols.oai.harvesting.repository import Repository, marcxchange

NAME = "national"


@dataclass
class Stage:
    """`settings` are those of the source besides its address."""

    library: Library
    repository: Repository
    settings: dict[str, Any] = field(default_factory=dict)
    counts: list[Mapping[str, int]] = field(default_factory=list)

    def harvester(self) -> Harvester:
        settings = SourceSettings(self.repository.url, **self.settings)
        library = self.library
        harvester = Harvester(
            library.database,
            library.circulation,
            {NAME: settings},
            lambda: library.now,
            lambda name, counts: self.counts.append(dict(counts)),
        )
        harvester.register()
        return harvester

    def harvest(self) -> dict[str, int]:
        """One call of the loop; what has been counted of the list, without what is none."""
        self.harvester().tell(NAME)
        return {name: count for name, count in self.row.counts.items() if count}

    def put(self, number: int, title: str = "A title", **more: Any) -> None:
        """A record of the repository, whose control number is in its identifier."""
        data = a_record(title, control_number=str(number), **more)
        self.repository.put(f"oai:x:{number}", marcxchange(data))

    def withdraw(self, number: int) -> None:
        self.repository.withdraw(f"oai:x:{number}")

    @property
    def row(self) -> Source:
        return next(each for each in self.library.read(all_sources) if each.name == NAME)

    @property
    def due(self) -> list[str]:
        harvester, library = self.harvester(), self.library
        return library.read(
            lambda transaction: harvester.due(
                Context(transaction, library.circulation, library.now, [])
            )
        )

    @property
    def titles(self) -> dict[str, str]:
        """Everything in the catalogue: titles by control numbers."""

        def look(transaction: Transaction) -> dict[str, str]:
            rows = transaction.execute("SELECT id FROM records", ()).fetchall()
            found = fetch_records(transaction, [row[0] for row in rows])
            assert len({each.control_number for each in found}) == len(found), "one came twice"
            return {each.control_number or "": each.title for each in found}

        return self.library.read(look)

    @property
    def problems(self) -> dict[str, HarvestProblem]:
        rows = self.library.read(
            lambda transaction: problems_of(transaction, source=NAME, after="", at_most=100)
        )
        return {each.identifier: each for each in rows}

    def id_of(self, number: int) -> int:
        (found,) = self.library.read(
            lambda transaction: find_by_control_number(transaction, control_number=str(number))
        )
        return found.id

    def add_copy(self, number: int) -> str:
        barcode, record_id = f"I{number}", self.id_of(number)
        self.library.write(
            lambda transaction: add_item(
                transaction,
                barcode=barcode,
                record_id=record_id,
                branch_id=self.library.main.id,
                now=self.library.now,
            )
        )
        return barcode
