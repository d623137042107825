"""What is held on a patron: read, kept, exported and erased; and the PIN."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import DatabaseUnavailable, Statement, scalars
from circulation.kernel.rights import Reach, Right
from circulation.loans.privacy import DEFAULT_DAYS, set_history_days
from circulation.staff.lookup_log import lookups
from tests.builders.agencies import a_school
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage, Told


@scalars(str)
def _looked_at() -> Statement:
    return select(lookups.c.what).order_by(lookups.c.id)


def _with_history(stage: Stage, number: int = 3) -> str:
    """The card of a patron who has given back so many items, all but the first on one day."""
    card = a_patron(stage.library)
    token = stage.a_caller()
    for at in range(number):
        item = an_item(stage.library, on_loan_to=card)
        stage.library.pass_time(days=1 if at == 0 else 0)
        assert stage.ask("POST", "/checkins", {"item": item}, token=token).status == 200
    return card


def _consent(stage: Stage, card: str) -> None:
    path = f"/patrons/{stage.public_id(card)}/consents/keep_history"
    assert stage.ask("PUT", path, token=stage.a_caller()).status == 200


def test_history_is_walked_back_page_by_page(stage: Stage) -> None:
    card = _with_history(stage)
    _consent(stage, card)
    token = stage.a_caller(Right.VIEW_HISTORY)
    told = stage.ask("GET", f"/patrons/{stage.public_id(card)}/history?limit=1", token=token)
    assert told.body["is_kept"] is True
    lines = [*told.body["loans"]]
    while "Link" in told.headers and len(lines) < 9:
        following = told.headers["Link"].partition(">")[0].removeprefix("</api/v1")
        told = stage.ask("GET", following, token=token)
        lines += told.body["loans"]
    assert (len(lines), len({each["loan"] for each in lines})) == (3, 3)
    returned = [each["returned"] for each in lines]
    assert returned == sorted(returned, reverse=True)
    assert lines[0]["title"] == "Peters jul"


def test_staff_read_no_history_that_nobody_chose_to_keep(stage: Stage) -> None:
    card = _with_history(stage, 1)
    token = stage.a_caller(Right.VIEW_HISTORY)
    told = stage.ask("GET", f"/patrons/{stage.public_id(card)}/history", token=token)
    assert told.body == {"is_kept": False, "loans": []}
    own = stage.ask("GET", "/self/history", token=stage.a_patron_caller(card)).body
    assert (own["is_kept"], len(own["loans"])) == (False, 1)


def test_an_export_takes_the_rights_of_all_its_parts(stage: Stage) -> None:
    card = a_patron(stage.library)
    path = f"/patrons/{stage.public_id(card)}/export"
    needed = {Right.VIEW_PATRONS, Right.VIEW_HISTORY, Right.VIEW_NOTICES, Right.VIEW_LOOKUPS}
    for right in needed:
        told = stage.ask("GET", path, token=stage.a_caller(*(needed - {right})))
        assert (told.status, told.body["right"]) == (403, right.value)
    told = stage.ask("GET", path, token=stage.a_caller(*needed))
    assert told.body["patron"]["family_name"] == "Ørsted"
    assert stage.library.read(_looked_at) == ["export"]
    own = stage.ask("GET", "/self/export", token=stage.a_patron_caller(card))
    assert own.body["patron"] == told.body["patron"]


def test_nobody_is_shown_a_patron_without_a_line_and_patrons_see_themselves(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the disk is full."""
    card = a_patron(stage.library)
    staff, patron = stage.a_caller(), stage.a_patron_caller(card)
    path = f"/patrons/{stage.public_id(card)}"

    def fail(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(stage.services.database, "write", fail)
        assert stage.ask("GET", path, token=staff).status == 503
        assert stage.ask("GET", "/self", token=patron).status == 200
        assert stage.ask("GET", "/titles?q=peter", token=staff).status == 200
    assert stage.ask("GET", path, token=staff).status == 200


def test_a_patron_is_erased_once_nothing_is_open(stage: Stage) -> None:
    card = a_patron(stage.library)
    item = an_item(stage.library, on_loan_to=card)
    path = f"/patrons/{stage.public_id(card)}"
    token = stage.a_caller()
    told = stage.ask("DELETE", path, token=token)
    assert (told.status, "loans that are open" in told.body["detail"]) == (409, True)
    stage.ask("POST", "/checkins", {"item": item}, token=token)
    assert stage.ask("DELETE", path, token=token).status == 204
    assert stage.ask("GET", path, token=token).status == 404


def _log_in(stage: Stage, card: str, pin: str) -> Told:
    wish = {"card": card, "pin": pin, "give": "token"}
    return stage.ask("POST", "/self/sessions", wish, key=None)


def test_a_pin_is_given_changed_and_taken_away(stage: Stage) -> None:
    card = a_patron(stage.library)
    path = f"/patrons/{stage.public_id(card)}/pin"
    staff = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    told = stage.ask("PUT", path, {"pin": "739154"}, token=staff)
    assert told.body["details"]["has_pin"] is True
    first = _log_in(stage, card, "739154").body["token"]
    second = _log_in(stage, card, "739154").body["token"]
    told = stage.ask("PUT", "/self/pin", {"old": "739154", "pin": "402817"}, token=first)
    assert told.status == 204, told.body
    assert stage.ask("GET", "/self", token=first).status == 200
    assert stage.ask("GET", "/self", token=second).status == 401
    assert _log_in(stage, card, "739154").status == 401
    told = stage.ask("DELETE", path, token=staff)
    assert told.body["details"]["has_pin"] is False
    assert _log_in(stage, card, "402817").status == 401


def test_a_wrong_old_pin_counts_and_staff_forgive(stage: Stage) -> None:
    card = a_patron(stage.library)
    path = f"/patrons/{stage.public_id(card)}/pin"
    staff = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    stage.ask("PUT", path, {"pin": "739154"}, token=staff)
    token = _log_in(stage, card, "739154").body["token"]
    codes = [
        stage.ask("PUT", "/self/pin", {"old": f"99{n}", "pin": "402817"}, token=token).codes
        for n in range(6)
    ]
    assert codes == [["PIN_WRONG"]] * 5 + [["PIN_LOCKED"]]
    assert _log_in(stage, card, "739154").codes == ["PIN_LOCKED"]
    assert stage.ask("DELETE", f"{path}/failures", token=staff).status == 200
    assert _log_in(stage, card, "739154").status == 201


@pytest.mark.parametrize(
    ("pin", "english", "danish"),
    [
        ("12", "a PIN has 4 to 32 characters", "en PIN-kode har 4 til 32 tegn"),
        ("1111", "a PIN does not repeat one character", "er ikke det samme tegn hele vejen"),
        ("1234", "a PIN does not count up or down", "en PIN-kode tæller ikke op eller ned"),
        ("1205", "a PIN is not the date of birth", "en PIN-kode er ikke fødselsdatoen"),
        ("4455", "a PIN is not the end of a card", "er ikke slutningen af et lånerkort"),
    ],
)
def test_a_pin_that_is_easily_guessed_is_refused(
    stage: Stage, pin: str, english: str, danish: str
) -> None:
    """By the rule that it breaks, in the caller's language, to staff and to the patron."""
    card = a_patron(stage.library, birth_date=date(1948, 5, 12), phone="22334455")
    path = f"/patrons/{stage.public_id(card)}/pin"
    token = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    told = stage.ask("PUT", path, {"pin": pin}, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "pin")
    assert pin not in repr(told.body)
    stage.ask("PUT", path, {"pin": "739154"}, token=token)
    own = _log_in(stage, card, "739154").body["token"]
    for language, rule in (("en", english), ("da", danish)):
        headers = {"accept-language": language}
        for at, body, who in (
            (path, {"pin": pin}, token),
            ("/self/pin", {"old": "739154", "pin": pin}, own),
        ):
            told = stage.ask("PUT", at, body, token=who, headers=headers)
            assert rule in told.body["detail"]
            assert any(rule in each["text"] for each in told.body["errors"])


def test_a_patron_moves_to_another_agency_by_whoever_may_there_too(stage: Stage) -> None:
    library = stage.library
    school = a_school(library)
    path = f"/patrons/{stage.public_id(a_patron(library))}"
    star, wish = {"if-match": "*"}, {"home_branch": school.isil}
    clerk = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    told = stage.ask("PATCH", path, wish, token=clerk, headers=star)
    assert (told.status, told.body["right"]) == (403, "patrons.edit")
    both = Reach(agencies=frozenset({library.main.agency_id, school.agency_id}))
    head = stage.a_caller(grants={Right.VIEW_PATRONS: both, Right.EDIT_PATRONS: both})
    told = stage.ask("PATCH", path, wish, token=head, headers=star)
    assert told.body["details"]["home_branch"]["isil"] == school.isil
    assert stage.ask("GET", path, token=clerk).status == 404
    nowhere = {"home_branch": "DK-1"}
    told = stage.ask("PATCH", path, nowhere, token=head, headers=star)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "home_branch")


def test_a_patron_reads_how_long_the_library_keeps_a_loan(stage: Stage) -> None:
    library, card = stage.library, a_patron(stage.library)
    token = stage.a_caller(Right.VIEW_PATRONS)
    path = f"/patrons/{stage.public_id(card)}"
    assert stage.ask("GET", path, token=token).body["history_days"] == DEFAULT_DAYS
    agency = library.main.agency_id
    for days in (0, 7):
        library.write(lambda each, days=days: set_history_days(each, agency, days))
        assert stage.ask("GET", path, token=token).body["history_days"] == days
