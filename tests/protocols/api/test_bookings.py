"""Bookings over the API: placed, prepared, handed out, taken back."""

from __future__ import annotations

from circulation.kernel.rights import Right
from tests.builders.bookings import a_set, day
from tests.builders.circulation import a_patron
from tests.protocols.api.stage import Stage


def test_a_set_is_booked_prepared_lent_and_taken_back(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.BOOK)
    items, teacher = a_set(library, 2), a_patron(library)
    wish = {
        "card": teacher,
        "item": items[0],
        "first": day(library, 4).isoformat(),
        "last": day(library, 9).isoformat(),
        "copies": 2,
    }
    placed = stage.ask("POST", "/bookings", wish, token=token)
    assert (placed.status, placed.body["copies"]) == (200, 2), placed.body
    booking = f"/bookings/{placed.body['id']}"

    changed = stage.ask("PATCH", booking, {"note": "for the exam"}, token=token)
    assert changed.body["note"] == "for the exam"
    whose = stage.ask("GET", f"/bookings?patron={stage.public_id(teacher)}", token=token)
    assert [each["id"] for each in whose.body["bookings"]] == [placed.body["id"]]

    due = stage.ask("GET", "/lists/bookings-to-prepare", token=token)
    assert [each["copies"] for each in due.body["lines"]] == [2]
    aside = stage.ask("POST", f"{booking}/set-aside", {"items": items}, token=token)
    assert (aside.body["done"], aside.body["refused"]) == (2, 0), aside.body
    back = stage.ask("POST", f"/items/{items[1]}/put-back", token=token)
    assert back.body == {"item": items[1], "was_set_aside": True}

    library.pass_time(days=4)
    lent = stage.ask("POST", f"{booking}/delivery", {}, token=token)
    assert [each["item"] for each in lent.body["copies"]["copies"]] == [items[0]], lent.body
    shown = stage.ask("GET", booking, token=token)
    assert [each["item"] for each in shown.body["out"]] == [items[0]]
    ended = stage.ask(
        "POST", f"{booking}/return", {"items": [items[0]], "is_all": True}, token=token
    )
    assert (ended.body["booking"]["outcome"], ended.body["missing"]) == ("fulfilled", [])


def test_a_booking_that_is_too_long_is_made_by_whoever_may(stage: Stage) -> None:
    library = stage.library
    (item,) = a_set(library, 1, max_booking_days=3)
    wish = {
        "card": a_patron(library),
        "item": item,
        "first": day(library, 4).isoformat(),
        "last": day(library, 9).isoformat(),
        "copies": 1,
    }
    clerk = stage.a_caller(Right.BOOK)
    told = stage.ask("POST", "/bookings", wish, token=clerk)
    [reason] = told.body["reasons"]
    assert (reason["code"], reason["right"], reason["may"]) == (
        "BOOKING_TOO_LONG",
        "override.soft",
        False,
    )
    wish["override"] = {"reasons": ["BOOKING_TOO_LONG"], "why": "a school trip"}
    assert stage.ask("POST", "/bookings", wish, token=clerk).status == 403
    head = stage.a_caller(Right.BOOK, Right.OVERRIDE_SOFT)
    made = stage.ask("POST", "/bookings", wish, token=head)
    assert made.status == 200
    longer, shorter = ({"last": day(library, number).isoformat()} for number in (10, 8))
    path = f"/bookings/{made.body['id']}/extension"
    told = stage.ask("POST", path, longer, token=clerk)
    assert (told.status, told.codes) == (409, ["BOOKING_TOO_LONG"])
    assert stage.ask("POST", path, shorter, token=clerk).status == 200


def test_more_than_there_are_is_refused_with_how_many_there_could_be(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.BOOK)
    (item,) = a_set(library, 1)
    wish = {
        "card": a_patron(library),
        "item": item,
        "first": day(library, 4).isoformat(),
        "last": day(library, 9).isoformat(),
        "copies": 5,
    }
    told = stage.ask("POST", "/bookings", wish, token=token)
    assert (told.status, told.codes) == (409, ["NOT_ENOUGH_COPIES"])
    assert told.body["reasons"][0]["limit"] == 1
    both = stage.ask("POST", "/bookings", wish | {"title": "1"}, token=token)
    assert both.status == 422
    unknown = stage.ask("POST", "/bookings", wish | {"group": "999"}, token=token)
    assert (unknown.status, unknown.body["errors"][0]["field"]) == (422, "group")
    free = stage.ask("GET", f"/titles/{_title(stage, item)}/booking-calendar?days=3", token=token)
    assert [each["free"] for each in free.body["days"]] == [1, 1, 1]
    late = f"/titles/{_title(stage, item)}/booking-calendar?first=9999-12-30"
    assert stage.ask("GET", late, token=token).status == 422


def test_a_booking_is_cancelled_with_a_word_to_the_borrower(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.BOOK)
    (item,) = a_set(library, 1)
    wish = {
        "card": a_patron(library),
        "item": item,
        "first": day(library, 4).isoformat(),
        "last": day(library, 9).isoformat(),
    }
    placed = stage.ask("POST", "/bookings", wish, token=token).body
    path = f"/bookings/{placed['id']}/cancellation"
    told = stage.ask("POST", path, {"refused": True, "why": "mould"}, token=token)
    assert (told.body["state"], told.body["outcome"]) == ("closed", "refused")


def _title(stage: Stage, item: str) -> str:
    told = stage.ask("GET", f"/items/{item}", token=stage.a_caller(Right.LEND))
    title: str = told.body["item"]["title_id"]
    return title
