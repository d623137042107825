"""Interlibrary loans over the API: what is under way, what an owner has said, what goes home."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.rights import Right
from tests.builders.circulation import a_patron
from tests.builders.interlending import a_borrowed_item
from tests.protocols.api.stage import Stage


def _renewed(stage: Stage) -> str:
    """A borrowed item whose owner is asked for longer."""
    library = stage.library
    card = a_patron(library)
    a_borrowed_item(library, card, "TEMP-1", due=library.now + timedelta(days=90))
    library.check_out(card, "TEMP-1")
    library.pass_time(days=20)
    library.renew(card, "TEMP-1")
    return card


def test_what_an_owner_has_said_is_noted(stage: Stage) -> None:
    card, token = _renewed(stage), stage.a_caller()
    [loan] = stage.ask("GET", "/interlibrary-loans", token=token).body["loans"]
    assert (loan["request"], loan["state"]) == ("REQ-1", "renewal asked")
    assert loan["patron"] == stage.public_id(card)
    waiting = stage.ask("GET", "/interlibrary-loans/waiting", token=stage.a_caller())
    assert waiting.status == 200
    path = f"/interlibrary-loans/{loan['id']}"
    both = {"until": "2027-02-01", "refused": True}
    assert stage.ask("POST", f"{path}/owner-answers", both, token=token).status == 422
    told = stage.ask("POST", f"{path}/owner-answers", {"until": "2027-02-01"}, token=token)
    assert (told.body["state"], told.body["due"][:10]) == ("on loan", "2027-02-01")
    refused = stage.ask("POST", f"{path}/return", token=token)
    assert (refused.status, refused.body["detail"]) == (409, "the patron has it still")
    stage.library.check_in("TEMP-1")
    home = stage.ask("POST", f"{path}/return", token=token)
    assert home.body["state"] == "completed"
    assert stage.ask("GET", "/interlibrary-loans", token=token).body["loans"] == []
    found = stage.ask("GET", "/interlibrary-loans?request=REQ-1", token=token)
    assert [each["id"] for each in found.body["loans"]] == [loan["id"]]


def test_others_do_not_see_or_change_it(stage: Stage) -> None:
    _renewed(stage)
    [loan] = stage.ask("GET", "/interlibrary-loans", token=stage.a_caller()).body["loans"]
    stranger = stage.a_caller(Right.LEND, agency=4_711)
    assert stage.ask("GET", "/interlibrary-loans", token=stranger).body["loans"] == []
    path = f"/interlibrary-loans/{loan['id']}/owner-answers"
    assert stage.ask("POST", path, {"refused": True}, token=stranger).status == 404
