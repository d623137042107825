"""Deposits and themes over the API."""

from __future__ import annotations

from circulation.kernel.rights import Right
from tests.builders.bookings import day
from tests.builders.circulation import an_item
from tests.protocols.api.stage import Stage


def test_a_theme_is_begun_filled_and_ended(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.BOOK)
    item = an_item(library)
    wish = {
        "name": "The sea",
        "stations": [
            {"first": day(library, 0).isoformat(), "branch": "DK-900101", "place": "Window"}
        ],
        "loan_days": 0,
    }
    begun = stage.ask("POST", "/themes", wish, token=token)
    assert (begun.status, begun.body["station"]["place"]) == (200, "Window"), begun.body
    path = f"/placements/{begun.body['id']}"
    put = stage.ask("POST", f"{path}/items", {"items": [item, "nothing"]}, token=token)
    assert (put.body["done"], put.body["refused"]) == (1, 1), put.body
    listed = stage.ask("GET", "/placements", token=token)
    assert [each["items"] for each in listed.body["placements"]] == [1]
    to_move = stage.ask("GET", "/lists/to-move", token=token)
    assert [each["place"] for each in to_move.body["lines"]] == ["Window"]
    out = stage.ask("POST", f"/items/{item}/take-out", token=token)
    assert out.body == {"item": item, "was_in": True}

    later = {"stations": [{"first": day(library, 3).isoformat(), "branch": "DK-900101"}]}
    changed = stage.ask("PATCH", path, later, token=token)
    assert changed.body["station"] is None
    ended = stage.ask("POST", f"{path}/end", token=token)
    assert ended.body["ended"] is not None
    again = stage.ask("PATCH", path, later, token=token)
    assert again.status == 409


def test_stations_that_cannot_be_are_named(stage: Stage) -> None:
    token = stage.a_caller(Right.BOOK)
    station = {"first": day(stage.library, 0).isoformat(), "branch": "DK-000000"}
    told = stage.ask("POST", "/deposits", {"name": "Bus", "stations": [station]}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "stations.0.branch")
    twice = [station | {"branch": "DK-900101"}] * 2
    told = stage.ask("POST", "/deposits", {"name": "Bus", "stations": twice}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "stations")
