"""What a page of a patron asks, in the order in which web sites ask it."""

from __future__ import annotations

from catalogue.database import Transaction
from circulation.patrons.identifiers import find_patron
from circulation.staff.lookups import NEWEST, lookups_of_patron
from tests.builders.circulation import an_item
from tests.protocols.fbs.stage import AGENCY, PIN, Stage


def test_log_in_let_in_look_reserve_and_renew(stage: Stage) -> None:
    card = stage.a_patron()
    item = an_item(stage.library, on_loan_to=card)
    wanted = an_item(stage.library, title="Pan")
    told = stage.ask(
        "POST",
        f"{AGENCY}/patrons/authenticate/v10",
        {"libraryCardNumber": card, "pincode": PIN},
        session=stage.session,
    )
    number = stage.number(card)
    assert (told.status, told.body) == (
        200,
        {"authenticateStatus": "VALID", "patronId": number, "patronType": "PERSON"},
    )
    patron = stage.of_patron("GET", card, "{}/patrons/{}/v4").body
    assert patron["authenticateStatus"] == "VALID"
    assert patron["patron"]["name"] == "Ida Ørsted"
    loans = stage.of_patron("GET", card, "{}/patrons/{}/loans/v2").body
    assert [each["loanDetails"]["materialItemNumber"] for each in loans] == [item]
    assert loans[0]["isRenewable"] is False  # it would gain nothing yet
    assert loans[0]["renewalStatusList"] == ["deniedOtherReason"]
    stage.library.pass_time(days=20)
    again = stage.log_in(stage.a_site())
    stage.sites["own"] = again
    renewed = stage.of_patron(
        "POST", card, "{}/patrons/{}/loans/renew/v2", [loans[0]["loanDetails"]["loanId"]]
    ).body
    assert renewed[0]["renewalStatus"] == ["renewed"]
    assert renewed[0]["loanDetails"]["dueDate"] > loans[0]["loanDetails"]["dueDate"]
    title = stage.record_of(wanted)
    made = stage.of_patron(
        "POST",
        card,
        "v1/{}/patrons/{}/reservations/v2",
        {"reservations": [{"recordId": title}]},
    ).body
    assert made["success"] is True
    assert made["reservationResults"][0]["result"] == "success"
    listed = stage.of_patron("GET", card, "v1/{}/patrons/{}/reservations/v2").body
    assert [each["recordId"] for each in listed] == [title]
    assert listed[0]["numberInQueue"] == 1


def test_a_session_that_looks_is_in_the_log_once_for_each_thing(stage: Stage) -> None:
    """A site shows patrons what is theirs at every click; another session is another look."""
    card = stage.a_patron()
    paths = ("{}/patrons/{}/v4", "{}/patrons/{}/loans/v2", "{}/patron/{}/fees/v2")

    def looks() -> list[tuple[str, str]]:
        def work(transaction: Transaction) -> list[tuple[str, str]]:
            patron_id = find_patron(transaction, card) or 0
            found = lookups_of_patron(transaction, patron_id=patron_id, before=NEWEST)
            return [(each.what, each.context) for each in reversed(found)]

        return stage.library.read(work)

    for _ in range(3):
        for path in paths:
            stage.of_patron("GET", card, path)
    once = [
        ("opened", "fbs GET {agencyid}/patrons/{patronid}/v4"),
        ("loans", "fbs GET {agencyid}/patrons/{patronid}/loans/v2"),
        ("charges", "fbs GET {agencyid}/patron/{patronid}/fees/v2"),
    ]
    assert looks() == once
    stage.sites.clear()
    stage.of_patron("GET", card, paths[0])
    assert looks() == [*once, once[0]]
    token = stage.a_token(card)
    stage.ask("GET", paths[0].format("agencyid", "patronid"), token=token)
    assert len(looks()) == 4  # patrons who look at themselves are not noted


def test_a_session_that_only_changes_something_is_in_the_log(stage: Stage) -> None:
    card = stage.a_patron()
    title = stage.record_of(an_item(stage.library, title="Pan"))
    path = "v1/{}/patrons/{}/reservations/v2"
    made = stage.of_patron("POST", card, path, {"reservations": [{"recordId": title}]})
    assert made.body["success"] is True

    def work(transaction: Transaction) -> list[str]:
        patron_id = find_patron(transaction, card) or 0
        found = lookups_of_patron(transaction, patron_id=patron_id, before=NEWEST)
        return [each.context for each in found]

    assert "fbs POST v1/{agencyid}/patrons/{patronid}/reservations/v2" in stage.library.read(work)
