"""What partners are told, and what their answers do: against a broker that listens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.interlending.asking import Wish, ask
from circulation.interlending.exchanges import Exchanged
from circulation.interlending.notices import PATIENCE, notices_of
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState, Obstacle
from circulation.kernel.results import Refused
from circulation.notices.kinds import NoticeKind
from circulation.notices.schema import notices
from protocols.ncip.asking.telling_partners import Teller
from protocols.ncip.messages import Code, ItemId, Refusal
from protocols.ncip.models.circulation import RenewItem, RenewItemResponse
from protocols.ncip.models.interlending import ItemCheckedIn, ItemCheckedOut
from protocols.ncip.partners.partners import Partners
from protocols.ncip.partners.presets import PRESETS
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem
from protocols.ncip.settings import NcipSettings, Partner
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.interlending import (
    INSTITUTION,
    a_borrowed_item,
    a_lending_request,
    a_partner,
    again,
)
from tests.builders.notices import rule
from tests.protocols.ncip.broker import Broker, a_broker
from tests.protocols.ncip.stage import Stage

ALL = tuple(PRESETS["reshare"]["notices"])


@pytest.fixture
def broker() -> Iterator[Broker]:
    with a_broker() as listening:
        yield listening


class Told:
    """A teller, and the exchanges that it has noted."""

    def __init__(self, library: Library, broker: Broker, **partner: Any) -> None:
        self.library = library
        self.noted: list[Exchanged] = []
        agreed = replace(Partner("Broker", "DK-900101", notices=ALL, address=broker.url), **partner)
        self.teller = Teller(
            library.database,
            library.circulation,
            Partners(NcipSettings(partners=(agreed,))),
            lambda: library.now,
            self.noted.append,
        )

    def tell(self) -> int:
        return self.teller.tell("broker")

    def became(self, loan: InterlibraryLoan) -> list[tuple[str, bool, str]]:
        """Kind, whether it was sent, and the problem of each notice of the loan."""
        found = self.library.read(lambda transaction: notices_of(transaction, loan_id=loan.id))
        return [(each.kind, each.sent is not None, each.problem) for each in found]


def test_what_is_done_at_the_desk_goes_to_the_broker(stage: Stage, broker: Broker) -> None:
    library = stage.library
    told = Told(library, broker)
    card = a_patron(library)
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    library.check_in("TEMP-1")
    assert told.tell() == 2
    out, back = broker.hears(), broker.hears()
    assert isinstance(out, ItemCheckedOut)
    assert out.item_id is not None
    assert out.request_id is not None
    assert (out.item_id.item_identifier_value, out.request_id.request_identifier_value) == (
        "TEMP-1",
        "REQ-1",
    )
    assert out.initiation_header is not None
    assert out.initiation_header.from_agency_id is not None
    assert out.initiation_header.from_agency_id.agency_id == Code("DK-900100")
    assert isinstance(back, ItemCheckedIn)
    assert told.became(loan) == [("checked_out", True, ""), ("checked_in", True, "")]
    assert [(each.direction, each.service, each.outcome) for each in told.noted] == [
        ("out", "ItemCheckedOut", "ok"),
        ("out", "ItemCheckedIn", "ok"),
    ]
    assert told.tell() == 0


def test_a_broker_that_is_out_of_order(stage: Stage, broker: Broker) -> None:
    library = stage.library
    told = Told(library, broker)
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    broker.status = 503
    assert told.tell() == 1
    assert told.became(loan) == [("shipped", False, "HTTP status 503")]
    assert told.tell() == 0
    broker.status = 200
    broker.answers["ItemShipped"] = Refusal(
        "ItemShipped", (problem(ProblemType.TEMPORARY_PROCESSING_FAILURE),)
    )
    library.pass_time(minutes=1)
    told.tell()
    assert told.became(loan) == [("shipped", False, "Temporary Processing Failure")]
    del broker.answers["ItemShipped"]
    library.pass_time(minutes=2)
    told.tell()
    assert told.became(loan) == [("shipped", True, "")]
    assert [type(broker.hears()).__name__ for _ in range(2)] == ["ItemShipped"] * 2


def test_what_a_broker_does_not_like_is_not_said_again(stage: Stage, broker: Broker) -> None:
    library = stage.library
    told = Told(library, broker)
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    broker.answers["ItemShipped"] = Refusal("ItemShipped", (problem(ProblemType.UNKNOWN_ITEM),))
    told.tell()
    assert told.became(loan) == [("shipped", True, "Unknown Item")]


@pytest.mark.parametrize("partner", [{"address": ""}, {"notices": ("recalled",)}])
def test_who_wants_to_hear_nothing(stage: Stage, broker: Broker, partner: dict[str, Any]) -> None:
    library = stage.library
    told = Told(library, broker, **partner)
    barcode = an_item(library)
    loan = a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    assert told.tell() == 1
    assert broker.said() == []
    assert told.became(loan) == [("shipped", False, "not agreed with this partner")]


def renewed(stage: Stage, told: Told) -> InterlibraryLoan:
    """Borrowed, and renewed by the patron: the owner is asked."""
    library = stage.library
    card = a_patron(library)
    loan = a_borrowed_item(library, card, due=library.now + timedelta(days=90))
    library.check_out(card, "TEMP-1")
    told.tell()
    library.pass_time(days=20)
    library.renew(card, "TEMP-1")
    assert again(library, loan).state is BorrowingState.RENEWAL_ASKED
    return loan


def test_the_owner_renews(stage: Stage, broker: Broker) -> None:
    told = Told(stage.library, broker)
    loan = renewed(stage, told)
    until = stage.library.now + timedelta(days=33)
    item_id = ItemId(Code("DK-900100"), None, "TEMP-1")
    broker.answers["RenewItem"] = RenewItemResponse(item_id=item_id, date_due=until)
    told.tell()
    assert isinstance(broker.hears(), ItemCheckedOut)
    assert isinstance(broker.hears(), RenewItem)
    after = again(stage.library, loan)
    assert (after.state, after.due) == (BorrowingState.ON_LOAN, until)


def test_the_owner_does_not_renew(stage: Stage, broker: Broker) -> None:
    told = Told(stage.library, broker)
    loan = renewed(stage, told)
    kind = ProblemType.MAXIMUM_RENEWALS_EXCEEDED
    broker.answers["RenewItem"] = Refusal("RenewItem", (problem(kind),))
    told.tell()
    assert again(stage.library, loan).state is BorrowingState.ON_LOAN
    assert told.became(loan)[-1] == ("renewal_asked", True, kind.value)


def test_the_owner_takes_its_time(stage: Stage, broker: Broker) -> None:
    told = Told(stage.library, broker)
    loan = renewed(stage, told)
    broker.answers["RenewItem"] = Refusal("RenewItem", ())  # neither yes nor no
    told.tell()
    assert again(stage.library, loan).state is BorrowingState.RENEWAL_ASKED


def asked(stage: Stage, card: str) -> InterlibraryLoan:
    """Our patron wants a book, and the partner is to be asked for it."""
    library = stage.library
    a_partner(library, "broker")
    rule(library, "email", kind=NoticeKind.CANNOT_BE_OBTAINED)

    def work(transaction: Transaction) -> InterlibraryLoan | Refused | Obstacle:
        return ask(library.act(transaction), patron=card, wish=Wish(title="Njals saga"))

    found = library.write(work)
    assert isinstance(found, InterlibraryLoan)
    return found


@many(tuple[str])
def _kinds() -> Statement:
    return select(notices.c.kind)


def told_to_patrons(library: Library) -> list[str]:
    return [kind for (kind,) in library.read(_kinds)]


def test_a_partner_that_is_never_to_be_had_lends_nothing(stage: Stage, broker: Broker) -> None:
    library = stage.library
    told = Told(library, broker, takes_requests=True)
    loan = asked(stage, a_patron(library, email="borrower@example.org"))
    broker.status = 503
    told.tell()
    assert again(library, loan).state is BorrowingState.ASKED
    assert told_to_patrons(library) == []
    library.now += PATIENCE
    told.tell()
    assert again(library, loan).state is BorrowingState.CANCELLED
    assert told_to_patrons(library) == ["cannot_be_obtained"]


def test_a_partner_that_takes_requests_no_more_lends_nothing(stage: Stage, broker: Broker) -> None:
    library = stage.library
    loan = asked(stage, a_patron(library, email="borrower@example.org"))
    Told(library, broker, takes_requests=False).tell()
    assert again(library, loan).state is BorrowingState.CANCELLED
    assert told_to_patrons(library) == ["cannot_be_obtained"]


def test_how_we_prove_who_we_are(stage: Stage, broker: Broker) -> None:
    library = stage.library
    told = Told(
        library, broker, address_user="tiro", address_secret="pw", address_secret_in="basic"
    )
    barcode = an_item(library)
    a_lending_request(library, barcode)
    library.check_out(INSTITUTION, barcode)
    told.tell()
    assert broker.authorization == ["Basic dGlybzpwdw=="]
