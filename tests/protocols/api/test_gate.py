"""The gate to patrons: whose patrons a desk may serve, and that each access is in the log."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Statement, scalars
from circulation.kernel.results import Branch
from circulation.kernel.rights import Kind, Reach, Right
from circulation.loans.schema import loans
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, find_patron
from circulation.patrons.seals import Seal
from circulation.staff.lookup_log import lookups
from protocols.api import operations
from tests.builders.agencies import a_school, agree
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import charge
from tests.protocols.api.stage import Stage

NAME = "Ida Ørsted"
#: What a librarian of another agency could do with a card: the path and the rest of the body.
BY_CARD = {
    "/checkouts": lambda item: {"item": item},
    "/checkouts/stack": lambda item: {"items": [item]},
    "/holds": lambda item: {"item": item},
    "/holds/sets": lambda item: {"wanted": [{"item": item}]},
}
#: What only the gate may ask the engines for.
RESOLVERS = {"find_patron", "place_of_patron", "known_as", "public_ids"}


@scalars(int)
def _seen_of(*, patron_id: int) -> Statement:
    return select(lookups.c.id).where(lookups.c.patron_id == patron_id)


@scalars(int)
def _loans() -> Statement:
    return select(loans.c.id)


def _lines(library: Library, card: str) -> int:
    def work(transaction: Any) -> int:
        patron_id = find_patron(transaction, card)
        assert patron_id is not None
        return len(_seen_of(transaction, patron_id=patron_id))

    return library.read(work)


def _desk_at(stage: Stage, branch: Branch, *rights: Right, kind: Kind = Kind.STAFF) -> str:
    """A caller who has the rights at the agency of the branch, and works at the branch."""
    return stage.a_caller(*rights, agency=branch.agency_id, branch_id=branch.id, kind=kind)


@pytest.mark.parametrize("kind", [Kind.STAFF, Kind.PROGRAM])
@pytest.mark.parametrize("path", BY_CARD)
def test_a_card_of_another_agency_needs_an_agreement(stage: Stage, path: str, kind: Kind) -> None:
    library = stage.library
    there = a_school(library, kind="public")
    card = a_patron(library)
    token = _desk_at(stage, there, kind=kind)
    body = {"card": card} | BY_CARD[path](an_item(library, home=there))
    if "wanted" in body or path == "/holds":
        body["pickup_branch"] = there.isil
    told = stage.ask("POST", path, body, token=token)
    assert (told.status, told.body["right"]) == (403, "lend")
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    assert not library.read(_loans)
    assert _lines(library, card) == 0
    agree(library, library.main, there, lending=True, payments=True, debts=True)
    told = stage.ask("POST", path, body, token=token)
    assert (told.status, told.body["right"]) == (403, "lend")
    agree(library, library.main, there, patrons=True)
    told = stage.ask("POST", path, body, token=token)
    assert told.status in (200, 201), told.body
    assert _lines(library, card) == 1


@pytest.mark.parametrize("path", [*BY_CARD, "/desk/scan"])
def test_a_national_number_of_another_agency_is_like_an_unknown_one(
    stage: Stage, path: str
) -> None:
    """Those who know a number do not learn where the person is registered. A loan is refused the
    same when its lines are of the past, or are several."""
    library = stage.library
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"k" * 32, Seal(b"s" * 32)))
    there = a_school(library, kind="public")
    card = a_patron(library, national_id="170315-4321")
    token = _desk_at(stage, there)
    item = an_item(library, home=there)

    def told_of(number: str) -> str:
        body = {"text": number} if path == "/desk/scan" else {"card": number} | BY_CARD[path](item)
        if "wanted" in body or path == "/holds":
            body["pickup_branch"] = there.isil
        told = stage.ask("POST", path, body, token=token)
        return f"{told.status} {json.dumps(told.body)}".replace(number, "NUMBER")

    assert told_of("1703154321") == told_of("170315-4321") == told_of("170315-4339")
    assert not library.read(_loans)
    assert _lines(library, card) == 0


def test_an_agreement_on_patrons_does_not_open_their_messages(stage: Stage) -> None:
    library = stage.library
    there = a_school(library, kind="public")
    card = a_patron(library)
    agree(library, library.main, there, patrons=True)
    path = f"/patrons/{stage.public_id(card)}"
    token = _desk_at(stage, there)
    assert stage.ask("GET", f"{path}/loans", token=token).status == 200
    assert stage.ask("GET", f"{path}/notices", token=token).status == 404
    assert stage.ask("GET", f"{path}/notices", token=stage.a_caller()).status == 200


def test_a_loan_of_another_agency_is_left_alone_but_taken_back(stage: Stage) -> None:
    library = stage.library
    there = a_school(library, kind="public")
    card = a_patron(library)
    item = an_item(library, on_loan_to=card)
    token = _desk_at(stage, there)
    told = stage.ask("POST", "/renewals", {"item": item}, token=token)
    assert (told.status, told.body["right"]) == (403, "lend")
    told = stage.ask("POST", "/renewals/stack", {"items": [item]}, token=token)
    [result] = told.body["results"]
    assert [each["code"] for each in result["reasons"]] == ["PATRON_NOT_SERVED"]
    assert stage.ask("POST", "/undo", {"item": item}, token=token).status == 403
    assert _lines(library, card) == 0
    told = stage.ask("POST", "/checkins", {"item": item}, token=token)
    assert told.status == 200
    assert told.body["was_on_loan"]
    assert told.body["borrower"] is None
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    assert card not in json.dumps(told.body)
    assert _lines(library, card) == 1


def test_a_guest_of_ours_is_served_without_being_named(stage: Stage) -> None:
    library = stage.library
    there = a_school(library, kind="public")
    card = a_patron(library)
    item = an_item(library, home=there, on_loan_to=card)
    library.pass_time(days=1)
    told = stage.ask("POST", "/renewals", {"item": item}, token=_desk_at(stage, there))
    assert told.status == 200, told.body
    assert told.body["patron"] is None
    assert NAME not in json.dumps(told.body, ensure_ascii=False)
    assert _lines(library, card) == 1


def test_a_right_at_a_branch_counts_for_charges_of_that_branch(stage: Stage) -> None:
    library = stage.library
    card = a_patron(library)
    owed = charge(library, card, 5_000)
    for branch, status in ((library.main, 200), (library.other, 404)):
        reach = Reach(branches=frozenset({branch.id}))
        token = stage.a_caller(branch_id=branch.id, grants={Right.WAIVE_FEES: reach})
        wish = {"why": "a mistake", "amount": 100}
        told = stage.ask("POST", f"/charges/{owed.id}/waivers", wish, token=token)
        assert told.status == status, told.body


def test_only_the_gate_asks_the_engines_for_patrons() -> None:
    folder = Path(operations.__file__).parent
    found = [
        f"{path.name}: {name.name}"
        for path in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in RESOLVERS
    ]
    assert not found
