"""Recalls, reports, statuses and check-outs undone, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catalogue.database import Database
from circulation.kernel.events import EventKind
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import a_hold
from tests.protocols.ncip.furnishing import service
from tests.protocols.ncip.stage import (
    SETTINGS,
    Schemas,
    Stage,
    elements,
    item,
    problem_types,
    text_of,
    user,
)

STATUS = elements("ItemElementType", "Circulation Status")


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    library = a_library(database, recall_days=7, recall_notice_days=3)
    stage = Stage(library, SETTINGS, schemas)
    yield stage
    stage.close()


def status_of(stage: Stage, barcode: str) -> str | None:
    answer = stage.ask(service("LookupItem", item(barcode), STATUS))
    return text_of(answer, "ItemOptionalFields/CirculationStatus")


def report(card: str, barcode: str, what: str) -> str:
    return service("ReportCirculationStatusChange", item(barcode), user(card), what)


def update(barcode: str, status: str) -> str:
    return service("UpdateCirculationStatus", item(barcode), elements("CirculationStatus", status))


RETURNED = (
    "<ItemReportedReturned><DateReportedReturned>2026-11-24T10:00:00+01:00</DateReportedReturned>"
    "</ItemReportedReturned>"
)


def test_a_recall_and_its_end(stage: Stage) -> None:
    library = stage.library
    card = a_patron(library)
    barcode = an_item(library, on_loan_to=card)
    answer = stage.ask(service("RecallItem", item(barcode), STATUS))
    assert text_of(answer, "DateDue") == "2026-12-02T23:59:59+01:00"
    assert text_of(answer, "UserId/UserIdentifierValue") == card
    assert status_of(stage, barcode) == "Recalled"
    cancelled = stage.ask(service("CancelRecallItem", item(barcode), STATUS))
    assert not problem_types(cancelled)
    found = stage.ask(service("LookupItem", item(barcode), STATUS))
    assert text_of(found, "ItemOptionalFields/DateDue") == "2026-12-23T23:59:59+01:00"
    assert text_of(found, "ItemOptionalFields/CirculationStatus") == "On Loan"
    assert library.events_of(barcode)[-1].kind is EventKind.LOAN_RECALL_CANCELLED
    again = stage.ask(service("CancelRecallItem", item(barcode)))
    assert problem_types(again) == ["Recall Cannot Be Cancelled At This Time"]


def test_a_recall_to_a_day(stage: Stage) -> None:
    barcode = an_item(stage.library, on_loan_to=a_patron(stage.library))
    day = elements("DesiredDateDue", "2026-12-10T12:00:00+01:00")
    answer = stage.ask(service("RecallItem", item(barcode), day))
    assert text_of(answer, "DateDue") == "2026-12-10T12:00:00+01:00"


def test_a_recall_stays_while_somebody_waits(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, a_patron(library), barcode)
    assert status_of(stage, barcode) == "Recalled"
    answer = stage.ask(service("CancelRecallItem", item(barcode)))
    assert problem_types(answer) == ["Recall Cannot Be Cancelled At This Time"]


def test_no_recall(stage: Stage) -> None:
    barcode = an_item(stage.library)
    for name in ("RecallItem", "CancelRecallItem"):
        assert problem_types(stage.ask(service(name, item(barcode)))) == ["Item Not Checked Out"]
        assert problem_types(stage.ask(service(name, item("X")))) == ["Unknown Item"]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        (RETURNED, "Claimed Returned Or Never Borrowed"),
        ("<ItemReportedNeverBorrowed/>", "Claimed Returned Or Never Borrowed"),
        ("<ItemReportedLost/>", "Lost"),
        ("<ItemReportedMissing/>", "Lost"),
    ],
)
def test_what_a_user_reports(stage: Stage, what: str, status: str) -> None:
    card = a_patron(stage.library)
    barcode = an_item(stage.library, on_loan_to=card)
    assert not problem_types(stage.ask(report(card, barcode, what)))
    assert status_of(stage, barcode) == status


def test_a_report_of_somebody_elses_loan(stage: Stage) -> None:
    library = stage.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    answer = stage.ask(report(a_patron(library), barcode, RETURNED))
    assert problem_types(answer) == ["Item Not Checked Out To This User"]
    assert status_of(stage, barcode) == "On Loan"
    assert problem_types(stage.ask(report("X", barcode, RETURNED))) == ["Unknown User"]


def test_a_status_that_is_said(stage: Stage) -> None:
    barcode = an_item(stage.library)
    for status, found in (
        ("Missing", "Missing"),
        ("missing", "Missing"),
        ("Available On Shelf", "Available On Shelf"),
        ("Available On Shelf", "Available On Shelf"),
        ("Lost", "Missing"),
    ):
        assert not problem_types(stage.ask(update(barcode, status)))
        assert status_of(stage, barcode) == found


@pytest.mark.parametrize("status", ["On Loan", "In Process", "Something"])
def test_a_status_that_is_computed(stage: Stage, status: str) -> None:
    barcode = an_item(stage.library)
    assert problem_types(stage.ask(update(barcode, status))) == ["Element Rule Violated"]
    assert problem_types(stage.ask(update("X", status))) == ["Unknown Item"]


def test_a_check_out_is_undone(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    undo = service("UndoCheckOutItem", item(barcode), user(card))
    stage.ask(service("CheckOutItem", user(card), item(barcode)))
    other = service("UndoCheckOutItem", item(barcode), user(a_patron(library)))
    assert problem_types(stage.ask(other))
    answer = stage.ask(undo)
    assert text_of(answer, "UserId/UserIdentifierValue") == card
    assert status_of(stage, barcode) == "Available On Shelf"
    library.check_out(card, barcode)  # at a kiosk, which is not the partner's to undo
    refused = stage.ask(undo)
    assert problem_types(refused) == ["Unauthorized Combination Of Element Values For Agency"]
