"""What a page of a patron asks, in the order in which web sites ask it."""

from __future__ import annotations

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
