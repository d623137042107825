"""Every method of PAIA, and DAIA, x every caller x every way to name a patron.

A patron is marked: no text of theirs may reach a caller who has not their token, no row about them
may change, and a program that vouches for them is in the access log. The requests are made from the
table of methods and the models of their bodies; a field that is not known here raises.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Final, NamedTuple

import pytest
from pydantic import BaseModel

from circulation.kernel.rights import Right
from circulation.staff.results import SignedIn
from circulation.staff.signing_in import sign_in_patron
from protocols.discovery.messages import Documents
from protocols.discovery.methods import SCOPES, Base, Method
from protocols.discovery.table import METHODS
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
from tests.protocols.discovery.stage import PIN, PIN_HASH, Stage, Told

#: The fields of bodies that can name a patron or what is theirs, and by what.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "item": ("loan", "held", "shelved", "hold", "shelf_hold"),
    "edition": ("edition", "none"),
    "patron": ("patron", "card", "login", "national"),
    "username": ("patron", "card", "login", "national"),
}
PLAIN: Final[dict[str, tuple[Any, ...]]] = {
    "grant_type": ("password", "client_credentials"),
    **dict.fromkeys(("password", "old_password"), ("0000",)),
    "new_password": ("5151",),
    "scope": (None, " ".join(SCOPES)),
    **dict.fromkeys(("confirm", "storageid"), (None,)),
    **dict.fromkeys(("name", "address"), ("Bo",)),
    "email": ("bo@example.dk",),
}


class UnknownName(Exception):
    """A body has a field that is neither known to name a patron nor known not to."""


class World(NamedTuple):
    """The library, its marked patron, and what they are called."""

    stage: Stage
    marked: Marked
    known: dict[str, Any]


@pytest.fixture
def world(stage: Stage) -> World:
    marked = a_marked_patron(stage.library, pin_hash=PIN_HASH)
    hold, shelf_hold = (f"tiro:hold:{each}" for each in marked.holds)
    known = {
        "patron": marked.public_id,
        "card": CARD,
        "login": LOGIN,
        "national": NATIONAL,
        "loan": f"tiro:item:{marked.loan}",
        "held": f"tiro:item:{marked.held}",
        "shelved": f"tiro:item:{marked.shelved}",
        "hold": hold,
        "shelf_hold": shelf_hold,
        "edition": stage.edition(marked.held),
        "none": None,
    }
    return World(stage, marked, known)


def bodies_of(model: type[BaseModel] | None, known: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the body, and the patron named in it in every way."""
    if model is None:
        yield None
        return
    if model is Documents:
        part = model.model_fields["doc"].annotation.__args__[0]  # type: ignore[union-attr]
        yield from ({"doc": [each]} for each in bodies_of(part, known))
        return
    fields: dict[str, list[Any]] = {}
    for name in model.model_fields:
        if name in NAMES:
            fields[name] = [known[key] for key in NAMES[name]]
        elif name in PLAIN:
            fields[name] = list(PLAIN[name])
        else:
            raise UnknownName(f"{model.__name__}: does {name} name a patron?")
    for chosen in product(*fields.values()):
        values = zip(fields, chosen, strict=True)
        yield {name: value for name, value in values if value is not None}


def requests_to(
    method: Method, known: Mapping[str, Any], own: str
) -> Iterator[tuple[str, str, Any]]:
    """Yield verb, address and body of requests; `own` is the caller, by their own identifier."""
    paths = [f"{method.base.value}/{method.path}".rstrip("/").replace("{id}", "1")]
    if method.base is Base.CORE:
        behind = f"/{method.path}".rstrip("/").replace("{id}", "1")
        named = (known["patron"], own, CARD, NATIONAL)
        paths = [f"core/{each}{behind}" for each in named]
    for path, body in product(paths, bodies_of(method.body, known)):
        yield method.verb, path, body


def basic(client_id: str, secret: str) -> dict[str, str]:
    both = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"authorization": f"Basic {both}"}


