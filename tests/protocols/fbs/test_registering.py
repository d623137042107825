"""Patrons who register themselves on the web, children and their guardians."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from circulation.patrons.guardians import guardians_of
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from tests.protocols.fbs.stage import AGENCY, CHILD, PERSON, Stage, Told, a_stage

V9, GUARDIAN = "{}/patrons/v9", "{}/patrons/withGuardian/v3"
SETTINGS = {
    "preferredPickupBranch": "DK-900102",
    "guardianVisibility": False,
    "receivePostalMail": False,
    "emailAddresses": [{"emailAddress": "ny@example.org", "receiveNotification": True}],
}
PIN = "7294"


def register(stage: Stage, person: str | None = PERSON, **more: Any) -> Told:
    body = {"patron": SETTINGS, "pincode": PIN} | more
    body |= {} if person is None else {"personIdentifier": person}
    return stage.ask("POST", V9.format(AGENCY), body, session=stage.session)


def a_child(**more: Any) -> dict[str, Any]:
    guardian = {"name": "Bo Ørsted", "email": "bo@example.org", "personIdentifier": PERSON}
    return {
        "name": "Liv Marie Ørsted",
        "personId": CHILD,
        "pincode": PIN,
        "preferredPickupBranch": "DK-900101",
        "guardian": guardian,
    } | more


def known(stage: Stage, person: str) -> int | None:
    key = IDENTIFIERS.of(stage.library.circulation)
    return stage.library.read(lambda transaction: find_patron(transaction, person, key=key))


def test_a_patron_registers_and_waits_for_staff(stage: Stage) -> None:
    told = register(stage)
    assert told.status == 200
    its = told.body["patron"]
    assert [each["blockedReason"] for each in its["blockStatus"]] == ["W"]
    assert (its["birthday"], its["preferredPickupBranch"]) == ("1980-01-01", "DK-900102")
    assert its["emailAddress"] == "ny@example.org"
    assert its["name"] == "(oprettet på nettet)"
    body = {"libraryCardNumber": PERSON, "pincode": PIN}
    path = f"{AGENCY}/patrons/authenticate/v10"
    letting = stage.ask("POST", path, body, session=stage.session).body
    assert letting["patronId"] == its["patronId"]


def test_nobody_registers_twice(stage: Stage) -> None:
    register(stage)
    told = register(stage)
    assert (told.status, told.body["errorCode"]) == (409, "CPR_NUMBER_EXISTS")


def test_who_is_a_patron_elsewhere_is_told_nothing_of_it(one_stage: Stage) -> None:
    branch = one_stage.another_agency()
    one_stage.a_patron(PERSON, home_branch=branch.id)
    told = register(one_stage)
    assert (told.status, told.body["errorCode"]) == (404, "dataNotFound")


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": None},
        {"person": "x"},
        {"person": "3113801928"},
        {"pincode": "1111"},
        {"patron": SETTINGS | {"preferredPickupBranch": "DK-900999"}},
        {"patron": SETTINGS | {"emailAddresses": [{"emailAddress": "x"}]}},
        {"blockStatusRequest": {"blockedReason": "Z", "blockedSince": "2026-01-01"}},
        {"blockStatusRequest": {"blockedReason": "O", "blockedSince": "yesterday"}},
        {"blockStatusRequest": {"blockedReason": "O"}},
    ],
)
def test_what_cannot_be_so_registers_nobody(one_stage: Stage, wrong: dict[str, Any]) -> None:
    told = register(one_stage, **wrong)
    assert told.status == 400
    assert known(one_stage, PERSON) is None


def test_a_site_may_ask_for_another_block(one_stage: Stage) -> None:
    block = {"blockedReason": "S", "blockedSince": "2026-11-25"}
    told = register(one_stage, blockStatusRequest=block)
    assert [each["blockedReason"] for each in told.body["patron"]["blockStatus"]] == ["S"]


def test_the_owner_of_a_token_is_its_person_and_waits_for_staff(one_stage: Stage) -> None:
    token = one_stage.a_token(person=PERSON)
    path = V9.format("agencyid")
    body = {
        "patron": SETTINGS,
        "pincode": PIN,
        "blockStatusRequest": {"blockedReason": "S", "blockedSince": "2026-11-25"},
    }
    other = one_stage.ask("POST", path, body | {"personIdentifier": CHILD}, token=token)
    assert other.status == 403
    told = one_stage.ask("POST", path, body, token=token)
    assert [each["blockedReason"] for each in told.body["patron"]["blockStatus"]] == ["W"]
    assert known(one_stage, PERSON) is not None
    told = one_stage.ask("POST", path, body, token=one_stage.a_token())
    assert (told.status, told.body["message"]) == (403, "token does not include a cpr")


def test_without_a_category_nobody_can(sqlite_url: str, tmp_path: Path) -> None:
    with a_stage(sqlite_url, tmp_path, category="") as stage:
        assert register(stage).status == 404


def test_a_child_and_who_answers_for_it(stage: Stage) -> None:
    told = stage.ask("POST", GUARDIAN.format(AGENCY), a_child(), session=stage.session)
    assert told.status == 200
    child, guardian = known(stage, CHILD), known(stage, PERSON)
    assert stage.number(CHILD) == told.body
    [its] = stage.library.read(lambda transaction: guardians_of(transaction, patron_id=child or 0))
    assert (its.patron_id, its.name, its.sees_account) == (guardian, "Bo Ørsted", False)
    path = f"{AGENCY}/patrons/{told.body}/v4"
    patron = stage.ask("GET", path, session=stage.session).body["patron"]
    assert patron["name"] == "Liv Marie Ørsted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"personId": PERSON},
        {"personId": "x"},
        {"personId": "0101701928"},  # grown up
        {"guardian": {"name": "Bo", "email": "no address", "personIdentifier": PERSON}},
        {"guardian": {"name": "Bo", "email": "bo@example.org"}},
        {"preferredPickupBranch": "DK-900999"},
        {"name": ""},
    ],
)
def test_a_child_that_cannot_be_registered(one_stage: Stage, wrong: dict[str, Any]) -> None:
    told = one_stage.ask(
        "POST", GUARDIAN.format(AGENCY), a_child(**wrong), session=one_stage.session
    )
    assert told.status == 400
    assert known(one_stage, CHILD) is None
    assert known(one_stage, PERSON) is None


def test_nobody_learns_by_a_token_whether_a_child_is_a_patron(one_stage: Stage) -> None:
    one_stage.a_patron(CHILD)
    token = one_stage.a_token(person=PERSON)
    body = a_child(guardian={"name": "Bo", "email": "bo@example.org"})
    told = one_stage.ask("POST", GUARDIAN.format("agencyid"), body, token=token)
    assert (told.status, told.body["errorCode"]) == (404, "dataNotFound")


def test_another_guardian_in_place_of_the_first(stage: Stage) -> None:
    first = stage.ask("POST", GUARDIAN.format(AGENCY), a_child(), session=stage.session).body
    guardian = {"name": "Ea", "email": "ea@example.org", "personIdentifier": "0202821932"}
    path = f"{AGENCY}/patrons/withGuardian/v2"
    for named in ({"patronId": first}, {"personId": CHILD}):
        body = named | {"guardian": guardian}
        assert stage.ask("PUT", path, body, session=stage.session).body == first
    child = known(stage, CHILD)
    its = stage.library.read(lambda transaction: guardians_of(transaction, patron_id=child or 0))
    assert [each.name for each in its] == ["Ea"]
    for wrong in ({}, {"patronId": 4711}, {"personId": "0303185932"}):
        told = stage.ask("PUT", path, wrong | {"guardian": guardian}, session=stage.session)
        assert told.status in (400, 404)


def test_a_guardian_sees_and_changes_what_the_child_shows(stage: Stage) -> None:
    from circulation.patrons.guardians import add_guardian

    library = stage.library
    child = stage.a_patron(birth_date=library.today.replace(year=2015))
    grown = stage.a_patron(PERSON, birth_date=library.today.replace(year=1980))
    key = IDENTIFIERS.of(library.circulation)

    def bind(transaction: Any) -> None:
        its = (find_patron(transaction, each, key=key) or 0 for each in (child, grown))
        add_guardian(library.act(transaction), *its, today=library.today, sees_account=True)

    path = f"{AGENCY}/patrons/guardian/v2"
    ask = "{}/patrons/{}/guardian/v2"
    body = {"guardianPersonId": PERSON, "patron": SETTINGS}
    assert stage.ask("POST", path, PERSON.encode(), session=stage.session).body == []
    assert stage.of_patron("PUT", child, ask, body).status == 403
    library.write(bind)
    [ward] = stage.ask("POST", path, PERSON.encode(), session=stage.session).body
    assert ward["patron"]["patronId"] == stage.number(child)
    told = stage.of_patron("PUT", child, ask, body).body
    assert told["patron"]["emailAddress"] == "ny@example.org"
