"""CheckOutItem, RenewItem, CheckInItem over a real library, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from catalogue.database import Database
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.builders.pins import hashed
from tests.protocols.ncip.stage import (
    HEADER,
    PARTNER,
    SETTINGS,
    N,
    Schemas,
    Stage,
    elements,
    item,
    problem_types,
    text_of,
    typed,
    user,
)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


def check_out(who: str, barcode: str, more: str = "") -> str:
    return f"<CheckOutItem>{HEADER}{who}{item(barcode)}{more}</CheckOutItem>"


def renew(who: str, barcode: str, more: str = "") -> str:
    return f"<RenewItem>{HEADER}{who}{item(barcode)}{more}</RenewItem>"


def check_in(barcode: str, more: str = "") -> str:
    return f"<CheckInItem>{HEADER}{item(barcode)}{more}</CheckInItem>"


def status_of(stage: Stage, barcode: str) -> str | None:
    wanted = elements("ItemElementType", "Circulation Status")
    answer = stage.ask(f"<LookupItem>{HEADER}{item(barcode)}{wanted}</LookupItem>")
    return answer.findtext(f".//{N}CirculationStatus")


def test_a_loan_from_beginning_to_end(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    barcode = an_item(stage.library, title="Peters jul")
    assert status_of(stage, barcode) == "Available On Shelf"

    who = typed("Barcode Id", card) + typed("PIN", "1234")
    wanted = elements("ItemElementType", "Bibliographic Description", "Circulation Status")
    wanted += elements("UserElementType", "Name Information")
    lent = stage.ask(check_out(who, barcode, wanted))
    assert problem_types(lent) == []
    assert text_of(lent, "ItemId/ItemIdentifierValue") == barcode
    assert text_of(lent, "ItemId/ItemIdentifierType") == "Item Barcode"
    assert text_of(lent, "UserId/UserIdentifierValue") == card
    assert (text_of(lent, "DateDue") or "").startswith("2026-12-23T")
    assert text_of(lent, "RenewalCount") == "0"
    assert lent.findtext(f".//{N}Title") == "Peters jul"
    assert lent.findtext(f".//{N}CirculationStatus") == "On Loan"
    assert lent.findtext(f".//{N}Surname") == "Ørsted"
    assert status_of(stage, barcode) == "On Loan"

    stage.library.pass_time(days=20)
    renewed = stage.ask(renew(who, barcode))
    assert problem_types(renewed) == []
    assert (text_of(renewed, "DateDue") or "") > (text_of(lent, "DateDue") or "")
    assert text_of(renewed, "RenewalCount") == "1"

    returned = stage.ask(check_in(barcode, wanted))
    assert problem_types(returned) == []
    assert text_of(returned, "UserId/UserIdentifierValue") == card
    assert text_of(returned, "RoutingInformation/RoutingInstructions") == (
        "to the shelf of this branch"
    )
    assert returned.findtext(f".//{N}Destination//{N}LocationNameValue") == "Hovedbiblioteket"
    assert returned.findtext(f".//{N}CirculationStatus") == "Available On Shelf"
    assert returned.findtext(f".//{N}Surname") == "Ørsted"
    assert status_of(stage, barcode) == "Available On Shelf"


def test_the_loan_is_made_where_the_partner_works_and_in_its_name(stage: Stage) -> None:
    stage.use(replace(SETTINGS, partners=(replace(PARTNER, branch="DK-900102"),)))
    barcode = an_item(stage.library)
    stage.ask(check_out(user(a_patron(stage.library)), barcode))
    event = stage.library.events_of(barcode)[-1]
    assert event.actor == "Interlibrary loan centre"
    assert event.branch_id == stage.library.other.id


def test_an_item_from_elsewhere_is_sent_home(stage: Stage) -> None:
    card = a_patron(stage.library)
    barcode = an_item(stage.library, home=stage.library.other, on_loan_to=card)
    returned = stage.ask(check_in(barcode))
    place = returned.findtext(f".//{N}Destination//{N}LocationNameValue")
    assert place == "Havnefilialen"
    assert status_of(stage, barcode) == "In Transit Between Library Locations"


def test_a_repeated_check_out_is_answered_with_the_loan_there_is(stage: Stage) -> None:
    stage.library.policy(loan_days=28, renewals=2, max_loans=1)
    card, barcode = a_patron(stage.library), an_item(stage.library)
    first = stage.ask(check_out(user(card), barcode))
    stage.library.pass_time(minutes=5)
    again = stage.ask(check_out(user(card), barcode))
    assert problem_types(again) == []
    assert text_of(again, "DateDue") == text_of(first, "DateDue")
    assert text_of(again, "RenewalCount") == "0"
    assert len(stage.library.events_of(barcode)) == 1


def test_a_repeated_check_in_says_that_the_item_was_not_out(stage: Stage) -> None:
    barcode = an_item(stage.library, on_loan_to=a_patron(stage.library))
    assert problem_types(stage.ask(check_in(barcode))) == []
    again = stage.ask(check_in(barcode))
    assert problem_types(again) == ["Item Not Checked Out"]
    assert text_of(again, "Problem/ProblemValue") == barcode


def test_what_stops_a_check_out(stage: Stage) -> None:
    card, other = a_patron(stage.library), a_patron(stage.library)
    free, taken = an_item(stage.library), an_item(stage.library, on_loan_to=other)
    assert problem_types(stage.ask(check_out(user(card), taken))) == ["Resource Cannot Be Provided"]
    assert set(problem_types(stage.ask(check_out(user("P999"), "I999")))) == {
        "Unknown User",
        "Unknown Item",
    }
    stage.library.policy(loan_days=28, renewals=2, max_loans=1)
    answer = stage.ask(check_out(user(other), free))
    assert problem_types(answer) == ["Maximum Check Outs Exceeded"]
    assert status_of(stage, free) == "Available On Shelf"


def test_a_copy_to_be_fetched_for_another_is_not_lent(stage: Stage) -> None:
    barcode, ida, ole = an_item(stage.library), a_patron(stage.library), a_patron(stage.library)
    a_hold(stage.library, ida, barcode)
    refused = stage.ask(check_out(user(ole), barcode))
    assert problem_types(refused) == ["Resource Cannot Be Provided"]
    assert problem_types(stage.ask(check_out(user(ida), barcode))) == []


def test_what_stops_a_renewal(stage: Stage) -> None:
    card, other = a_patron(stage.library), a_patron(stage.library)
    free, taken = an_item(stage.library), an_item(stage.library, on_loan_to=other)
    assert problem_types(stage.ask(renew(user(card), free))) == ["Item Not Checked Out"]
    answer = stage.ask(renew(user(card), taken))
    assert problem_types(answer) == ["User Ineligible To Renew This Item"]
    stage.library.pass_time(days=20)
    for _ in range(2):
        assert problem_types(stage.ask(renew(user(other), taken))) == []
        stage.library.pass_time(days=20)
    answer = stage.ask(renew(user(other), taken))
    assert "Maximum Renewals Exceeded" in problem_types(answer)


def test_a_wrong_pin_lends_nothing(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=hashed("1234"))
    barcode = an_item(stage.library)
    who = typed("User Id", card) + typed("Password", "4711")
    for body in (check_out(who, barcode), renew(who, barcode)):
        answer = stage.ask(body)
        assert "User Authentication Failed" in problem_types(answer)
        assert "4711" not in answer.xpath("string()")
    assert status_of(stage, barcode) == "Available On Shelf"


@pytest.mark.parametrize("service", ["CheckOutItem", "RenewItem", "CheckInItem"])
def test_what_is_missing_is_named(stage: Stage, service: str) -> None:
    answer = stage.ask(f"<{service}>{HEADER}</{service}>")
    named = [text_of(each, "ProblemElement") for each in answer.iter(f"{N}Problem")]
    assert named == (["ItemId"] if service == "CheckInItem" else ["UserId", "ItemId"])
    assert set(problem_types(answer)) == {"Needed Data Missing"}


def test_a_borrower_is_not_told_to_partners_that_may_not_know(stage: Stage) -> None:
    stage.use(replace(SETTINGS, partners=(replace(PARTNER, sees_borrowers=False),)))
    barcode = an_item(stage.library, on_loan_to=a_patron(stage.library))
    wanted = elements("UserElementType", "Name Information")
    answer = stage.ask(check_in(barcode, wanted))
    assert problem_types(answer) == []
    assert answer.find(f"{N}UserId") is None
    assert answer.find(f"{N}UserOptionalFields") is None


def test_a_return_says_that_its_date_was_before_the_loan(stage: Stage) -> None:
    library = stage.library
    for days, instructions in ((5, "recorded at its beginning"), (40, None)):
        barcode = an_item(library, on_loan_to=a_patron(library))
        date = (library.now - timedelta(days=days)).isoformat()
        mandated = f"<DateEventOccurred>{date}</DateEventOccurred>"
        text = check_in(barcode).replace(
            item(barcode), f"<MandatedAction>{mandated}</MandatedAction>{item(barcode)}"
        )
        answer = stage.ask(text)
        told = answer.findtext(f".//{N}RoutingInstructions")
        if instructions is None:
            assert problem_types(answer) != []
        else:
            assert told is not None
            assert told.endswith(instructions)
