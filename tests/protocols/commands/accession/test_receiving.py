"""`tiro receiving` as a desk and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue.changes.accession import add_record
from circulation.accession.barcode_ranges import BarcodeRange, store_range
from tests.builders.catalogue import a_record
from tests.builders.staff import Staff

ISBN = "9780140449136"
AT = ("--branch", "DK-900101")
CSV = f"""\
supplier,order_number,branch,expected,isbn,copies,barcode,title,price,currency
Bogs,117,DK-900101,2026-01-05,{ISBN},1,,,199.95,DKK
Bogs,117,DK-900101,,9788700000018,1,S1,Ny,,
Bogs,118,DK-900102,,{ISBN},2,,,,
"""


@pytest.fixture
def desk(staff: Staff) -> Staff:
    data = a_record("The Odyssey", "Homer", ISBN)
    library = staff.library
    library.write(lambda transaction: add_record(transaction, data, now=library.now))
    library.write(
        lambda transaction: store_range(
            transaction, BarcodeRange("all", None, None, "A", 1, 99, 4, False, 1)
        )
    )
    return staff


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    return path


def test_announced_received_and_listed(desk: Staff, file: Path) -> None:
    told = desk.json("receiving", "announce", str(file))["deliveries"]
    assert [(each["order"], each["copies"], each["new_titles"]) for each in told] == [
        ("117", 2, 1),
        ("118", 2, 0),
    ]
    late = desk.json("receiving", "list", "--overdue")
    assert [each["order"] for each in late["deliveries"]] == ["117"]
    result = desk.run("receiving", "receive", *AT, typed=f"S1\n{ISBN}\n9788700000025\nS1\n")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("S1 | Ny | order 117 1 of 2 -> to the shelf of this branch")
    assert lines[1].startswith("A0001 | The Odyssey | order 117 2 of 2")
    assert "nobody has announced this" in lines[2]
    assert "here already" in lines[3]
    assert desk.json("item", "show", "A0001")["price"]["amount"] == 19_995
    (left,) = desk.json("receiving", "list")["deliveries"]
    assert left["order"] == "118"
    assert desk.json("receiving", "list", "--order", "118")["deliveries"] == [left]
    assert desk.json("receiving", "show", left["id"])["lines"][0]["copies"] == 2
    (odd,) = desk.json("receiving", "unexpected")["lines"]
    assert odd["scanned"] == "9788700000025"
    assert desk.run("receiving", "unexpected", "--settle", odd["id"]).exit_code == 0
    assert desk.json("receiving", "unexpected", *AT)["lines"] == []
    assert desk.run("receiving", "unexpected", "--settle", odd["id"]).exit_code == 1
    assert desk.json("receiving", "close", left["id"])["delivery"]["closed"]
    assert desk.run("receiving", "close", left["id"]).exit_code == 1


def test_pages_of_the_list(desk: Staff, file: Path) -> None:
    desk.json("receiving", "announce", str(file))
    first = desk.run("receiving", "list", "--limit", "1", "--json")
    word = json.loads(first.stderr)["cursor"]
    second = desk.run("receiving", "list", "--limit", "1", "--cursor", word, "--json")
    pages = [json.loads(each.stdout)["deliveries"] for each in (first, second)]
    assert [[each["order"] for each in page] for page in pages] == [["117"], ["118"]]
    assert second.stderr == ""
    assert "more: --cursor" in desk.run("receiving", "list", "--limit", "1").stderr
    assert desk.run("receiving", "list", "--cursor", "x").exit_code == 1


def test_the_unexpected_can_be_taken_in(desk: Staff) -> None:
    result = desk.run(
        "receiving", "receive", ISBN, *AT, "--take-unexpected", "--barcode", "B1", "--json"
    )
    facts = json.loads(result.output)["answer"]
    assert (facts["item"], facts["put"]["destination"]) == ("B1", "SHELF_HERE")


def test_a_file_with_mistakes_announces_nothing(desk: Staff, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(CSV.replace("DK-900102", "DK-1").replace(",Ny,", ",,"))
    result = desk.run("receiving", "announce", str(path))
    assert result.exit_code == 1
    assert "orders.csv:4: there is no branch with the ISIL DK-1" in result.output
    assert "orders.csv:3: nobody has a record" in result.output
    assert desk.json("receiving", "list")["deliveries"] == []
    path = tmp_path / "order.toml"
    path.write_text("supplier = 3\n")
    result = desk.run("receiving", "announce", str(path))
    assert result.exit_code == 1
    assert "order.toml:1: supplier: must be a text" in result.output
