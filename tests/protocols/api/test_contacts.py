"""How patrons are reached and what they prefer: by staff, and by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.kernel.rights import Right
from circulation.patrons.changes import change_patron
from tests.builders.circulation import a_patron
from tests.builders.fees import number_of
from tests.protocols.api.stage import Stage


@pytest.fixture(params=["staff", "self"])
def there(request: pytest.FixtureRequest, stage: Stage) -> tuple[str, str]:
    """Where a patron is looked after, and the token of who does it."""
    card = a_patron(stage.library)
    if request.param == "self":
        return "/self", stage.a_patron_caller(card)
    token = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    return f"/patrons/{stage.public_id(card)}", token


def test_contacts_come_and_go(stage: Stage, there: tuple[str, str]) -> None:
    path, token = there
    wish = {"kind": "phone", "value": "22 33 44 55", "notices": False}
    told = stage.ask("POST", f"{path}/contacts", wish, token=token)
    assert told.status == 200, told.body
    [contact] = told.body["contacts"]
    assert (contact["value"], contact["notices"]) == ("+4522334455", False)
    assert contact["verified"] is None
    assert stage.ask("GET", f"{path}/contacts", token=token).body == told.body
    told = stage.ask("DELETE", f"{path}/contacts/{contact['number']}", token=token)
    assert (told.status, told.body["contacts"]) == (200, [])
    assert stage.ask("DELETE", f"{path}/contacts/{contact['number']}", token=token).status == 404


@pytest.mark.parametrize(
    "wish", [{"kind": "email", "value": "no address"}, {"kind": "phone", "value": "  "}]
)
def test_a_contact_that_is_none_is_refused(
    stage: Stage, there: tuple[str, str], wish: dict[str, str]
) -> None:
    path, token = there
    told = stage.ask("POST", f"{path}/contacts", wish, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "value")
    assert stage.ask("GET", f"{path}/contacts", token=token).body["contacts"] == []


def test_staff_note_that_a_contact_was_verified(stage: Stage) -> None:
    path = f"/patrons/{stage.public_id(a_patron(stage.library))}/contacts"
    token = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    wish = {"kind": "email", "value": "ida@example.dk"}
    [contact] = stage.ask("POST", path, wish, token=token).body["contacts"]
    told = stage.ask("PUT", f"{path}/{contact['number']}/verification", token=token)
    assert told.body["contacts"][0]["verified"] is not None
    assert stage.ask("PUT", f"{path}/999/verification", token=token).status == 404


def test_addresses_come_and_go(stage: Stage, there: tuple[str, str]) -> None:
    path, token = there
    wish = {"street": "Nørregade", "house_number": "7", "postal_code": "6760", "city": "Ribe"}
    told = stage.ask("POST", f"{path}/addresses", wish, token=token)
    [address] = told.body["addresses"]
    assert address["text"] == "Nørregade 7\n6760 Ribe"
    late = {"street": "X", "valid_from": "2026-03-03", "valid_until": "2026-03-02"}
    told = stage.ask("POST", f"{path}/addresses", late, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "valid_until")
    told = stage.ask("DELETE", f"{path}/addresses/{address['number']}", token=token)
    assert (told.status, told.body["addresses"]) == (200, [])


def test_preferences_are_chosen_and_taken_back(stage: Stage, there: tuple[str, str]) -> None:
    path, token = there
    wish = {"pickup_branch": "DK-900101", "interest_days": 30, "language": "en"}
    told = stage.ask("PATCH", f"{path}/preferences", wish, token=token)
    assert told.status == 200, told.body
    assert told.body["pickup_branch"]["isil"] == "DK-900101"
    assert (told.body["interest_days"], told.body["language"]) == (30, "en")
    told = stage.ask("PATCH", f"{path}/preferences", {"interest_days": None}, token=token)
    assert told.body["interest_days"] is None
    assert told.body["pickup_branch"]["isil"] == "DK-900101"
    for wrong in ({"pickup_branch": "DK-1"}, {"language": None}, {"language": "xx"}):
        told = stage.ask("PATCH", f"{path}/preferences", wrong, token=token)
        assert (told.status, told.body["errors"][0]["field"]) == (422, next(iter(wrong)))


def test_who_is_away_is_back_again(stage: Stage, there: tuple[str, str]) -> None:
    path, token = there
    told = stage.ask("PUT", f"{path}/absence", {}, token=token)
    assert told.body["absence"] == {"first": f"{stage.library.now:%Y-%m-%d}", "last": None}
    order = {"first": "2026-03-03", "last": "2026-03-02"}
    told = stage.ask("PUT", f"{path}/absence", order, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "last")
    assert stage.ask("DELETE", f"{path}/absence", token=token).body["absence"] is None


def test_protected_ways_are_told_to_few(stage: Stage) -> None:
    library = stage.library
    card = a_patron(library)
    path = f"/patrons/{stage.public_id(card)}"
    everything = stage.a_caller()
    wish = {"kind": "email", "value": "ida@example.dk"}
    stage.ask("POST", f"{path}/contacts", wish, token=everything)

    def work(transaction: Any) -> None:
        change_patron(library.act(transaction), number_of(library, card), {"is_protected": True})

    library.write(work)
    token = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    told = stage.ask("GET", f"{path}/contacts", token=token).body
    assert told == {"is_protected": True, "is_shown": False, "contacts": [], "addresses": []}
    told = stage.ask("POST", f"{path}/contacts", wish, token=token).body
    assert told["contacts"] == []
    assert stage.ask("GET", path, token=token).body["details"]["is_protected"] is True
    told = stage.ask("GET", f"{path}/contacts", token=everything).body
    assert (told["is_shown"], len(told["contacts"])) == (True, 1)


def test_protection_is_taken_off_by_who_may_see_what_it_protects(stage: Stage) -> None:
    path = f"/patrons/{stage.public_id(a_patron(stage.library))}"
    token = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    star = {"if-match": "*"}
    told = stage.ask("PATCH", path, {"is_protected": True}, token=token, headers=star)
    assert told.body["details"]["is_protected"] is True
    told = stage.ask("PATCH", path, {"is_protected": False}, token=token, headers=star)
    assert (told.status, told.body["right"]) == (403, "patrons.protected-addresses")
    told = stage.ask("PATCH", path, {"is_protected": False}, token=stage.a_caller(), headers=star)
    assert told.body["details"]["is_protected"] is False


def test_patrons_change_how_they_are_reached(stage: Stage) -> None:
    token = stage.a_patron_caller(a_patron(stage.library))
    seen = stage.ask("GET", "/self", token=token)
    tag = {"if-match": seen.headers["ETag"]}
    told = stage.ask("PATCH", "/self", {"email": "ida@example.dk"}, token=token, headers=tag)
    assert told.body["details"]["email"] == "ida@example.dk"
    told = stage.ask("PATCH", "/self", {"email": "bo@example.dk"}, token=token, headers=tag)
    assert told.status == 412
    for wrong in ({"email": "none"}, {"phone": None}):
        told = stage.ask("PATCH", "/self", wrong, token=token, headers={"if-match": "*"})
        assert (told.status, told.body["errors"][0]["field"]) == (422, next(iter(wrong)))
    told = stage.ask("PATCH", "/self", {"note": "x"}, token=token, headers={"if-match": "*"})
    assert told.status == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"given_name": " "},
        {"given_name": "\u200b"},
        {"given_name": "Ida\nHolm"},
        {"family_name": "\u202eHolm"},
        {"family_name": "\x07"},
        {"card": "\u200b"},
        {"card": "P1\r\n2"},
    ],
)
def test_nobody_is_registered_who_cannot_be_read(stage: Stage, wrong: dict[str, str]) -> None:
    token = stage.a_caller()
    wish = {"card": "P-NEW", "category": "adult", "given_name": "Zoë 'Z'", "family_name": ""}
    told = stage.ask("POST", "/patrons", wish | wrong, token=token)
    assert (told.status, told.body["type"]) == (422, "urn:tiro:problem:malformed"), told.body
    made = stage.ask("POST", "/patrons", wish, token=token)
    assert made.status == 201, made.body
    if "card" not in wrong:
        told = stage.ask(
            "PATCH",
            f"/patrons/{made.body['id']}",
            wrong,
            token=token,
            headers={"if-match": made.headers.get("ETag", "*")},
        )
        assert told.status == 422, told.body
