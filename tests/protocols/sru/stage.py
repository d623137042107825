"""A small library asked over SRU without a network, and the schemas to hold the answers against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import quote

import pymarc
from lxml import etree

from catalogue.changes.accession import add_record
from catalogue.database import Transaction, open_database
from catalogue.items import add_item
from circulation.kernel.engine import Circulation
from circulation.kernel.organisation import add_agency, add_branch, find_branch
from circulation.kernel.results import CheckedOut
from protocols.hosting.answering import Services
from protocols.sru.handlers import answer
from protocols.sru.parameters import decode
from protocols.sru.settings import SruSettings
from tests.builders.circulation import NOON, Library, a_library, a_patron

BASE_URL = "http://sru.example.org/sru/"
SRW = "{http://www.loc.gov/zing/srw/}"
SRU = "{http://docs.oasis-open.org/ns/search-ws/sruResponse}"
SCAN = "{http://docs.oasis-open.org/ns/search-ws/scan}"
OLD_DIAGNOSTIC = "{http://www.loc.gov/zing/srw/diagnostic/}"
DIAGNOSTIC = "{http://docs.oasis-open.org/ns/search-ws/diagnostic}"
FACET = "{http://docs.oasis-open.org/ns/search-ws/facetedResults}"
ZEEREX = "{http://explain.z3950.org/dtd/2.0/}"
MARC = "{http://www.loc.gov/MARC21/slim}"
VERSIONS = ("1.1", "1.2", "2.0")

#: Control number, title, author, ISBN, subject, year, language.
WORKS = (
    ("10000001", "Soil and water", "Smith, Anna", "9788700000018", "Hydrology", 1984, "eng"),
    ("10000002", "Soil mechanics", "Berg, Bo", "9788700000025", "Hydrology", 1990, "eng"),
    ("10000003", "Water in the landscape", "Smith, Carl", "9788700000032", "Rivers", 2001, "eng"),
    ("10000004", "Bøger og læsere", "Østergård, Dorte", "9788700000049", "Læsning", 2015, "dan"),
    ("10000005", "Smith of Wootton Major", "Tolkien, J.", "9788700000056", "Elves", 1967, "eng"),
)  # fmt: skip


def a_record(
    control_number: str,
    title: str,
    author: str,
    isbn: str,
    subject: str,
    year: int,
    language: str,
) -> bytes:
    record = pymarc.Record(force_utf8=True, leader="00000nam a2200000 i 4500")

    def add(tag: str, indicators: str, text: str) -> None:
        code = "c" if tag == "264" else "a"
        subfields = [pymarc.Subfield(code, text)]
        record.add_field(pymarc.Field(tag, pymarc.Indicators(*indicators), subfields))

    record.add_field(pymarc.Field("001", data=control_number))
    record.add_field(pymarc.Field("008", data=f"260101s{year}    dk {' ' * 17}{language} d"))
    add("020", "  ", isbn)
    add("100", "1 ", author)
    add("245", "10", title)
    add("264", " 1", str(year))
    add("650", " 0", subject)
    written: bytes = record.as_marc()
    return written


@dataclass
class Stage:
    """The library, and what the listener would give to the handlers."""

    library: Library
    services: Services
    settings: SruSettings = field(default_factory=SruSettings)
    records: dict[str, int] = field(default_factory=dict)

    def add(self, *works: tuple[str, str, str, str, str, int, str]) -> None:
        for work in works:
            self.records[work[0]] = self.add_marc(a_record(*work))

    def add_marc(self, data: bytes, record_format: str = "marc21") -> int:
        return self.library.write(
            lambda transaction: add_record(transaction, data, now=NOON, record_format=record_format)
        )

    def add_copy(
        self, barcode: str, control_number: str, branch: str = "DK-900101", **facts: str
    ) -> None:
        def work(transaction: Transaction) -> None:
            found = find_branch(transaction, isil=branch)
            assert found is not None
            add_item(
                transaction,
                barcode=barcode,
                record_id=self.records[control_number],
                branch_id=found.id,
                now=NOON,
                **facts,
            )

        self.library.write(work)

    def lend(self, barcode: str) -> CheckedOut:
        lent = self.library.check_out(a_patron(self.library), barcode)
        assert isinstance(lent, CheckedOut), lent
        return lent

    def add_school(self) -> None:
        """A school, whose stock is not seen outside."""

        def work(transaction: Transaction) -> None:
            consortium = transaction_consortium(transaction)
            agency = add_agency(transaction, consortium, "DK-900200", "Bakkeskolen", kind="school")
            add_branch(transaction, agency, "DK-900201", "Bakkeskolens bibliotek")

        self.library.write(work)

    def ask(self, database: str = "catalogue", /, **parameters: str) -> bytes:
        """The document that the parameters are answered with."""
        asked = decode(database, BASE_URL + quote(database), parameters.items())
        replies: SimpleQueue[bytes] = SimpleQueue()
        answer(self.services, self.settings, asked, replies.put)
        document = replies.get(timeout=30)
        assert replies.empty()
        return document


def transaction_consortium(transaction: Transaction) -> int:
    """The id of the one consortium there is."""
    from catalogue.visibility import CONSORTIUM, database_names

    (found,) = [each for each in database_names(transaction) if each.kind == CONSORTIUM]
    return found.id


@contextmanager
def a_stage(url: str) -> Iterator[Stage]:
    """A library with `WORKS`, and no items."""
    database = open_database(url)
    library = a_library(database)
    services = Services(
        database,
        Circulation(),
        lambda: library.now,
        lambda deliver: deliver(),
        lambda seconds, release: None,
    )
    stage = Stage(library, services)
    stage.add(*WORKS)
    yield stage
    services.close()
    database.close()


def version_of(version: str, operation: str) -> dict[str, str]:
    """The parameters that ask for an operation in a version."""
    return {} if version == "2.0" else {"version": version, "operation": operation}


class Schemas:
    """The schemas of responses, and of what may be in their records."""

    def __init__(self, shared: Path) -> None:
        self._folder = shared / "data" / "sru-schema"
        self._loaded: dict[str, etree.XMLSchema] = {}

    def check(self, document: bytes) -> etree._Element:
        """The root of a valid response of any version; fails on any other."""
        root = etree.fromstring(document)
        is_1 = str(root.tag).startswith(SRW)
        self._validate("v1/srw-types.xsd" if is_1 else "lc-2.0/sruResponse.xsd", root)
        for explained in root.iter(f"{ZEEREX}explain"):
            path = "explain/zeerex-2.0.xsd" if is_1 else "lc-2.0/explain.xsd"
            self._validate(path, explained)
        for path, tag in (
            ("marcxchange/MARC21slim.xsd", f"{MARC}record"),
            ("holdings/ISOholdings_V1.0.xsd", "holdings"),
            ("holdings/opacxml.xsd", "opacRecord"),
        ):
            for record in root.iter(tag):
                if record.getparent() is None or "recordData" in str(record.getparent().tag):
                    self._validate(path, record)
        return root

    def _validate(self, path: str, element: etree._Element) -> None:
        schema = self._loaded.get(path)
        if schema is None:
            schema = self._loaded[path] = self._load(path)
        alone = etree.fromstring(etree.tostring(element, with_tail=False))
        assert schema.validate(alone), (schema.error_log, etree.tostring(alone))

    def _load(self, path: str) -> etree.XMLSchema:
        whole = self._folder / path
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_SameFolder(whole.parent))
        return etree.XMLSchema(etree.parse(str(whole), parser))


class _SameFolder(etree.Resolver):
    """Finds imported schemas by their names in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        path = self._folder / system_url.rpartition("/")[2]
        return self.resolve_filename(str(path), context) if path.exists() else None


def numbers(root: etree._Element) -> list[int]:
    """The numbers of the diagnostics that are not in place of records."""
    found = root.findall(f".//{OLD_DIAGNOSTIC}uri") + root.findall(f".//{DIAGNOSTIC}uri")
    return [
        int((uri.text or "").removeprefix("info:srw/diagnostic/1/"))
        for uri in found
        if "diagnostics" in str(uri.getparent().getparent().tag)
    ]


def details(root: etree._Element) -> list[str]:
    """The details of the same diagnostics."""
    found = root.findall(f".//{OLD_DIAGNOSTIC}details") + root.findall(f".//{DIAGNOSTIC}details")
    return [each.text or "" for each in found]


def titles(root: etree._Element) -> list[str]:
    """The titles of the records in MARCXML."""
    return [
        field.findtext(f"{MARC}subfield") or ""
        for field in root.iter(f"{MARC}datafield")
        if field.get("tag") == "245"
    ]


def value(root: etree._Element, name: str) -> str | None:
    """The text of an element of the response itself."""
    namespace = str(root.tag).partition("}")[0] + "}"
    return root.findtext(f"{namespace}{name}")
