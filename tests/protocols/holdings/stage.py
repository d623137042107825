"""A library whose holdings are told, and what those who are told should have in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from catalogue.changes.accession import add_record
from catalogue.changes.replacing import replace_record
from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.holdings.following import gather
from circulation.holdings.progress import due_sinks, register_sinks
from circulation.holdings.rows import Sink as SinkRow
from circulation.holdings.rows import all_sinks
from circulation.holdings.states import held
from circulation.kernel.organisation import find_branch
from protocols.holdings.sending import Sender
from protocols.holdings.sinks import Sink
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.postgresql_copies import opened

NAME = "well"


@dataclass
class Stage:
    """The library; `sinks` are told of everything, by `tell`."""

    library: Library
    sinks: dict[str, Sink]
    records: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.library.write(
            lambda transaction: register_sinks(transaction, dict.fromkeys(self.sinks, ()))
        )
        self.sender = Sender(
            self.library.database, self.library.circulation, self.sinks, lambda: self.library.now
        )

    def add(self, *barcodes: str, branch: str = "DK-900101", number: str = "") -> int:
        """A record, and items of it."""
        number = number or f"{50_000_000 + self.library.number()}"
        data, now = a_record(f"Title {number}", control_number=number), self.library.now

        def work(transaction: Transaction) -> int:
            record_id = add_record(transaction, data, now=now)
            found = find_branch(transaction, isil=branch)
            assert found is not None
            for barcode in barcodes:
                add_item(
                    transaction,
                    barcode=barcode,
                    record_id=record_id,
                    branch_id=found.id,
                    now=now,
                    material_group="book",
                )
            return record_id

        self.records.append(self.library.write(work))
        return self.records[-1]

    def renumber(self, record_id: int, number: str) -> None:
        data, now = a_record("Another number", control_number=number), self.library.now
        self.library.write(
            lambda transaction: replace_record(transaction, record_id, data, now=now)
        )

    def number(self) -> None:
        """What has changed gets its numbers, as the server gives them."""
        while self.library.write(
            lambda transaction: gather(transaction, lambda: self.library.now)
        ).is_more:
            pass

    def tell(self) -> None:
        """Everything that is due is told."""
        self.number()
        now = self.library.now
        for name in self.library.read(lambda transaction: due_sinks(transaction, now)):
            self.sender.tell(name)

    def row(self, name: str = NAME) -> SinkRow:
        rows = self.library.read(all_sinks)
        return next(each for each in rows if each.name == name)

    def wanted(self) -> dict[tuple[str, str], dict[str, str]]:
        """What a sink should have: what there is."""

        def work(transaction: Transaction) -> dict[tuple[str, str], dict[str, str]]:
            act = self.library.act(transaction)
            found = held(act, dict.fromkeys(self.records, 0))
            return {
                (its.agency.rpartition("-")[2], its.known_as): {
                    item.barcode: item.state.value for item in its.items
                }
                for its in found.values()
            }

        return self.library.read(work)


@contextmanager
def a_stage(url: str, sinks: dict[str, Sink]) -> Iterator[Stage]:
    database = opened(url)
    yield Stage(a_library(database), sinks)
    database.close()
