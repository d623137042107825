"""Apps: codes with PKCE, tokens in somebody's name, and what is of no use to whoever has it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from circulation.kernel.rights import Kind, Right
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.registering import set_pin
from circulation.staff.administering import StaffUnfit, disable_account
from circulation.staff.app_tokens import forget_app_tokens
from circulation.staff.programs import AddedProgram, NewProgram, add_program
from tests.builders.accounts import COMMAND, PASSWORD, a_colleague, account, at_no_desk
from tests.builders.circulation import a_patron, an_item
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told

BACK, VERIFIER = "https://app.example/back", "a-verifier-of-the-app-with-letters-enough-for-it"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna works."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    a_colleague(stage.library, "anna", "librarian")
    return stage


def an_app(
    house: Stage, *rights: Right, name: str = "app", back: str = BACK, kind: Kind = Kind.STAFF
) -> AddedProgram:
    main = house.library.main.id
    new = NewProgram(name, main, rights, acts_for=kind.value, redirect_uris=(back,))
    return at_no_desk(house.library, lambda act: add_program(act, COMMAND, new))


def wish(app: AddedProgram, **other: str) -> dict[str, str]:
    its = {
        "client_id": app.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "of the app",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return its | other


def asks(house: Stage, asked: Mapping[str, str]) -> Told:
    return house.ask("GET", f"/oauth/authorization?{urlencode(asked)}")


def signs_in(house: Stage) -> str:
    given = {"name": "anna", "password": PASSWORD, "give": "token"}
    return str(house.ask("POST", "/sessions", given, key=None).body["token"])


def agrees(house: Stage, asked: Mapping[str, str], token: str, agreed: bool = True) -> Told:
    body = {"agreed": agreed, "asked": asked}
    return house.ask("POST", "/oauth/authorization", body, token=token, key=None)


def way_back(told: Told) -> dict[str, str]:
    assert told.status == 200, told.body
    assert told.body["redirect"].startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(told.body["redirect"]).query))


def a_code(house: Stage, app: AddedProgram, token: str = "", **other: str) -> str:
    return way_back(agrees(house, wish(app, **other), token or signs_in(house)))["code"]


def sends(house: Stage, path: str, **form: str) -> Told:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return house.ask("POST", f"/oauth/{path}", urlencode(form).encode(), key=None, headers=kind)


def redeems(house: Stage, app: AddedProgram, code: str, **other: str) -> Told:
    its = {"client_id": app.client_id, "code": code, "redirect_uri": BACK}
    its |= {"code_verifier": VERIFIER, "grant_type": "authorization_code"} | other
    return sends(house, "token", **its)


def refreshes(house: Stage, app: AddedProgram, token: str, **other: str) -> Told:
    its = {"client_id": app.client_id, "refresh_token": token, "grant_type": "refresh_token"}
    return sends(house, "token", **its | other)


def works(house: Stage, told: Told) -> bool:
    """Is the access token of an answer good?"""
    token = told.body["access_token"]
    return house.ask("GET", "/sessions/current", token=token).status == 200


def error(told: Told) -> tuple[int, str]:
    return told.status, told.body["error"]


def test_errors_are_in_the_language_of_the_request(house: Stage) -> None:
    """English where the request names no language; RFC 6749 knows no other way to say it."""
    app = an_app(house, Right.LEND)
    forms: tuple[dict[str, str], ...] = (
        {},
        {"grant_type": "none"},
        {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
        {"grant_type": "authorization_code", "client_id": app.client_id, "code": "x"},
    )
    kind = {"content-type": "application/x-www-form-urlencoded"}
    for form in forms:
        body = urlencode(form).encode()
        danish, english, none = (
            house.ask("POST", "/oauth/token", body, key=None, headers=kind | more).body
            for more in ({"accept-language": "da"}, {"accept-language": "en"}, {})
        )
        assert danish["error"] == english["error"]
        assert danish["error_description"] != english["error_description"]
        assert none == english


def test_an_app_works_in_the_name_of_whoever_agrees(house: Stage) -> None:
    app = an_app(house, Right.LEND, Right.VIEW_PATRONS, Right.ERASE_PATRONS)
    asked = asks(house, wish(app, scope="lend"))
    assert (asked.body["app"], asked.body["acts_for"]) == ("app", "staff")
    assert (asked.body["scope"], asked.body["redirect"]) == (["lend"], None)
    back = way_back(agrees(house, wish(app, scope="lend"), signs_in(house)))
    assert (back["state"], back["iss"]) == ("of the app", "https://tiro.example")
    told = redeems(house, app, back["code"])
    assert told.status == 200, told.body
    assert (told.body["token_type"], told.body["scope"]) == ("Bearer", "lend")
    assert 0 < told.body["expires_in"] <= 3600
    token = told.body["access_token"]
    session = house.ask("GET", "/sessions/current", token=token).body
    assert (session["name"], session["rights"]) == ("anna", ["lend"])
    assert session["workstation"] == "program:app"
    patron, item = a_patron(house.library), an_item(house.library)
    lent = {"patron": house.public_id(patron), "item": item}
    assert house.ask("POST", "/checkouts", lent, token=token).status == 200
    assert house.ask("GET", f"/patrons/{lent['patron']}", token=token).status == 403


def test_it_has_no_right_that_they_have_not(house: Stage) -> None:
    app = an_app(house, Right.LEND, Right.ERASE_PATRONS)
    told = redeems(house, app, a_code(house, app))
    assert told.body["scope"] == "lend patrons.erase"
    session = house.ask("GET", "/sessions/current", token=told.body["access_token"]).body
    assert session["rights"] == ["lend"]


def test_an_app_of_a_patron_sees_what_is_theirs(house: Stage) -> None:
    app = an_app(house, kind=Kind.PATRON)
    assert asks(house, wish(app)).body["scope"] == ["self"]
    assert agrees(house, wish(app), signs_in(house)).status == 409
    card = a_patron(house.library, pin_hash=hash_pin("4071"))
    given = {"card": card, "pin": "4071", "give": "token"}
    patron = house.ask("POST", "/self/sessions", given, key=None).body["token"]
    told = redeems(house, app, a_code(house, app, patron))
    assert told.body["scope"] == "self"
    token = told.body["access_token"]
    assert house.ask("GET", "/self", token=token).body["id"] == house.public_id(card)
    assert house.ask("GET", "/account", token=token).status == 403
    house.library.pass_time(days=89)
    later = refreshes(house, app, told.body["refresh_token"])
    assert works(house, later)
    house.library.pass_time(days=2)
    assert error(refreshes(house, app, later.body["refresh_token"])) == (400, "invalid_grant")


def test_with_another_pin_a_patron_has_no_app(house: Stage) -> None:
    app, library = an_app(house, kind=Kind.PATRON), house.library
    card = a_patron(library, pin_hash=hash_pin("4071"))
    given = {"card": card, "pin": "4071", "give": "token"}
    patron = house.ask("POST", "/self/sessions", given, key=None).body["token"]
    told = redeems(house, app, a_code(house, app, patron))
    library.pass_time(minutes=5)
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    at_no_desk(library, lambda act: set_pin(act, found, hash_pin("9350")))
    again = refreshes(house, app, told.body["refresh_token"])
    assert error(again) == (400, "invalid_grant")


def test_the_account_is_out_of_reach(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    token = redeems(house, app, a_code(house, app)).body["access_token"]
    for path in ("/account", "/account/passkeys", "/account/sessions"):
        assert house.ask("GET", path, token=token).status == 403
    body = {"password": PASSWORD, "new": "a quiet corner of the park"}
    assert house.ask("POST", "/account/password", body, token=token, key=None).status == 403
    assert agrees(house, wish(app), token).status == 403


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"scope": "lend staff.administer"}, "invalid_scope"),
        ({"scope": "self"}, "invalid_scope"),
    ],
)
def test_a_mistake_is_told_to_the_app(house: Stage, other: dict[str, str], name: str) -> None:
    app = an_app(house, Right.LEND)
    told = asks(house, wish(app, **other))
    assert way_back(told) == {"error": name, "state": "of the app", "iss": "https://tiro.example"}
    again = agrees(house, wish(app, **other), signs_in(house))
    assert way_back(again)["error"] == name


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": f"{BACK}?x=1"},
        {"redirect_uri": BACK.replace("https", "http")},
        {"redirect_uri": BACK.replace("app.example", "app.example:8443")},
        {"redirect_uri": ""},
        {"client_id": "tiro-0000000000000000"},
        {"client_id": ""},
    ],
)
def test_nobody_is_sent_elsewhere(house: Stage, other: dict[str, str]) -> None:
    app = an_app(house, Right.LEND)
    assert asks(house, wish(app, **other)).status == 404
    assert agrees(house, wish(app, **other), signs_in(house)).status == 404


def test_on_ones_own_machine_any_port_will_do(house: Stage) -> None:
    app = an_app(house, Right.LEND, back="http://127.0.0.1/back")
    for port in ("", ":1234", ":61000"):
        assert asks(house, wish(app, redirect_uri=f"http://127.0.0.1{port}/back")).status == 200
    for other in ("127.0.0.1:80/other", "localhost/back", "127.0.0.1:80@evil.example/back"):
        assert asks(house, wish(app, redirect_uri=f"http://{other}")).status == 404
    back = "http://127.0.0.1:1234/back"
    told = agrees(house, wish(app, redirect_uri=back), signs_in(house))
    code = dict(parse_qsl(urlsplit(told.body["redirect"]).query))["code"]
    other = redeems(house, app, code, redirect_uri="http://127.0.0.1:1235/back")
    assert error(other) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "back",
    [
        "http://app.example/back",
        "https://",
        "https://me@app.example/",
        f"{BACK}#part",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example/ back",
        "//app.example/back",
        "http://localhost/back",
    ],
)
def test_some_addresses_are_none_to_come_back_to(house: Stage, back: str) -> None:
    with pytest.raises(StaffUnfit):
        an_app(house, back=back)
    assert an_app(house, back="org.example.app:/back").client_id


def test_who_does_not_agree_is_asked_for_nothing_more(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    assert way_back(agrees(house, wish(app), signs_in(house), False))["error"] == "access_denied"


@pytest.mark.parametrize(
    "other",
    [
        {"code_verifier": VERIFIER[:-1] + "x"},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": ""},
    ],
)
def test_a_code_is_of_no_use_to_others(house: Stage, other: dict[str, str]) -> None:
    app = an_app(house, Right.LEND)
    code = a_code(house, app)
    assert error(redeems(house, app, code, **other)) == (400, "invalid_grant")
    assert error(redeems(house, app, code)) == (400, "invalid_grant")  # and to nobody any more


def test_a_code_of_another_app_stays_its_own(house: Stage) -> None:
    app, other = an_app(house, Right.LEND), an_app(house, Right.LEND, name="other")
    code = a_code(house, app)
    assert error(redeems(house, other, code)) == (400, "invalid_grant")
    first = redeems(house, app, code)
    assert first.status == 200
    stolen = refreshes(house, other, first.body["refresh_token"])
    assert error(stolen) == (400, "invalid_grant")
    assert refreshes(house, app, first.body["refresh_token"]).status == 200


def test_a_code_that_comes_twice_ends_what_it_gave(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    code = a_code(house, app)
    first = redeems(house, app, code)
    second = refreshes(house, app, first.body["refresh_token"])
    assert works(house, first)
    assert works(house, second)
    assert error(redeems(house, app, code)) == (400, "invalid_grant")
    assert not works(house, first)
    assert not works(house, second)
    last = refreshes(house, app, second.body["refresh_token"])
    assert error(last) == (400, "invalid_grant")


def test_a_code_is_good_for_a_minute(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    code = a_code(house, app)
    house.library.pass_time(seconds=60)
    assert error(redeems(house, app, code)) == (400, "invalid_grant")


def test_a_refresh_token_that_comes_twice_ends_all(house: Stage) -> None:
    app = an_app(house, Right.LEND, Right.VIEW_PATRONS)
    first = redeems(house, app, a_code(house, app))
    second = refreshes(house, app, first.body["refresh_token"], scope="lend")
    assert second.body["scope"] == "lend"
    assert second.body["refresh_token"] != first.body["refresh_token"]
    third = refreshes(house, app, second.body["refresh_token"])
    assert third.body["scope"] == "lend patrons.view"
    assert error(refreshes(house, app, first.body["refresh_token"])) == (400, "invalid_grant")
    assert [works(house, each) for each in (first, second, third)] == [False] * 3
    fourth = refreshes(house, app, third.body["refresh_token"])
    assert error(fourth) == (400, "invalid_grant")


def test_a_code_is_no_refresh_token_and_the_other_way_round(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    assert error(refreshes(house, app, a_code(house, app))) == (400, "invalid_grant")
    told = redeems(house, app, a_code(house, app))
    assert error(redeems(house, app, told.body["refresh_token"])) == (400, "invalid_grant")


def test_it_does_not_outlast_what_its_owner_agreed_to(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    told = redeems(house, app, a_code(house, app))
    house.library.pass_time(hours=11, minutes=30)
    assert not works(house, told)
    late = refreshes(house, app, told.body["refresh_token"])
    assert late.body["expires_in"] <= 1800
    house.library.pass_time(minutes=31)
    assert error(refreshes(house, app, late.body["refresh_token"])) == (400, "invalid_grant")
    now = house.library.now
    assert house.library.write(lambda transaction: forget_app_tokens(transaction, now=now)) == 3


def test_who_has_left_has_no_app_either(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    code = a_code(house, app)
    told = redeems(house, app, a_code(house, app))
    at_no_desk(house.library, lambda act: disable_account(act, COMMAND, account(house.library)))
    assert not works(house, told)
    for answer in (refreshes(house, app, told.body["refresh_token"]), redeems(house, app, code)):
        assert error(answer) == (400, "invalid_grant")


def test_an_app_that_is_shut_out_has_nothing(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    code, told = a_code(house, app), redeems(house, app, a_code(house, app))
    head = house.a_caller(*Right)
    assert house.ask("DELETE", "/programs/app", token=head).status == 204
    assert not works(house, told)
    assert error(redeems(house, app, code)) == (401, "invalid_client")
    assert asks(house, wish(app)).status == 404


def test_it_gives_a_token_back(house: Stage) -> None:
    app, other = an_app(house, Right.LEND), an_app(house, Right.LEND, name="other")
    first = redeems(house, app, a_code(house, app))
    its = {"client_id": app.client_id, "token": first.body["access_token"]}
    strange = its | {"client_id": other.client_id}
    assert sends(house, "revoke", **strange).status == 200
    assert works(house, first)
    assert sends(house, "revoke", **its).status == 200
    assert not works(house, first)
    second = refreshes(house, app, first.body["refresh_token"])
    its["token"] = second.body["refresh_token"]
    assert sends(house, "revoke", **its).status == 200
    assert not works(house, second)
    assert error(refreshes(house, app, its["token"])) == (400, "invalid_grant")
    assert sends(house, "revoke", **its | {"token": "none"}).status == 200
    assert error(sends(house, "revoke", token="x")) == (401, "invalid_client")
    wrong = its | {"client_secret": "wrong"}
    assert error(sends(house, "revoke", **wrong)) == (401, "invalid_client")


def test_a_secret_that_is_shown_is_the_right_one(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    code = a_code(house, app)
    assert error(redeems(house, app, code, client_secret="no")) == (401, "invalid_client")
    assert redeems(house, app, code, client_secret=app.secret).status == 200


def test_an_app_gets_nothing_in_its_own_name(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    its = {"client_id": app.client_id, "client_secret": app.secret}
    told = sends(house, "token", grant_type="client_credentials", **its)
    assert error(told) == (401, "invalid_client")


def test_what_is_unknown_is_passed_over(house: Stage) -> None:
    app = an_app(house, Right.LEND)
    assert asks(house, wish(app, prompt="consent", nonce="x")).status == 200
    told = redeems(house, app, a_code(house, app), resource="https://tiro.example")
    assert told.status == 200
    assert error(sends(house, "token")) == (400, "invalid_request")
    assert error(sends(house, "token", grant_type="password")) == (400, "unsupported_grant_type")


def test_apps_are_registered_over_the_api(house: Stage) -> None:
    head = house.a_caller(*Right)
    new: dict[str, Any] = {"branch": "DK-900101", "acts_for": "patron", "redirect_uris": [BACK]}
    told = house.ask("PUT", "/programs/mobile", new, token=head)
    assert told.status == 200, told.body
    [shown] = house.ask("GET", "/programs", token=head).body["programs"]
    assert (shown["acts_for"], shown["redirect_uris"]) == ("patron", [BACK])
    for other in ({"rights": ["lend"]}, {"acts_for": None}, {"redirect_uris": []}):
        assert house.ask("PUT", "/programs/x", new | other, token=head).status == 422


def test_a_session_that_is_no_whole_one_agrees_to_nothing(house: Stage) -> None:
    settings(house.library, known_networks=["127.0.0.0/8"], second_factor="always")
    app = an_app(house, Right.LEND)
    assert agrees(house, wish(app), signs_in(house)).status == 409
