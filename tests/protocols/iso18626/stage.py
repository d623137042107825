"""ISO 18626 without a network: an `Exchange` over a real library with one partner, Odense, and what
is told it; and the schemas to hold everything against."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.callers.partners import store_partner
from circulation.interlending.exchanges import Exchanged
from circulation.interlending.lists import loans_of_request
from circulation.interlending.remarks import Remark, remarks_of
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.results import CheckedOut
from circulation.kernel.set_up import set_up_changed
from protocols.hosting.answering import Services
from protocols.hosting.arrivals import Arrival
from protocols.iso18626.client import Answer
from protocols.iso18626.codec import (
    confirmation_of,
    decode,
    decode_confirmation,
    encode,
    encode_confirmation,
)
from protocols.iso18626.codes import Action, Version
from protocols.iso18626.exchange import Exchange
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Confirmation,
    Error,
    Header,
    Message,
    Request,
    RequestingAgencyMessage,
    ServiceInfo,
)
from protocols.iso18626.telling import Teller
from tests.builders.catalogue import a_record, add_records
from tests.builders.circulation import Library
from tests.protocols.iso18626.schemas import Schemas

#: The partner.
ODENSE = "DK-746100"
OURS = "DK-900100"
HOST = "192.0.2.7"
FROM_ODENSE = Arrival(host=HOST)
ADDRESS = "https://ill.example.org/iso18626"


def a_partner(library: Library, agency: str = ODENSE, **options: Any) -> None:
    """A partner with whom ISO 18626 is spoken; it proves itself by its address."""
    secret = options.pop("shared_secret", None)
    usual = {"protocol": "iso18626", "addresses": [HOST], "address": ADDRESS}

    def work(transaction: Transaction) -> None:
        store_partner(
            transaction,
            agency=agency,
            name="Odense" if agency == ODENSE else agency,
            branch_id=library.main.id,
            shared_secret=secret,
            options=usual | options,
        )
        set_up_changed(transaction)

    library.write(work)


def a_title(
    library: Library,
    title: str = "Peters jul",
    author: str = "Krohn, Johan",
    *,
    isbn: str | None = None,
    number: str | None = None,
    on_loan_to: str | None = None,
) -> str:
    """A record that is found by what is in it, with an item; gives the barcode."""
    data = a_record(title, author, isbn, control_number=number)
    barcode = f"I{library.number():07}"

    def work(transaction: Transaction) -> None:
        [record_id] = add_records(transaction, [data])
        add_item(
            transaction,
            barcode=barcode,
            record_id=record_id,
            branch_id=library.main.id,
            now=library.now,
        )

    library.write(work)
    if on_loan_to is not None:
        assert isinstance(library.check_out(on_loan_to, barcode), CheckedOut)
    return barcode


@dataclass
class Stage:
    """A library, its partner, and what is said. What is posted goes to `hears`, which confirms."""

    library: Library
    schemas: Schemas
    version: Version = Version.V1_2
    heard: list[Message] = field(default_factory=list)
    posted: list[bytes] = field(default_factory=list)
    log: list[Exchanged] = field(default_factory=list)
    #: What a message that is posted is answered with in place of a confirmation.
    instead: Answer | Exception | None = None
    error: Error | None = None
    _ready: queue.SimpleQueue[Callable[[], object]] = field(default_factory=queue.SimpleQueue)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.services = Services(
            self.library.database,
            self.library.circulation,
            clock=lambda: self.library.now,
            call_from_thread=self._ready.put,
            call_later=lambda delay, function: None,
        )
        self.exchange = Exchange(self.services)
        self.teller = Teller(
            self.library.database,
            self.library.circulation,
            self.exchange.partners,
            lambda: self.library.now,
            self.log.append,
            lambda *posted: self._post(*posted),
        )

    def answer(self, document: bytes, arrival: Arrival = FROM_ODENSE) -> tuple[int, bytes]:
        """Status and document of the answer; the document is valid, or the test fails."""
        answers: list[tuple[int, bytes]] = []
        self.exchange.answer(document, lambda status, said: answers.append((status, said)), arrival)
        while not answers:
            self._ready.get(timeout=10)()
        assert len(answers) == 1
        self.schemas.check(answers[0][1], self.version)
        return answers[0]

    def say(self, message: Message, arrival: Arrival = FROM_ODENSE) -> Confirmation:
        """The confirmation of a message."""
        _, document = self.answer(encode(message, self.version), arrival)
        said = decode_confirmation(document)
        assert said is not None
        return said

    def header(self, request_id: str = "REQ-1", **changes: Any) -> Header:
        """A header of the partner's, sent now: no two at the same time."""
        self.library.pass_time(seconds=1)
        usual = Header(AgencyId(OURS), AgencyId(ODENSE), self.library.now, request_id)
        return replace(usual, **changes)

    def request(self, request_id: str = "REQ-1", **said: Any) -> Request:
        """A request for Peters jul, or what is said of another title."""
        info = said.pop("info", None) or BibliographicInfo(title="Peters jul", author="Krohn")
        header = self.header(request_id, **said.pop("header", {}))
        return Request(header, info, ServiceInfo(**said))

    def act(self, action: Action, request_id: str = "REQ-1", note: str = "") -> Confirmation:
        """The partner does something, as the requester."""
        return self.say(RequestingAgencyMessage(self.header(request_id), action, note))

    def tell(self, partner: str = ODENSE) -> list[Message]:
        """Sends what is due to the partner; gives the messages, all of which are valid."""
        before = len(self.heard)
        self.library.pass_time(seconds=1)
        self.teller.tell(partner.casefold())
        return self.heard[before:]

    def _post(self, address: str, document: bytes, headers: Mapping[str, str]) -> Answer:
        self.posted.append(document)
        if isinstance(self.instead, Exception):
            raise self.instead
        if self.instead is not None:
            return self.instead
        self.schemas.check(document, self.version)
        message = decode(document).message
        self.heard.append(message)
        kind = type(message).__name__
        now = self.library.now
        said = confirmation_of(
            kind[:1].lower() + kind[1:],
            message.header,
            timestamp=now,
            timestamp_received=now,
            error=self.error,
        )
        return Answer(200, encode_confirmation(said, self.version))

    def loan(self, request_id: str = "REQ-1") -> InterlibraryLoan:
        """The last interlibrary loan that goes by the id."""
        found = self.library.read(
            lambda transaction: loans_of_request(transaction, request_id=request_id)
        )
        return found[-1]

    def remarks(self, request_id: str = "REQ-1") -> list[Remark]:
        """What somebody should read of it."""
        loan = self.loan(request_id)
        return self.library.read(lambda transaction: remarks_of(transaction, loan_id=loan.id))

    def close(self) -> None:
        self.services.close()
        self.library.database.close()
