"""The records that carry items: ISO 20775, as the Danish holdings look-up asks for it, and OPAC."""

from __future__ import annotations

from datetime import datetime

import pytest
from lxml import etree

from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold
from tests.protocols.sru.stage import MARC, VERSIONS, Schemas, Stage, numbers, value, version_of

#: What bibliotek.dk asks a library.
LOOK_UP = {
    "version": "1.2",
    "operation": "searchRetrieve",
    "recordSchema": "isohold",
    "query": "rec.id=10000001",
}


def furnish(stage: Stage) -> None:
    """Three copies in the main library, two of them out, and one in the branch."""
    for barcode in ("I0000001", "I0000002", "I0000003"):
        stage.add_copy(
            barcode,
            "10000001",
            department="Voksne",
            location="Fag",
            call_number="55.3 Soil & water",
            material_group="bog",
        )
    stage.add_copy("I0000004", "10000001", "DK-900102")
    for barcode in ("I0000001", "I0000002"):
        stage.lend(barcode)


def each(root: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in root.iterfind(f".//{path}")]


def test_the_danish_look_up(stage: Stage, schemas: Schemas) -> None:
    furnish(stage)
    root = schemas.check(stage.ask(**LOOK_UP))
    assert value(root, "numberOfRecords") == "1"
    assert each(root, "institutionIdentifier/value") == ["DK-900101", "DK-900102"]
    assert each(root, "physicalLocation") == ["Hovedbiblioteket", "Havnefilialen"]
    assert each(root, "copiesCount") == ["3", "1"]
    assert each(root, "availableCount") == ["1", "1"]
    assert each(root, "earliestDispatchDate") == ["2026-11-25T12:00:00+01:00"] * 2
    assert each(root, "reservationQueueLength") == ["0", "0"]
    barcodes = ["I0000001", "I0000002", "I0000003", "I0000004"]
    assert each(root, "pieceIdentifier/value") == barcodes
    assert each(root, "availabilityStatus") == ["2", "2", "1", "1"]
    assert each(root, "copyInformation/note") == ["on loan", "on loan"]
    assert each(root, "sublocation") == ["Voksne", "Fag"] * 3
    assert each(root, "shelfLocator") == ["55.3 Soil & water"] * 3
    assert each(root, "holdings/resource/resourceIdentifier/value") == ["10000001"]
    names = [found.text for found in root.iter() if str(found.tag).endswith("}recordSchema")]
    assert names[0] == "info:srw/schema/5/iso20775-v1.0"


def test_loans_are_seen_at_once_with_the_day_they_are_due(stage: Stage, schemas: Schemas) -> None:
    stage.add_copy("I0000001", "10000001")
    assert each(schemas.check(stage.ask(**LOOK_UP)), "availableCount") == ["1"]
    due = stage.lend("I0000001").loan.due
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "availableCount") == ["0"]
    (dispatch,) = each(root, "earliestDispatchDate")
    (back,) = each(root, "dateTimeAvailable")
    assert dispatch is not None
    assert datetime.fromisoformat(dispatch) == due
    assert back == dispatch
    stage.library.check_in("I0000001")
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "availabilityStatus") == ["1"]


def test_nothing_is_promised_for_what_is_overdue(stage: Stage, schemas: Schemas) -> None:
    stage.add_copy("I0000001", "10000001")
    stage.lend("I0000001")
    stage.library.pass_time(days=60)
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "copyInformation/note") == ["overdue"]
    assert each(root, "earliestDispatchDate") == []
    assert each(root, "dateTimeAvailable") == []


def test_an_item_in_transit_is_not_available(stage: Stage, schemas: Schemas) -> None:
    stage.add_copy("I0000001", "10000001")
    stage.lend("I0000001")
    stage.library.check_in("I0000001", at=stage.library.other)
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "availabilityStatus") == ["2"]
    assert each(root, "copyInformation/note") == ["in transit"]


def test_all_items_are_told(stage: Stage, schemas: Schemas) -> None:
    for number in range(1, 121):
        stage.add_copy(f"I{number:07}", "10000001")
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "copiesCount") == ["120"]
    assert len(each(root, "pieceIdentifier/value")) == 120


def test_a_record_without_items_has_no_holdings(stage: Stage, schemas: Schemas) -> None:
    root = schemas.check(stage.ask(**LOOK_UP))
    assert value(root, "numberOfRecords") == "1"
    assert b"info:srw/diagnostic/1/67" in etree.tostring(root)
    assert each(root, "holdings") == []


def test_a_record_that_is_not_there(stage: Stage, schemas: Schemas) -> None:
    root = schemas.check(stage.ask(**LOOK_UP | {"query": "rec.id=99999999"}))
    assert value(root, "numberOfRecords") == "0"
    assert numbers(root) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["opacxml", "info:srw/schema/1/opacxml-v1.0"])
def test_opac_records(stage: Stage, schemas: Schemas, version: str, name: str) -> None:
    furnish(stage)
    asked = version_of(version, "searchRetrieve")
    root = schemas.check(stage.ask(query="rec.id=10000001", recordSchema=name, **asked))
    assert each(root, "opacRecord/bibliographicRecord/{*}record/{*}leader") != []
    assert next(root.iter(f"{MARC}record")).getparent() is not None
    assert each(root, "holding/localLocation") == ["Hovedbiblioteket", "Havnefilialen"]
    assert each(root, "circulation/itemId") == ["I0000001", "I0000002", "I0000003", "I0000004"]
    shown = [found.get("value") for found in root.iter("availableNow")]
    assert shown == ["0", "0", "1", "1"]


def test_opac_records_without_items(stage: Stage, schemas: Schemas) -> None:
    root = schemas.check(stage.ask(query="rec.id=10000001", recordSchema="opacxml"))
    assert each(root, "opacRecord/holdings") == [None]


def test_the_length_of_the_queue(stage: Stage, schemas: Schemas) -> None:
    stage.add_copy("I0000001", "10000001")
    stage.lend("I0000001")
    for _ in range(3):
        a_hold(stage.library, a_patron(stage.library), "I0000001")
    root = schemas.check(stage.ask(**LOOK_UP))
    assert each(root, "reservationQueueLength") == ["3"]
    assert each(root, "availableCount") == ["0"]
