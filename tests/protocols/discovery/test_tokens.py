"""PAIA auth: log-in, log-out, another PIN (section 4)."""

from __future__ import annotations

import base64
import json

import pytest

from circulation.kernel.rights import Right
from circulation.patrons.changes import change_patron
from circulation.staff.lookups import NEWEST, lookups_of_patron
from protocols.discovery.methods import SCOPES
from tests.builders.fees import number_of
from tests.protocols.discovery.stage import PIN, Stage, Told, a_stage


def log_in(stage: Stage, card: str, pin: str = PIN, **more: str) -> Told:
    host = more.pop("host", "192.0.2.1")
    form = {"grant_type": "password", "username": card, "password": pin} | more
    return stage.paia("POST", "auth/login", form, host=host)


def test_a_token_and_what_it_is_good_for(stage: Stage) -> None:
    card = stage.a_patron()
    told = log_in(stage, card)
    assert told.status == 200
    assert told.body | {"access_token": ""} == {
        "patron": stage.named(card),
        "access_token": "",
        "token_type": "Bearer",
        "scope": "read_patron read_fees read_items write_items",
        "expires_in": 3600,
    }
    assert told.headers["X-OAuth-Scopes"] == told.body["scope"]
    assert PIN not in told.octets.decode()
    path = f"core/{stage.named(card)}"
    assert stage.paia("GET", path, token=told.body["access_token"]).status == 200
    stage.library.pass_time(minutes=61)
    assert stage.paia("GET", path, token=told.body["access_token"]).status == 401


def test_scopes_are_given_as_far_as_they_are_known(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    told = log_in(one_stage, card, scope="read_items everything change_password")
    assert told.body["scope"] == "read_items change_password"
    assert log_in(one_stage, card, scope="everything").status == 422
    assert log_in(one_stage, card, scope="").status == 422


def test_wrong_credentials_are_told_alike(stage: Stage) -> None:
    card = stage.a_patron()
    wrong, nobody = log_in(stage, card, "7777"), log_in(stage, "P-NOBODY", "7777")
    assert (wrong.status, wrong.body) == (nobody.status, nobody.body)
    assert (wrong.status, wrong.body["error"]) == (403, "access_denied")
    assert "code" not in wrong.body
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "form",
    [{}, {"grant_type": "password"}, {"grant_type": "password", "username": "x"},
     {"grant_type": "refresh_token", "username": "x", "password": "y"}],
)  # fmt: skip
def test_what_is_missing(one_stage: Stage, form: dict[str, str]) -> None:
    assert one_stage.paia("POST", "auth/login", form).status == 422


def test_the_pin_is_never_in_an_address(one_stage: Stage) -> None:
    told = one_stage.paia("GET", "auth/login", username="x", password="y", grant_type="password")
    assert told.status == 405


def test_stock_clients_log_in_by_the_patron_identifier_later(one_stage: Stage) -> None:
    card = one_stage.a_patron()
    assert log_in(one_stage, one_stage.named(card)).status == 200
    assert log_in(one_stage, one_stage.named(card), "7777").status == 403
    for _ in range(4):
        log_in(one_stage, card, "7777")
    assert log_in(one_stage, one_stage.named(card)).status == 403  # one count for both names


def test_wrong_pins_by_a_portal_count_for_their_card(stage: Stage) -> None:
    card, other = stage.a_patron(), stage.a_patron()
    for _ in range(5):
        log_in(stage, card, "7777")
    assert "Wait" in log_in(stage, card).body["error_description"]
    assert log_in(stage, other).status == 200


def test_a_portal_that_tries_card_after_card_is_slowed(one_stage: Stage) -> None:
    regular, new = one_stage.a_patron(), one_stage.a_patron()
    assert log_in(one_stage, regular).status == 200
    tries = (log_in(one_stage, f"P-{number}", "1234").body for number in range(500))
    assert any("Wait" in each["error_description"] for each in tries)
    assert log_in(one_stage, new).status == 403
    assert log_in(one_stage, regular).status == 200


