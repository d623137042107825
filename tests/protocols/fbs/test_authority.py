"""Who may ask what of whom: every call of the table by every kind of caller."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from circulation.kernel.rights import Right
from protocols.fbs.calls import Asker, Call
from protocols.fbs.table import CALLS
from tests.builders.circulation import an_item
from tests.protocols.fbs.stage import AGENCY, PERSON, Stage, Told

ASKED = [call for call in CALLS if call.asker is not Asker.ANYBODY]
#: What is told of nobody, where the interface has no 404 for a patron who is not there.
NOTHING = (None, [], {"authenticateStatus": "INVALID"})
NOBODY = (
    {"authenticateStatus": "INVALID", "patronId": 0, "patronType": "PERSON"},
    {"authenticateStatus": "LOANER_LOCKED_OUT", "patronId": 0, "patronType": "PERSON"},
    {"authenticateStatus": "LOANER_LOCKED_OUT"},  # so many tries, by version after version
)
#: Bodies that can be read, by the last word of a path that is no version.
BODIES: dict[str, object] = {
    "patronId": 1,
    "preauthenticated": "P-OTHER",
    "unic": "P-OTHER",
    "authenticate": {"libraryCardNumber": "P-OTHER", "pincode": "4929"},
    "payment": {"orderId": "1", "feeIds": [1]},
    "renew": [1],
    "reservations": {"reservations": []},
    "bookings": {"bookings": []},
    "add": {"reservations": []},
    "requestitem": {"recordId": "1", "requestingAgency": AGENCY, "enduserId": "P-OTHER"},
    "block": {"identifier": "P-OTHER"},
}


def a_body(call: Call) -> bytes | None:
    if call.reads is None:
        return None
    words = [each for each in call.path.split("/") if not each.startswith(("v", "{"))]
    settings = {"preferredPickupBranch": "DK-900101"}
    guardian = {"name": "Bo", "email": "bo@example.org", "personIdentifier": PERSON}
    last = words[-1]
    if last == "guardian":
        body: object = PERSON if call.method == "POST" else {"guardianPersonId": PERSON}
    elif last == "withGuardian":
        body = {
            "name": "Liv",
            "personId": "0503186419",
            "guardian": guardian,
            "preferredPickupBranch": "DK-900101",
        }
    elif "updateconsent" in words:
        body = True if call.path.endswith("v1") else {"consent": True}
    elif last == "patrons" and call.method == "POST":
        body = {"patron": settings, "personIdentifier": PERSON}
    else:
        body = BODIES.get(last, {"patron": settings})
    return json.dumps(body).encode()


def asked(stage: Stage, call: Call, number: int | str, agency: str = AGENCY, **shown: str) -> Told:
    path = call.path.replace("{agencyid}", agency).replace("{patronid}", str(number))
    path = path.replace("{feeId}", "1").replace("{key}", "none").replace("{recordid}", "1")
    query = {name: ["1"] for name in ("recordid", "reservationid", "bookingid")}
    return stage.ask(call.method, path, a_body(call), **query, **shown)


def is_nothing(told: Told) -> bool:
    """Is there not a byte of a patron in it?"""
    if told.status not in (200, 204):
        return True
    if isinstance(told.body, list) and all(
        each.get("paymentStatus") == "paymentNotAllowedByClient" for each in told.body
    ):
        return True
    return told.body in (*NOTHING, *NOBODY, {"authenticated": False})


@pytest.fixture
def other(one_stage: Stage) -> str:
    """A patron of another library, of whom there is something to be told."""
    branch = one_stage.another_agency()
    card = one_stage.a_patron("P-OTHER", home_branch=branch.id, given_name="Nabo")
    an_item(one_stage.library, home=branch)
    return card


def test_nobody_is_told_anything_without_showing_something(one_stage: Stage) -> None:
    number = one_stage.number(one_stage.a_patron())
    for call in ASKED:
        assert asked(one_stage, call, number).status == 401, call.name
        assert asked(one_stage, call, "patronid", "agencyid").status == 400, call.name


def test_a_session_that_is_none(one_stage: Stage) -> None:
    number = one_stage.number(one_stage.a_patron())
    for call in ASKED:
        told = asked(one_stage, call, number, session="made-up")
        assert told.status == 401, call.name
        told = asked(one_stage, call, "patronid", "agencyid", token="made-up-token")
        assert told.status == 403, call.name


def test_a_session_of_another_library(one_stage: Stage) -> None:
    """It is no session here, whomever it asks for."""
    card = one_stage.a_patron()
    branch = one_stage.another_agency()
    theirs = one_stage.log_in(one_stage.a_site(at=branch), "DK-900200")
    number = one_stage.number(card)
    for call in ASKED:
        assert asked(one_stage, call, number, session=theirs).status == 401, call.name


def test_a_patron_of_another_library_is_nobody(one_stage: Stage, other: str) -> None:
    number = one_stage.number(other)
    for call in ASKED:
        told = asked(one_stage, call, number, session=one_stage.session)
        if call.is_about_patron or call.path.find("uthenticate") > 0 or "ill/" in call.path:
            if "ill/" in call.path:
                assert told.body["result"] == "PATRON_NOT_FOUND"
                continue
            assert is_nothing(told), (call.name, told)
        assert "Nabo" not in json.dumps(told.body), call.name


@pytest.mark.parametrize("right", sorted({c.right for c in ASKED if c.right}, key=str))
def test_a_right_that_is_missing(one_stage: Stage, right: Right) -> None:
    rights = [each for each in Right if each is not right and each is not Right.WAIVE_FEES]
    session = one_stage.log_in(one_stage.a_site(*rights))
    number = one_stage.number(one_stage.a_patron())
    for call in ASKED:
        told = asked(one_stage, call, number, session=session)
        is_missing = told.status == 403 and told.body["message"].startswith("the right")
        assert is_missing == (call.right is right), (call.name, told)


def test_a_bearer_token_asks_for_nothing_that_is_a_sites(one_stage: Stage) -> None:
    card = one_stage.a_patron("P-OTHER")
    token = one_stage.a_token(card, person=PERSON)
    for call in ASKED:
        if call.asker is Asker.SITE:
            told = asked(one_stage, call, "patronid", "agencyid", token=token)
            assert told.status == 404, (call.name, told)
            assert "patron" not in told.body


def test_a_bearer_token_of_a_patron_is_theirs_alone(one_stage: Stage) -> None:
    mine, another = one_stage.a_patron(), one_stage.a_patron(given_name="Anden")
    token = one_stage.a_token(mine)
    for call in ASKED:
        if call.asker is Asker.PATRON and call.is_about_patron:
            told = asked(one_stage, call, one_stage.number(another), token=token)
            assert told.status == 403, (call.name, told)
            told = asked(one_stage, call, "patronid", "agencyid", token=token)
            assert told.status in (200, 204, 400, 404), (call.name, told)


def test_a_bearer_token_of_nobody_tells_of_nobody(one_stage: Stage) -> None:
    one_stage.a_patron()
    token = one_stage.a_token()
    for call in ASKED:
        told = asked(one_stage, call, "patronid", "agencyid", token=token)
        if call.asker is Asker.LIBRARY:
            assert told.status in (200, 404), call.name
        else:
            assert told.status == (404 if call.asker is Asker.SITE else 403), (call.name, told)


def _of_another_agency(stage: Stage) -> tuple[str, str]:
    branch = stage.another_agency()
    card = stage.a_patron("P-OTHER", home_branch=branch.id, given_name="Nabo")
    return card, stage.a_token(card, agency="DK-900200")


def _of_nobody_here(stage: Stage) -> tuple[str, str]:
    """A token of this library that names a patron of another."""
    branch = stage.another_agency()
    card = stage.a_patron("P-OTHER", home_branch=branch.id, given_name="Nabo")
    return card, stage.a_token(card)


@pytest.mark.parametrize(
    ("begin", "statuses"), [(_of_another_agency, {405}), (_of_nobody_here, {403})]
)
def test_a_bearer_token_across_libraries(
    one_stage: Stage, begin: Callable[[Stage], tuple[str, str]], statuses: set[int]
) -> None:
    card, token = begin(one_stage)
    for call in ASKED:
        if call.is_about_patron and call.asker is Asker.PATRON:
            told = asked(one_stage, call, one_stage.number(card), AGENCY, token=token)
            assert told.status in statuses, (call.name, told)


def test_a_program_of_all_libraries_works_at_the_one_it_asks(one_stage: Stage, other: str) -> None:
    session = one_stage.log_in(one_stage.a_site(is_of_all=True))
    number = one_stage.number(other)
    told = one_stage.ask("GET", f"DK-900200/patrons/{number}/v4", session=session)
    assert told.body["patron"]["name"].startswith("Nabo")
    told = one_stage.ask("GET", f"{AGENCY}/patrons/{number}/v4", session=session)
    assert told.body == {"authenticateStatus": "INVALID"}


def test_only_programs_have_such_sessions(one_stage: Stage) -> None:
    """A patron's session is a bearer token, and never a site's."""
    from circulation.staff.results import SignedIn
    from circulation.staff.signing_in import sign_in_patron

    card = one_stage.a_patron()
    signed = one_stage.library.write(
        lambda transaction: sign_in_patron(
            one_stage.library.act(transaction), card=card, pin="4929", address="192.0.2.9"
        )
    )
    assert isinstance(signed, SignedIn)
    told = one_stage.ask("GET", "agencyid/patrons/patronid/v4", token=signed.token)
    assert told.body["patron"]["patronId"] == one_stage.number(card)
    number = one_stage.number(card)
    told = one_stage.ask("GET", f"{AGENCY}/patrons/{number}/v4", session=signed.token)
    assert told.status == 401
