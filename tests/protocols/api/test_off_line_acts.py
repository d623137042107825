"""The list of off-line acts over the API: who is named on it, and how it is worked off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, Branch, Refusal, Refused
from circulation.kernel.rights import Right
from circulation.loans.off_line import OffLineReport, Reported, Source, lent_since, take_report
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, add_identifier
from circulation.staff.lookup_log import lookups
from tests.builders.agencies import a_school, agree
from tests.builders.circulation import a_patron, an_item
from tests.builders.fees import number_of
from tests.protocols.api.stage import Stage


def report(stage: Stage, card: str, item: str, at: Branch) -> str:
    """Put an act on the list of the branch, and return its number."""
    library = stage.library
    refused = Refused((Refusal(Reason.ITEM_UNKNOWN),))
    act = OffLineReport(Reported.CHECK_OUT, item, card, refused, library.now, source=Source.SIP2)
    library.write(lambda transaction: take_report(library.act(transaction, at), act))
    token = stage.a_caller(agency=at.agency_id, branch_id=at.id)
    number: str = stage.ask("GET", "/lists/conflicts", token=token).body["lines"][-1]["id"]
    return number


def test_a_patron_of_another_agency_is_neither_named_nor_is_what_staff_wrote(stage: Stage) -> None:
    there = a_school(stage.library, kind="public")
    number = report(stage, a_patron(stage.library), "B404", there)
    token = stage.a_caller(Right.USE_LISTS, agency=there.agency_id, branch_id=there.id)
    settle = f"/lists/conflicts/{number}/settle"
    told = stage.ask("POST", settle, {"reason": "Ida was rung up"}, token=token)
    assert told.status == 204
    [line] = stage.ask("GET", "/lists/conflicts?settled=true", token=token).body["lines"]
    assert (line["state"], line["source"]) == ("settled", "sip2")
    assert (line["patron"], line["patron_identifier"], line["remark"]) == (None, None, None)


def test_an_act_is_settled_put_back_and_tried(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_patron(library)
    path = f"/lists/conflicts/{report(stage, card, 'B405', library.main)}"
    elsewhere = a_school(library, kind="public")
    stranger = stage.a_caller(agency=elsewhere.agency_id, branch_id=elsewhere.id)
    for work, body in (("settle", {}), ("reopen", None), ("try", None)):
        assert stage.ask("POST", f"{path}/{work}", body, token=stranger).status == 404
    told = stage.ask("POST", f"{path}/try", token=token)
    assert (told.body["state"], told.body["reasons"]) == ("open", ["ITEM_UNKNOWN"])
    assert (
        stage.ask("POST", f"{path}/settle", {"reason": "no such item"}, token=token).status == 204
    )
    assert stage.ask("POST", f"{path}/try", token=token).status == 404
    assert stage.ask("POST", f"{path}/reopen", token=token).status == 204
    assert stage.ask("POST", f"{path}/reopen", token=token).status == 404
    an_item(library, barcode="B405")
    assert stage.ask("POST", f"{path}/try", token=token).body["state"] == "done"
    assert stage.ask("POST", f"{path}/reopen", token=token).status == 404
    assert stage.ask("GET", "/lists/conflicts", token=token).body["lines"] == []


@many(tuple[str])
def _looks_at(*, patron_id: int) -> Statement:
    return select(lookups.c.context).where(lookups.c.patron_id == patron_id)


def looks_at(stage: Stage, patron: int) -> list[tuple[str]]:
    return stage.library.read(lambda transaction: _looks_at(transaction, patron_id=patron))


@pytest.mark.parametrize(
    ("card", "reason"), [("LATER-1", "PATRON_NOT_SERVED"), ("0504871234", "PATRON_UNKNOWN")]
)
@pytest.mark.parametrize("is_agreed", [False, True])
def test_an_act_is_tried_for_patrons_whom_the_caller_may_serve_alone(
    stage: Stage, card: str, reason: str, is_agreed: bool
) -> None:
    """The card was unknown when the act was reported: another agency has given it out since."""
    library = stage.library
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes ok"))
    there = a_school(library, kind="public")
    item = an_item(library)
    path = f"/lists/conflicts/{report(stage, card, item, library.main)}/try"
    owner = a_patron(library, home_branch=there.id)
    patron = number_of(library, owner)
    kind = "card" if card.startswith("L") else "national_id"
    library.write(lambda t: add_identifier(library.act(t, UNATTENDED), patron, card, kind))
    if is_agreed:
        agree(library, library.main, there, debts=False, payments=False, patrons=True)
    told = stage.ask("POST", path, token=stage.a_caller(Right.USE_LISTS, Right.LEND)).body
    assert (told["state"], told["reasons"]) == (("done", []) if is_agreed else ("open", [reason]))
    is_lent = library.read(lambda t: lent_since(t, barcode=item)) is not None
    assert is_lent is is_agreed
    assert bool(looks_at(stage, patron)) is is_agreed


def test_an_act_is_tried_by_staff_who_may_lend_alone(stage: Stage) -> None:
    library = stage.library
    item = an_item(library)
    path = f"/lists/conflicts/{report(stage, a_patron(library), item, library.main)}/try"
    assert stage.ask("POST", path, token=stage.a_caller(Right.USE_LISTS)).status == 403
    assert library.read(lambda t: lent_since(t, barcode=item)) is None
