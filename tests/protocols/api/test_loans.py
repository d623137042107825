"""Loans that staff see to, and classes, over the API."""

from __future__ import annotations

from circulation.kernel.rights import Right
from tests.builders.bookings import day
from tests.builders.circulation import a_patron, an_item
from tests.protocols.api.stage import Stage


def test_a_loan_is_suspended_and_goes_on(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.LEND)
    item = an_item(library, on_loan_to=a_patron(library))
    until = {"until": day(library, 5).isoformat()}
    told = stage.ask("POST", f"/items/{item}/suspension", until, token=token)
    assert (told.status, told.body["has_changed"]) == (200, True), told.body
    again = stage.ask("POST", f"/items/{item}/resumption", token=token)
    assert (again.status, again.body["has_changed"]) == (200, True)
    past = {"until": day(library, -5).isoformat()}
    told = stage.ask("POST", f"/items/{item}/suspension", past, token=token)
    assert (told.status, told.body["errors"][0]["field"]) == (422, "until")


def test_what_cannot_be_recalled_or_billed_is_refused(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.LEND, Right.TAKE_FEES)
    item = an_item(library, on_loan_to=a_patron(library))
    told = stage.ask("POST", f"/items/{item}/recall", token=token)
    assert (told.status, told.codes) == (409, ["NOT_RECALLABLE"])
    told = stage.ask("POST", f"/items/{item}/bill", token=token)
    assert (told.status, told.codes) == (409, ["NOTHING_OWED"])


def test_a_teacher_lends_onward_and_has_it_back(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.LEND)
    teacher, pupil = a_patron(library), a_patron(library)
    item = an_item(library, on_loan_to=teacher)
    told = stage.ask("POST", f"/items/{item}/holder", {"card": pupil}, token=token)
    assert told.body["holder"]["card"] == pupil, told.body
    told = stage.ask("POST", f"/items/{item}/holder/end", token=token)
    assert told.body["holder"] is None


def test_a_class_has_its_books_and_a_receipt_for_them(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller(Right.LEND)
    first, second = a_patron(library), a_patron(library)
    items = [an_item(library), an_item(library)]
    pairs = [{"card": first, "item": items[0]}, {"card": second, "item": "nothing"}]
    told = stage.ask("POST", "/checkouts/class", {"pupils": pairs}, token=token)
    assert (told.body["done"], told.body["refused"]) == (1, 1)
    stage.ask("POST", "/checkins", {"item": items[0]}, token=token)
    told = stage.ask("POST", "/receipts", {"card": first}, token=token)
    assert [each["item"] for each in told.body["returned"]] == [items[0]], told.body


def test_a_page_of_loans_begins_where_the_last_ended_whatever_came_back(stage: Stage) -> None:
    library, token = stage.library, stage.a_caller()
    card, teacher = a_patron(library), a_patron(library)
    own = [an_item(library, on_loan_to=card) for _ in range(3)]
    lent = [an_item(library, on_loan_to=teacher) for _ in range(2)]
    for each in lent:
        answer = stage.ask("POST", f"/items/{each}/holder", {"card": card}, token=token)
        assert answer.status == 200
    path = f"/patrons/{stage.public_id(card)}/loans?limit=2"
    seen = []
    while path:
        page = stage.ask("GET", path, token=token)
        assert page.status == 200, page.body
        seen.append([each["item"]["barcode"] for each in page.body["loans"]])
        library.check_in(seen[-1][0])
        path = page.headers.get("Link", "").partition(">")[0].removeprefix("</api/v1")
    assert seen == [own[:2], [own[2], lent[0]], [lent[1]]]
    wrong = stage.ask("GET", f"/patrons/{stage.public_id(card)}/loans?cursor=MQ", token=token)
    assert wrong.status == 422