def test_wrong_pins_from_anywhere_else_count_for_the_address(one_stage: Stage) -> None:
    cards = [one_stage.a_patron() for _ in range(11)]
    regular = one_stage.a_patron()
    assert log_in(one_stage, regular, host="198.51.100.7").status == 200
    for card in cards[:10]:
        for _ in range(5):
            log_in(one_stage, card, "7777", host="198.51.100.7")
    assert log_in(one_stage, cards[10], host="198.51.100.7").status == 403
    assert log_in(one_stage, regular, host="198.51.100.7").status == 403
    assert log_in(one_stage, cards[10], host="198.51.100.8").status == 200


def test_logged_out(stage: Stage) -> None:
    card = stage.a_patron()
    token, other = stage.log_in(card), stage.log_in(card)
    named = stage.named(card)
    told = stage.paia("POST", "auth/logout", {"patron": named}, token=token)
    assert (told.status, told.body) == (200, {"patron": named})
    assert stage.paia("GET", f"core/{named}", token=token).status == 401
    assert stage.paia("POST", "auth/logout", {"patron": named}, token=token).status == 401
    assert stage.paia("GET", f"core/{named}", token=other).status == 200


def test_another_pin(stage: Stage) -> None:
    """4.3: the token goes on, others end; the old PIN is nobody's any more."""
    card = stage.a_patron()
    token, other = stage.log_in(card, " ".join(SCOPES)), stage.log_in(card)
    named = stage.named(card)
    body = {"patron": named, "username": card, "old_password": PIN, "new_password": "8361"}
    told = stage.paia("POST", "auth/change", body, token=token)
    assert (told.status, told.body) == (200, {"patron": named})
    assert stage.paia("GET", f"core/{named}", token=token).status == 200
    assert stage.paia("GET", f"core/{named}", token=other).status == 401
    assert log_in(stage, card).status == 403
    assert log_in(stage, card, "8361").status == 200
    again = body | {"username": named, "old_password": "8361", "new_password": "5937"}
    assert stage.paia("POST", "auth/change", again, token=token).status == 200


def test_pins_that_cannot_be_changed_so(one_stage: Stage) -> None:
    card, other = one_stage.a_patron(), one_stage.a_patron()
    token, named = one_stage.log_in(card, "change_password"), one_stage.named(card)
    body = {"patron": named, "username": card, "old_password": PIN, "new_password": "8361"}
    for wrong, status in (
        ({"old_password": "7777"}, 403),
        ({"username": other}, 403),
        ({"username": "P-NOBODY"}, 403),
        ({"patron": one_stage.named(other)}, 403),
        ({"new_password": "1111"}, 422),
        ({"new_password": "x"}, 422),
    ):
        told = one_stage.paia("POST", "auth/change", body | wrong, token=token)
        assert told.status == status, (wrong, told)
        assert not any(secret in told.octets.decode() for secret in (PIN, "8361", "7777"))
    weak = body | {"new_password": "1111"}
    for language, rule in (("en", "does not repeat"), ("da", "er ikke det samme tegn")):
        headers = {"accept-language": language}
        told = one_stage.paia("POST", "auth/change", weak, token=token, headers=headers)
        assert rule in told.body["error_description"]
    assert log_in(one_stage, card).status == 200


# Programs that vouch for patrons


def vouched(stage: Stage, client: tuple[str, str], named: str, **more: str) -> Told:
    shown = base64.b64encode(":".join(client).encode()).decode()
    form = {"grant_type": "client_credentials", "patron": named} | more
    headers = {"authorization": f"Basic {shown}"}
    return stage.paia("POST", "auth/login", form, headers=headers)


