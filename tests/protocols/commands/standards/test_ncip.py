"""`tiro ncip` as staff run it: loans, what waits, and what an owner has said."""

from __future__ import annotations

from datetime import timedelta

from circulation.interlending.states import BorrowingState
from tests.builders.circulation import a_patron
from tests.builders.interlending import a_borrowed_item, again
from tests.builders.staff import Staff


def renewed(staff: Staff, barcode: str, request_id: str) -> None:
    """Borrowed, lent, and renewed: its owner is asked."""
    library = staff.library
    card = a_patron(library)
    due = library.now + timedelta(days=90)
    a_borrowed_item(library, card, barcode, request_id=request_id, due=due)
    library.check_out(card, barcode)
    library.pass_time(days=20)
    library.renew(card, barcode)


def test_what_an_owner_has_said(staff: Staff) -> None:
    renewed(staff, "TEMP-1", "REQ-1")
    renewed(staff, "TEMP-2", "REQ-2")
    (first, second) = staff.json("ncip", "loans")["loans"]
    assert (first["request"], first["state"]) == ("REQ-1", "renewal asked")
    assert [(each["kind"], each["became"]) for each in second["told"]] == [
        ("checked_out", "waits"),
        ("renewal_asked", "waits"),
    ]
    waiting = {"partner": "broker", "notices": 4, "tries": 0}
    assert staff.json("ncip", "waiting") == {"partners": [waiting]}

    at = ("--branch", "DK-900101")
    refused = staff.json("ncip", "renewal", "REQ-1", *at, "--refused")
    assert refused["state"] == BorrowingState.ON_LOAN.value
    granted = staff.run("ncip", "renewal", "REQ-2", *at, "--until", "2027-02-01")
    assert granted.exit_code == 0
    (shown,) = staff.json("ncip", "loans", "--request", "REQ-2")["loans"]
    assert (shown["state"], shown["due"][:10]) == ("on loan", "2027-02-01")


def test_mistakes(staff: Staff) -> None:
    renewed(staff, "TEMP-1", "REQ-1")
    at = ("--branch", "DK-900101")
    for arguments, said in (
        (("renewal", "REQ-9", *at), "0 open loans"),
        (("renewal", "REQ-1", *at, "--refused", "--until", "2027-02-01"), "refuses"),
        (("renewal", "REQ-1", "--branch", "DK-1"), "no branch"),
        (("send-home", "REQ-1", *at), "the patron has it still"),
        (("check", "ftp://x", "--agency", "A"), "address"),
    ):
        done = staff.run("ncip", *arguments)
        assert done.exit_code != 0
        assert said in done.output, done.output


def test_an_empty_log(staff: Staff) -> None:
    assert staff.run("ncip", "log").output == "none\n"
    assert staff.json("ncip", "log", "--request", "REQ-1") == []


def test_what_is_left_of_a_loan_is_shown(staff: Staff) -> None:
    loan = a_borrowed_item(staff.library, a_patron(staff.library))
    sent = staff.json("ncip", "send-home", "REQ-1", "--branch", "DK-900101")
    assert sent["state"] == "completed"
    assert again(staff.library, loan).state is BorrowingState.COMPLETED
    assert staff.json("ncip", "loans")["loans"] == []
    (shown,) = staff.json("ncip", "loans", "--request", "REQ-1")["loans"]
    assert (shown["state"], shown["user"]) == ("completed", "")
