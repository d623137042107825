"""RequestItem of what we do not lend: other libraries are asked for it, and the request is looked
up, listed and cancelled like one for a hold. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from lxml import etree

from catalogue.database import Database
from circulation.interlending.borrowing import Accepted, Agreement, Incoming, accept
from circulation.interlending.cases import Case, open_cases
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.kernel.act import Act
from protocols.hosting.arrivals import Arrival
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import holds_of, record_of
from tests.builders.pins import hashed
from tests.protocols.iso18626.stage import ODENSE, a_partner
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    SETTINGS,
    Schemas,
    Stage,
    item,
    message,
    problem_types,
    text_of,
    typed,
    user,
)
from tests.protocols.ncip.test_requesting import cancel, record, request, request_id

ISBN = "9788702257700"
#: Discovery systems name ISBNs in either way.
BY_ISBN = (
    "<BibliographicId><BibliographicItemId><BibliographicItemIdentifier>978-87-02-25770-0"
    "</BibliographicItemIdentifier><BibliographicItemIdentifierCode>ISBN"
    "</BibliographicItemIdentifierCode></BibliographicItemId></BibliographicId>"
)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    a_partner(stage.library, takes_requests=True)
    yield stage
    stage.close()


def cases(stage: Stage) -> list[Case]:
    return list(stage.library.read(lambda transaction: open_cases(transaction, after=0, at_most=9)))


def last_loan(stage: Stage, case: Case) -> InterlibraryLoan:
    assert case.loan_id is not None
    found = stage.library.read(lambda transaction: loan_by_id(transaction, case.loan_id or 0))
    assert found is not None
    return found


def look_up(what: str) -> str:
    return f"<LookupRequest>{HEADER}{what}</LookupRequest>"


def test_a_title_that_we_do_not_have_is_asked_for_elsewhere(stage: Stage) -> None:
    card = a_patron(stage.library)
    more = (
        "<ItemOptionalFields><BibliographicDescription><Author>Ibsen, Henrik</Author>"
        "<Title>Vildanden</Title></BibliographicDescription></ItemOptionalFields>"
        "<NeedBeforeDate>2027-01-31T12:00:00Z</NeedBeforeDate>"
        "<PickupLocation>DK-900102</PickupLocation>"
    )
    answer = stage.ask(request(user(card), BY_ISBN + request_id("W 1"), more))
    assert not problem_types(answer)
    assert text_of(answer, "RequestId/RequestIdentifierValue") == "W 1"
    assert text_of(answer, "UserId/UserIdentifierValue") == card
    (case,) = cases(stage)
    assert (case.title, case.author, case.number) == ("Vildanden", "Ibsen, Henrik", ISBN)
    assert case.before is not None
    assert (case.before.day, case.branch_id) == (31, stage.library.other.id)
    assert last_loan(stage, case).partner == ODENSE.casefold()


def test_an_isbn_alone_is_enough_and_a_number_of_a_list_is_not(stage: Stage) -> None:
    card = a_patron(stage.library)
    assert problem_types(stage.ask(request(user(card), record("rec-77")))) == ["Unknown Item"]
    assert problem_types(stage.ask(request(user(card), item("I-77")))) == ["Unknown Item"]
    assert cases(stage) == []
    assert not problem_types(stage.ask(request(user(card), record(ISBN))))
    assert cases(stage)[0].number == ISBN


def test_what_is_not_lent_to_the_user_is_asked_for_elsewhere(stage: Stage) -> None:
    library = stage.library
    library.policy(material_group="reference", holdable=False)
    barcode, card = an_item(library, material_group="reference", title="Atlas"), a_patron(library)
    alone = stage.ask(request(user(card), item(barcode), scope="Item"))
    assert problem_types(alone) == ["Item Does Not Circulate"]  # this very item was wanted
    answer = stage.ask(request(user(card), item(barcode)))
    assert not problem_types(answer)
    (case,) = cases(stage)
    assert case.record_id == record_of(library, barcode)
    assert text_of(answer, "RequestId/RequestIdentifierValue") == str(case.id)
    assert holds_of(library, card) == []


def test_the_second_time_it_is_the_same_wish(stage: Stage) -> None:
    card, other = a_patron(stage.library), a_patron(stage.library)
    first = stage.ask(request(user(card), BY_ISBN + request_id("W 1")))
    for later in ({"hours": 1}, {"hours": 3}):  # by the answer that was kept, and without it
        stage.library.pass_time(**later)
        again = stage.ask(request(user(card), BY_ISBN + request_id("W 1")))
        assert [each.tag for each in again] == [each.tag for each in first]
        assert text_of(again, "RequestId/RequestIdentifierValue") == "W 1"
    unnamed = stage.ask(request(user(card), BY_ISBN))
    assert text_of(unnamed, "RequestId/RequestIdentifierValue") == "W 1"
    assert len(cases(stage)) == 1
    stage.ask(request(user(other), BY_ISBN))
    assert len(cases(stage)) == 2


def test_how_far_it_is_and_that_it_has_come(stage: Stage) -> None:
    library, card = stage.library, a_patron(stage.library)
    stage.ask(request(user(card), BY_ISBN + request_id("W 1")))
    looked = stage.ask(look_up(request_id("W 1")))
    assert text_of(looked, "RequestStatusType") == "Requested Via ILL"
    assert text_of(looked, "UserId/UserIdentifierValue") == card
    listed = stage.ask(f"<LookupUser>{HEADER}{user(card)}<RequestedItemsDesired/></LookupUser>")
    assert text_of(listed, "RequestedItem/RequestStatusType") == "Requested Via ILL"
    assert text_of(listed, "RequestedItem/RequestId/RequestIdentifierValue") == "W 1"

    loan = last_loan(stage, cases(stage)[0])
    come = library.write(
        lambda transaction: accept(
            Act(transaction, library.circulation, library.desk(), library.now),
            agreement=Agreement(ODENSE.casefold(), "Odense"),
            request_id=loan.request_id,
            patron=None,
            incoming=Incoming(barcode="ODENSE-1", title="Vildanden"),
        )
    )
    assert isinstance(come, Accepted)
    looked = stage.ask(look_up(request_id("W 1")))
    assert text_of(looked, "RequestStatusType") == "Available For Pickup"
    assert text_of(looked, "ItemId/ItemIdentifierValue") == "ODENSE-1"
    listed = stage.ask(f"<LookupUser>{HEADER}{user(card)}<RequestedItemsDesired/></LookupUser>")
    assert text_of(listed, "RequestedItem/RequestId/RequestIdentifierValue") == "W 1"
    assert text_of(listed, "RequestedItemsCount/RequestedItemCountValue") == "1"


def test_it_is_cancelled_like_a_hold_and_only_for_its_user(stage: Stage) -> None:
    card, other = a_patron(stage.library), a_patron(stage.library)
    stage.ask(request(user(card), BY_ISBN + request_id("W 1")))
    (case,) = cases(stage)
    for name in ("W 1", str(case.id)):
        wrong = stage.ask(cancel(user(other), request_id(name)))
        assert problem_types(wrong) == ["Unknown Request"]
    assert len(cases(stage)) == 1
    gone = stage.ask(cancel(user(card), request_id("W 1")))
    assert text_of(gone, "RequestId/RequestIdentifierValue") == "W 1"
    assert cases(stage) == []
    assert last_loan(stage, case).closed is not None
    assert problem_types(stage.ask(cancel(user(card), request_id("W 1")))) == ["Unknown Request"]
    # Under the same name it may be wanted again.
    assert not problem_types(stage.ask(request(user(card), BY_ISBN + request_id("W 1"))))
    assert len(cases(stage)) == 1


def test_a_wrong_pin_asks_for_nothing(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    wrong = typed("Barcode Id", card) + typed("PIN", "4321")
    assert problem_types(stage.ask(request(wrong, BY_ISBN))) == ["User Authentication Failed"]
    assert cases(stage) == []
    right = typed("Barcode Id", card) + typed("PIN", "1234")
    assert not problem_types(stage.ask(request(right, BY_ISBN)))
    assert len(cases(stage)) == 1


def test_it_is_not_forwarded_where_that_is_not_agreed(stage: Stage) -> None:
    """Neither by the agreement, nor for a library that wants it from us; nor is anything lost where
    nobody may be asked."""
    card = a_patron(stage.library)
    for agreed in (
        replace(PARTNER, forwards_requests=False),
        replace(PARTNER, lends_to="anybody"),
        replace(PARTNER, institutions=(card,)),
    ):
        stage.use(NcipSettings(partners=(agreed,)))
        assert problem_types(stage.ask(request(user(card), BY_ISBN))) == ["Unknown Item"]
    stage.use(SETTINGS)
    a_partner(stage.library, takes_requests=True, closed_for_orders=True)
    assert problem_types(stage.ask(request(user(card), BY_ISBN))) == ["Unknown Item"]
    assert cases(stage) == []


@pytest.mark.parametrize("proof", [{}, {"addresses": (ip_network("127.0.0.0/8"),)}])
def test_another_partner_learns_nothing_of_a_wish(stage: Stage, proof: dict[str, Any]) -> None:
    card = a_patron(stage.library)
    stage.ask(request(user(card), BY_ISBN + request_id("W 1")))
    (case,) = cases(stage)
    stranger = replace(PARTNER, serves=(), sees_borrowers=False, agency="DK-710200", **proof)
    stage.use(NcipSettings(partners=(stranger,)))
    for name in ("W 1", str(case.id)):
        for body in (look_up(request_id(name)), cancel("", request_id(name))):
            document = message(body.replace("DK-710100", "DK-710200"))
            answer = stage.answer(document, Arrival(host="127.0.0.1"))
            assert problem_types(stage.schemas.check(answer)[0]), answer
            assert card.encode() not in answer
    assert len(cases(stage)) == 1


def test_who_has_brought_a_wish_may_speak_of_it_without_its_user(stage: Stage) -> None:
    """A partner that proves itself, with a user who is named by a PIN at first."""
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    proven = replace(PARTNER, serves=(), addresses=(ip_network("127.0.0.0/8"),))
    stage.use(NcipSettings(partners=(proven,)))
    here = Arrival(host="127.0.0.1")

    def ask(body: str) -> etree._Element:
        return stage.schemas.check(stage.answer(message(body), here))[0]

    who = typed("Barcode Id", card) + typed("PIN", "1234")
    assert not problem_types(ask(request(who, BY_ISBN + request_id("W 1"))))
    looked = ask(look_up(request_id("W 1")))
    assert text_of(looked, "RequestStatusType") == "Requested Via ILL"
    assert text_of(looked, "UserId/UserIdentifierValue") is None  # whom it may not see by itself
    assert not problem_types(ask(cancel(who, request_id("W 1"))))
    looked = ask(look_up(request_id("W 1")))
    assert text_of(looked, "RequestStatusType") == "Cannot Fulfill Request"
