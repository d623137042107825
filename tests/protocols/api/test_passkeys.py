"""Passkeys over HTTP: made, shown, removed; and what does not get in by one."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest

from circulation.kernel.rights import Right
from circulation.staff.administering import disable_account
from circulation.staff.ceremonies import forget_challenges
from circulation.staff.site import SITE
from tests.builders.accounts import COMMAND, PASSWORD, a_colleague, account, at_no_desk
from tests.builders.authenticators import SoftAuthenticator
from tests.builders.circulation import a_patron
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told

ANNA = {"name": "anna", "password": PASSWORD, "give": "token"}
MINE = "/account/passkeys"


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna and bo work."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    for name in ("anna", "bo"):
        a_colleague(stage.library, name, "librarian")
    return stage


def token_of(house: Stage, name: str = "anna") -> str:
    return str(house.ask("POST", "/sessions", ANNA | {"name": name}, key=None).body["token"])


def options_for_making(house: Stage, token: str) -> dict[str, Any]:
    told = house.ask("POST", f"{MINE}/options", {"password": PASSWORD}, token=token, key=None)
    assert told.status == 200, told.body
    options: dict[str, Any] = told.body["options"]
    return options


def makes(house: Stage, token: str, key: SoftAuthenticator, name: str = "phone") -> Told:
    made = key.make(options_for_making(house, token))
    return house.ask("POST", MINE, {"name": name, "credential": made}, token=token, key=None)


def a_passkey(house: Stage, name: str = "anna", **more: Any) -> SoftAuthenticator:
    """One that its owner has made."""
    key = SoftAuthenticator(**more)
    told = makes(house, token_of(house, name), key)
    assert told.status == 201, told.body
    return key


def options(house: Stage) -> dict[str, Any]:
    told = house.ask("POST", "/sessions/passkey", key=None)
    assert told.status == 200, told.body
    found: dict[str, Any] = told.body["options"]
    return found


def shows(house: Stage, shown: dict[str, Any], host: str = "127.0.0.1", **more: Any) -> Told:
    wish = {"passkey": shown, "give": "token"} | more
    return house.ask("POST", "/sessions", wish, key=None, host=host)


def test_it_is_made_and_lets_its_owner_in(house: Stage) -> None:
    key, token = SoftAuthenticator(), token_of(house)
    wanted = options_for_making(house, token)
    assert wanted["rp"] == {"name": "Tiro", "id": "tiro.example"}
    assert wanted["authenticatorSelection"]["residentKey"] == "required"
    told = makes(house, token, key, " phone ")
    assert (told.status, told.body["name"], told.body["used"]) == (201, "phone", None)
    asked = options(house)
    assert asked["allowCredentials"] == []
    signed_in = shows(house, key.show(asked))
    assert (signed_in.status, signed_in.body["name"]) == (201, "anna")
    assert "lend" in signed_in.body["rights"]
    [mine] = house.ask("GET", MINE, token=token).body["passkeys"]
    assert mine["used"] is not None
    assert account(house.library).has_second_factor


def test_it_is_two_factors_from_anywhere(house: Stage) -> None:
    settings(house.library, known_networks=["127.0.0.0/8"], second_factor="always")
    key = SoftAuthenticator()
    limited = token_of(house)
    assert house.ask("GET", "/sessions/current", token=limited).body["is_limited"]
    assert makes(house, limited, key).status == 201
    assert house.ask("POST", "/sessions", ANNA, key=None).codes == ["CODE_NEEDED"]
    told = shows(house, key.show(options(house)), host="198.51.100.4")
    assert (told.status, told.body["is_limited"]) == (201, False)


def test_it_stands_for_the_code(house: Stage) -> None:
    """One that asks for no PIN lets nobody in alone, but with the password."""
    key = a_passkey(house, asks=False)
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_UNVERIFIED"]
    far = "198.51.100.4"
    assert house.ask("POST", "/sessions", ANNA, key=None, host=far).codes == ["CODE_NEEDED"]
    both = shows(house, key.show(options(house)), host=far, name="anna", password=PASSWORD)
    assert (both.status, both.body["is_limited"]) == (201, False)
    wrong = shows(house, key.show(options(house)), host=far, name="anna", password="wrong")
    assert wrong.codes == ["WRONG"]
    other = shows(house, key.show(options(house)), host=far, name="bo", password=PASSWORD)
    assert other.codes == ["NO_SECOND_FACTOR"]
    a_passkey(house, "bo")
    other = shows(house, key.show(options(house)), host=far, name="bo", password=PASSWORD)
    assert other.codes == ["PASSKEY_WRONG"]


def test_what_was_heard_is_of_no_use(house: Stage) -> None:
    key = a_passkey(house, counts=False)
    heard = key.show(options(house))
    assert shows(house, heard).status == 201
    assert shows(house, heard).codes == ["PASSKEY_WRONG"]
    late = key.show(options(house))
    house.library.pass_time(minutes=5)
    assert shows(house, late).codes == ["PASSKEY_WRONG"]
    never_given = options(house) | {"challenge": "bm9ib2R5IGdhdmUgaXQ"}
    assert shows(house, key.show(never_given)).codes == ["PASSKEY_WRONG"]


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://tiro.example.evil"},
        {"origin": "http://tiro.example"},
        {"origin": "https://tiro.example:8443"},
        {"rp_id": "example"},
        {"user_handle": b"somebody else's"},
        {"credential_id": b"unknown"},
    ],
)
def test_what_was_signed_for_others_is_of_no_use(house: Stage, other: dict[str, Any]) -> None:
    key = a_passkey(house)
    for name, value in other.items():
        setattr(key, name, value)
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_WRONG"]


def test_a_copy_is_noticed(house: Stage) -> None:
    key = a_passkey(house)
    assert shows(house, key.show(options(house))).status == 201
    key.sign_count = 0
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_COPIED"]
    key.counts, key.sign_count = False, 0
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_COPIED"]


def test_who_has_left_is_not_let_in(house: Stage) -> None:
    key = a_passkey(house)
    at_no_desk(house.library, lambda act: disable_account(act, COMMAND, account(house.library)))
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_WRONG"]


def test_nobody_keeps_what_was_not_begun(house: Stage) -> None:
    anna, bo = token_of(house), token_of(house, "bo")
    made = SoftAuthenticator().make(options_for_making(house, anna))
    wish = {"name": "phone", "credential": made}
    assert house.ask("POST", MINE, wish, token=bo, key=None).status == 409
    assert house.ask("POST", MINE, wish, token=anna, key=None).status == 201
    assert house.ask("POST", MINE, wish, token=anna, key=None).status == 409
    shown = {"challenge": options(house)["challenge"]}
    for asked in (shown, {"challenge": "AAAA"}):  # a challenge to sign in by is none to make one
        wish["credential"] = SoftAuthenticator().make(options_for_making(house, anna) | asked)
        assert house.ask("POST", MINE, wish, token=anna, key=None).status == 409
    twice = SoftAuthenticator()
    assert makes(house, anna, twice).status == 201
    assert makes(house, bo, twice).status == 409


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"response": 1},
        {"response": {"clientDataJSON": "æ"}},
        {"response": {"clientDataJSON": "e30"}},
        {"response": {"clientDataJSON": ["e30"]}},
        {"response": {"clientDataJSON": "bnVsbA"}},
    ],
)
def test_what_is_no_passkey_is_refused(house: Stage, credential: dict[str, Any]) -> None:
    assert shows(house, credential).codes == ["PASSKEY_WRONG"]
    wish = {"name": "phone", "credential": credential}
    assert house.ask("POST", MINE, wish, token=token_of(house), key=None).status == 409


def test_parts_that_are_no_parts(house: Stage) -> None:
    key = a_passkey(house)
    for name in ("authenticatorData", "signature", "userHandle"):
        for value in ("", "AAAA", "A", 7, None, {}):
            shown = key.show(options(house))
            shown["response"][name] = value
            told = shows(house, shown)
            is_left_out = (name, value) == ("userHandle", None)
            assert told.status == (201 if is_left_out else 401), (name, value, told.body)


def test_it_is_ones_own(house: Stage) -> None:
    a_passkey(house)
    anna, bo = token_of(house), token_of(house, "bo")
    [passkey] = house.ask("GET", MINE, token=anna).body["passkeys"]
    path = f"{MINE}/{passkey['id']}"
    assert house.ask("PATCH", path, {"name": "x"}, token=bo).status == 404
    assert house.ask("DELETE", path, token=bo).status == 404
    assert house.ask("PATCH", path, {"name": "key ring"}, token=anna).body["name"] == "key ring"
    assert house.ask("DELETE", path, token=anna).status == 204
    assert house.ask("GET", MINE, token=anna).body["passkeys"] == []
    patron = house.a_patron_caller(a_patron(house.library))
    assert house.ask("GET", MINE, token=patron).status == 409


def test_the_password_is_asked_for_again(house: Stage) -> None:
    told = house.ask("POST", f"{MINE}/options", {"password": "x"}, token=token_of(house), key=None)
    assert (told.status, told.codes) == (401, ["WRONG"])


def test_a_session_from_before_ends(house: Stage) -> None:
    key = a_passkey(house)
    before = house.ask("POST", "/sessions", ANNA | {"give": "cookie"}, key=None)
    cookie = {"cookie": before.headers["Set-Cookie"].partition(";")[0]}
    wish = {"passkey": key.show(options(house))}
    same = {"sec-fetch-site": "same-origin"}
    after = house.ask("POST", "/sessions", wish, key=None, headers=cookie | same)
    assert after.status == 201
    assert after.headers["Set-Cookie"] != before.headers["Set-Cookie"]
    assert house.ask("GET", "/sessions/current", headers=cookie).status == 401


def test_it_takes_an_address_to_be_made_for(house: Stage) -> None:
    SITE.put(house.library.circulation, None)
    assert house.ask("POST", "/sessions/passkey", key=None).body["options"] is None
    here = {"host": "localhost:8080"}
    told = house.ask("POST", "/sessions/passkey", key=None, headers=here)
    assert told.body["options"]["rpId"] == "localhost"
    far = house.ask("POST", "/sessions/passkey", key=None, headers=here, host="198.51.100.4")
    assert far.body["options"] is None
    assert "[http] address" in far.body["why"]


def test_without_the_library_that_is_said(house: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "webauthn", None)
    why = "passkeys take the library webauthn, the extra `passkeys`"
    told = house.ask("POST", "/sessions/passkey", key=None)
    assert (told.status, told.body) == (200, {"options": None, "why": why})
    for told in (
        house.ask("POST", f"{MINE}/options", {"password": PASSWORD}, token=token_of(house)),
        shows(house, {}),
    ):
        assert told.status == 409
        assert told.body["detail"] == why


def test_challenges_are_forgotten(house: Stage) -> None:
    options(house)
    later = house.library.now + timedelta(minutes=6)
    assert house.library.write(lambda transaction: forget_challenges(transaction, now=later)) == 1


def test_whoever_administers_sees_and_removes_them(house: Stage) -> None:
    key = a_passkey(house)
    head = house.a_caller(*Right)
    [passkey] = house.ask("GET", "/staff/anna/passkeys", token=head).body["passkeys"]
    assert passkey["name"] == "phone"
    path = f"/staff/anna/passkeys/{passkey['id']}"
    assert house.ask("DELETE", path.replace("anna", "bo"), token=head).status == 404
    assert house.ask("DELETE", path, token=head).status == 204
    assert shows(house, key.show(options(house))).codes == ["PASSKEY_WRONG"]
    a_passkey(house)
    assert house.ask("DELETE", "/staff/anna/second-factor", token=head).status == 204
    assert not account(house.library).has_second_factor
