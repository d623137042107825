"""Lending, returning, renewing and taking back over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from circulation.kernel.rights import EVERYTHING, Kind, Right
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_hold
from tests.protocols.api.stage import Stage


def test_an_item_is_lent_to_whoever_shows_a_card(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND)
    card, item = a_patron(stage.library), an_item(stage.library)
    told = stage.ask("POST", "/checkouts", {"card": card, "item": item}, token=token)
    assert told.status == 200, told.body
    assert told.body["item"]["barcode"] == item
    assert told.body["patron"] == {"id": stage.public_id(card), "name": "Ida Ørsted", "card": card}
    assert told.body["loan"]["due"].endswith("Z")
    assert told.body["may"] == ["undo", "check_in", "renew"]


def test_a_refusal_names_all_reasons(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND)
    card = a_patron(stage.library, expires=(stage.library.now - timedelta(days=9)).date())
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    told = stage.ask("POST", "/checkouts", {"card": card, "item": item}, token=token)
    assert (told.status, told.media_type) == (409, "application/problem+json")
    assert told.body["type"] == "urn:tiro:problem:refused"
    assert set(told.codes) == {"PATRON_EXPIRED", "ON_LOAN_TO_ANOTHER"}
    by_code = {each["code"]: each for each in told.body["reasons"]}
    expired, lent = by_code["PATRON_EXPIRED"], by_code["ON_LOAN_TO_ANOTHER"]
    assert (expired["overridable"], expired["right"], expired["may"]) == (
        True,
        "override.soft",
        False,
    )
    assert (lent["overridable"], "right" in lent) == (False, False)


def test_a_reason_is_passed_over_by_whoever_has_the_right(stage: Stage) -> None:
    card = a_patron(stage.library, expires=(stage.library.now - timedelta(days=9)).date())
    item = an_item(stage.library)
    wish = {
        "card": card,
        "item": item,
        "override": {"reasons": ["PATRON_EXPIRED"], "why": "renewed on paper"},
    }
    without = stage.ask("POST", "/checkouts", wish, token=stage.a_caller(Right.LEND))
    assert (without.status, without.body["right"]) == (403, "override.soft")
    token = stage.a_caller(Right.LEND, Right.OVERRIDE_SOFT)
    told = stage.ask("POST", "/checkouts", wish, token=token)
    assert told.status == 200, told.body
    assert [each["code"] for each in told.body["overridden"]] == ["PATRON_EXPIRED"]
    (event,) = [each for each in stage.library.events_of(item) if each.kind.value == "checked_out"]
    assert (event.actor, event.after["why"]) == (token, "renewed on paper")


def test_the_desk_is_asked_before_a_copy_to_be_fetched_is_lent_and_a_program_refused(
    stage: Stage,
) -> None:
    ole, item = a_patron(stage.library), an_item(stage.library)
    a_hold(stage.library, a_patron(stage.library), item)
    rights = (Right.LEND, Right.OVERRIDE_SOFT)
    agreed = {"reasons": ["COPY_WANTED"], "why": "both are of one family"}
    wish = {"card": ole, "item": item, "override": agreed}
    kiosk = stage.a_caller(*rights, kind=Kind.PROGRAM)
    assert stage.ask("POST", "/checkouts", wish, token=kiosk).codes == ["COPY_KEPT_FOR_HOLD"]
    token = stage.a_caller(*rights)
    refused = stage.ask("POST", "/checkouts", wish | {"override": None}, token=token)
    [reason] = refused.body["reasons"]
    assert (reason["code"], reason["may"]) == ("COPY_WANTED", True)
    lent = stage.ask("POST", "/checkouts", wish, token=token)
    assert [each["code"] for each in lent.body["overridden"]] == ["COPY_WANTED"]


def test_an_item_comes_back_and_says_where_it_goes(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND, Right.VIEW_PATRONS)
    card = a_patron(stage.library)
    item = an_item(stage.library, on_loan_to=card)
    told = stage.ask("POST", "/checkins", {"item": item}, token=token)
    assert told.status == 200, told.body
    assert (told.body["destination"], told.body["was_on_loan"]) == ("SHELF_HERE", True)
    assert told.body["borrower"]["card"] == card
    again = stage.ask("POST", "/checkins", {"item": item}, token=token)
    assert (again.status, again.body["was_on_loan"]) == (200, False)


def test_who_may_not_see_patrons_is_not_told_whose_loan_it_was(stage: Stage) -> None:
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    told = stage.ask("POST", "/checkins", {"item": item}, token=stage.a_caller(Right.LEND))
    assert (told.status, told.body["borrower"]) == (200, None)


def test_a_return_is_dated_back_by_whoever_may(stage: Stage) -> None:
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    stage.library.pass_time(days=40)
    earlier = (stage.library.now - timedelta(days=20)).isoformat()
    wish = {"item": item, "at": earlier}
    without = stage.ask("POST", "/checkins", wish, token=stage.a_caller(Right.LEND))
    assert (without.status, without.body["right"]) == (403, "backdate")
    token = stage.a_caller(Right.LEND, Right.BACKDATE)
    told = stage.ask("POST", "/checkins", wish, token=token)
    assert (told.status, told.body["was_overdue"]) == (200, False)


def test_a_loan_is_renewed_for_whoever_has_it(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND)
    item = an_item(stage.library, on_loan_to=a_patron(stage.library))
    stage.library.pass_time(days=7)
    told = stage.ask("POST", "/renewals", {"item": item}, token=token)
    assert told.status == 200, told.body
    assert told.body["loan"]["due"] > told.body["previous_due"]
    nowhere = stage.ask("POST", "/renewals", {"item": an_item(stage.library)}, token=token)
    assert (nowhere.status, nowhere.codes) == (409, ["ITEM_NOT_ON_LOAN"])


def test_all_loans_of_a_patron_are_renewed(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND)
    card = a_patron(stage.library)
    items = {an_item(stage.library, on_loan_to=card) for _ in range(3)}
    stage.library.pass_time(days=7)
    wish = {"patron": stage.public_id(card)}
    told = stage.ask("POST", "/renewals/all", wish, token=token)
    assert (told.status, told.body["done"]) == (200, 3)
    assert {each["barcode"] for each in told.body["results"]} == items


@pytest.mark.parametrize("path", ["/checkouts/stack", "/checkins/stack"])
def test_each_item_of_a_stack_is_decided_on_its_own(stage: Stage, path: str) -> None:
    token = stage.a_caller(Right.LEND)
    card, items = a_patron(stage.library), [an_item(stage.library) for _ in range(2)]
    wish = {"items": [*items, "NOBODY"]} | ({"card": card} if "checkouts" in path else {})
    told = stage.ask("POST", path, wish, token=token)
    assert (told.status, told.body["done"], told.body["refused"]) == (200, 2, 1)
    assert told.body["results"][2]["reasons"][0]["code"] == "ITEM_UNKNOWN"


def test_the_last_act_with_an_item_is_taken_back(stage: Stage) -> None:
    token = stage.a_caller(Right.LEND)
    card, item = a_patron(stage.library), an_item(stage.library)
    stage.ask("POST", "/checkouts", {"card": card, "item": item}, token=token)
    told = stage.ask("POST", "/undo", {"item": item}, token=token)
    assert (told.status, told.body["undone"], told.body["loan"]) == (200, "check_out", None)
    stage.ask("POST", "/checkouts", {"card": card, "item": item}, token=token)
    stage.ask("POST", "/checkins", {"item": item}, token=token)
    told = stage.ask("POST", "/undo", {"item": item}, token=token)
    assert (told.status, told.body["undone"]) == (200, "check_in")
    assert told.body["loan"] is not None
    other = stage.ask("POST", "/undo", {"item": item}, token=stage.a_caller(Right.LEND))
    assert (other.status, other.codes) == (409, ["NOTHING_TO_CANCEL"])


def test_somebody_elses_patron_is_nobody(stage: Stage) -> None:
    card, item = a_patron(stage.library), an_item(stage.library)
    wish = {"patron": stage.public_id(card), "item": item}
    told = stage.ask("POST", "/checkouts", wish, token=stage.a_caller(agency=999))
    assert told.status in (403, 404)


def test_a_stack_that_was_lent_off_line_counts_from_then(stage: Stage) -> None:
    library, card = stage.library, a_patron(stage.library)
    items = [an_item(library) for _ in range(2)]
    then = library.now - timedelta(days=2)
    wish = {"card": card, "items": items, "happened": then.isoformat()}
    refused = stage.ask("POST", "/checkouts/stack", wish, token=stage.a_caller(Right.LEND))
    assert (refused.status, refused.body["right"]) == (403, "backdate")
    token = stage.a_caller(Right.LEND, Right.BACKDATE)
    lent = stage.ask("POST", "/checkouts/stack", wish, token=token).body
    began = {each["checked_out"]["loan"]["checked_out"][:10] for each in lent["results"]}
    assert (lent["done"], began) == (2, {then.date().isoformat()})


@pytest.mark.parametrize(
    ("date", "code"),
    [
        ("1905-01-01T00:00:00Z", "DATE_TOO_OLD"),
        ("0001-01-01T00:00:00+14:00", "DATE_TOO_OLD"),
        ("9999-12-31T23:59:59-12:00", "DATE_IN_FUTURE"),
    ],
)
def test_a_date_of_long_ago_or_of_the_future_is_refused(stage: Stage, date: str, code: str) -> None:
    library, card = stage.library, a_patron(stage.library)
    item, out = an_item(library), an_item(library, on_loan_to=card)
    token = stage.a_caller(Right.LEND, Right.BACKDATE)
    for path, wish in (
        ("/checkouts", {"card": card, "item": item, "happened": date}),
        ("/checkins", {"item": out, "at": date}),
    ):
        told = stage.ask("POST", path, wish, token=token)
        assert (told.status, told.codes) == (409, [code]), path
        several = {**wish, "items": [wish["item"]]}
        del several["item"]
        told = stage.ask("POST", f"{path}/stack", several, token=token)
        assert (told.body["done"], told.body["refused"]) == (0, 1)
        assert told.body["results"][0]["reasons"][0]["code"] == code
    assert [len(library.events_of(each)) for each in (item, out)] == [0, 1]


def test_the_answer_says_that_a_return_was_dated_before_its_loan(stage: Stage) -> None:
    library = stage.library
    item = an_item(library, on_loan_to=a_patron(library))
    token = stage.a_caller(Right.LEND, Right.BACKDATE)
    early = (library.now - timedelta(days=9)).isoformat()
    told = stage.ask("POST", "/checkins", {"item": item, "at": early}, token=token)
    assert (told.status, told.body["is_before_loan"]) == (200, True)
    other = an_item(library, on_loan_to=a_patron(library))
    told = stage.ask("POST", "/checkins", {"item": other}, token=token)
    assert told.body["is_before_loan"] is False


def test_a_stack_of_a_silent_load_takes_the_right_to_send_notices(stage: Stage) -> None:
    card, item = a_patron(stage.library), an_item(stage.library)
    wish = {"card": card, "items": [item, "nothing"], "silent_batch": "move"}
    refused = stage.ask("POST", "/checkouts/stack", wish, token=stage.a_caller(Right.LEND))
    assert (refused.status, refused.body["right"]) == (403, "notices.send")
    token = stage.a_caller(grants=EVERYTHING)
    lent = stage.ask("POST", "/checkouts/stack", wish, token=token).body
    assert (lent["done"], lent["refused"]) == (1, 1)
    batches = stage.ask("GET", "/silent-batches", token=token).body["batches"]
    assert [each["batch"] for each in batches] == ["move"]


def test_a_stack_is_renewed_item_by_item(stage: Stage) -> None:
    library = stage.library
    item, idle = an_item(library, on_loan_to=a_patron(library)), an_item(library)
    library.pass_time(days=7)
    token = stage.a_caller(Right.LEND)
    wish = {"items": [item, idle]}
    told = stage.ask("POST", "/renewals/stack", wish, token=token).body
    assert (told["done"], told["refused"]) == (1, 1), told
    assert [each["code"] for each in told["results"][1]["reasons"]] == ["ITEM_NOT_ON_LOAN"]
