"""Signing in and out over the API: cookies, tokens, programs, names and passwords."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from circulation.kernel.act import Act
from circulation.kernel.rights import Right
from circulation.patrons.pins import hash_pin
from circulation.staff.administering import disable_account
from circulation.staff.programs import AddedProgram, NewProgram, add_program
from circulation.staff.workstations import add_workstation
from protocols.api.authentication import SAFE
from protocols.api.handlers import Api
from protocols.api.messages import JSON
from protocols.api.operations import OPERATIONS
from protocols.api.settings import ApiSettings
from tests.builders.accounts import COMMAND, PASSWORD, a_colleague, account, at_no_desk
from tests.builders.circulation import a_patron, an_item
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told, a_stage

ANNA = {"name": "anna", "password": PASSWORD}


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna works."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    a_colleague(stage.library, "anna", "librarian")
    return stage


def _cookie(told: Told) -> dict[str, str]:
    return {"cookie": told.headers["Set-Cookie"].partition(";")[0]}


def test_a_browser_gets_a_cookie_and_is_known_by_it(house: Stage) -> None:
    told = house.ask("POST", "/sessions", ANNA, key=None)
    assert told.status == 201, told.body
    cookie = told.headers["Set-Cookie"]
    assert cookie.startswith("tiro=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert told.body["token"] is None
    known = house.ask("GET", "/sessions/current", headers=_cookie(told))
    assert (known.status, known.body["name"], known.body["kind"]) == (200, "anna", "staff")
    assert "lend" in known.body["rights"]
    gone = house.ask(
        "DELETE", "/sessions/current", headers=_cookie(told) | {"sec-fetch-site": "same-origin"}
    )
    assert (gone.status, gone.body) == (204, None)
    assert house.ask("GET", "/sessions/current", headers=_cookie(told)).status == 401


def test_a_page_of_another_host_cannot_use_the_cookie(house: Stage) -> None:
    cookie = _cookie(house.ask("POST", "/sessions", ANNA, key=None))
    wish = {"card": a_patron(house.library), "item": an_item(house.library)}
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        told = house.ask("POST", "/checkouts", wish, headers=cookie | headers)
        assert (told.status, told.body["type"]) == (403, "urn:tiro:problem:other-origin")
    own = {"origin": "http://tiro.example", "host": "tiro.example"}
    assert house.ask("POST", "/checkouts", wish, headers=cookie | own).status == 200
    signing = house.ask("POST", "/sessions", ANNA, headers={"sec-fetch-site": "cross-site"})
    assert signing.status == 403


def test_nothing_that_changes_anything_takes_the_cookie_from_elsewhere(house: Stage) -> None:
    """Each operation of the table that is not a form, whose clients show who they are in it."""
    cookie = _cookie(house.ask("POST", "/sessions", ANNA, key=None))
    unsafe = [each for each in OPERATIONS if each.method not in SAFE and each.media_type == JSON]
    assert len(unsafe) > 100
    for each in unsafe:
        path = re.sub(r"\{\w+\}", "1", each.path)
        for headers in ({}, {"sec-fetch-site": "same-site"}, {"origin": "null"}):
            told = house.ask(each.method, path, {}, headers=cookie | headers)
            assert (told.status, told.body["type"]) == (403, "urn:tiro:problem:other-origin"), path


def test_others_get_a_token(house: Stage) -> None:
    told = house.ask("POST", "/sessions", ANNA | {"give": "token"}, key=None)
    assert "Set-Cookie" not in told.headers
    known = house.ask("GET", "/sessions/current", token=told.body["token"])
    assert known.body["branch"]["isil"] == "DK-900101"


def test_a_wrong_password_is_refused_and_counted(house: Stage) -> None:
    wrong = ANNA | {"password": "wrong"}
    first = house.ask("POST", "/sessions", wrong, key=None)
    assert (first.status, first.codes) == (401, ["WRONG"])
    told = [house.ask("POST", "/sessions", wrong, key=None) for _ in range(12)][-1]
    assert told.status == 429
    assert int(told.headers["Retry-After"]) > 0


def test_a_session_ends_when_nothing_is_done(house: Stage) -> None:
    token = house.ask("POST", "/sessions", ANNA | {"give": "token"}, key=None).body["token"]
    house.library.pass_time(minutes=50)
    assert house.ask("GET", "/sessions/current", token=token).status == 200
    house.library.write(lambda transaction: None)  # after the note that it was used
    house.library.pass_time(minutes=50)
    assert house.ask("GET", "/sessions/current", token=token).status == 200
    house.library.pass_time(minutes=70)
    assert house.ask("GET", "/sessions/current", token=token).status == 401


def test_a_workstation_is_remembered(house: Stage) -> None:
    branch = house.library.other.id
    key = at_no_desk(house.library, lambda act: add_workstation(act, "Desk 2", branch))
    told = house.ask("POST", "/sessions", ANNA | {"workstation_key": key}, key=None)
    assert (told.body["workstation"], told.body["branch"]["isil"]) == ("Desk 2", "DK-900102")
    assert told.headers["Set-Cookie"].startswith("tiro-workstation=")


def _browser(house: Stage, name: str = "eva") -> str:
    """Eva, who administers staff, signs in; what her browser sends from then on."""
    told = house.ask("POST", "/sessions", ANNA | {"name": name}, key=None)
    return told.headers["Set-Cookie"].partition(";")[0]


@pytest.fixture
def eva(house: Stage) -> None:
    a_colleague(house.library, "eva", "administrator")


def _registers(house: Stage, sent: str, **wish: object) -> Told:
    headers = {"cookie": sent, "sec-fetch-site": "same-origin"}
    return house.ask("PUT", "/desk/registration", {"name": "Desk 7"} | wish, headers=headers)


def _is(house: Stage, sent: str) -> object:
    """The desk that the browser is, to whoever asks from there."""
    return house.ask("GET", "/desk/registration", headers={"cookie": sent}).body["workstation"]


@pytest.mark.usefixtures("eva")
def test_a_browser_is_registered_where_it_stands(house: Stage) -> None:
    sent = _browser(house)
    assert _is(house, sent) is None
    told = _registers(house, sent, branch="DK-900102")
    assert (told.status, told.body["workstation"]) == (200, "Desk 7")
    assert "HttpOnly" in told.headers["Set-Cookie"]
    assert "key" not in told.body
    key = told.headers["Set-Cookie"].partition(";")[0]
    now = house.ask("GET", "/sessions/current", headers={"cookie": sent}).body
    assert (now["workstation"], now["branch"]["isil"]) == ("Desk 7", "DK-900102")
    assert _is(house, key) == "Desk 7"
    again = _registers(house, sent)
    assert (again.status, again.body["type"]) == (409, "urn:tiro:problem:conflict")


@pytest.mark.usefixtures("eva")
def test_a_desk_that_is_taken_over_has_a_new_key(house: Stage) -> None:
    first = _browser(house)
    old = _registers(house, first).headers["Set-Cookie"].partition(";")[0]
    second = _browser(house)
    new = _registers(house, second, takes_over=True).headers["Set-Cookie"].partition(";")[0]
    assert (_is(house, old), _is(house, new)) == (None, "Desk 7")
    gone = house.ask("GET", "/sessions/current", headers={"cookie": first})
    here = house.ask("GET", "/sessions/current", headers={"cookie": second})
    assert (gone.status, here.body["workstation"]) == (401, "Desk 7")


@pytest.mark.usefixtures("eva")
def test_a_browser_that_is_no_desk_any_more_goes_on_without_one(house: Stage) -> None:
    sent = _browser(house)
    key = _registers(house, sent).headers["Set-Cookie"].partition(";")[0]
    headers = {"cookie": f"{sent}; {key}", "sec-fetch-site": "same-origin"}
    told = house.ask("DELETE", "/desk/registration", headers=headers)
    assert (told.status, _is(house, key)) == (204, None)
    assert "Max-Age=0" in told.headers["Set-Cookie"]
    now = house.ask("GET", "/sessions/current", headers={"cookie": sent}).body
    assert now["workstation"] == "127.0.0.1"


def test_who_does_not_administer_staff_registers_nothing(house: Stage) -> None:
    assert _registers(house, _browser(house, "anna")).status == 403


def test_a_patron_signs_in_with_card_and_pin(house: Stage) -> None:
    card = a_patron(house.library, pin_hash=hash_pin("2468"))
    an_item(house.library, on_loan_to=card)
    wish = {"card": card, "pin": "2468", "give": "token"}
    token = house.ask("POST", "/self/sessions", wish, key=None).body["token"]
    own = house.ask("GET", "/self", token=token)
    assert (own.status, own.body["card"], own.body["counts"]["loans"]) == (200, card, 1)
    wrong = house.ask("POST", "/self/sessions", wish | {"pin": "1"}, key=None)
    assert (wrong.status, wrong.codes) == (401, ["PIN_WRONG"])
    nobody = house.ask("POST", "/self/sessions", wish | {"card": "nobody"}, key=None)
    assert (nobody.status, nobody.body) == (wrong.status, wrong.body)


def _a_program(stage: Stage, *rights: Right) -> AddedProgram:
    def work(act: Act) -> AddedProgram:
        new = NewProgram("website", stage.library.main.id, rights)
        return add_program(act, COMMAND, new)

    return at_no_desk(stage.library, work)


def _form(stage: Stage, headers: dict[str, str] | None = None, **form: str) -> Told:
    given = {"content-type": "application/x-www-form-urlencoded"} | (headers or {})
    body = urlencode({"grant_type": "client_credentials"} | form).encode()
    return stage.ask("POST", "/oauth/token", body, headers=given, key=None)


def test_a_program_gets_an_access_token(house: Stage) -> None:
    program = _a_program(house, Right.LEND)
    told = _form(house, client_id=program.client_id, client_secret=program.secret)
    assert (told.status, told.body["token_type"], told.body["scope"]) == (200, "Bearer", "lend")
    token = told.body["access_token"]
    assert house.ask("GET", "/sessions/current", token=token).body["name"] == "program:website"
    pair = base64.b64encode(f"{program.client_id}:{program.secret}".encode()).decode()
    assert _form(house, {"authorization": f"Basic {pair}"}).status == 200


def test_a_program_that_is_none_is_told_so_in_the_words_of_oauth(house: Stage) -> None:
    program = _a_program(house, Right.LEND)
    wrong = _form(house, client_id=program.client_id, client_secret="wrong")
    assert (wrong.status, wrong.body["error"]) == (401, "invalid_client")
    other = _form(house, grant_type="password")
    assert (other.status, other.body["error"]) == (400, "unsupported_grant_type")
    known = {"client_id": program.client_id, "client_secret": program.secret}
    assert _form(house, scope="staff.administer", **known).body["error"] == "invalid_scope"


def _basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_a_name_and_password_with_each_request_are_for_trying_out(sqlite_url: str) -> None:
    anna = _basic("anna", PASSWORD)
    with a_stage(sqlite_url, ApiSettings(basic_authentication=True)) as stage:
        settings(stage.library, known_networks=["127.0.0.0/8"])
        a_colleague(stage.library, "anna", "librarian")
        wish = {"card": a_patron(stage.library), "item": an_item(stage.library)}
        assert stage.ask("POST", "/checkouts", wish, headers=anna).status == 200
        assert stage.ask("GET", "/sessions/current", headers=anna).body["name"] == "anna"
        stage.library.pass_time(hours=20)  # the session behind it is over: it begins anew
        assert stage.ask("GET", "/sessions/current", headers=anna).status == 401
        assert stage.ask("GET", "/sessions/current", headers=anna).status == 200
        assert stage.ask("GET", "/self", headers=_basic("anna", "wrong")).status == 401
        forwarded = anna | {"x-forwarded-for": "192.0.2.1"}
        assert stage.ask("GET", "/sessions/current", headers=forwarded).status == 401
        stage.api = Api(ApiSettings(), stage.services)
        assert stage.ask("GET", "/sessions/current", headers=anna).status == 401


def test_over_the_net_in_clear_no_cookie_is_given(house: Stage) -> None:
    told = house.ask("POST", "/sessions", ANNA, key=None, host="192.0.2.7")
    assert told.status == 409
    secure = house.ask("POST", "/sessions", ANNA, key=None, is_secure=True)
    assert secure.headers["Set-Cookie"].startswith("__Host-tiro=")
    assert "Secure" in secure.headers["Set-Cookie"]


def test_who_is_disabled_is_out(house: Stage) -> None:
    token = house.ask("POST", "/sessions", ANNA | {"give": "token"}, key=None).body["token"]
    at_no_desk(house.library, lambda act: disable_account(act, COMMAND, account(house.library)))
    assert house.ask("GET", "/sessions/current", token=token).status == 401


def test_a_request_of_one_account_is_not_done_for_another(stage: Stage) -> None:
    card, item = a_patron(stage.library), an_item(stage.library)
    reader = stage.a_patron_caller(card)
    wish = {"card": card, "item": item}
    for name in ("bo", "jørn"):
        token = stage.a_caller(name=name)
        anna = {"signed-in-as": "staff:anna"}
        told = stage.ask("POST", "/checkouts", wish, token=token, headers=anna)
        assert (told.status, told.body["type"]) == (412, "urn:tiro:problem:another-signed-in")
        meant = {"signed-in-as": quote(f"staff:{name}")}
        told = stage.ask("POST", "/checkouts", wish, token=token, headers=meant)
        assert told.status in (200, 409), told.body
    asked = {"signed-in-as": f"patron:{stage.public_id(card)}"}
    assert stage.ask("GET", "/self", token=reader, headers=asked).status == 200
    asked = {"signed-in-as": f"patron:{stage.public_id(a_patron(stage.library))}"}
    assert stage.ask("GET", "/self", token=reader, headers=asked).status == 412


@pytest.mark.parametrize("header", [None, "*", "xx", "da;q=0"])
@pytest.mark.parametrize(("language", "asked"), [("da", None), ("", None), ("da", "en")])
def test_problems_are_in_the_accounts_language_where_none_is_requested(
    house: Stage, language: str, asked: str | None, header: str | None
) -> None:
    """English is that of accounts without one, and of requests without an account."""
    wanted = asked or header
    a_colleague(house.library, "berta", "librarian", language=language)
    given = {"name": "berta", "password": PASSWORD, "give": "token"}
    token = house.ask("POST", "/sessions", given, key=None).body["token"]
    path, spoken = "/patrons/PNOBODY", asked or language or "en"
    refused = house.ask("GET", path, token=token, headers={"accept-language": wanted})
    expected = house.ask("GET", path, token=token, headers={"accept-language": spoken})
    assert refused.body == expected.body
    english = house.ask("GET", path, token=token, headers={"accept-language": "en"})
    assert (refused.body == english.body) is (spoken == "en")
    unknown = house.ask("GET", "/titles?q=a&limit=100000", headers={"accept-language": header})
    assert "must be 100 or less" in unknown.body["detail"]


def test_problems_of_unknown_callers_are_in_the_language_of_the_request(house: Stage) -> None:
    """Before anybody is signed in, nothing but the header says which language that is."""
    a_colleague(house.library, "berta", "librarian")
    wrong = {"name": "berta", "password": "wrong", "give": "token"}
    asked: tuple[tuple[int, str, str, Any], ...] = (
        (401, "GET", "/patrons/P1", None),
        (401, "POST", "/sessions", wrong),
        (404, "GET", "/no-such-path", None),
        (405, "DELETE", "/checkouts", None),
        (422, "GET", "/titles?q=a&q=b", None),
        (422, "POST", "/sessions", {"name": "berta", "give": "token"}),
        (422, "POST", "/sessions", ["no object"]),
    )
    for status, method, path, body in asked:
        danish, english = (
            house.ask(method, path, body, key=None, headers={"accept-language": tag})
            for tag in ("da, en;q=0.5", "en")
        )
        assert danish.status == english.status == status
        for texts in zip(_texts(danish.body), _texts(english.body), strict=True):
            assert texts[0] != texts[1], (method, path)


def _texts(problem: dict[str, Any]) -> list[str]:
    """Return all that a problem says to people."""
    parts = [*problem["reasons"], *problem["errors"]]
    whole = [problem["title"], *([problem["detail"]] if "detail" in problem else [])]
    return whole + [each["text"] for each in parts]
