"""`tiro patron`, `item`, `loan` and `jobs` as staff and scripts run them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from circulation.jobs.table import JOBS
from circulation.kernel.events import EventKind
from tests.builders.agencies import a_school
from tests.builders.circulation import ZONE, a_patron, an_item
from tests.builders.fees import danish_fees
from tests.builders.staff import Staff

CPR = "251248-4916"


def test_a_patron_is_registered_shown_blocked_and_let_go(staff: Staff) -> None:
    added = staff.json(
        *("patron", "add", "--card", "P1", "--given-name", "Ida", "--family-name", "Ørsted"),
        *("--at", "DK-900101", "--category", "child", "--born", "2016-05-01"),
    )
    details = added["details"]
    assert (added["card"], details["name"]) == ("P1", "Ida Ørsted")
    assert details["birth_date"] == "2016-05-01"
    assert staff.json("patron", "show", "P1") == added
    blocked = staff.json("patron", "block", "P1", "--reason", "excluded", "--message", "støj")
    [block] = blocked["blocks"]
    assert (block["reason"], block["agency"]) == ("EXCLUDED", "DK-900100")
    assert staff.json("patron", "show", "P1") == blocked
    assert block["message"] == "støj"
    assert "check_out" in blocked["denied"]
    assert staff.json("patron", "unblock", "P1", "--reason", "excluded")["blocks"] == []
    assert staff.json("patron", "unblock", "P1")["blocks"] == []
    log = staff.json("lookups", "--patron", "P1")["lookups"]
    told = [line["context"].removeprefix("tiro ") for line in log]
    changes = ["patron unblock", "patron unblock", "patron show", "patron block", "patron show"]
    assert told == [*changes, "patron add"]
    exported = json.loads(staff.run("patron", "export", "P1").output)
    assert exported["patron"]["given_name"] == "Ida"
    assert staff.run("patron", "erase", "P1", typed="n\n").exit_code == 1
    assert staff.json("patron", "erase", "P1", "--yes") == {"done": True}
    assert staff.run("patron", "show", "P1").exit_code == 1


def test_a_national_number_is_shown_masked(staff: Staff) -> None:
    arguments = ("patron", "add", "--given-name", "Ida", "--at", "DK-900101", "--category", "adult")
    added = staff.json(*arguments, "--card", CPR)
    assert added["identifiers"][0]["shown"] == "251248-xxxx"
    assert staff.json("patron", "show", "2512484916") == added
    again = staff.run(*arguments, "--card", "2512484916")
    assert again.exit_code == 1
    assert "4916" not in again.output


@pytest.mark.parametrize("kind", ["company", "group", "library"])
def test_only_a_person_needs_a_given_name(staff: Staff, kind: str) -> None:
    arguments = ("patron", "add", "--card", "L1", "--at", "DK-900101", "--category", "adult")
    named = (*arguments, "--family-name", "Odense Bibliotek")
    added = staff.json(*named, "--kind", kind)
    assert (added["details"]["name"], added["details"]["given_name"]) == ("Odense Bibliotek", "")
    for wrong, missing in (
        ((*named, "--kind", "person"), "given_name"),
        (named, "given_name"),
        ((*arguments, "--kind", kind), "family_name"),
    ):
        refused = staff.run(*wrong)
        assert refused.exit_code != 0
        assert f"{missing}: is missing" in refused.output


def test_a_pin_is_typed_and_must_be_good(staff: Staff) -> None:
    card = a_patron(staff.library)
    refused = staff.run("patron", "pin", card, typed="1234\n1234\n")
    assert refused.exit_code == 2
    assert "count up" in refused.output
    assert staff.run("patron", "pin", card, typed="2580\n2580\n").exit_code == 0
    shown = staff.json("patron", "show", card)
    assert shown["details"]["has_pin"]
    assert staff.json("patron", "pin", card, "--unlock") == shown
    assert staff.json("patron", "pin", card, "--remove")["details"]["has_pin"] is False


def test_a_stack_is_lent_listed_renewed_and_taken_back(staff: Staff) -> None:
    card, other = a_patron(staff.library), a_patron(staff.library)
    first, second = an_item(staff.library), an_item(staff.library)
    lent = staff.json("loan", "out", card, first, second, "--at", "DK-900101")
    assert (lent["done"], lent["refused"]) == (2, 0)
    assert [each["barcode"] for each in lent["results"]] == [first, second]
    dues = [each["checked_out"]["loan"]["due"] for each in lent["results"]]
    assert all(each > staff.library.now.isoformat() for each in dues)
    refused = staff.json("loan", "out", other, first, "--at", "DK-900101", code=1)
    assert refused["results"][0]["reasons"][0]["code"] == "ON_LOAN_TO_ANOTHER"
    listed = staff.json("loan", "list", card)["loans"]
    assert [each["item"]["barcode"] for each in listed] == [first, second]
    assert staff.json("loan", "list", card, "--overdue")["loans"] == []
    early = staff.json("loan", "renew", first, "--at", "DK-900101", code=1)
    assert early["results"][0]["reasons"][0]["code"] == "RENEWAL_WINDOW_NOT_OPEN"
    shown = staff.json("item", "show", first)
    assert (shown["state"], shown["borrower"]["card"]) == ("ON_LOAN", card)
    events = staff.json("item", "events", first)
    assert [event["what"] for event in events["events"]] == ["checked_out"]
    assert card not in json.dumps(events)
    back = staff.json("loan", "in", first, second, "--at", "DK-900102")["results"]
    assert [each["checked_in"]["to_branch"]["isil"] for each in back] == ["DK-900101"] * 2
    assert staff.json("item", "show", first)["state"] == "IN_TRANSIT"
    assert "destination:" in staff.run("loan", "in", first, "--at", "DK-900101").output


def test_what_is_lost_claimed_and_suspended(staff: Staff) -> None:
    barcode = an_item(staff.library, on_loan_to=a_patron(staff.library))
    at = ("--at", "DK-900101")

    def state(*words: str) -> str:
        return str(staff.json("loan", *words, barcode, *at)["item"]["state"])

    assert state("claim") == "CLAIMED_RETURNED"
    assert state("unclaim") == "ON_LOAN"
    assert state("lost") == "LOST"
    assert staff.json("item", "show", barcode)["state"] == "LOST"
    assert state("found") == "ON_LOAN"
    due = staff.json("item", "show", barcode)["due"]
    suspended = staff.json("loan", "suspend", barcode, "2099-01-01", *at)["item"]
    assert suspended["due"] > due
    assert staff.json("loan", "resume", barcode, *at)["item"]["due"] == due
    assert staff.run("loan", "suspend", barcode, "2020-01-01", *at).exit_code == 2


def test_jobs_run_for_any_day(staff: Staff) -> None:
    ran = staff.json("jobs", "run", "--date", "2026-01-31")
    assert [each["job"] for each in ran] == [*JOBS, "sending"]
    again = staff.json("jobs", "run", "statistics", "--date", "2026-01-31")
    assert (again[0]["runs"], again[0]["day"]) == (2, "2026-01-31")
    staff.json("jobs", "run", "history")
    listed = {each["job"]: each["runs"] for each in staff.json("jobs", "list")["jobs"]}
    assert len(listed["history"]) == 1
    assert staff.run("jobs", "run", "--date", "2099-01-01").exit_code == 2
    assert staff.run("jobs", "run", "nothing").exit_code == 2


def test_mistakes_are_named(staff: Staff) -> None:
    for arguments, words in (
        (("patron", "show", "nobody"), "no patron"),
        (("item", "show", "nothing"), "no item"),
        (("loan", "list", "nobody"), "no patron"),
        (("loan", "in", "x", "--at", "DK-0"), "no branch"),
        (("patron", "pin", "x", "--remove", "--unlock"), "two things"),
    ):
        result = staff.run(*arguments)
        assert result.exit_code in (1, 2)
        assert words in result.output


def test_a_return_is_dated_back_to_the_day_it_came(staff: Staff) -> None:
    library = staff.library
    danish_fees(library)
    card = a_patron(library)
    library.pass_time(days=-50)
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=50)
    due = staff.json("loan", "list", card)["loans"][0]["loan"]["due"]
    day = datetime.fromisoformat(due).astimezone(ZONE).date()
    tomorrow = library.today + timedelta(days=1)
    refused = staff.run("loan", "in", barcode, "--at", "DK-900101", "--returned", str(tomorrow))
    assert refused.exit_code == 2
    assert "has not come yet" in refused.output
    dated = ("--at", "DK-900101", "--returned", str(day))
    [result] = staff.json("loan", "in", barcode, *dated)["results"]
    back = result["checked_in"]
    assert (back["was_on_loan"], back["was_overdue"]) == (True, False)
    assert staff.json("charges", "--patron", card)["charges"] == []
    event = next(each for each in library.events_of(barcode) if each.kind is EventKind.CHECKED_IN)
    assert event.at.astimezone(ZONE).date() == day


def test_a_return_at_an_hour_is_that_of_the_branch(staff: Staff) -> None:
    library = staff.library
    library.pass_time(days=-10)
    barcode = an_item(library, on_loan_to=a_patron(library))
    library.pass_time(days=10)
    day = library.today - timedelta(days=3)
    arguments = ("loan", "in", barcode, "--at", "DK-900101", "--returned", f"{day}T09:30")
    assert staff.json(*arguments)["results"][0]["checked_in"]["was_on_loan"]
    event = next(each for each in library.events_of(barcode) if each.kind is EventKind.CHECKED_IN)
    assert event.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") == f"{day} 09:30"
    assert staff.run("loan", "in", barcode, "--at", "DK-900101", "--returned", "x").exit_code == 2


def test_a_return_before_the_loan_has_a_note_and_no_other_has(staff: Staff) -> None:
    library = staff.library
    barcode = an_item(library, on_loan_to=a_patron(library))
    dated = ("--returned", str(library.today - timedelta(days=2)))
    early = staff.run("loan", "in", barcode, "--at", "DK-900101", *dated).stdout
    assert "recorded at the time of the loan" in early
    assert "before_loan" not in early
    later = staff.run("loan", "in", barcode, "--at", "DK-900101").stdout
    assert "note:" not in later
    assert "before_loan" not in later


def test_a_block_of_another_agency_or_of_all(staff: Staff) -> None:
    a_school(staff.library)
    a_patron(staff.library, "P1")

    def whose() -> list[str | None]:
        return [each["agency"] for each in staff.json("patron", "show", "P1")["blocks"]]

    staff.json("patron", "block", "P1", "--at", "DK-900201")
    assert whose() == ["DK-900200"]
    staff.json("patron", "block", "P1", "--everywhere")
    assert whose() == ["DK-900200", None]
    assert staff.json("patron", "show", "P1")["denied"] != []
    staff.json("patron", "unblock", "P1")  # there is none of the patron's own agency
    assert whose() == ["DK-900200"]
    assert staff.json("patron", "show", "P1")["denied"] == []
    for _ in range(2):
        assert staff.json("patron", "unblock", "P1", "--at", "DK-900201")["blocks"] == []
