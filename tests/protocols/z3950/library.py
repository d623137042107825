"""A small library on a real database, searched through session and handlers without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue

from pymarc import Field, Indicators, Record, Subfield

from catalogue.changes.accession import add_record
from catalogue.database import Database, open_database
from circulation.kernel.engine import Circulation
from protocols.hosting.answering import Services
from protocols.z3950.association import Answer
from protocols.z3950.codec import decode, encode
from protocols.z3950.handlers import answer
from protocols.z3950.messages.apdus import Apdu
from protocols.z3950.messages.association import InitializeRequest
from protocols.z3950.messages.building_blocks import DefaultDiagFormat, SurrogateDiagnostic
from protocols.z3950.messages.retrieval import PresentRequest, PresentResponse, ResponseRecords
from protocols.z3950.messages.searching import SearchRequest, SearchResponse
from protocols.z3950.session import Z3950Session
from protocols.z3950.settings import Z3950Settings
from protocols.z3950.wire.asn1 import External
from protocols.z3950.wire.framing import ApduStream

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
INIT = InitializeRequest(0b111, (1 << 22) - 1, 1 << 26, 1 << 26)

#: Title, author, ISBN, subject, year.
WORKS = (
    ("Soil and water", "Smith, Anna", "9788700000018", "Hydrology", 1984),
    ("Soil mechanics", "Berg, Bo", "9788700000025", "Engineering", 1990),
    ("Water in the landscape", "Smith, Carl", "9788700000032", "Hydrology", 2001),
    ("Bøger og læsere", "Østergård, Dorte", "9788700000049", "Læsning", 2015),
    ("Smith of Wootton Major", "Tolkien, J. R. R.", "9788700000056", "Fairy tales", 1967),
)


def marc_record(number: int, *, note: str = "") -> bytes:
    """The record of a work (from 1), in UTF-8; its control number is ``rec1`` and so on."""
    title, author, isbn, subject, year = WORKS[(number - 1) % len(WORKS)]
    record = Record(force_utf8=True, leader="00000nam a2200000 i 4500")
    record.add_field(Field("001", data=f"rec{number}"))
    record.add_field(Field("008", data=f"260101s{year}    dk            000 0 dan d"))
    record.add_field(_field("020", "  ", "a", isbn))
    record.add_field(_field("100", "1 ", "a", author))
    record.add_field(_field("245", "10", "a", title))
    record.add_field(_field("264", " 1", "c", str(year)))
    if note:
        record.add_field(_field("500", "  ", "a", note))
    record.add_field(_field("650", " 0", "a", subject))
    written: bytes = record.as_marc()
    return written


def _field(tag: str, indicators: str, code: str, text: str) -> Field:
    return Field(tag, Indicators(*indicators), [Subfield(code, text)])


@dataclass
class Library:
    """The database, and what the listener would give to the handlers."""

    database: Database
    services: Services

    def add(self, *records: bytes, record_format: str = "marc21") -> None:
        for record in records:
            self.database.write(
                lambda transaction, data=record: add_record(  # type: ignore[misc]
                    transaction, data, now=NOON, record_format=record_format
                )
            ).result()

    def client(self, init: InitializeRequest = INIT, **settings: object) -> Client:
        """A client whose association is open."""
        session = Z3950Session(Z3950Settings(**settings), 0.0)  # type: ignore[arg-type]
        client = Client(self.services, session)
        client.send(init)
        return client


@contextmanager
def a_library(url: str, works: int = len(WORKS)) -> Iterator[Library]:
    """A library with the first `works` records; wide reads are waited for."""
    database = open_database(url)
    services = Services(
        database,
        Circulation(),
        clock=lambda: NOON,
        call_from_thread=lambda function, *values: function(*values),
        call_later=lambda seconds, function: None,
    )
    library = Library(database, services)
    library.add(*(marc_record(number) for number in range(1, works + 1)))
    yield library
    services.close()
    database.close()


@dataclass
class Client:
    """The other side of a session: sends APDUs as octets and decodes what comes back."""

    services: Services
    session: Z3950Session

    def send_all(self, octets: bytes) -> list[Apdu]:
        """Every answer to a stretch of octets."""
        self.session.receive_data(octets, 0.0)
        while (request := self.session.next_request()) is not None:
            self.session.send(self._answered(request), 0.0)
        return self.received()

    def received(self) -> list[Apdu]:
        """Everything that the session has to say now."""
        stream = ApduStream(1 << 26)
        stream.feed(self.session.take_outgoing())
        answers = []
        while (apdu := stream.next_apdu()) is not None:
            answers.append(decode(apdu))
        return answers

    def _answered(self, request: Apdu) -> Answer:
        replies: SimpleQueue[Answer] = SimpleQueue()
        answer(self.services, self.session.association, request, replies.put)
        return replies.get(timeout=20)

    def send(self, request: Apdu) -> Apdu:
        (answered,) = self.send_all(encode(request))
        return answered

    def search(self, request: SearchRequest) -> SearchResponse:
        answered = self.send(request)
        assert isinstance(answered, SearchResponse)
        return answered

    def present(self, request: PresentRequest) -> PresentResponse:
        answered = self.send(request)
        assert isinstance(answered, PresentResponse)
        return answered


def records_of(response: SearchResponse | PresentResponse) -> Sequence[bytes | int]:
    """The octets of each record; in the place of one that is a diagnostic, its condition."""
    assert isinstance(response.records, ResponseRecords)
    found: list[bytes | int] = []
    for entry in response.records.value:
        assert entry.name is not None
        if isinstance(entry.record, SurrogateDiagnostic):
            assert isinstance(entry.record.value, DefaultDiagFormat)
            found.append(entry.record.value.condition)
        else:
            assert isinstance(entry.record, External)
            encoding = entry.record.encoding
            found.append(encoding if isinstance(encoding, bytes) else encoding.value)
    return found


def diagnostic_of(response: SearchResponse | PresentResponse) -> tuple[int, str]:
    """The condition and additional information of a response that is a diagnostic."""
    assert isinstance(response.records, DefaultDiagFormat)
    return response.records.condition, response.records.addinfo.value
