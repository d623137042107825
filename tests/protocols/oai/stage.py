"""A library that is harvested without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

from lxml import etree

from catalogue.changes.accession import add_record
from catalogue.changes.deleting import delete_record
from catalogue.changes.replacing import replace_record
from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from protocols.hosting.answering import Services
from protocols.oai.codec import decode
from protocols.oai.handlers import answer
from protocols.oai.settings import OaiSettings
from tests.builders.catalogue import a_record
from tests.builders.circulation import Library, a_library
from tests.postgresql_copies import opened
from tests.protocols.oai.schema import OAI

NAMESPACE = "library.test"
BASE_URL = "http://library.test/oai"


@dataclass
class Stage:
    """The library, and what the listener would give to the handlers."""

    library: Library
    services: Services
    check: Callable[[bytes], etree._Element] = etree.fromstring
    settings: OaiSettings = field(
        default_factory=lambda: OaiSettings(enabled=True, namespace=NAMESPACE, page_records=3)
    )

    def add(self, title: str = "A title", record_format: str = "marc21") -> int:
        data = a_record(title, author="Smith, Anna", isbn="9788700000018")
        now = self.library.now
        return self.library.write(
            lambda transaction: add_record(transaction, data, now=now, record_format=record_format)
        )

    def retitle(self, record_id: int, title: str) -> None:
        now, data = self.library.now, a_record(title)
        self.library.write(
            lambda transaction: replace_record(transaction, record_id, data, now=now)
        )

    def delete(self, record_id: int) -> None:
        now = self.library.now
        self.library.write(lambda transaction: delete_record(transaction, record_id, now=now))

    def add_copy(self, record_id: int, branch: str = "DK-900101") -> int:
        def work(transaction: Transaction) -> int:
            found = find_branch(transaction, isil=branch)
            assert found is not None
            return add_item(
                transaction,
                barcode=f"I{record_id}{branch}",
                record_id=record_id,
                branch_id=found.id,
                now=self.library.now,
            )

        return self.library.write(work)

    def add_agency(self, isil: str, branch: str, kind: str = "public") -> None:
        def work(transaction: Transaction) -> None:
            consortium = transaction.execute("SELECT id FROM consortia", ()).fetchone()[0]
            agency = add_agency(transaction, consortium, isil, f"Agency {isil}", kind=kind)
            add_branch(transaction, agency, branch, f"Branch {branch}")

        self.library.write(work)

    def ask(self, *pairs: tuple[str, str], **arguments: str) -> etree._Element:
        """The valid document that the arguments are answered with; ``from_`` is from."""
        named = [(name.rstrip("_"), value) for name, value in arguments.items()]
        replies: SimpleQueue[bytes | None] = SimpleQueue()
        answer(self.services, self.settings, decode(BASE_URL, [*pairs, *named]), replies.put)
        document = replies.get(timeout=30)
        assert replies.empty()
        assert document is not None
        return self.check(document)

    def harvest(
        self, verb: str = "ListRecords", prefix: str = "oai_dc", **arguments: str
    ) -> list[etree._Element]:
        """Every header of a list, to its end; none where nothing matches."""
        root = self.ask(verb=verb, metadataPrefix=prefix, **arguments)
        found: list[etree._Element] = []
        while True:
            if errors_of(root):
                assert errors_of(root) == ["noRecordsMatch"]
                return found
            found += root.iter(f"{OAI}header")
            token = root.findtext(f".//{OAI}resumptionToken")
            if not token:
                return found
            root = self.ask(verb=verb, resumptionToken=token)

    def told(self, **arguments: str) -> dict[int, str]:
        """The records of a harvest: by id, whether it is there or deleted. None comes twice."""
        headers = self.harvest(**arguments)
        ids = [id_of(each) for each in headers]
        assert len(ids) == len(set(ids)), "a record came twice"
        return {
            id_of(each): "deleted" if each.get("status") == "deleted" else "here"
            for each in headers
        }


def errors_of(root: etree._Element) -> list[str]:
    return [each.get("code") or "" for each in root.iter(f"{OAI}error")]


def id_of(header: etree._Element) -> int:
    return int((header.findtext(f"{OAI}identifier") or "").rpartition(":")[2])


def sets_of(header: etree._Element) -> list[str]:
    return [each.text or "" for each in header.iter(f"{OAI}setSpec")]


def date_of(root: etree._Element) -> str:
    return root.findtext(f"{OAI}responseDate") or ""


@contextmanager
def a_stage(url: str) -> Iterator[Stage]:
    """A library without records."""
    database = opened(url)
    library = a_library(database)
    services = Services(
        database,
        Circulation(),
        lambda: library.now,
        lambda deliver: deliver(),
        lambda seconds, release: None,
    )
    yield Stage(library, services)
    services.close()
    database.close()
