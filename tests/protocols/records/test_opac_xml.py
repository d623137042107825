"""OPAC records: copies by place, and their XML against the schema."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from circulation.kernel.results import Branch, CirculationStatus, Item, ItemState, Loan
from protocols.records.opac import holdings_by_place
from protocols.records.opac_xml import opac_xml

MAIN = Branch(1, "DK-900101", "Main library", 1, "DK-900100", "Town", "Europe/Copenhagen")
HARBOUR = Branch(2, "DK-900102", "Harbour", 1, "DK-900100", "Town", "Europe/Copenhagen")
BOOK = Item._make(
    {
        "id": 1,
        "barcode": "I1",
        "record_id": 1,
        "title": "Soil",
        "author": "",
        "material_group": "book",
        "department": "Adults",
        "location": "Fiction",
        "sublocation": "",
        "call_number": "sk Smith",
        "price": None,
        "currency": None,
        "home_branch": MAIN,
    }.get(name)
    for name in Item._fields
)
#: Half past eleven in the evening in UTC is the next day in Copenhagen.
DUE = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)
LOAN = Loan(1, datetime(2026, 11, 25, tzinfo=UTC), DUE, 0)
RECORD = b'<record xmlns="http://www.loc.gov/MARC21/slim"><leader>x</leader></record>'

ON_SHELF = CirculationStatus(BOOK, ItemState.AVAILABLE)
ON_LOAN = CirculationStatus(BOOK._replace(id=2, barcode="I2"), ItemState.ON_LOAN, loan=LOAN)
ELSEWHERE = CirculationStatus(
    BOOK._replace(id=3, barcode="I3", home_branch=HARBOUR), ItemState.IN_TRANSIT, to_branch=MAIN
)


def test_copies_that_stand_together_are_told_together() -> None:
    main, harbour = holdings_by_place([ON_SHELF, ELSEWHERE, ON_LOAN])
    assert (main.nuc_code, main.local_location) == ("DK-900101", "Main library")
    assert (main.shelving_location, main.call_number) == ("Adults / Fiction", "sk Smith")
    assert [copy.item_id for copy in main.copies] == ["I1", "I2"]
    assert [copy.item_id for copy in harbour.copies] == ["I3"]


def test_what_a_copy_is_doing() -> None:
    (main,) = holdings_by_place([ON_SHELF, ON_LOAN])
    shelf, loan = main.copies
    assert shelf.available_now
    assert (shelf.availability_date, shelf.restrictions) == ("", "")
    assert not loan.available_now
    # The agency's own day, not that of UTC.
    assert (loan.availability_date, loan.restrictions) == ("2026-12-25", "on loan")


def test_an_overdue_copy_has_no_day_on_which_it_is_back() -> None:
    ((late,),) = (place.copies for place in holdings_by_place([ON_LOAN._replace(is_overdue=True)]))
    assert (late.availability_date, late.restrictions) == ("", "overdue")


def test_a_copy_under_way_says_where_to() -> None:
    ((moving,),) = (place.copies for place in holdings_by_place([ELSEWHERE]))
    assert not moving.available_now
    assert moving.restrictions == "in transit to Main library"


@pytest.mark.parametrize("state", ItemState)
def test_only_what_is_on_the_shelf_is_available(state: ItemState) -> None:
    ((copy,),) = (place.copies for place in holdings_by_place([ON_SHELF._replace(state=state)]))
    assert copy.available_now is (state is ItemState.AVAILABLE)
    assert bool(copy.restrictions) is (state is not ItemState.AVAILABLE)


def test_who_waits_is_told_and_gets_the_copy_first() -> None:
    waited_for = [each._replace(open_holds=2) for each in (ON_SHELF, ON_LOAN)]
    (main,) = holdings_by_place(waited_for)
    assert main.public_note == "2 holds on this title"
    assert [copy.on_hold for copy in main.copies] == [False, True]
    (one,) = holdings_by_place([ON_SHELF._replace(state=ItemState.ON_HOLD_SHELF, open_holds=1)])
    assert one.public_note == "1 hold on this title"
    assert one.copies[0].on_hold
    assert not one.copies[0].available_now


@pytest.mark.parametrize("state", [ItemState.CLAIMED_RETURNED, ItemState.LOST])
def test_nobody_knows_when_what_is_lost_comes_back(state: ItemState) -> None:
    ((lost,),) = (place.copies for place in holdings_by_place([ON_LOAN._replace(state=state)]))
    assert lost.availability_date == ""


@pytest.fixture(scope="module")
def schema(shared: Path) -> etree.XMLSchema:
    path = shared / "data" / "sru-schema" / "holdings" / "opacxml.xsd"
    return etree.XMLSchema(etree.parse(str(path)))


@pytest.mark.parametrize(
    "statuses", [[], [ON_SHELF], [ON_SHELF, ON_LOAN, ELSEWHERE, ON_LOAN._replace(is_overdue=True)]]
)
def test_the_xml_is_valid(schema: etree.XMLSchema, statuses: list[CirculationStatus]) -> None:
    schema.assertValid(etree.fromstring(opac_xml(RECORD, statuses)))


def test_the_xml_says_what_the_holdings_say() -> None:
    read = etree.fromstring(opac_xml(RECORD, [ON_LOAN]))
    assert read.findtext("holdings/holding/localLocation") == "Main library"
    circulation = read.find("holdings/holding/circulations/circulation")
    assert circulation is not None
    assert [(each.tag, each.get("value") or each.text) for each in circulation] == [
        ("availableNow", "0"),
        ("availabilityDate", "2026-12-25"),
        ("availableThru", "book"),
        ("restrictions", "on loan"),
        ("itemId", "I2"),
        ("renewable", "0"),
        ("onHold", "0"),
    ]


@given(st.text())
def test_any_text_gives_well_formed_xml(text: str) -> None:
    branch = MAIN._replace(name=text)
    item = BOOK._replace(call_number=text, barcode=text, home_branch=branch)
    etree.fromstring(opac_xml(RECORD, [CirculationStatus(item, ItemState.AVAILABLE)]))