def strangers(stage: Stage, method: Method) -> dict[str, tuple[dict[str, Any], str]]:
    """Return what each caller shows who may not do it with the marked patron, and who they are."""
    library, everything = stage.library, " ".join(SCOPES)
    there = stage.another_agency()
    ours = stage.a_patron(given_name="Anden")
    theirs = stage.a_patron(home_branch=there.id, given_name="Nabo")
    others = " ".join(each for each in SCOPES if each not in method.scopes)
    is_over = stage.log_in(CARD, everything)
    library.pass_time(days=2)
    signed = library.write(
        lambda transaction: sign_in_patron(
            library.act(transaction), card=CARD, pin=PIN, address="192.0.2.9"
        )
    )
    assert isinstance(signed, SignedIn)
    rights = (Right.VIEW_PATRONS, Right.LEND, Right.EDIT_PATRONS)
    program = stage.a_program(*rights, at=there)
    found: dict[str, tuple[dict[str, Any], str]] = {
        "another patron": ({"token": stage.log_in(ours, everything)}, stage.named(ours)),
        "a patron of another library": (
            {"token": stage.log_in(theirs, everything)},
            stage.named(theirs),
        ),
        "the patron, by a token that is over": ({"token": is_over}, "x"),
        "the patron, by a session of the API": ({"token": signed.token}, "x"),
        "a program of another library": (
            {"headers": basic(program.client_id, program.secret)},
            "x",
        ),
        "nobody": ({}, "x"),
    }
    if method.scopes:
        found["the patron, by a token without the scope"] = (
            {"token": stage.log_in(CARD, others)},
            "x",
        )
    return found


def markers_in(told: Told, asked: Any) -> list[str]:
    said, known = told.octets.decode(), json.dumps(asked, ensure_ascii=False)
    return [each for each in MARKERS if each in said and each not in known]


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.name)
def test_nobody_reaches_a_patron_without_their_token(world: World, method: Method) -> None:
    stage, marked, known = world
    faults = []
    callers = strangers(stage, method)
    before = rows_about(stage.library, marked.id)
    for name, (shown, own) in callers.items():
        for verb, path, body in requests_to(method, known, own):
            told = stage.paia(verb, path, body, **shown)
            # Titles are told of to everybody.
            found = [
                each for each in markers_in(told, [path, body]) if each not in ("Zqloan", "Zqhold")
            ]
            if found or (told.status >= 500 and told.status != 501):
                faults.append(f"{name} {verb} {path} {body}: {told.status}, {found} {told.body}")
        after = rows_about(stage.library, marked.id)
        noted = {"events"} if method.path == "login" else set()  # a wrong PIN is noted
        if changed := {each for each in after if after[each] != before[each]} - noted:
            faults.append(f"{name} {method.name}: has changed {changed}")
            before = after
    assert not faults, "\n".join(faults)


def test_a_program_that_vouches_for_a_patron_is_in_the_access_log(world: World) -> None:
    stage, marked, known = world
    program = stage.a_program(Right.VIEW_PATRONS, Right.LEND)
    for way in NAMES["patron"]:
        looks = newest_look(stage.library, marked.id)
        form = {"grant_type": "client_credentials", "patron": known[way]}
        headers = basic(program.client_id, program.secret)
        told = stage.paia("POST", "auth/login", form, headers=headers)
        assert (told.status, told.body["patron"]) == (200, marked.public_id), way
        assert newest_look(stage.library, marked.id) == looks + 1, way


def test_the_walk_reaches_the_patron(world: World) -> None:
    """What the patron is shown and changes, strangers could be shown and change."""
    stage, marked, known = world
    stage.library.pass_time(days=1)
    token = stage.log_in(CARD, " ".join(SCOPES))
    before, shown = rows_about(stage.library, marked.id), set[str]()
    for method in METHODS:
        if method.base is Base.CORE:
            for verb, path, body in requests_to(method, known, marked.public_id):
                shown |= set(markers_in(stage.paia(verb, path, body, token=token), [path, body]))
    after = rows_about(stage.library, marked.id)
    assert {"Zqfamily", "zqmail@", "73.5", "Zqloan"} <= shown
    assert {"holds", "loans"} <= {each for each in after if after[each] != before[each]}


def test_daia_tells_of_no_patron(world: World) -> None:
    stage, marked, known = world
    token = stage.log_in(CARD, " ".join(SCOPES))
    for key in (*NAMES["item"], "edition"):
        for more in ({}, {"patron": marked.public_id}, {"access_token": token}):
            told = stage.daia(known[key], **more)
            found = [each for each in markers_in(told, more) if each not in ("Zqloan", "Zqhold")]
            assert not found, (key, more, told.body)


class _Wish(BaseModel):
    shopper: str


def test_a_new_way_to_name_a_patron_is_an_error() -> None:
    method = replace(METHODS[0], body=_Wish)
    with pytest.raises(UnknownName, match="shopper"):
        list(requests_to(method, {"patron": "x"}, "y"))
