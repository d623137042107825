"""Messages over the API: why one was made, and loads that nobody is told of."""

from __future__ import annotations

from circulation.kernel.rights import EVERYTHING, Right
from circulation.notices.kinds import NoticeKind
from tests.builders.circulation import a_patron
from tests.builders.notices import EMAIL, rule
from tests.protocols.api.stage import Stage


def test_a_message_is_shown_before_it_goes_with_its_reason(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    rule(library, "email", kind=NoticeKind.STAFF)
    card = a_patron(library, email=EMAIL)
    patron = stage.public_id(card)
    wish = {"text": "Your umbrella is here."}
    made = stage.ask("POST", f"/patrons/{patron}/notices", wish, token=token)
    [number] = made.body["notices"]
    told = stage.ask("GET", f"/notices/{number}/explanation", token=token)
    assert told.status == 200, told.body
    [cause] = told.body["tells"]
    assert cause["rules"]["channels"] == {"value": ["email"], "rule": {"kind": "staff"}}
    [way] = cause["channels"]
    assert (way["channel"], way["address"], way["failed"]) == ("email", EMAIL, False)
    assert "Your umbrella is here." in cause["now"]["text"]
    stranger = stage.a_caller(Right.VIEW_NOTICES, agency=4_711)
    assert stage.ask("GET", f"/notices/{number}/explanation", token=stranger).status == 404


def test_a_load_is_silent_for_a_time(stage: Stage) -> None:
    token = stage.a_caller(grants=EVERYTHING)
    path = "/silent-batches/old"
    wish = {"until": "2031-03-03T00:00:00Z"}
    told = stage.ask("PUT", path, wish, token=token)
    assert told.body["batches"] == [{"batch": "old", "until": "2031-03-03T00:00:00Z", "rows": 0}]
    assert stage.ask("GET", "/silent-batches", token=token).body == told.body
    bare = stage.ask("PUT", path, {"until": "2031-03-03T00:00:00"}, token=token)
    assert (bare.status, bare.body["errors"][0]["field"]) == (422, "until")
    here_alone = stage.a_caller()
    assert stage.ask("PUT", path, wish, token=here_alone).status == 403
    assert stage.ask("DELETE", path, token=token).body["batches"] == []
    assert stage.ask("DELETE", path, token=token).status == 404
