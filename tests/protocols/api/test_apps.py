"""The apps that somebody has allowed: seen and ended by them and by the staff alone."""

from __future__ import annotations

import pytest

from circulation.kernel.rights import Kind, Right
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.registering import set_pin
from circulation.staff.programs import AddedProgram
from tests.builders.accounts import a_colleague, at_no_desk
from tests.builders.circulation import a_patron
from tests.circulation.staff.conftest import settings
from tests.protocols.api.stage import Stage, Told
from tests.protocols.api.test_oauth import (
    a_code,
    an_app,
    error,
    redeems,
    refreshes,
    signs_in,
    works,
)


@pytest.fixture
def house(stage: Stage) -> Stage:
    """The library, where anna works."""
    settings(stage.library, known_networks=["127.0.0.0/8"])
    a_colleague(stage.library, "anna", "librarian")
    return stage


class Patron:
    """Somebody with a card, signed in for themselves."""

    def __init__(self, house: Stage) -> None:
        self.house, self.card = house, a_patron(house.library, pin_hash=hash_pin("4071"))
        given = {"card": self.card, "pin": "4071", "give": "token"}
        self.token = house.ask("POST", "/self/sessions", given, key=None).body["token"]

    def allows(self, app: AddedProgram) -> Told:
        return redeems(self.house, app, a_code(self.house, app, self.token))

    @property
    def apps(self) -> list[dict[str, object]]:
        told = self.house.ask("GET", "/self/apps", token=self.token)
        assert told.status == 200, told.body
        found: list[dict[str, object]] = told.body["apps"]
        return found


def is_over(house: Stage, app: AddedProgram, told: Told) -> bool:
    """Both of what the app got."""
    refused = error(refreshes(house, app, told.body["refresh_token"])) == (400, "invalid_grant")
    return refused and not works(house, told)


def test_patrons_see_and_end_what_they_have_allowed(house: Stage) -> None:
    app, other = (an_app(house, name=name, kind=Kind.PATRON) for name in ("reader", "bot"))
    patron, neighbour = Patron(house), Patron(house)
    assert patron.apps == []
    told, kept, theirs = patron.allows(app), patron.allows(other), neighbour.allows(app)
    assert [each["name"] for each in patron.apps] == ["bot", "reader"]
    bot, reader = patron.apps
    assert (reader["scope"], reader["used"] is not None) == (["self"], True)
    ended = house.ask("DELETE", f"/self/apps/{reader['id']}", token=patron.token)
    assert ended.status == 204
    assert is_over(house, app, told)
    assert works(house, kept)
    assert works(house, theirs)
    assert patron.apps == [bot]
    again = house.ask("DELETE", f"/self/apps/{reader['id']}", token=patron.token)
    assert again.status == 404
    assert works(house, patron.allows(app))  # it has asked again


def test_what_was_allowed_twice_is_one_and_ends_as_one(house: Stage) -> None:
    app, patron = an_app(house, kind=Kind.PATRON), Patron(house)
    first = patron.allows(app)
    house.library.pass_time(minutes=10)
    second = patron.allows(app)
    [shown] = patron.apps
    assert house.ask("DELETE", f"/self/apps/{shown['id']}", token=patron.token).status == 204
    assert is_over(house, app, first)
    assert is_over(house, app, second)


def test_a_code_that_nobody_took_is_no_app(house: Stage) -> None:
    app, patron = an_app(house, kind=Kind.PATRON), Patron(house)
    a_code(house, app, patron.token)
    assert len(patron.apps) == 1  # for a minute it is as good as a token
    house.library.pass_time(minutes=2)
    assert patron.apps == []


def test_with_another_pin_there_is_none(house: Stage) -> None:
    app, patron, library = an_app(house, kind=Kind.PATRON), Patron(house), house.library
    patron.allows(app)
    library.pass_time(minutes=1)
    found = library.read(lambda transaction: find_patron(transaction, patron.card))
    assert found is not None
    at_no_desk(library, lambda act: set_pin(act, found, hash_pin("9350")))
    assert patron.apps == []


def test_no_app_sees_or_ends_the_others(house: Stage) -> None:
    app, other = (an_app(house, name=name, kind=Kind.PATRON) for name in ("reader", "bot"))
    patron = Patron(house)
    token = patron.allows(app).body["access_token"]
    kept = patron.allows(other)
    bot = patron.apps[0]["id"]
    assert house.ask("GET", "/self/apps", token=token).status == 403
    assert house.ask("DELETE", f"/self/apps/{bot}", token=token).status == 403
    assert works(house, kept)


def test_the_staff_see_and_end_their_own(house: Stage) -> None:
    app, token = an_app(house, Right.LEND, Right.VIEW_PATRONS), signs_in(house)
    told = redeems(house, app, a_code(house, app, token, scope="lend"))
    more = redeems(house, app, a_code(house, app, token))
    [shown] = house.ask("GET", "/account/apps", token=token).body["apps"]
    assert shown["scope"] == ["lend", "patrons.view"]
    assert house.ask("DELETE", f"/account/apps/{shown['id']}", token=token).status == 204
    assert is_over(house, app, told)
    assert is_over(house, app, more)
    assert house.ask("GET", "/account/apps", token=token).body["apps"] == []
    assert house.ask("GET", "/sessions/current", token=token).status == 200


def test_who_has_the_right_ends_them_for_others(house: Stage) -> None:
    app, patron = an_app(house, kind=Kind.PATRON), Patron(house)
    told, where = patron.allows(app), f"/patrons/{house.public_id(patron.card)}/apps"
    looks = house.a_caller(Right.VIEW_PATRONS)
    [shown] = house.ask("GET", where, token=looks).body["apps"]
    assert house.ask("DELETE", f"{where}/{shown['id']}", token=looks).status == 403
    edits = house.a_caller(Right.EDIT_PATRONS)
    assert house.ask("DELETE", f"{where}/999", token=edits).status == 404
    assert house.ask("DELETE", f"{where}/{shown['id']}", token=edits).status == 204
    assert is_over(house, app, told)
    bots = an_app(house, Right.LEND, name="staff app")
    given = redeems(house, bots, a_code(house, bots))
    head = house.a_caller(Right.ADMINISTER_STAFF)
    [shown] = house.ask("GET", "/staff/anna/apps", token=head).body["apps"]
    assert house.ask("DELETE", f"/staff/anna/apps/{shown['id']}", token=head).status == 204
    assert is_over(house, bots, given)


def test_signing_out_everywhere_else_ends_all_but_this_session(house: Stage) -> None:
    app, here, there = an_app(house, Right.LEND), signs_in(house), signs_in(house)
    told = redeems(house, app, a_code(house, app, there))
    token = told.body["access_token"]
    assert house.ask("DELETE", "/account/sessions", token=token).status == 403  # no app does that
    assert house.ask("DELETE", "/account/sessions", token=here).status == 204
    assert house.ask("GET", "/sessions/current", token=there).status == 401
    assert is_over(house, app, told)
    assert len(house.ask("GET", "/account/sessions", token=here).body["sessions"]) == 1
