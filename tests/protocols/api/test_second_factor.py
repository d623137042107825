"""A second factor over HTTP: set up in the library, asked for outside, and by nobody else."""

from __future__ import annotations

from base64 import b32decode

import pytest

from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.seals import Seal
from circulation.staff.totp import code_at
from tests.builders.accounts import PASSWORD, a_colleague
from tests.builders.circulation import a_patron, an_item
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told

ANNA = {"name": "anna", "password": PASSWORD, "give": "token"}
BEGIN = "/account/second-factor"


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where everybody needs a second factor."""
    key = IdentifierKey(b"k" * 32, Seal(b"s" * 32))
    IDENTIFIERS.put(stage.library.circulation, key)
    settings(stage.library, second_factor="always", known_networks=["127.0.0.0/8"])
    a_colleague(stage.library, "anna", "librarian")
    return stage


def signs_in(house: Stage, **more: str) -> Told:
    return house.ask("POST", "/sessions", ANNA | more, key=None)


def code_of(house: Stage, secret: str) -> str:
    return code_at(b32decode(secret), int(house.library.now.timestamp()) // 30)


def test_it_is_set_up_and_then_asked_for(house: Stage) -> None:
    limited = signs_in(house)
    assert (limited.status, limited.body["is_limited"], limited.body["rights"]) == (201, True, [])
    token = limited.body["token"]
    lent = {"patron": house.public_id(a_patron(house.library)), "item": an_item(house.library)}
    assert house.ask("POST", "/checkouts", lent, token=token).status == 403
    begun = house.ask("POST", BEGIN, {"password": PASSWORD}, token=token, key=None)
    assert begun.status == 200, begun.body
    secret = begun.body["secret"]
    assert begun.body["uri"].startswith("otpauth://totp/Tiro:anna?secret=")
    wrong = house.ask("POST", f"{BEGIN}/confirmation", {"code": "000000"}, token=token, key=None)
    assert wrong.status == 409
    shown = {"code": code_of(house, secret)}
    told = house.ask("POST", f"{BEGIN}/confirmation", shown, token=token, key=None)
    assert told.status == 200, told.body
    assert len(told.body["codes"]) == 10
    assert signs_in(house).codes == ["CODE_NEEDED"]
    assert signs_in(house, **shown).codes == ["CODE_WRONG"]  # it has been taken
    house.library.pass_time(seconds=30)
    full = signs_in(house, code=code_of(house, secret))
    assert (full.status, full.body["is_limited"]) == (201, False)
    assert "lend" in full.body["rights"]
    assert signs_in(house, code=told.body["codes"][0]).status == 201
    assert signs_in(house, code=told.body["codes"][0]).codes == ["CODE_WRONG"]


def test_a_session_that_was_left_open_is_not_enough(house: Stage) -> None:
    token = signs_in(house).body["token"]
    for _ in range(5):
        told = house.ask("POST", BEGIN, {"password": "guess"}, token=token, key=None)
        assert (told.status, told.codes) == (401, ["WRONG"])
    told = house.ask("POST", BEGIN, {"password": PASSWORD}, token=token, key=None)
    assert told.codes == ["MUST_WAIT"]


def test_it_is_for_the_staff(house: Stage) -> None:
    token = house.a_patron_caller(a_patron(house.library))
    assert house.ask("POST", BEGIN, {"password": "1234"}, token=token, key=None).status == 409
