"""One's own account over HTTP: password, recovery codes, sessions."""

from __future__ import annotations

import pytest

from tests.builders.accounts import PASSWORD, a_colleague
from tests.builders.circulation import a_patron
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage
from tests.protocols.api.test_passkeys import a_passkey, token_of

NEW = "a quiet corner of the park"


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna and bo work."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    for name in ("anna", "bo"):
        a_colleague(stage.library, name, "librarian")
    return stage


def test_it_is_shown_to_its_owner(house: Stage) -> None:
    told = house.ask("GET", "/account", token=token_of(house))
    assert (told.body["user"], told.body["branch"]) == ("anna", "DK-900101")
    assert (told.body["has_authenticator"], told.body["recovery_codes"]) == (False, 0)
    patron = house.a_patron_caller(a_patron(house.library))
    assert house.ask("GET", "/account", token=patron).status == 409


def test_a_password_is_changed_by_who_knows_the_one_before(house: Stage) -> None:
    here, there = token_of(house), token_of(house)
    change = {"password": "wrong", "new": NEW}
    path = "/account/password"
    assert house.ask("POST", path, change, token=here, key=None).codes == ["WRONG"]
    weak = house.ask("POST", path, {"password": PASSWORD, "new": "anna"}, token=here, key=None)
    assert (weak.status, weak.body["errors"][0]["field"]) == (422, "new")
    change["password"] = PASSWORD
    assert house.ask("POST", path, change, token=here, key=None).status == 204
    assert house.ask("GET", "/account", token=here).status == 200
    assert house.ask("GET", "/account", token=there).status == 401
    before = {"name": "anna", "password": PASSWORD}
    assert house.ask("POST", "/sessions", before, key=None).codes == ["WRONG"]
    assert house.ask("POST", "/sessions", before | {"password": NEW}, key=None).status == 201


def test_guesses_at_ones_own_password_are_counted(house: Stage) -> None:
    token, wish = token_of(house), {"password": "guess", "new": NEW}
    for _ in range(5):
        house.ask("POST", "/account/password", wish, token=token, key=None)
    wish["password"] = PASSWORD
    told = house.ask("POST", "/account/password", wish, token=token, key=None)
    assert told.codes == ["MUST_WAIT"]


def test_recovery_codes_are_for_who_has_a_second_factor(house: Stage) -> None:
    token, wish = token_of(house), {"password": PASSWORD}
    path = "/account/recovery-codes"
    assert house.ask("POST", path, wish, token=token, key=None).status == 409
    a_passkey(house)
    [first, second] = [house.ask("POST", path, wish, token=token, key=None) for _ in range(2)]
    assert house.ask("GET", "/account", token=token).body["recovery_codes"] == 10
    far = {"name": "anna", "password": PASSWORD, "give": "token"}
    for code, status in ((first.body["codes"][0], 401), (second.body["codes"][0], 201)):
        told = house.ask("POST", "/sessions", far | {"code": code}, key=None, host="198.51.100.4")
        assert told.status == status
    assert house.ask("GET", "/account", token=token).body["recovery_codes"] == 9


def test_sessions_are_listed_and_ended_by_their_owner(house: Stage) -> None:
    here, there, bo = token_of(house), token_of(house), token_of(house, "bo")
    sessions = house.ask("GET", "/account/sessions", token=here).body["sessions"]
    assert sorted(each["is_current"] for each in sessions) == [False, True]
    assert {each["address"] for each in sessions} == {"127.0.0.1"}
    [other] = [each["id"] for each in sessions if not each["is_current"]]
    assert house.ask("DELETE", f"/account/sessions/{other}", token=bo).status == 404
    assert house.ask("DELETE", f"/account/sessions/{other}", token=here).status == 204
    assert house.ask("GET", "/account", token=there).status == 401
    house.library.pass_time(minutes=59)
    late = token_of(house)
    house.library.pass_time(minutes=2)
    assert len(house.ask("GET", "/account/sessions", token=late).body["sessions"]) == 1
