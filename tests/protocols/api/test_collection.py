"""Debts handed over for collection over the API, and debts of which nobody was warned."""

from __future__ import annotations

from circulation.kernel.rights import Right
from circulation.staff.lookups import NEWEST, lookups_of_patron
from tests.builders.circulation import Library, a_patron
from tests.builders.dunning import danish, run_days
from tests.builders.fees import charge, fee_rule, lend, number_of
from tests.protocols.api.stage import Stage

COLLECTED = 28 + 31 + 14 + 21


def a_debtor(library: Library) -> str:
    danish(library)
    card = a_patron(library)
    lend(library, card, price=30_000, currency="DKK")
    run_days(library, COLLECTED)
    return card


def test_debts_are_written_to_a_file_and_called_back(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card = a_debtor(library)
    listed = stage.ask("GET", "/collection/claims", token=token).body["claims"]
    assert [(each["kind"], each["amount"]) for each in listed] == [
        ("compensation_unreturned", 38_000),
        ("fee", 23_000),
    ]
    patron = stage.public_id(card)
    theirs = stage.ask("GET", f"/patrons/{patron}/claims", token=token)
    assert theirs.body["claims"] == listed
    first, again, other = (
        stage.ask("POST", "/collection/files", token=token, key=key) for key in ("a", "a", "b")
    )
    assert first.body == again.body
    assert [each["amount"] for each in first.body["exported"]["records"]] == [38_000, 23_000]
    assert other.body == {"exported": None}
    [file] = stage.ask("GET", "/collection/files", token=token).body["files"]
    shown = stage.ask("GET", f"/collection/files/{file['id']}", token=token)
    assert shown.body == first.body["exported"]
    path = f"/collection/claims/{listed[0]['id']}/withdrawal"
    back = stage.ask("POST", path, {"why": "a mistake"}, token=token)
    assert (back.body["reason"], back.body["patron"]) == ("a mistake", patron)
    assert stage.ask("POST", path, {"why": "again"}, token=token).status == 409
    page = stage.ask("GET", "/collection/claims?all=true&limit=1", token=token)
    assert len(page.body["claims"]) == 1
    assert "cursor=" in page.headers["Link"]
    seen = library.read(
        lambda transaction: lookups_of_patron(
            transaction, patron_id=number_of(library, card), before=NEWEST
        )
    )
    assert {each.context for each in seen} == {
        "api list_patron_claims",
        "api call_back",
        "api export_debts",
        "api show_collection_file",
    }


def test_files_are_of_the_agency_that_is_owed(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.COLLECT_DEBTS)
    a_debtor(library)
    file = stage.ask("POST", "/collection/files", token=token).body["exported"]["file"]
    stranger = stage.a_caller(Right.COLLECT_DEBTS, agency=4_711)
    assert stage.ask("GET", f"/collection/files/{file['id']}", token=stranger).status == 404
    assert stage.ask("GET", "/collection/claims", token=stranger).body["claims"] == []
    [claim, _] = stage.ask("GET", "/collection/claims", token=token).body["claims"]
    path = f"/collection/claims/{claim['id']}/withdrawal"
    assert stage.ask("POST", path, {"why": "theirs"}, token=stranger).status == 404


def test_debts_without_a_warning_are_listed(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.USE_LISTS)
    fee_rule(library, currency="DKK", block_threshold=20_000, block_days=8)
    charge(library, a_patron(library), 20_000)
    run_days(library, 3)
    [line] = stage.ask("GET", "/lists/unwarned", token=token).body["lines"]
    assert line["owed"] == {"amount": 20_000, "currency": "DKK"}
    stranger = stage.a_caller(Right.USE_LISTS, agency=4_711)
    assert stage.ask("GET", "/lists/unwarned", token=stranger).body["lines"] == []
