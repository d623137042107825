"""What every operation asks of a request before it is carried out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from circulation.kernel.rights import Reach, Right
from protocols.api.list_changes import LISTS
from protocols.api.operations import OPERATIONS
from protocols.api.settings import ApiSettings
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage, a_stage


def _wish(stage: Stage) -> dict[str, Any]:
    return {"card": a_patron(stage.library), "item": an_item(stage.library)}


def test_nobody_may_do_anything_without_a_token(stage: Stage) -> None:
    told = stage.ask("POST", "/checkouts", _wish(stage))
    assert (told.status, told.body["type"]) == (401, "urn:tiro:problem:not-signed-in")
    assert told.headers["WWW-Authenticate"].startswith("Bearer")
    assert stage.ask("POST", "/checkouts", _wish(stage), token="made up").status == 401


def test_a_missing_right_is_named(stage: Stage) -> None:
    token = stage.a_caller(Right.VIEW_PATRONS)
    told = stage.ask("POST", "/checkouts", _wish(stage), token=token)
    assert (told.status, told.body["right"]) == (403, "lend")


def test_there_are_paths_and_methods_and_no_others(stage: Stage) -> None:
    token = stage.a_caller()
    assert stage.ask("GET", "/nothing/of/the/kind", token=token).status == 404
    told = stage.ask("GET", "/checkouts", token=token)
    assert (told.status, told.headers["Allow"]) == (405, "OPTIONS, POST")
    assert stage.ask("OPTIONS", "/checkouts").headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"item": "I1"}, "body", "value_error"),
        ({"item": "I1", "card": "a", "patron": "0" * 13}, "body", "value_error"),
        ({"card": "a"}, "item", "missing"),
        ({"card": "a", "item": 7}, "item", "string_type"),
        ({"card": "a", "item": "I1", "more": 1}, "more", "extra_forbidden"),
        ({"card": "a", "item": "I1", "accept_fee": -1}, "accept_fee", "greater_than_equal"),
        (b'{"card": "a", "item": "\\u0000"}', "body", "control_character"),
        ({"card": "a", "item": "I1", "happened": "1795600000"}, "happened", "datetime_parsing"),
        ({"card": "a", "item": "I1", "happened": 1795600000}, "happened", "datetime_parsing"),
        ({"card": "a", "item": "I1", "happened": "2026-11-25"}, "happened", "datetime_parsing"),
    ],
)
def test_what_is_wrong_is_named_by_field_and_rule(
    stage: Stage, body: Any, field: str, rule: str
) -> None:
    told = stage.ask("POST", "/checkouts", body, token=stage.a_caller())
    assert told.status == 422
    (error,) = told.body["errors"]
    assert (error["field"], error["rule"]) == (field, rule)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"{", "line 1, column 1"),
        (b'{"card": "a",\n "item": }', "line 2, column 10"),
        (b"", "line 1"),
    ],
)
def test_a_body_that_is_no_json_says_where(stage: Stage, body: bytes, place: str) -> None:
    """It cannot be read at all, so the status is 400; 422 is for a value that does not fit."""
    told = stage.ask("POST", "/checkouts", body, token=stage.a_caller())
    assert (told.status, told.body["type"]) == (400, "urn:tiro:problem:not-json")
    assert place in told.body["detail"]
    (error,) = told.body["errors"]
    assert (error["field"], error["rule"]) == ("body", "json_invalid")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "must be 100 or less"), ("da", "skal være 100 eller mindre")]
)
def test_a_number_that_is_too_large_is_refused_with_the_largest(
    stage: Stage, language: str, text: str
) -> None:
    headers = {"accept-language": language}
    told = stage.ask("GET", "/titles?q=a&limit=100000", headers=headers)
    assert told.status == 422
    assert [(each["field"], each["text"]) for each in told.body["errors"]] == [("limit", text)]
    assert text in told.body["detail"]


def test_bodies_are_json(stage: Stage) -> None:
    headers = {"content-type": "text/plain"}
    told = stage.ask("POST", "/checkouts", {}, token=stage.a_caller(), headers=headers)
    assert told.status == 415
    told = stage.ask("GET", "/openapi.json", headers={"accept": "text/html"})
    assert told.status == 406


def test_a_key_is_needed_and_counts_once(stage: Stage) -> None:
    token, wish = stage.a_caller(), _wish(stage)
    assert stage.ask("POST", "/checkouts", wish, token=token, key=None).status == 428
    first = stage.ask("POST", "/checkouts", wish, token=token, key="one")
    stage.ask("POST", "/checkins", {"item": wish["item"]}, token=token)
    again = stage.ask("POST", "/checkouts", wish, token=token, key="one")
    assert (again.status, again.body) == (first.status, first.body)
    assert (
        sum(each.kind.value == "checked_out" for each in stage.library.events_of(wish["item"])) == 1
    )


def test_a_key_is_for_one_request_of_one_caller(stage: Stage) -> None:
    token, wish = stage.a_caller(), _wish(stage)
    stage.ask("POST", "/checkouts", wish, token=token, key="one")
    other = stage.ask("POST", "/checkouts", _wish(stage), token=token, key="one")
    assert (other.status, other.body["type"]) == (422, "urn:tiro:problem:key-reused")
    elsewhere = stage.ask("POST", "/checkins", {"item": wish["item"]}, token=token, key="one")
    assert elsewhere.status == 422
    colleague = stage.ask("POST", "/checkouts", _wish(stage), token=stage.a_caller(), key="one")
    assert colleague.status == 200


def test_a_refusal_is_kept_with_its_status(stage: Stage) -> None:
    token = stage.a_caller()
    wish = {"card": a_patron(stage.library), "item": "I-not-yet"}
    first = stage.ask("POST", "/checkouts", wish, token=token, key="one")
    assert first.status == 409
    an_item(stage.library, "I-not-yet")
    again = stage.ask("POST", "/checkouts", wish, token=token, key="one")
    assert (again.status, again.body, again.media_type) == (409, first.body, first.media_type)
    assert stage.ask("POST", "/checkouts", wish, token=token, key="two").status == 200


def test_a_key_is_forgotten_after_its_time(stage: Stage) -> None:
    token, wish = stage.a_caller(), _wish(stage)
    stage.ask("POST", "/checkouts", wish, token=token, key="one")
    stage.library.pass_time(hours=25)
    again = stage.ask("POST", "/checkouts", wish, token=token, key="one")
    assert (again.status, again.codes) == (409, ["ALREADY_ON_LOAN_TO_PATRON"])


def test_who_asks_too_often_waits(sqlite_url: str) -> None:
    with a_stage(sqlite_url, ApiSettings(requests_per_second=0.01, burst=2)) as stage:
        token = stage.a_caller()
        answers = [stage.ask("POST", "/checkins", {"item": "x"}, token=token) for _ in range(3)]
        assert [each.status for each in answers] == [409, 409, 429]
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 100
        other = stage.ask("POST", "/checkins", {"item": "x"}, token=stage.a_caller())
        assert other.status == 409


def test_texts_are_in_the_language_asked_for(stage: Stage) -> None:
    token, wish = stage.a_caller(), {"item": "nothing"}
    danish = stage.ask(
        "POST",
        "/checkins",
        wish,
        token=token,
        headers={"accept-language": "fr, da;q=0.8, en;q=0.5"},
    )
    english = stage.ask("POST", "/checkins", wish, token=token)
    assert english.body["title"] == "The rules do not allow this."
    assert danish.body["title"] == "Reglerne tillader det ikke."
    assert danish.body["reasons"][0]["text"] != english.body["reasons"][0]["text"]


def test_other_pages_may_ask_where_they_are_listed(sqlite_url: str) -> None:
    settings = ApiSettings(cross_origin=("https://library.example.org",))
    asked = {"origin": "https://library.example.org", "access-control-request-method": "POST"}
    with a_stage(sqlite_url, settings) as stage:
        told = stage.ask("OPTIONS", "/checkouts", headers=asked)
        assert told.headers["Access-Control-Allow-Origin"] == "https://library.example.org"
        told = stage.ask(
            "OPTIONS", "/checkouts", headers=asked | {"origin": "https://evil.example"}
        )
        assert "Access-Control-Allow-Origin" not in told.headers
        told = stage.ask("GET", "/openapi.json", headers=asked)
        assert told.headers["Access-Control-Allow-Origin"] == "https://library.example.org"
        assert "Access-Control-Allow-Credentials" not in told.headers


def test_what_is_kept_does_not_show_what_was_asked(stage: Stage) -> None:
    """A request may hold a PIN: not even a digest is kept that could be tried out."""
    token, wish = stage.a_caller(), _wish(stage)
    stage.ask("POST", "/checkouts", wish, token=token, key="one")
    assert json.dumps(wish)  # the wish itself is in no table


@pytest.mark.parametrize("number", ["9117061404135106", "9" * 19, "9" * 40])
def test_a_number_that_no_database_has_is_not_found(stage: Stage, number: str) -> None:
    token = stage.a_caller()
    for path in (f"/titles/{number}", f"/titles/{number}/holds", f"/holds/{number}"):
        assert stage.ask("GET", path, token=token).status in (200, 404), path
    settled = stage.ask("POST", f"/lists/conflicts/{number}/settle", {}, token=token)
    assert settled.status == 404
    wish = {"card": a_patron(stage.library), "title": number}
    assert stage.ask("POST", "/holds", wish, token=token).status in (409, 422)


#: The paths of the lists that streams name.
_LISTED = [
    f"{each.path}?"
    for each in OPERATIONS
    if each.method == "GET" and each.path.rpartition("/")[2] in LISTS
]


@pytest.mark.parametrize("place", [2**62, ["2026-01-01T00:00:00+00:00", 2**62], "x", None])
@pytest.mark.parametrize("path", ["/titles?q=a", *_LISTED])
def test_a_cursor_of_nowhere_is_told(stage: Stage, path: str, place: Any) -> None:
    word = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    told = stage.ask("GET", f"{path}&cursor={word}", token=stage.a_caller())
    assert told.status in (200, 422), told.body


#: Words that were altered: no number, and a moment before the first of UTC.
_ALTERED = [
    '["2026-01-01T00:00:00+00:00", Infinity]',
    '["2026-01-01", Infinity]',
    '["2026-01-01T00:00:00+00:00", Infinity, true]',
    '["0001-01-01T00:00:00+23:59", 1]',
    '["9999-12-31T23:59:59-23:59", 1, true]',
    "[" * 290,
]


@pytest.mark.parametrize("place", _ALTERED)
def test_an_altered_cursor_is_told(stage: Stage, place: str) -> None:
    word = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    patron = f"/patrons/{stage.public_id(a_patron(stage.library))}"
    lists = [
        *(each.removesuffix("?") for each in _LISTED),
        *(f"{patron}/{each}" for each in ("charges", "loans", "history", "notices", "lookups")),
        "/deliveries",
    ]
    token = stage.a_caller()
    told = {path: stage.ask("GET", f"{path}?cursor={word}", token=token).status for path in lists}
    assert {path for path, status in told.items() if status not in (200, 422)} == set()
    assert told[f"{patron}/charges"] == told[f"{patron}/loans"] == 422


@pytest.mark.parametrize(("after", "count"), [("Infinity", "1"), ("1", "Infinity"), ("-1", "1")])
def test_an_altered_place_of_a_job_is_told(stage: Stage, after: str, count: str) -> None:
    library = stage.library
    place = f'["replies", "{library.today.isoformat()}", {after}, {{"done": {count}}}]'
    word = base64.urlsafe_b64encode(place.encode()).decode()
    everywhere = {Right.RUN_JOBS: Reach(everywhere=True)}
    token = stage.a_caller(grants=everywhere)
    told = stage.ask("POST", "/jobs/replies", {"cursor": word}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "cursor"), told.body


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (r"a\u0000", 422),
        (r"a\\u0000", 200),  # a backslash, then a u and figures
        (r"a\\\u0000", 422),
        (r"a\\\\u0000", 200),
        (r"a\ud800", 400),  # half of a character
    ],
)
def test_a_text_of_json_is_read_as_it_is_meant(stage: Stage, text: str, status: int) -> None:
    told = stage.ask("POST", "/desk/scan", f'{{"text": "{text}"}}'.encode(), token=stage.a_caller())
    assert told.status == status, told.body


def test_a_compressed_body_is_refused_as_such(stage: Stage) -> None:
    packed = {"content-encoding": "gzip"}
    told = stage.ask("POST", "/checkouts", _wish(stage), token=stage.a_caller(), headers=packed)
    assert told.status == 415, told.body
