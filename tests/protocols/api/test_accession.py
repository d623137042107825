"""New items and deliveries over the API."""

from __future__ import annotations

from catalogue.items import find_item
from circulation.kernel.rights import Right
from tests.protocols.api.stage import Stage

ISBN = "9788700730816"


def test_a_number_becomes_an_item_that_is_ready_to_lend(stage: Stage) -> None:
    token = stage.a_caller(Right.EDIT_CATALOGUE)
    wish = {
        "number": ISBN,
        "item": {"barcode": "N1", "price": {"amount": 19950, "currency": "DKK"}},
    }
    unknown = stage.ask("POST", "/accessions", wish, token=token)
    assert (unknown.status, unknown.body["errors"][0]["rule"]) == (409, "record_unknown")
    brief = wish | {"brief": {"title": "Silas", "author": "Cecil Bødker"}, "dry_run": True}
    tried = stage.ask("POST", "/accessions", brief, token=token)
    assert (tried.status, tried.body["is_done"]) == (200, False), tried.body
    assert stage.library.read(lambda transaction: find_item(transaction, "N1")) is None
    told = stage.ask("POST", "/accessions", brief | {"dry_run": False}, token=token)
    assert (told.body["item"], told.body["origin"]) == ("N1", "BRIEF")
    assert told.body["price"] == {"amount": 19950, "currency": "DKK"}
    assert told.body["put"]["destination"] == "SHELF_HERE"
    again = stage.ask("POST", "/accessions", brief | {"dry_run": False}, token=token)
    assert (again.status, again.body["errors"][0]["rule"]) == (409, "barcode_in_use")


def test_a_delivery_is_announced_and_received(stage: Stage) -> None:
    token = stage.a_caller(Right.EDIT_CATALOGUE)
    line = {
        "number": ISBN,
        "copies": 2,
        "title": "Silas",
        "price": {"amount": 1, "currency": "DKK"},
    }
    wish = {"supplier": "BookCo", "order": "B-1", "branch": "DK-900101", "lines": [line]}
    wrong = stage.ask("POST", "/deliveries", wish | {"branch": "DK-000000"}, token=token)
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "branch")
    told = stage.ask("POST", "/deliveries", wish, token=token)
    assert (told.body["copies"], told.body["new_titles"]) == (2, 1), told.body
    path = f"/deliveries/{told.body['delivery']}"
    twice = stage.ask("POST", "/deliveries", wish, token=token)
    assert twice.status == 422

    scan = {"scanned": ISBN, "item": {"barcode": "N1"}}
    got = stage.ask("POST", "/deliveries/scans", scan, token=token)
    assert (got.body["item"], got.body["delivery"]["received"]) == ("N1", 1), got.body
    shown = stage.ask("GET", path, token=token)
    assert [each["received"] for each in shown.body["lines"]] == [1]
    listed = stage.ask("GET", "/deliveries", token=token)
    assert [each["order"] for each in listed.body["deliveries"]] == ["B-1"]
    ended = stage.ask("POST", f"{path}/end", token=token)
    assert ended.body["delivery"]["closed"] is not None
    here = stage.ask("POST", "/deliveries/scans", {"scanned": "N1"}, token=token)
    assert here.status == 409


def test_what_nobody_announced_is_on_a_list_until_it_is_settled(stage: Stage) -> None:
    token = stage.a_caller(Right.EDIT_CATALOGUE)
    told = stage.ask("POST", "/deliveries/scans", {"scanned": ISBN}, token=token)
    assert (told.status, told.body["item"]) == (200, None), told.body
    line = told.body["unexpected"]
    listed = stage.ask("GET", "/lists/unexpected", token=token)
    assert [each["id"] for each in listed.body["lines"]] == [line]
    stranger = stage.a_caller(Right.EDIT_CATALOGUE, agency=stage.library.main.agency_id + 9)
    path = f"/lists/unexpected/{line}/settle"
    assert stage.ask("POST", path, token=stranger).status == 404
    assert stage.ask("POST", path, token=token).status == 204
    assert stage.ask("GET", "/lists/unexpected", token=token).body == {"lines": []}
