"""`tiro accession` as a desk and scripts run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogue.changes.accession import add_record
from catalogue.items import find_item
from circulation.accession.barcode_ranges import BarcodeRange, store_range
from tests.builders.catalogue import a_record
from tests.builders.circulation import a_patron
from tests.builders.holds import a_hold
from tests.builders.staff import Staff
from tests.servers import RunningServer

OWN = "9780140449136"
#: Of the demo library, which is the other catalogue here.
FETCHED = "9780679446231"
UNKNOWN = "9788700000018"
AT = ("--branch", "DK-900101")


@pytest.fixture
def desk(staff: Staff, demo_server: RunningServer) -> Staff:
    with staff.configuration.open("a") as file:
        file.write(
            f'[[accession.targets]]\nname = "demo"\nkind = "z3950"\nhost = "127.0.0.1"\n'
            f"port = {demo_server.z3950}\n"
        )

    data = a_record("The Odyssey", "Homer", OWN)
    library = staff.library
    library.write(lambda transaction: add_record(transaction, data, now=library.now))
    library.write(
        lambda transaction: store_range(
            transaction, BarcodeRange("all", None, None, "A", 1, 99, 4, False, 1)
        )
    )
    return staff


def test_one_number(desk: Staff) -> None:
    facts = desk.json(
        "accession", OWN, *AT, "--barcode", "B1", "--price", "99,50", "--currency", "DKK"
    )
    assert (facts["item"], facts["title"], facts["origin"]) == ("B1", "The Odyssey", "OWN")
    assert facts["price"] == {"amount": 9_950, "currency": "DKK"}
    assert facts["put"]["destination"] == "SHELF_HERE"
    assert desk.json("item", "show", "B1")["price"] == facts["price"]


def test_several_numbers_from_here_and_elsewhere(desk: Staff) -> None:
    own, fetched, unknown = desk.json("accession", OWN, FETCHED, UNKNOWN, *AT, code=1)
    assert [each["answer"]["item"] for each in (own, fetched)] == ["A0001", "A0002"]
    assert [each["answer"]["origin"] for each in (own, fetched)] == ["OWN", "FETCHED"]
    assert fetched["answer"]["source"] == "demo"
    problem = unknown["problem"]
    assert [each["rule"] for each in problem["errors"]] == ["record_unknown"]
    assert problem["asked"][0]["found"] is False


def test_nobody_knows_it_but_there_is_a_title(desk: Staff) -> None:
    facts = desk.json("accession", UNKNOWN, *AT, "--brief", "Byens avis")
    assert (facts["origin"], facts["title"]) == ("BRIEF", "Byens avis")
    assert desk.json("accession", UNKNOWN, *AT)["copies_before"] == 1


def test_a_dry_run_does_nothing(desk: Staff) -> None:
    for _ in range(2):
        facts = desk.json("accession", FETCHED, *AT, "--dry-run")
        assert (facts["item"], facts["origin"], facts["is_done"]) == ("A0001", "FETCHED", False)
    found = desk.library.read(lambda transaction: find_item(transaction, "A0001"))
    assert found is None


def test_a_desk_scans_and_is_answered_line_by_line(desk: Staff) -> None:
    scanned = f"{OWN}\n\n{OWN}\tB7\nnonsense\x01\n{FETCHED}\r\n"
    result = desk.run("accession", *AT, typed=scanned)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == "A0001 | The Odyssey | Homer -> to the shelf of this branch"
    assert lines[1].startswith("B7 | The Odyssey | Homer | 1 items before -> to the shelf")
    assert lines[2].startswith("! nonsense")
    assert lines[3].startswith("A0002 | Things Fall Apart")
    assert "from demo" in lines[3]
    assert len(lines) == 4


def test_scans_for_programs_are_a_line_of_json_each(desk: Staff) -> None:
    result = desk.run("accession", *AT, "--json", typed=f"{OWN}\n{OWN}\n")
    facts = [json.loads(line)["answer"] for line in result.output.splitlines()]
    assert [each["item"] for each in facts] == ["A0001", "A0002"]
    assert facts[1]["copies_before"] == 1


def test_somebody_who_waits_is_told_of(desk: Staff) -> None:
    first = desk.json("accession", OWN, *AT)["item"]
    library = desk.library
    library.check_out(a_patron(library), first)
    a_hold(library, a_patron(library), first)
    facts = desk.json("accession", OWN, *AT)
    assert facts["put"]["destination"] == "HOLD_SHELF_HERE"
    assert facts["put"]["pickup"]["isil"] == "DK-900101"
    result = desk.run("accession", *AT, typed=f"{OWN}\n")
    assert "to the shelf" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        (OWN, FETCHED, *AT, "--barcode", "B1"),
        (*AT, "--brief", "x"),
        (OWN, "--branch", "DK-000000"),
        (OWN, *AT, "--home", "DK-000000"),
        (OWN, *AT, "--price", "9"),
        (OWN, *AT, "--price", "9", "--currency", "kr"),
    ],
)
def test_mistakes_of_the_caller(desk: Staff, arguments: tuple[str, ...]) -> None:
    assert desk.run("accession", *arguments).exit_code == 2


def test_a_target_that_is_no_target_is_told_at_once(staff: Staff, tmp_path: Path) -> None:
    with staff.configuration.open("a") as file:
        file.write('[[accession.targets]]\nname = "x"\nkind = "z3950"\nqueries = { isnb = "x" }\n')
    result = staff.run("check")
    assert result.exit_code == 1
    assert "[accession] targets.0" in result.output
