"""A quick change of person at a desk: a PIN is enough there, that day, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from circulation.staff.administering import disable_account
from circulation.staff.identities import Admission, Identity, sign_in_by_identity
from circulation.staff.results import SignedIn
from circulation.staff.signing_in import Arrival
from circulation.staff.workstations import add_workstation, renew_key, workstation_named
from tests.builders.accounts import COMMAND, PASSWORD, a_colleague, account, at_no_desk
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told

PIN, WRONG = "4071", "4072"
PINS = {"anna": PIN, "bo": "9350"}


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna and bo have PINs."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    for name, pin in PINS.items():
        a_colleague(stage.library, name, "librarian")
        token = signs_in(stage, name).body["token"]
        wish = {"password": PASSWORD, "pin": pin}
        assert stage.ask("PUT", "/account/pin", wish, token=token).status == 204
    return stage


@pytest.fixture
def desk(house: Stage) -> str:
    """The key of a registered desk."""
    main = house.library.main.id
    return at_no_desk(house.library, lambda act: add_workstation(act, "Desk 1", main))


def signs_in(house: Stage, name: str, desk: str | None = None) -> Told:
    wish = {"name": name, "password": PASSWORD, "give": "token", "workstation_key": desk}
    told = house.ask("POST", "/sessions", wish, key=None)
    assert told.status == 201, told.body
    return told


def takes_over(house: Stage, desk: str | None, name: str = "anna", pin: str = PIN) -> Told:
    wish = {"name": name, "pin": pin, "give": "token", "workstation_key": desk}
    return house.ask("POST", "/sessions", wish, key=None)


def test_it_takes_the_screen_over(house: Stage, desk: str) -> None:
    signs_in(house, "anna", desk)
    wish = {"name": "bo", "password": PASSWORD, "workstation_key": desk}
    before = house.ask("POST", "/sessions", wish, key=None)
    cookie = {"cookie": before.headers["Set-Cookie"].partition(";")[0]}
    headers = cookie | {"sec-fetch-site": "same-origin"}
    wish = {"name": "Anna", "pin": PIN, "workstation_key": desk}
    after = house.ask("POST", "/sessions", wish, key=None, headers=headers)
    assert (after.status, after.body["name"]) == (201, "anna")
    assert after.body["workstation"] == "Desk 1"
    assert "lend" in after.body["rights"]
    assert house.ask("GET", "/sessions/current", headers=cookie).status == 401


@pytest.mark.parametrize("name", ["anna", "bo", "nobody"])
def test_whatever_is_missing_is_told_alike(house: Stage, desk: str, name: str) -> None:
    """anna has not signed in there, bo not either, and nobody is nobody."""
    told = takes_over(house, desk, name)
    assert (told.status, told.codes) == (401, ["PIN_WRONG"])
    signs_in(house, "anna", desk)
    assert takes_over(house, None).codes == ["PIN_WRONG"]
    assert takes_over(house, "no such key").codes == ["PIN_WRONG"]
    assert takes_over(house, desk, pin=WRONG).codes == ["PIN_WRONG"]


def test_it_is_enough_on_that_day_alone(house: Stage, desk: str) -> None:
    house.library.now = house.library.now.replace(hour=7, minute=0)
    signs_in(house, "anna", desk)
    house.library.pass_time(hours=11)
    first = takes_over(house, desk)
    assert first.status == 201
    house.library.pass_time(minutes=59)  # it does not outlast the sign-in with the password
    assert house.ask("GET", "/account", token=first.body["token"]).status == 200
    house.library.pass_time(minutes=2)
    assert house.ask("GET", "/account", token=first.body["token"]).status == 401
    assert takes_over(house, desk).codes == ["PIN_WRONG"]
    house.library.now = house.library.now.replace(hour=20)
    signs_in(house, "anna", desk)
    house.library.pass_time(hours=5)
    assert takes_over(house, desk).codes == ["PIN_WRONG"]


def test_three_wrong_ones_take_the_password(house: Stage, desk: str) -> None:
    signs_in(house, "anna", desk)
    for _ in range(3):
        assert takes_over(house, desk, pin=WRONG).codes == ["PIN_WRONG"]
    assert takes_over(house, desk).codes == ["PIN_WRONG"]
    signs_in(house, "anna", desk)
    assert takes_over(house, desk).status == 201


def test_who_guesses_waits_and_may_still_give_the_password(house: Stage, desk: str) -> None:
    for name in ("anna", "nobody"):
        for _ in range(5):
            assert takes_over(house, desk, name, WRONG).status == 401
        assert takes_over(house, desk, name, WRONG).status == 429
    assert signs_in(house, "anna", desk).status == 201


def _leaves(house: Stage) -> None:
    at_no_desk(house.library, lambda act: disable_account(act, COMMAND, account(house.library)))


def _another_password(house: Stage) -> None:
    token = signs_in(house, "anna").body["token"]
    wish = {"password": PASSWORD, "new": "a quiet corner of the park"}
    assert house.ask("POST", "/account/password", wish, token=token, key=None).status == 204


def _no_pin(house: Stage) -> None:
    token = signs_in(house, "anna").body["token"]
    assert house.ask("DELETE", "/account/pin", token=token).status == 204
    assert house.ask("DELETE", "/account/pin", token=token).status == 404


@pytest.mark.parametrize("change", [_leaves, _another_password, _no_pin])
def test_it_is_enough_no_more(house: Stage, desk: str, change: Callable[[Stage], None]) -> None:
    signs_in(house, "anna", desk)
    change(house)
    assert takes_over(house, desk).codes == ["PIN_WRONG"]


def test_a_desk_with_a_new_key_knows_nobody(house: Stage, desk: str) -> None:
    signs_in(house, "anna", desk)

    def work(act: object) -> str:
        found = workstation_named(act.transaction, name="Desk 1")  # type: ignore[attr-defined]
        return renew_key(act, found)  # type: ignore[arg-type]

    key = at_no_desk(house.library, work)
    assert takes_over(house, key).codes == ["PIN_WRONG"]


def test_a_sign_in_without_the_second_factor_is_not_the_whole(house: Stage, desk: str) -> None:
    settings(house.library, known_networks=["127.0.0.0/8"], second_factor="always")
    assert signs_in(house, "anna", desk).body["is_limited"]
    assert takes_over(house, desk).codes == ["PIN_WRONG"]


@pytest.mark.parametrize(
    ("pin", "rule"),
    [
        ("407", "har 4 til 6 tegn"),
        ("4071234", "har 4 til 6 tegn"),
        ("1111", "er ikke det samme tegn"),
        ("2345", "tæller ikke op eller ned"),
        ("40a1", "består kun af cifre"),
        ("४०७१", "består kun af cifre"),
    ],
)
def test_a_pin_has_digits_that_are_not_guessed(house: Stage, pin: str, rule: str) -> None:
    token = signs_in(house, "anna").body["token"]
    wish, headers = {"password": PASSWORD, "pin": pin}, {"accept-language": "da"}
    told = house.ask("PUT", "/account/pin", wish, token=token, headers=headers)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "pin")
    assert rule in told.body["errors"][0]["text"]


def by_provider(house: Stage, name: str) -> str:
    """The token of somebody without a password, who has just signed in by a provider."""
    identity = Identity("https://login.example", name, name, name.capitalize())
    admission = Admission("made", "DK-900101", ("librarian",))
    arrival = Arrival("127.0.0.1")
    answer = at_no_desk(
        house.library, lambda act: sign_in_by_identity(act, identity, admission, arrival)
    )
    assert isinstance(answer, SignedIn)
    return answer.token


def test_who_has_no_password_chooses_one_when_they_have_just_signed_in(
    house: Stage, desk: str
) -> None:
    token = by_provider(house, "ida")
    house.library.pass_time(minutes=4)
    assert house.ask("PUT", "/account/pin", {"pin": "8305"}, token=token).status == 204
    house.library.pass_time(minutes=1)
    late = house.ask("PUT", "/account/pin", {"pin": "8306"}, token=token)
    assert (late.status, "within five minutes" in late.body["detail"]) == (409, True)
    for path in ("/account/passkeys/options", "/account/second-factor", "/account/recovery-codes"):
        told = house.ask("POST", path, {"password": "anything at all"}, token=token)
        assert told.status == 409
        assert told.body["detail"] == "this account is signed in to by its provider alone"
    assert house.ask("GET", "/account", token=token).body["has_password"] is False


def test_who_has_a_password_is_asked_for_it(house: Stage) -> None:
    token = signs_in(house, "anna").body["token"]
    told = house.ask("PUT", "/account/pin", {"pin": "8305"}, token=token)
    assert told.status == 422
    assert told.body["errors"][0]["field"] == "password"
