"""Patrons are searched for over the API by what somebody knows of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from sqlalchemy import delete, select

from catalogue.database import Statement, columns, many, send
from circulation.kernel.rights import Right
from circulation.patrons.changes import change_patron
from circulation.patrons.schema import patron_words
from circulation.patrons.search_words import index_missing
from circulation.staff.lookup_log import lookups
from tests.builders.agencies import a_school
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import number_of
from tests.protocols.api.stage import Stage, Told


class _Line(NamedTuple):
    what: str
    context: str
    hits: int | None
    searched: str


@many(_Line)
def _lines() -> Statement:
    return select(*columns(_Line, lookups)).order_by(lookups.c.id)


def _search(stage: Stage, token: str, text: str, **more: Any) -> Told:
    return stage.ask("POST", "/patrons/search", {"text": text} | more, token=token, key=None)


def test_a_hit_says_who_is_meant_and_what_may_be_done(stage: Stage) -> None:
    card = a_patron(
        stage.library, given_name="Søren", family_name="Ærø", phone="22334455", email="s@example.dk"
    )
    token = stage.a_caller(Right.VIEW_PATRONS, Right.LEND)
    told = _search(stage, token, "aero soer")
    assert told.status == 200, told.body
    [hit] = told.body["patrons"]
    assert (hit["id"], hit["card"], hit["name"]) == (stage.public_id(card), card, "Søren Ærø")
    assert (hit["phone"], hit["email"]) == ("+4522334455", "s@example.dk")
    assert hit["home_branch"]["isil"] == "DK-900101"
    assert hit["may"] == ["open", "lend"]
    assert (told.body["next"], told.body["may"]) == (None, [])
    assert told.body["is_complete"] is True
    editor = stage.a_caller(Right.VIEW_PATRONS, Right.EDIT_PATRONS)
    told = _search(stage, editor, card)
    assert told.body["patrons"][0]["may"] == ["open", "edit"]
    assert told.body["may"] == ["register"]


@send
def _forget_words() -> Statement:
    return delete(patron_words)


def test_an_answer_says_that_patrons_wait_for_their_words(stage: Stage) -> None:
    """As after an upgrade."""
    library = stage.library
    card = a_patron(library, given_name="Ida")
    library.write(_forget_words)
    token = stage.a_caller(Right.VIEW_PATRONS)
    told = _search(stage, token, "ida").body
    assert (told["patrons"], told["is_complete"]) == ([], False)
    assert [each["card"] for each in _search(stage, token, card).body["patrons"]] == [card]
    library.write(lambda transaction: index_missing(transaction, 0))
    told = _search(stage, token, "ida").body
    assert ([each["card"] for each in told["patrons"]], told["is_complete"]) == ([card], True)


def test_a_list_is_walked_page_by_page(stage: Stage) -> None:
    cards = {a_patron(stage.library, given_name="Ida", family_name="Bo") for _ in range(7)}
    token = stage.a_caller(Right.VIEW_PATRONS)
    found: list[str] = []
    cursor = None
    for _ in range(4):
        told = _search(stage, token, "ida bo", limit=2, cursor=cursor)
        found += [each["card"] for each in told.body["patrons"]]
        cursor = told.body["next"]
    assert cursor is None
    assert (len(found), set(found)) == (7, cards)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "W10",  # []
        "WzEsMiwzLDRd",  # [1, 2, 3, 4]
        "Wy0xLCAiIiwgIiIsIDBd",  # [-1, "", "", 0]
        "WzAsICIiLCAiMDAwMDAwMDAwMDAwMCIsIDBd",  # [0, "", "0000000000000", 0]
    ],
)
def test_a_place_that_never_was_is_refused(stage: Stage, cursor: str) -> None:
    token = stage.a_caller(Right.VIEW_PATRONS)
    told = _search(stage, token, "ida", cursor=cursor)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "cursor")


def test_a_search_is_one_line_in_the_log_without_its_words(stage: Stage) -> None:
    for _ in range(3):
        a_patron(stage.library, given_name="Ida", family_name="Bo")
    token = stage.a_caller(Right.VIEW_PATRONS, Right.LEND)
    _search(stage, token, "ida")
    _search(stage, token, "120548-1234")
    stage.ask("POST", "/desk/scan", {"text": "ida"}, token=token)
    assert stage.library.read(_lines) == [
        ("search", "api search_patrons", 3, "words"),
        ("search", "api search_patrons", 0, "national number"),
        ("search", "api scan", 3, "words"),
    ]


def test_patrons_of_others_and_protected_addresses_are_not_shown(stage: Stage) -> None:
    library = stage.library
    school = a_school(library)
    a_patron(library, given_name="Ida", home_branch=school.id)
    card = a_patron(library, given_name="Ida", phone="22334455", email="ida@example.dk")

    def work(transaction: Any) -> None:
        change_patron(library.act(transaction), number_of(library, card), {"is_protected": True})

    library.write(work)
    token = stage.a_caller(Right.VIEW_PATRONS)
    [hit] = _search(stage, token, "ida").body["patrons"]
    assert (hit["card"], hit["is_protected"]) == (card, True)
    assert (hit["phone"], hit["email"], hit["address"]) == ("", "", "")
    assert _search(stage, token, "22334455").body["patrons"] == []
    told = _search(stage, stage.a_caller(), "22334455").body["patrons"]
    assert [(each["card"], each["phone"]) for each in told] == [(card, "")]


def test_words_at_the_desk_find_patrons_and_titles(stage: Stage) -> None:
    card = a_patron(stage.library, given_name="Ida", family_name="Ørsted")
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    told = stage.ask("POST", "/desk/scan", {"text": "orsted"}, token=token).body
    assert (told["outcome"], [each["card"] for each in told["patrons"]]) == ("search", [card])
    lender = stage.a_caller(Right.LEND)
    told = stage.ask("POST", "/desk/scan", {"text": "orsted"}, token=lender).body
    assert (told["outcome"], told["patrons"]) == ("nothing", [])


def test_a_search_at_the_desk_is_not_kept_for_its_key(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    wish = {"text": "ida"}
    assert stage.ask("POST", "/desk/scan", wish, token=token, key="k").body["patrons"] == []
    a_patron(stage.library, given_name="Ida")
    assert len(stage.ask("POST", "/desk/scan", wish, token=token, key="k").body["patrons"]) == 1


def test_an_item_goes_before_a_search(stage: Stage) -> None:
    a_patron(stage.library, given_name="B1")
    item = an_item(stage.library, "B1")
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    told = stage.ask("POST", "/desk/scan", {"text": item}, token=token).body
    assert (told["outcome"], told["patrons"]) == ("checked_in", [])
