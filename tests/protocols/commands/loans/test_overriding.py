"""`--override REASON --why TEXT`, and where it is shown afterwards."""

from __future__ import annotations

import getpass

from tests.builders.circulation import a_patron, an_item
from tests.builders.staff import Staff

AT = ("--at", "DK-900101")


def test_a_loan_too_many_is_lent_and_shown(staff: Staff) -> None:
    staff.library.policy(loan_days=28, max_loans=0)
    card, barcode = a_patron(staff.library), an_item(staff.library)
    [refused] = staff.json("loan", "out", card, barcode, *AT, code=1)["results"]
    assert [each["code"] for each in refused["reasons"]] == ["TOO_MANY_LOANS"]
    told = staff.json("explain", card, barcode)
    assert told["overridable"] == {"TOO_MANY_LOANS": "override.soft"}
    assert told["overrides"] == []
    assert "passed over by whoever has override.soft" in staff.run("explain", card, barcode).output
    named = ("--override", "too_many_loans", "--why", "a school trip")
    [lent] = staff.json("loan", "out", card, barcode, *AT, *named)["results"]
    assert [each["code"] for each in lent["checked_out"]["overridden"]] == ["TOO_MANY_LOANS"]
    [override] = staff.json("explain", card, barcode)["overrides"]
    assert override["overridden"] == ["TOO_MANY_LOANS"]
    assert (override["why"], override["by"]) == ("a school trip", getpass.getuser())
    assert "passed over TOO_MANY_LOANS: a school trip" in staff.run("explain", card, barcode).output
    [event] = staff.json("item", "events", barcode)["events"]
    assert (event["overridden"], event["why"]) == (["TOO_MANY_LOANS"], "a school trip")


def test_who_passes_over_a_reason_says_why_and_names_one_that_there_is(staff: Staff) -> None:
    card, barcode = a_patron(staff.library), an_item(staff.library)
    without_why = staff.run("loan", "out", card, barcode, *AT, "--override", "TOO_MANY_LOANS")
    assert without_why.exit_code == 2
    assert "--why is missing" in without_why.output
    named = ("--override", "PATRON_UNKNOWN", "--why", "a friend")
    never = staff.run("loan", "out", card, barcode, *AT, *named)
    assert never.exit_code == 2


def test_a_hold_too_many_is_placed(staff: Staff) -> None:
    library = staff.library
    library.policy(loan_days=28, max_holds=0)
    card, barcode = a_patron(library), an_item(library)
    library.check_out(card, barcode)
    other = a_patron(library)
    why = ("--why", "a school trip")
    refused = staff.json("hold", "place", other, "--item", barcode, *AT, code=1)
    assert refused["refused"] == ["TOO_MANY_HOLDS"]
    [placed] = staff.json(
        *("hold", "place", other, "--item", barcode, *AT, "--override", "TOO_MANY_HOLDS", *why)
    )["holds"]
    assert placed["item"] == barcode
