"""Records with their items: the OPAC syntax, opacxml and SUTRS, in the whole and by database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from lxml import etree

from catalogue.database import Transaction
from catalogue.items import add_item
from circulation.kernel.results import CheckedOut
from protocols.z3950.codec import read_value
from protocols.z3950.messages.building_blocks import SchemaUri, Specification
from protocols.z3950.messages.retrieval import CompSpec, PresentRequest
from protocols.z3950.messages.scanning import ScanRequest, ScanResponse, TermInfo
from protocols.z3950.messages.searching import AttributeElement, AttributesPlusTerm
from protocols.z3950.messages.structures import HoldingsAndCircData, OpacRecord
from protocols.z3950.records.forms import OPAC, SUTRS, USMARC, XML
from protocols.z3950.wire.asn1 import External
from tests.builders.circulation import Library as Circulating
from tests.builders.circulation import a_library as a_circulating_library
from tests.builders.circulation import a_patron
from tests.protocols.z3950.library import Client, Library, a_library, marc_record, records_of
from tests.protocols.z3950.pqf import search

COPIES = 12


@dataclass
class Stocked:
    library: Library
    circulating: Circulating
    client: Client

    def present(self, **fields: object) -> bytes:
        response = self.client.present(PresentRequest("default", 1, 1, **fields))  # type: ignore[arg-type]
        (data,) = records_of(response)
        return bytes(data)

    def opac(self) -> OpacRecord:
        return read_value(OpacRecord, self.present(preferred_record_syntax=OPAC))


@pytest.fixture
def stocked(sqlite_url: str) -> Iterator[Stocked]:
    """Record 1 with twelve copies in the main branch, one of them on loan, and one elsewhere."""
    with a_library(sqlite_url) as library:
        circulating = a_circulating_library(library.database)

        def stock(transaction: Transaction) -> None:
            for number in range(COPIES):
                add_item(
                    transaction,
                    barcode=f"I{number}",
                    record_id=1,
                    branch_id=circulating.main.id,
                    now=circulating.now,
                    department="Adults",
                    location="Shelf",
                    call_number="55.4 Smith",
                    material_group="book",
                )
            add_item(
                transaction,
                barcode="HARBOUR",
                record_id=1,
                branch_id=circulating.other.id,
                now=circulating.now,
            )

        circulating.write(stock)
        assert isinstance(circulating.check_out(a_patron(circulating), "I3"), CheckedOut)
        client = library.client()
        client.search(search("@attr 1=12 rec1"))
        yield Stocked(library, circulating, client)


def test_an_opac_record_is_the_marc_record_and_every_copy_by_place(stocked: Stocked) -> None:
    record = stocked.opac()
    assert record.bibliographic_record == External(marc_record(1), direct_reference=USMARC)
    main, harbour = record.holdings_data or ()
    assert isinstance(main, HoldingsAndCircData)
    assert isinstance(harbour, HoldingsAndCircData)
    assert (main.nuc_code, main.local_location) == ("DK-900101", "Hovedbiblioteket")
    assert (main.shelving_location, main.call_number) == ("Adults / Shelf", "55.4 Smith")
    assert harbour.call_number is None
    copies = main.circulation_data or []
    assert [copy.item_id for copy in copies] == [f"I{number}" for number in range(COPIES)]
    assert [copy.item_id for copy in copies if not copy.available_now] == ["I3"]
    assert copies[3].availablity_date == "2026-12-23"
    assert copies[3].restrictions == "on loan"
    assert copies[0].available_thru == "book"


def test_opacxml_says_the_same(stocked: Stocked) -> None:
    for fields in (
        {"record_composition": "opacxml"},
        {"record_composition": CompSpec(False, Specification(SchemaUri("OPACXML")))},
    ):
        read = etree.fromstring(stocked.present(preferred_record_syntax=XML, **fields))
        ids = read.findall("holdings/holding/circulations/circulation/itemId")
        assert len(ids) == COPIES + 1
        assert read.find("bibliographicRecord/{http://www.loc.gov/MARC21/slim}record") is not None


def test_brief_opac_records_have_their_items_too(stocked: Stocked) -> None:
    data = stocked.present(preferred_record_syntax=OPAC, record_composition="B")
    record = read_value(OpacRecord, data)
    assert record.holdings_data is not None
    assert len(record.holdings_data) == 2
    assert b"Hydrology" not in data


def test_sutrs_lists_every_item(stocked: Stocked) -> None:
    text = stocked.present(preferred_record_syntax=SUTRS).decode(errors="replace")
    assert text.count("Item: ") == COPIES + 1


def test_a_record_without_items_has_no_holdings(stocked: Stocked) -> None:
    stocked.client.search(search("@attr 1=12 rec2"))
    assert stocked.opac().holdings_data == []


def test_a_branch_is_a_database_with_its_own_records_and_items(stocked: Stocked) -> None:
    everything = "@attr 1=1016 @attr 2=103 x"
    for name, copies in (("DK-900102", ["HARBOUR"]), ("dk-900100", None)):
        found = stocked.client.search(search(everything, database_names=[name]))
        assert found.result_count == 1, found.records
        holdings = stocked.opac().holdings_data or []
        if copies is not None:
            (holding,) = holdings
            assert isinstance(holding, HoldingsAndCircData)
            assert [copy.item_id for copy in holding.circulation_data or ()] == copies
        else:
            assert len(holdings) == 2
    both = search(everything, database_names=["DK-900102", "Default"])
    assert stocked.client.search(both).result_count == 5


def test_a_scan_of_a_branch_counts_its_own_records(stocked: Stocked) -> None:
    term = AttributesPlusTerm([AttributeElement(1, 4)], b"soil")
    response = stocked.client.send(ScanRequest(["DK-900102"], term, 1))
    assert isinstance(response, ScanResponse)
    assert response.entries is not None
    (entry,) = response.entries.entries or ()
    assert isinstance(entry, TermInfo)
    assert (entry.term, entry.global_occurrences) == (b"soil", 1)