def test_a_program_asks_for_a_patron_as_far_as_its_rights_go(stage: Stage) -> None:
    card = stage.a_patron()
    site = stage.a_program(Right.VIEW_PATRONS)
    told = vouched(stage, (site.client_id, site.secret), card)
    assert told.body["scope"] == "read_patron read_fees read_items"
    path = f"core/{stage.named(card)}"
    token = told.body["access_token"]
    assert stage.paia("GET", path, token=token).body["name"] == "Ida Ørsted"
    body = {"doc": [{"item": "x:1"}]}
    assert stage.paia("POST", f"{path}/cancel", body, token=token).status == 403
    lending = stage.a_program(Right.VIEW_PATRONS, Right.LEND)
    of_lending = vouched(stage, (lending.client_id, lending.secret), stage.named(card)).body
    assert of_lending["scope"] == "read_patron read_fees read_items write_items"
    assert (of_lending["patron"], of_lending["expires_in"]) == (stage.named(card), 3600)
    token = of_lending["access_token"]
    assert stage.paia("POST", f"{path}/cancel", body, token=token).status == 200
    number = number_of(stage.library, card)
    seen = stage.library.read(
        lambda transaction: lookups_of_patron(transaction, patron_id=number, before=NEWEST)
    )
    assert [(each.what, each.context) for each in seen] == [("opened", "paia login")] * 2


def test_programs_that_are_told_nothing(one_stage: Stage) -> None:
    branch = one_stage.another_agency()
    card = one_stage.a_patron(given_name="Sille")
    site = one_stage.a_program(Right.VIEW_PATRONS)
    theirs = one_stage.a_program(Right.VIEW_PATRONS, at=branch)
    none = one_stage.a_program(Right.LEND)
    answers = [
        vouched(one_stage, (site.client_id, "wrong"), card),
        vouched(one_stage, ("nobody", site.secret), card),
        vouched(one_stage, (site.client_id, site.secret), "P-NOBODY"),
        vouched(one_stage, (site.client_id, site.secret), ""),
        vouched(one_stage, (theirs.client_id, theirs.secret), card),
        vouched(one_stage, (none.client_id, none.secret), card),
        one_stage.paia("POST", "auth/login", {"grant_type": "client_credentials", "patron": card}),
    ]
    assert {(each.status, json.dumps(each.body)) for each in answers} == {
        (answers[0].status, json.dumps(answers[0].body))
    }
    assert answers[0].status == 403
    told = vouched(one_stage, (site.client_id, site.secret), card, scope="write_items")
    assert told.status == 422


def test_a_protected_address_is_told_to_its_owner_alone(one_stage: Stage) -> None:
    card = one_stage.a_patron(email="ida@example.org")
    number = number_of(one_stage.library, card)
    one_stage.library.write(
        lambda transaction: change_patron(
            one_stage.library.act(transaction), number, {"is_protected": True}
        )
    )
    assert one_stage.of_patron("GET", card).body["email"] == "ida@example.org"
    site = one_stage.a_program(Right.VIEW_PATRONS)
    token = vouched(one_stage, (site.client_id, site.secret), card).body["access_token"]
    assert "email" not in one_stage.of_patron("GET", card, token=token).body


def test_a_program_that_is_revoked_has_no_tokens_left(one_stage: Stage) -> None:
    from circulation.staff.programs import program_named, revoke_program

    card = one_stage.a_patron()
    site = one_stage.a_program(Right.VIEW_PATRONS)
    token = vouched(one_stage, (site.client_id, site.secret), card).body["access_token"]
    library = one_stage.library

    def revoke(transaction: object) -> None:
        name = f"program {library._numbers}"
        program = program_named(transaction, name=name)  # type: ignore[arg-type]
        assert program is not None
        revoke_program(library.act(transaction), program)  # type: ignore[arg-type]

    library.write(revoke)
    assert one_stage.of_patron("GET", card, token=token).status == 401


def test_a_shorter_token(sqlite_url: str) -> None:
    with a_stage(sqlite_url, token_minutes=5) as stage:
        assert log_in(stage, stage.a_patron()).body["expires_in"] == 300
