"""RequestItem, CancelRequestItem and the requests of LookupUser, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from catalogue.database import Database, Statement, change
from catalogue.schema import records
from circulation.closures.closing import close_branch
from protocols.ncip.codec import encode
from protocols.ncip.messages import Code
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold, holds_of, record_of
from tests.builders.pins import hashed
from tests.protocols.ncip.asking import CASES
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    SETTINGS,
    N,
    Schemas,
    Stage,
    item,
    problem_types,
    text_of,
    typed,
    user,
)


@change
def _number_record(*, record_id: int, number: str | None) -> Statement:
    return update(records).where(records.c.id == record_id).values(control_number=number)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def request(who: str, what: str, more: str = "", scope: str = "Bibliographic Item") -> str:
    return (
        f"<RequestItem>{HEADER}{who}{what}<RequestType>Hold</RequestType>"
        f"<RequestScopeType>{scope}</RequestScopeType>{more}</RequestItem>"
    )


def cancel(who: str, what: str) -> str:
    return f"<CancelRequestItem>{HEADER}{who}{what}<RequestType></RequestType></CancelRequestItem>"


def record(number: str) -> str:
    return (
        "<BibliographicId><BibliographicRecordId><BibliographicRecordIdentifier>"
        f"{number}</BibliographicRecordIdentifier><BibliographicRecordIdentifierCode>SYSNUMBER"
        "</BibliographicRecordIdentifierCode></BibliographicRecordId></BibliographicId>"
    )


def request_id(value: str) -> str:
    return f"<RequestId><RequestIdentifierValue>{value}</RequestIdentifierValue></RequestId>"


def test_a_request_from_beginning_to_end(stage: Stage) -> None:
    library = stage.library
    first, card = a_patron(library), a_patron(library, pin_hash=hashed("1234"))
    barcode = an_item(library, title="Peters jul")
    a_hold(library, first, barcode)
    who = typed("Barcode Id", card) + typed("PIN", "1234")
    when = "<PickupLocation>DK-900102</PickupLocation>"
    answer = stage.ask(request(who, item(barcode), when))
    assert not problem_types(answer)
    assert text_of(answer, "RequestType") == "Hold"
    assert text_of(answer, "RequestScopeType") == "Bibliographic Item"
    number = text_of(answer, "RequestId/RequestIdentifierValue")
    assert number is not None

    asked = f"<LookupUser>{HEADER}{user(card)}<RequestedItemsDesired/></LookupUser>"
    found = stage.ask(asked)
    assert text_of(found, "RequestedItemsCount/RequestedItemCountValue") == "1"
    assert text_of(found, "RequestedItem/RequestId/RequestIdentifierValue") == number
    assert text_of(found, "RequestedItem/RequestStatusType") == "In Process"
    assert text_of(found, "RequestedItem/PickupLocation") == "DK-900102"
    assert text_of(found, "RequestedItem/HoldQueuePosition") == "2"
    assert text_of(found, "RequestedItem/Title") == "Peters jul"

    gone = stage.ask(cancel(who, request_id(number)))
    assert not problem_types(gone)
    assert text_of(gone, "RequestId/RequestIdentifierValue") == number
    assert holds_of(library, card) == []
    assert problem_types(stage.ask(cancel(who, request_id(number)))) == ["Unknown Request"]


def test_what_is_ready_is_told_with_its_item_and_deadline(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode)
    library.check_in(barcode)
    found = stage.ask(f"<LookupUser>{HEADER}{user(card)}<RequestedItemsDesired/></LookupUser>")
    assert text_of(found, "RequestedItem/RequestStatusType") == "Available For Pickup"
    assert text_of(found, "RequestedItem/ItemId/ItemIdentifierValue") == barcode
    expiry = text_of(found, "RequestedItem/PickupExpiryDate")
    assert expiry == "2026-12-02T23:59:59+01:00"
    assert found.find(f".//{N}HoldQueuePosition") is None


def test_the_scope_says_whether_just_this_item_will_do(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    answer = stage.ask(request(user(card), item(barcode), scope="item"))
    assert text_of(answer, "RequestScopeType") == "Item"
    assert text_of(answer, "ItemId/ItemIdentifierValue") == barcode
    assert holds_of(library, card)[0].hold.item == barcode


def test_a_record_goes_by_its_control_number(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    of = record_of(library, barcode)
    library.write(
        lambda transaction: _number_record(transaction, record_id=of, number="870970-12345")
    )
    assert not problem_types(stage.ask(request(user(card), record("870970-12345"))))
    assert holds_of(library, card)[0].hold.record_id == of
    assert problem_types(stage.ask(request(user(card), record("no-such")))) == ["Unknown Item"]


@pytest.mark.parametrize("scope", ["Title", "Bibliographic Item", "title"])
def test_the_record_decides_where_any_item_of_it_will_do(stage: Stage, scope: str) -> None:
    """As mod-ncip is asked: with a scope of the title, a record, and a placeholder as item."""
    library = stage.library
    wanted, other = an_item(library), an_item(library, title="Pan")
    library.write(
        lambda transaction: _number_record(
            transaction, record_id=record_of(library, wanted), number="instanceHrid1"
        )
    )
    of_record = (
        "<BibliographicId><BibliographicRecordId><BibliographicRecordIdentifier>instanceHrid1"
        "</BibliographicRecordIdentifier></BibliographicRecordId></BibliographicId>"
    )
    for named in ("item1", other):
        card = a_patron(library)
        answer = stage.ask(request(user(card), item(named), of_record, scope=scope))
        assert problem_types(answer) == []
        [placed] = holds_of(library, card)
        assert (placed.hold.record_id, placed.hold.item) == (record_of(library, wanted), None)
    card = a_patron(library)
    answer = stage.ask(request(user(card), item("item1") + record("no such"), scope=scope))
    assert problem_types(answer) == ["Unknown Item"]
    # An item of ours does for a record that is called otherwise here, and for the scope Item alone.
    stage.ask(request(user(card), item(other) + record("no such"), scope=scope))
    assert [each.hold.record_id for each in holds_of(library, card)] == [record_of(library, other)]
    told = item("item1") + record("instanceHrid1")
    assert problem_types(stage.ask(request(user(card), told, scope="Item"))) == ["Unknown Item"]


def test_refusals_have_the_words_of_the_service(stage: Stage) -> None:
    library = stage.library
    library.policy(material_group="reference", holdable=False)
    card, barcode = a_patron(library), an_item(library)
    fixed = an_item(library, material_group="reference")
    assert not problem_types(stage.ask(request(user(card), item(barcode))))

    def refused(what: str, more: str = "", who: str = card) -> list[str]:
        return list(problem_types(stage.ask(request(user(who), what, more))))

    assert refused(item(barcode)) == ["Duplicate Request"]
    assert refused(item(fixed)) == ["Item Does Not Circulate"]
    assert refused(item("nothing")) == ["Unknown Item"]
    assert refused(item(fixed), who="nobody") == ["Unknown User"]
    before = "<NeedBeforeDate>2026-11-01T00:00:00Z</NeedBeforeDate>"
    other = an_item(library)
    assert refused(item(other), before) == ["Item Not Available By Need Before Date"]
    nowhere = "<PickupLocation>DK-1</PickupLocation>"
    assert refused(item(other), nowhere) == ["Unknown Agency"]


def test_a_cancel_goes_by_an_item_too_and_needs_the_right_pin(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library, pin_hash=hashed("1234")), an_item(library)
    a_hold(library, card, barcode)
    wrong = typed("Barcode Id", card) + typed("PIN", "4321")
    assert problem_types(stage.ask(cancel(wrong, item(barcode)))) == ["User Authentication Failed"]
    assert problem_types(stage.ask(cancel(user(card), item("nothing")))) == ["Unknown Item"]
    assert problem_types(stage.ask(cancel(user(card), request_id("x")))) == ["Unknown Request"]
    assert len(holds_of(library, card)) == 1
    assert not problem_types(stage.ask(cancel(user(card), item(barcode))))
    assert holds_of(library, card) == []


def test_a_check_in_says_that_somebody_waits(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    card = a_patron(library)
    a_hold(library, card, barcode, at=library.other)
    answer = stage.ask(f"<CheckInItem>{HEADER}{item(barcode)}</CheckInItem>")
    routing = text_of(answer, "RoutingInformation/RoutingInstructions")
    assert routing == "in transit to the branch where somebody waits for it"
    renewed = stage.ask(
        f"<CheckOutItem>{HEADER}{user(a_patron(library))}{item(barcode)}</CheckOutItem>"
    )
    assert problem_types(renewed) == ["Resource Cannot Be Provided"]


def test_a_check_in_says_until_when_a_closed_pickup_branch_lets_it_wait(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), barcode, at=library.other)
    day = library.today + timedelta(days=2)
    period = {"branch": library.other.isil, "first": library.today, "last": day, "reason": ""}
    library.write(lambda transaction: close_branch(library.act(transaction), **period))
    answer = stage.ask(f"<CheckInItem>{HEADER}{item(barcode)}</CheckInItem>")
    routing = text_of(answer, "RoutingInformation/RoutingInstructions") or ""
    opens = day + timedelta(days=1)
    assert routing.endswith(f", which is closed until {opens}: keep it here until then")


@pytest.mark.parametrize("name", ["RequestItem", "AcceptItem"])
@pytest.mark.parametrize("word", ["ILL Office", "Main Library", "129479", "SE-Q"])
def test_a_word_for_a_place_that_means_nothing_here_is_the_partner_s_own(
    stage: Stage, name: str, word: str
) -> None:
    """Of a partner that was never told our words, in every service that names a place."""
    (asked,) = CASES[name](stage.library)
    answer = stage.answer(encode(replace(asked, pickup_location=Code(word))))
    assert not problem_types(stage.schemas.check(answer))
    card = asked.user_id.user_identifier_value
    (queued,) = holds_of(stage.library, card)
    assert queued.hold.pickup_branch.isil == "DK-900101"


@pytest.mark.parametrize("name", ["RequestItem", "AcceptItem"])
@pytest.mark.parametrize(
    ("settings", "word"),
    [({}, "DK-999999"), ({"pickup": ("HARBOUR=DK-900102",)}, "ILL Office")],
)
def test_a_place_that_is_another_s_is_named_in_the_problem(
    stage: Stage, name: str, settings: dict[str, Any], word: str
) -> None:
    stage.use(NcipSettings(partners=(replace(PARTNER, **settings),)))
    (asked,) = CASES[name](stage.library)
    answer = stage.schemas.check(stage.answer(encode(replace(asked, pickup_location=Code(word)))))[
        0
    ]
    assert problem_types(answer) == ["Unknown Agency"]
    assert text_of(answer, "Problem/ProblemElement") == "PickupLocation"
    assert text_of(answer, "Problem/ProblemValue") == word
    assert holds_of(stage.library, asked.user_id.user_identifier_value) == []


def test_what_is_refused_is_named_with_its_element(stage: Stage) -> None:
    library = stage.library
    library.policy(material_group="reference", holdable=False)
    card, barcode = a_patron(library), an_item(library)
    fixed = an_item(library, material_group="reference")
    stage.ask(request(user(card), item(barcode)))

    def at_fault(what: str, more: str = "") -> tuple[str | None, str | None]:
        answer = stage.ask(request(user(card), what, more))
        said = ("Problem/ProblemElement", "Problem/ProblemValue")
        element, value = (text_of(answer, each) for each in said)
        return element, value

    assert at_fault(item(barcode)) == ("ItemIdentifierValue", barcode)
    assert at_fault(item(fixed)) == ("ItemIdentifierValue", fixed)
    before = "<NeedBeforeDate>2026-11-01T00:00:00Z</NeedBeforeDate>"
    element, value = at_fault(item(an_item(library)), before)
    assert element == "NeedBeforeDate"
    assert value is not None
    assert value.startswith("2026-11-01")


def test_the_name_of_a_request_is_no_novel(stage: Stage) -> None:
    """Its index on PostgreSQL could not hold it: it would fail whenever it is sent again."""
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    for name, found in (("9" * 255, []), ("9" * 256, ["Invalid Message Syntax Error"])):
        what = item(barcode) + request_id(name)
        assert list(problem_types(stage.ask(request(user(card), what)))) == found
