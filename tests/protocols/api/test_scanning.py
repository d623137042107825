"""The one box: what a text is, and what that means where it was scanned."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from catalogue.changes.accession import add_record
from circulation.kernel.reasons import Reason
from circulation.kernel.rights import Right
from circulation.loans.work_lists import no_block_conflicts
from circulation.staff.roles import HeldRole
from tests.builders.accounts import a_colleague
from tests.builders.agencies import a_school
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


def _sent_on(stage: Stage, token: str, wish: Any, key: str, scanner: str) -> Told:
    headers = {"scanned-by": f"staff:{scanner}"}
    return stage.ask("POST", "/desk/scan", wish, token=token, key=key, headers=headers)


def test_a_scan_that_a_colleague_sends_names_both(stage: Stage) -> None:
    a_colleague(stage.library, "søren", HeldRole("administrator"))
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS, name="bo")
    card, item = a_patron(stage.library), an_item(stage.library)
    wish = {"text": item, "patron": stage.public_id(card)}
    told = _sent_on(stage, token, wish, "scan-1", quote("Søren"))
    assert told.body["outcome"] == "checked_out"
    [lent] = stage.library.events_of(item)
    assert (lent.actor, lent.after["scanned_by"]) == ("bo", "søren")
    _scan(stage, token, item)
    assert "scanned_by" not in stage.library.events_of(item)[-1].after


def test_who_sends_it_needs_the_rights_and_is_told_no_answer_of_others(stage: Stage) -> None:
    a_colleague(stage.library, "anna", HeldRole("administrator"))
    card, item = a_patron(stage.library), an_item(stage.library)
    wish = {"text": item, "patron": stage.public_id(card)}
    for rights, missing in (([Right.VIEW_LOOKUPS], "lend"), ([Right.LEND], "backdate")):
        token = stage.a_caller(*rights)
        happened = {"happened": stage.library.now.isoformat()}
        told = _sent_on(stage, token, wish | happened, "scan-1", "anna")
        assert (told.status, told.body["right"]) == (403, missing)
    assert stage.library.events_of(item) == []
    for nobody in ("nobody", ""):
        told = _sent_on(stage, stage.a_caller(), wish, "scan-1", nobody)
        assert told.status == 422, told.body
    stranger = stage.a_caller(agency=a_school(stage.library).agency_id)
    assert _sent_on(stage, stranger, wish, "scan-1", "anna").status == 422
    headers = {"scanned-by": "patron:anna"}
    told = stage.ask("POST", "/desk/scan", wish, token=stage.a_caller(), headers=headers)
    assert told.status == 422, told.body


def test_an_off_line_scan_that_is_too_old_is_listed_for_staff(stage: Stage) -> None:
    library, card = stage.library, a_patron(stage.library)
    free, lent = an_item(library), an_item(library, on_loan_to=card)
    token = stage.a_caller(Right.LEND, Right.BACKDATE)
    old = {"happened": "2026-01-02T10:00:00Z"}
    for _ in range(2):
        for text, more in (
            (free, {"patron": stage.public_id(card)}),
            (lent, {"mode": "return"}),
        ):
            told = _scan(stage, token, text, **old, **more).body
            [reason] = told["reasons"]
            assert (told["outcome"], reason["code"]) == ("refused", "DATE_TOO_OLD")
            assert reason["text"].endswith("Noted for the staff to look at.")
    listed = library.read(no_block_conflicts).lines
    assert [(each.act, each.barcode, each.reasons) for each in listed] == [
        ("check-out", free, (Reason.DATE_TOO_OLD,)),
        ("check-in", lent, (Reason.DATE_TOO_OLD,)),
    ]
    assert [each.patron_identifier for each in listed] == [card, ""]
    assert [len(library.events_of(each)) for each in (free, lent)] == [0, 1]
    other = _scan(stage, token, lent, mode="drop", at="2026-01-02T10:00:00Z").body  # staff said so
    assert [each["code"] for each in other["reasons"]] == ["DATE_TOO_OLD"]
    assert len(library.read(no_block_conflicts).lines) == 2


@pytest.mark.parametrize("is_scanner_first", [True, False])
def test_what_was_sent_in_two_names_is_done_once(stage: Stage, is_scanner_first: bool) -> None:
    anna = a_colleague(stage.library, "anna", HeldRole("administrator")).id
    scanner = stage.a_caller(id=anna, name="anna")
    sender = stage.a_caller(id=anna + 1, name="bo")
    card = a_patron(stage.library)
    item = an_item(stage.library, on_loan_to=card)
    wish = {"text": item, "mode": "return"}
    own = lambda: stage.ask("POST", "/desk/scan", wish, token=scanner, key="scan-1")  # noqa: E731
    sent = lambda: _sent_on(stage, sender, wish, "scan-1", "anna")  # noqa: E731
    first, then = (own, sent) if is_scanner_first else (sent, own)
    done = first()
    assert done.body["outcome"] == "checked_in"
    for _ in range(2):
        told = then()
        assert (told.status, told.body["type"]) == (409, "urn:tiro:problem:done-by-another")
        assert card not in str(told.body)
        assert first().body == done.body
    assert [each.actor for each in stage.library.events_of(item)][1:] == [
        "anna" if is_scanner_first else "bo"
    ]


def test_what_changed_nothing_is_found_anew_by_whoever_sends_it_on(stage: Stage) -> None:
    anna = a_colleague(stage.library, "anna", HeldRole("administrator")).id
    scanner = stage.a_caller(id=anna, name="anna")
    sender = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card = a_patron(stage.library)
    for text, outcome in ((card, "patron"), ("999", "nothing")):
        stage.ask("POST", "/desk/scan", {"text": text}, token=scanner, key=f"scan {outcome}")
        told = _sent_on(stage, sender, {"text": text}, f"scan {outcome}", "anna")
        assert told.body["outcome"] == outcome


def test_a_session_ends_with_a_receipt(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card = a_patron(stage.library)
    an_item(stage.library, title="Peters jul", on_loan_to=card)
    told = stage.ask("POST", "/desk/end", {"patron": stage.public_id(card)}, token=token)
    assert told.status == 200, told.body
    assert any("Peters jul" in line for line in told.body["lines"])
