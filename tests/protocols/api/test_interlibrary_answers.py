"""What somebody does about loans between systems over the API: a wish, an answer by hand, and what
is to be read."""

from __future__ import annotations

from circulation.interlending.answering import Demand, Terms, answer_demand
from circulation.interlending.institutions import Institution
from circulation.interlending.notices import notices_of
from circulation.interlending.remarks import RemarkKind, note_remark
from circulation.interlending.rows import InterlibraryLoan
from circulation.kernel.rights import Right
from tests.builders.circulation import a_patron
from tests.protocols.api.stage import Stage
from tests.protocols.iso18626.stage import ODENSE, a_partner, a_title


def a_demand(stage: Stage, *, wants_copy: bool = True) -> InterlibraryLoan:
    """Odense has asked for a copy, or a loan, of what we have."""
    library = stage.library
    a_partner(library, copies=True)
    barcode = a_title(library)
    institution = Institution(ODENSE, library.main.id, "library", "Odense")

    def work(transaction: object) -> InterlibraryLoan:
        act = library.act(transaction)  # type: ignore[arg-type]
        demand = Demand(
            institution=institution,
            partner=ODENSE.casefold(),
            request_id="REQ-1",
            title="Peters jul",
            author="",
            records=[1],
            wants_loan=not wants_copy,
            wants_copy=wants_copy,
            before=None,
            said={},
        )
        return answer_demand(act, demand, Terms(copies=True))

    loan = library.write(work)
    assert barcode
    return loan


def told(stage: Stage, loan: InterlibraryLoan) -> list[str]:
    found = stage.library.read(lambda transaction: notices_of(transaction, loan_id=loan.id))
    return [each.kind for each in found]


def test_a_wish_is_sent_out_once(stage: Stage) -> None:
    a_partner(stage.library, takes_requests=True)
    card, token = a_patron(stage.library), stage.a_caller()
    wish = {"patron": stage.public_id(card), "title": "Njals saga", "needed_before": "2027-01-31"}
    first = stage.ask("POST", "/interlibrary-loans", wish, token=token)
    assert (first.status, first.body["state"], first.body["title"]) == (200, "asked", "Njals saga")
    again = stage.ask("POST", "/interlibrary-loans", wish, token=token)
    assert again.body["id"] == first.body["id"]
    asked = stage.ask("POST", f"/interlibrary-loans/{first.body['id']}/status-request", token=token)
    assert [each["kind"] for each in asked.body["told"]] == ["asked", "status_asked"]


def test_nobody_takes_requests(stage: Stage) -> None:
    card = a_patron(stage.library)
    wish = {"patron": stage.public_id(card), "title": "Njals saga"}
    refused = stage.ask("POST", "/interlibrary-loans", wish, token=stage.a_caller())
    assert (refused.status, refused.body["detail"]) == (
        409,
        "no partner takes requests for loans",
    )


def test_a_copy_is_supplied_and_the_library_told(stage: Stage) -> None:
    loan, token = a_demand(stage), stage.a_caller()
    path = f"/interlibrary-loans/{loan.id}"
    wrong = stage.ask("POST", f"{path}/copy", {"url": "javascript:alert(1)"}, token=token)
    assert wrong.status == 422
    done = stage.ask("POST", f"{path}/copy", {"url": "https://example.org/1"}, token=token)
    assert done.body["state"] == "supplied"
    assert told(stage, loan) == ["answered", "supplied"]
    late = stage.ask("POST", f"{path}/refusal", {"why": "not on shelf"}, token=token)
    assert (late.status, late.body["detail"]) == (409, "the loan is over")


def test_a_request_is_refused_by_hand(stage: Stage) -> None:
    loan, token = a_demand(stage, wants_copy=False), stage.a_caller()
    path = f"/interlibrary-loans/{loan.id}"
    note = stage.ask("POST", f"{path}/messages", {"note": "Vi leder."}, token=token)
    assert note.status == 200
    done = stage.ask(
        "POST", f"{path}/refusal", {"why": "not on shelf", "note": "Væk siden maj."}, token=token
    )
    assert done.body["state"] == "unfilled"
    assert told(stage, loan) == ["answered", "noted", "cancelled"]
    status = stage.ask("POST", f"{path}/status-request", token=token)
    assert status.status == 409


def test_remarks_are_read_and_settled_where_they_concern_somebody(stage: Stage) -> None:
    loan, token = a_demand(stage), stage.a_caller()
    library = stage.library
    library.write(
        lambda transaction: note_remark(
            library.act(transaction), loan, RemarkKind.NOTE, "Er den tung?"
        )
    )
    stranger = stage.a_caller(Right.LEND, agency=4_711)
    path = "/interlibrary-loans/remarks"
    assert stage.ask("GET", path, token=stranger).body["remarks"] == []
    [remark] = stage.ask("GET", path, token=token).body["remarks"]
    assert (remark["kind"], remark["text"], remark["request"]) == ("note", "Er den tung?", "REQ-1")
    settling = f"{path}/{remark['id']}/settlement"
    assert stage.ask("POST", settling, token=stranger).status == 404
    for _ in range(2):
        assert stage.ask("POST", settling, token=token).status == 200
    assert stage.ask("GET", path, token=token).body["remarks"] == []
