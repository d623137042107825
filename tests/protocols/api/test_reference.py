"""What is committed of the table is what the table says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openapi_spec_validator

from protocols.api.addresses import FILE, addresses, operation_at
from protocols.api.openapi import outcomes_of, written
from protocols.api.operation import Operation
from protocols.api.operation_ids import operation_id
from protocols.api.operations import OPERATIONS
from protocols.api.problems import Outcome
from protocols.api.reference import lines, page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


def test_the_committed_description_is_that_of_the_table() -> None:
    assert (FOLDER / "openapi.json").read_bytes() == written(OPERATIONS), "run make reference"


def test_the_page_is_that_of_the_table() -> None:
    assert (FOLDER / "api.md").read_text(encoding="utf-8") == page(OPERATIONS), "make reference"


def test_what_commands_know_of_the_operations_is_that_of_the_table() -> None:
    assert FILE.read_text(encoding="utf-8") == lines(OPERATIONS), "make reference"


def test_an_operation_is_found_where_commands_look_for_it() -> None:
    told = [each for each in OPERATIONS if each.tag != "documents"]
    assert [operation_at(addresses()[each.id]) for each in told] == told


def test_the_description_is_valid() -> None:
    described = json.loads(written(OPERATIONS))
    openapi_spec_validator.validate(described)
    assert described["openapi"].startswith("3.1")


def test_every_outcome_is_told_of_by_some_operation() -> None:
    told = {outcome for operation in OPERATIONS for outcome in outcomes_of(operation)}
    assert set(Outcome) - told <= {Outcome.METHOD_NOT_ALLOWED}


def test_every_operation_says_in_words_what_it_does() -> None:
    described = json.loads(written(OPERATIONS))
    found: list[Operation] = []
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["description"].endswith(".")
            found.append(operation["operationId"])
    assert len(found) == len(OPERATIONS)


def test_no_two_schemas_have_one_title() -> None:
    """Makers of clients name classes by titles, and drop an operation of which two are the same."""
    schemas = json.loads(written(OPERATIONS))["components"]["schemas"]
    titles = [each.get("title", name) for name, each in schemas.items()]
    assert sorted(titles) == sorted(set(titles))
    assert not [name for name in schemas if "__" in name]


def test_operation_ids_are_unique_and_in_the_words_of_libraries() -> None:
    named = {each.id: operation_id(each) for each in OPERATIONS}
    assert len(set(named.values())) == len(OPERATIONS)
    verb = re.compile(r"[a-z]+([A-Z][a-z]*)*")
    assert [each for each in named.values() if not verb.fullmatch(each)] == []
    assert {
        "lend": "checkOut",
        "take_back": "checkIn",
        "prolong": "renewLoan",
        "place_hold": "placeHold",
        "end_hold": "cancelHold",
        "take_payment": "payCharges",
        "show_patron": "getPatron",
    }.items() <= named.items()
