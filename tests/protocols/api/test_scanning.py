"""The one box: what a text is, and what that means where it was scanned."""

from __future__ import annotations

from typing import Any

from catalogue.changes.accession import add_record
from circulation.kernel.rights import Right
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage, Told
from tests.protocols.sru.stage import a_record


def _scan(stage: Stage, token: str, text: str, **more: Any) -> Told:
    told = stage.ask("POST", "/desk/scan", {"text": text} | more, token=token)
    assert told.status == 200, told.body
    return told


def test_a_card_opens_its_patron_and_an_item_is_lent_to_them(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card, item = a_patron(stage.library), an_item(stage.library)
    opened = _scan(stage, token, card).body
    assert (opened["outcome"], opened["patron"]["card"]) == ("patron", card)
    patron = opened["patron"]["id"]
    lent = _scan(stage, token, f" {item} ", patron=patron).body
    assert (lent["outcome"], lent["checked_out"]["item"]["barcode"]) == ("checked_out", item)
    assert (lent["loans"], lent["overdue"]) == (1, 0)
    again = _scan(stage, token, item, patron=patron).body
    assert again["outcome"] == "refused"
    assert [each["code"] for each in again["reasons"]] == ["ALREADY_ON_LOAN_TO_PATRON"]


def test_without_a_patron_an_item_comes_back(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    back = _scan(stage, token, item).body
    assert (back["outcome"], back["checked_in"]["was_on_loan"]) == ("checked_in", True)
    seen = _scan(stage, token, item).body
    assert (seen["outcome"], seen["checked_in"]["was_on_loan"]) == ("checked_in", False)


def test_modes_change_what_an_item_means(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card = a_patron(stage.library)
    item = an_item(stage.library, on_loan_to=card)
    stage.library.pass_time(days=5)
    looked = _scan(stage, token, item, mode="look").body
    assert (looked["outcome"], looked["status"]["state"]) == ("item", "ON_LOAN")
    longer = _scan(stage, token, item, mode="renew").body
    assert (longer["outcome"], longer["renewed"]["loan"]["renewals"]) == ("renewed", 1)
    patron = stage.public_id(card)
    back = _scan(stage, token, item, mode="return", patron=patron).body
    assert (back["outcome"], back["loans"]) == ("checked_in", 0)


def test_what_is_both_an_item_and_a_card_is_for_the_desk_to_choose(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    an_item(stage.library, a_patron(stage.library, "4711"))
    both = _scan(stage, token, "4711").body
    assert both["outcome"] == "choice"
    assert (both["item"]["barcode"], both["patron"]["card"]) == ("4711", "4711")


def test_command_codes_are_recognised(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    assert _scan(stage, token, "tiroundo").body["command"] == "undo"


def test_a_standard_number_a_record_number_and_words_find_titles(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    isbn = "9788700000018"
    record = a_record("10000001", "Soil and water", "Smith, Anna", isbn, "Hydrology", 1984, "eng")
    stage.library.write(
        lambda transaction: add_record(
            transaction, record, now=stage.library.now, record_format="marc21"
        )
    )
    by_isbn = _scan(stage, token, "978-87-00-00001-8").body
    assert (by_isbn["outcome"], by_isbn["titles"][0]["title"]) == ("titles", "Soil and water")
    by_number = _scan(stage, token, "10000001").body
    assert by_number["outcome"] == "titles"
    by_words = _scan(stage, token, "water soil").body
    assert (by_words["outcome"], len(by_words["titles"])) == ("search", 1)
    assert _scan(stage, token, "nothing of the kind").body["outcome"] == "nothing"


def test_a_scan_is_done_once(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card, item = a_patron(stage.library), an_item(stage.library)
    wish = {"text": item, "patron": stage.public_id(card)}
    first = stage.ask("POST", "/desk/scan", wish, token=token, key="scan-1")
    again = stage.ask("POST", "/desk/scan", wish, token=token, key="scan-1")
    assert first.body == again.body
    assert first.body["outcome"] == "checked_out"


def test_a_session_ends_with_a_receipt(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card = a_patron(stage.library)
    an_item(stage.library, title="Peters jul", on_loan_to=card)
    told = stage.ask("POST", "/desk/end", {"patron": stage.public_id(card)}, token=token)
    assert told.status == 200, told.body
    assert any("Peters jul" in line for line in told.body["lines"])
