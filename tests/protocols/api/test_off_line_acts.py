"""The list of off-line acts over the API: who is named on it, and how it is worked off."""

from __future__ import annotations

from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.rights import Right
from circulation.loans.off_line import OffLineReport, Reported, Source, take_report
from tests.builders.agencies import a_school
from tests.builders.circulation import a_patron, an_item
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
