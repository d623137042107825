"""Wishes for other libraries over the API: who would be asked, what is under way, what somebody
decides."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.interlending.asking import Wish, ask
from circulation.interlending.exchanges import Exchanged, keep_exchanges
from circulation.interlending.offers import Offer, offered
from circulation.interlending.rows import loan_by_id
from circulation.kernel.results import UNATTENDED
from circulation.kernel.rights import Right
from circulation.kernel.set_up import set_up_changed
from protocols.api.operations import interlibrary_cases
from tests.builders.agencies import a_school
from tests.builders.circulation import a_patron
from tests.protocols.api.stage import Stage
from tests.protocols.iso18626.stage import a_partner

TITLE = "Njals saga"


def a_wish(stage: Stage, token: str) -> dict[str, object]:
    for agency, days in (("DK-1", 2), ("DK-2", 1)):
        a_partner(stage.library, agency, takes_requests=True, days=days)
    patron = stage.public_id(a_patron(stage.library))
    asked = stage.ask(
        "POST", "/interlibrary-loans", {"patron": patron, "title": TITLE}, token=token
    )
    assert asked.status == 200
    found: dict[str, object] = asked.body
    return found


def an_offer(stage: Stage, loan: object, offer: Offer) -> None:
    library = stage.library

    def work(transaction: object) -> None:
        found = loan_by_id(transaction, int(str(loan)))  # type: ignore[arg-type]
        assert found is not None
        offered(library.act(transaction, UNATTENDED), found, offer)  # type: ignore[arg-type]

    library.write(work)


def test_who_would_be_asked_and_nobody_is(stage: Stage) -> None:
    token = stage.a_caller()
    for agency, said in (
        ("DK-1", {"days": 3}),
        ("DK-2", {}),
        ("DK-3", {"closed_for_orders": True}),
    ):
        a_partner(stage.library, agency, takes_requests=True, **said)
    a_partner(stage.library, "DK-4")
    told = stage.ask(
        "GET", f"/interlibrary-loans/suppliers?title={TITLE.replace(' ', '%20')}", token=token
    )
    shown = [
        (each["partner"], each["position"], each["decided_by"], each["why_not"])
        for each in told.body["suppliers"]
    ]
    assert shown == [
        ("dk-2", 1, "", None),
        ("dk-1", 2, "days", None),
        ("dk-3", None, "", "closed for orders"),
    ]
    assert stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"] == []


def test_what_is_under_way_is_told_where_it_is_fetched(stage: Stage) -> None:
    token = stage.a_caller()
    loan = a_wish(stage, token)
    [case] = stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"]
    assert (case["id"], case["title"]) == (loan["case"], TITLE)
    assert [each["id"] for each in case["loans"]] == [loan["id"]]
    assert [each["partner"] for each in case["suppliers"]] == ["dk-2", "dk-1"]
    stranger = stage.a_caller(Right.LEND, agency=4_711)
    assert stage.ask("GET", "/interlibrary-loans/cases", token=stranger).body["cases"] == []


def test_an_offer_is_accepted_by_somebody(stage: Stage) -> None:
    token = stage.a_caller()
    loan = a_wish(stage, token)
    path = f"/interlibrary-loans/{loan['id']}"
    assert stage.ask("POST", f"{path}/acceptance", token=token).status == 409
    an_offer(
        stage, loan["id"], Offer(("LibraryUseOnly",), 3_500, "DKK", None, "CostExceedsMaxCost")
    )
    [remark] = stage.ask("GET", "/interlibrary-loans/remarks", token=token).body["remarks"]
    assert (remark["kind"], remark["text"]) == (
        "terms",
        "CostExceedsMaxCost, LibraryUseOnly, 35.00 DKK",
    )
    stranger = stage.a_caller(Right.LEND, agency=4_711)
    assert stage.ask("POST", f"{path}/acceptance", token=stranger).status == 404
    again = stage.ask("POST", f"{path}/acceptance", token=token)
    assert (again.body["state"], again.body["partner"]) == ("asked", "dk-2")
    assert again.body["id"] != loan["id"]
    [case] = stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"]
    assert (case["cost"], case["currency"], len(case["loans"])) == (3_500, "DKK", 2)
    assert stage.ask("POST", f"{path}/decline", token=token).status == 409


def test_an_offer_is_declined_and_the_next_is_asked(stage: Stage) -> None:
    token = stage.a_caller()
    loan = a_wish(stage, token)
    an_offer(stage, loan["id"], Offer(cost=3_500, currency="DKK"))
    declined = stage.ask("POST", f"/interlibrary-loans/{loan['id']}/decline", token=token)
    assert declined.body["state"] == "unfilled"
    assert [each["kind"] for each in declined.body["told"]] == ["asked", "cancelled"]
    [case] = stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"]
    assert [each["partner"] for each in case["loans"]] == ["dk-2", "dk-1"]
    # Nobody wants it any more, whichever of its loans is named.
    gone = stage.ask("POST", f"/interlibrary-loans/{loan['id']}/cancellation", token=token)
    assert (gone.body["partner"], gone.body["state"]) == ("dk-1", "cancelled")
    assert stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"] == []
    twice = stage.ask("POST", f"/interlibrary-loans/{loan['id']}/cancellation", token=token)
    assert twice.status in (200, 409)


def test_the_next_is_asked_because_somebody_says_so(stage: Stage) -> None:
    token = stage.a_caller()
    loan = a_wish(stage, token)
    path = f"/interlibrary-loans/{loan['id']}"
    stranger = stage.a_caller(Right.LEND, agency=4_711)
    assert stage.ask("POST", f"{path}/next", token=stranger).status == 404
    following = stage.ask("POST", f"{path}/next", token=token)
    assert (following.body["partner"], following.body["state"]) == ("dk-1", "asked")
    twice = stage.ask("POST", f"{path}/next", token=token)
    assert (twice.status, twice.body["detail"]) == (409, "the loan is over")
    last = stage.ask("POST", f"/interlibrary-loans/{following.body['id']}/next", token=token)
    assert (last.status, last.body["detail"]) == (409, "no other library can be asked")
    [case] = stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"]
    assert [each["state"] for each in case["loans"]] == ["cancelled", "asked"]


def test_what_a_patron_wants_and_what_was_said_of_it(stage: Stage) -> None:
    token = stage.a_caller()
    loan = a_wish(stage, token)
    patron = loan["patron"]
    [case] = stage.ask("GET", f"/patrons/{patron}/wishes", token=token).body["cases"]
    assert (case["title"], case["patron"], case["patron_name"]) == (TITLE, patron, "Ida Ørsted")
    stranger = stage.a_caller(agency=4_711)
    assert stage.ask("GET", f"/patrons/{patron}/wishes", token=stranger).status == 404

    def said(partner: str) -> Exchanged:
        name, now = str(loan["request"]), stage.library.now
        return Exchanged(now, "out", partner, "192.0.2.1", "request", name, "ok")

    # Another partner calls another loan by the same name.
    exchanged = [said("dk-2"), said("dk-9")]
    stage.library.write(
        lambda transaction: keep_exchanges(
            transaction, stage.library.circulation.ids.next, exchanged
        )
    )
    path = f"/interlibrary-loans/{loan['id']}/exchanges"
    [line] = stage.ask("GET", path, token=token).body["exchanges"]
    assert (line["direction"], line["service"], line["outcome"]) == ("out", "request", "ok")
    assert stage.ask("GET", path, token=stranger).status == 404


def test_what_others_leave_undone_hides_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is of the caller's branches, however much there is at others."""
    monkeypatch.setattr(interlibrary_cases, "MOST_LISTED", 1)
    library = stage.library
    for agency in ("DK-1", "DK-2"):
        a_partner(library, agency, takes_requests=True)
    school = a_school(library)
    library.write(set_up_changed)
    for branch, title in ((school, "Theirs"), (library.main, "Ours")):
        card = a_patron(library, home_branch=branch.id)

        def work(transaction: Any, card: str = card, title: str = title) -> None:
            act = library.act(transaction, UNATTENDED)
            ask(act, patron=card, wish=Wish(title=title))

        library.write(work)
    token = stage.a_caller(Right.LEND, agency=library.main.agency_id)
    [case] = stage.ask("GET", "/interlibrary-loans/cases", token=token).body["cases"]
    assert (case["title"], case["pickup_branch"]) == ("Ours", "DK-900101")
