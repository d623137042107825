"""Every call x every caller x every way to name a patron, made from the table of calls.

A patron of one library is marked: no text of theirs may reach a caller who is neither they nor a
program of that library with the right, no row about them may change, and each access of a program
is in the access log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from circulation.kernel.rights import Right
from circulation.staff.results import SignedIn
from circulation.staff.signing_in import sign_in_patron
from protocols.fbs.calls import Call
from protocols.fbs.codec import reads
from protocols.fbs.table import CALLS
from tests.builders.marked import (
    CARD,
    LOGIN,
    MARKERS,
    NATIONAL,
    Marked,
    a_marked_patron,
    newest_look,
    rows_about,
)
from tests.protocols.fbs.stage import AGENCY, PIN, PIN_HASH, Stage, Told
from tests.protocols.fbs.walk import Ask, UnknownName, requests_to

OTHER_AGENCY = "DK-900200"


class World(NamedTuple):
    """The library, its marked patron, and what they are called."""

    stage: Stage
    marked: Marked
    known: dict[str, Any]


@pytest.fixture
def world(stage: Stage) -> World:
    marked = a_marked_patron(stage.library, pin_hash=PIN_HASH)
    known = {
        "isil": AGENCY,
        "other_isil": OTHER_AGENCY,
        "number": stage.number(CARD),
        "card": CARD,
        "login": LOGIN,
        "national": NATIONAL,
        "surname": "Zqfamily",
        "email": "zqmail@example.dk",
        "record": stage.record_of(marked.held),
    }
    return World(stage, marked, known | numbers(stage))


def numbers(stage: Stage) -> dict[str, Any]:
    """Return the numbers by which FBS names what belongs to the patron."""

    def listed(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stage.of_patron("GET", CARD, path).body
        return found

    [loan] = listed("{}/patrons/{}/loans/v2")
    hold, shelf_hold = listed("{}/patrons/{}/reservations/v4")
    [booking] = listed("v1/{}/patrons/{}/bookings")
    [fee] = listed("{}/patron/{}/fees/v2")
    return {
        "loan": loan["loanDetails"]["loanId"],
        "hold": hold["reservationId"],
        "shelf_hold": shelf_hold["reservationId"],
        "booking": booking["bookingId"],
        "charge": fee["feeId"],
    }


def signed_in(stage: Stage, card: str) -> str:
    signed = stage.library.write(
        lambda transaction: sign_in_patron(
            stage.library.act(transaction), card=card, pin=PIN, address="192.0.2.9"
        )
    )
    assert isinstance(signed, SignedIn)
    return signed.token


def strangers(stage: Stage) -> dict[str, dict[str, str]]:
    """Return what each caller shows who may do nothing with the marked patron."""
    there = stage.another_agency(OTHER_AGENCY)
    theirs = stage.a_patron(home_branch=there.id, given_name="Nabo")
    ours = stage.a_patron(given_name="Anden")
    expired = {"session": stage.log_in(stage.a_site()), "token": signed_in(stage, CARD)}
    stage.library.pass_time(days=2)
    return {
        "another patron": {"token": stage.a_token(ours)},
        "another patron who is signed in": {"token": signed_in(stage, ours)},
        "another person": {"token": stage.a_token(ours, person="0503186419")},
        "a person who is no patron": {"token": stage.a_token(person="0503186419")},
        "a patron of another library": {"token": stage.a_token(theirs, agency=OTHER_AGENCY)},
        "the patron, by a token of another library": {
            "token": stage.a_token(CARD, agency=OTHER_AGENCY)
        },
        "a program of another library": {
            "session": stage.log_in(stage.a_site(at=there), OTHER_AGENCY)
        },
        "a program without the rights": {"session": stage.log_in(stage.a_site(Right.VIEW_REPORTS))},
        "a token of nobody": {"token": stage.a_token()},
        "a session that is over": {"session": expired["session"]},
        "a token that is over": {"token": expired["token"]},
        "nobody": {},
    }


def told_by(stage: Stage, ask: Ask, shown: dict[str, str]) -> Told:
    return stage.ask(ask.method, ask.path, ask.body, **shown, **ask.query)


def markers_in(told: Told, ask: Ask) -> list[str]:
    """Return what the answer tells of the patron that the request has not said."""
    said = json.dumps(told.body, ensure_ascii=False)
    return [each for each in MARKERS if each in said and each not in str(ask)]


def is_fault(told: Told) -> bool:
    """Is it an error of ours? The interface has status 500 for reservations that cannot be made."""
    return told.status >= 500 and told.body["errorCode"] != "reservationsFailed"


@pytest.mark.drawn(len(CALLS) // 4)
@pytest.mark.parametrize("call", CALLS, ids=lambda each: each.name)
def test_nobody_reaches_the_patron_of_another(world: World, call: Call) -> None:
    stage, marked, known = world
    library, faults = stage.library, []
    callers = strangers(stage)
    before = rows_about(library, marked.id)
    for name, shown in callers.items():
        for ask in requests_to(call, known):
            told = told_by(stage, ask, shown)
            # Other titles and amounts are told of to everybody.
            found = [each for each in markers_in(told, ask) if each not in ("Zqloan", "Zqhold")]
            if found or is_fault(told):
                faults.append(f"{name} {ask}: {told.status}, was shown {found}: {told.body}")
        after = rows_about(library, marked.id)
        if changed := [each for each in after if after[each] != before[each]]:
            faults.append(f"{name} {call.name}: has changed {changed}")
            before = after
    assert not faults, "\n".join(faults)


@pytest.mark.drawn(len(CALLS) // 4)
@pytest.mark.parametrize("call", CALLS, ids=lambda each: each.name)
def test_each_access_of_a_program_is_in_the_access_log(world: World, call: Call) -> None:
    stage, marked, known = world
    library, site, faults = stage.library, stage.a_site(), []
    for ask in requests_to(call, known):
        session = stage.log_in(site)
        before, looks = rows_about(library, marked.id), newest_look(library, marked.id)
        told = told_by(stage, ask, {"session": session})
        is_access = markers_in(told, ask) or rows_about(library, marked.id) != before
        if is_fault(told) or (is_access and newest_look(library, marked.id) == looks):
            faults.append(f"{ask}: {told.status}, is not noted: {told.body}")
    assert not faults, "\n".join(faults)


def test_the_walk_reaches_the_patron(world: World) -> None:
    """What a program of the library is shown and changes, strangers could be shown and change."""
    stage, marked, known = world
    shown: set[str] = set()
    stage.library.pass_time(days=1)
    session = stage.log_in(stage.a_site())
    before = rows_about(stage.library, marked.id)
    for call in reversed(CALLS):  # the last calls of the table lend, those before report cards lost
        for ask in requests_to(call, known):
            shown |= set(markers_in(told_by(stage, ask, {"session": session}), ask))
    after = rows_about(stage.library, marked.id)
    assert {"Zqfamily", "zqmail@", "73.5"} <= shown
    changed = {each for each in after if after[each] != before[each]}
    assert {"holds", "bookings", "loans", "patron_identifiers"} <= changed


class _Wish(BaseModel):
    shopper: str


def unknown_calls() -> Iterator[Call]:
    call = CALLS[0]
    yield replace(call, path="v1/{agencyid}/shoppers/{shopper}")
    yield replace(call, lists=frozenset({"shopper"}))
    yield replace(call, reads=reads(_Wish))


@pytest.mark.parametrize("call", list(unknown_calls()))
def test_a_new_way_to_name_a_patron_is_an_error(call: Call) -> None:
    with pytest.raises(UnknownName, match="shopper"):
        list(requests_to(call, dict.fromkeys(("isil", "other_isil"), "x")))
