"""What somebody writes who means ill, or whose clock or programme is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from circulation.accounts.loans import PatronLoans, patron_loans
from circulation.interlending.asking import Wish, ask
from circulation.interlending.lists import open_loans
from circulation.interlending.remarks import (
    MOST_WAITING,
    RemarkKind,
    remarks_of,
    settle_remark,
)
from circulation.interlending.rows import InterlibraryLoan
from circulation.interlending.states import BorrowingState
from circulation.kernel.results import CheckedOut
from protocols.hosting.arrivals import Arrival
from protocols.iso18626.codec import decode, encode
from protocols.iso18626.codes import Action, ReasonForMessage, Status, Version
from protocols.iso18626.messages import (
    AgencyId,
    BibliographicInfo,
    Code,
    DeliveryInfo,
    Identifier,
    RequestingAgencyMessage,
    SupplyingAgencyMessage,
)
from tests.builders.circulation import a_patron, an_item
from tests.protocols.iso18626.schemas import N
from tests.protocols.iso18626.stage import FROM_ODENSE, ODENSE, OURS, Stage, a_partner, a_title

#: Moments that are none, or at the edge of what a clock can say.
ODD = (
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "9999-12-31", "9000-06-01T00:00:00"),
    *("0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00+14:00", "1900-01-01"),
    *("2026-12-01T24:00:00", "2026-12-01T12:00:60Z", "+12026-01-01T00:00:00Z", "2026-02-30"),
)


def asked(stage: Stage) -> InterlibraryLoan:
    """What a patron wants, and Odense is asked for."""
    a_partner(stage.library, takes_requests=True)
    library, card = stage.library, a_patron(stage.library)
    found = library.write(
        lambda transaction: ask(library.act(transaction), patron=card, wish=Wish(title="X"))
    )
    assert isinstance(found, InterlibraryLoan)
    stage.tell()
    return found


def from_supplier(stage: Stage, request_id: str, status: Status, **said: object) -> bytes:
    header = replace(
        stage.header(request_id),
        supplying_agency_id=AgencyId(ODENSE),
        requesting_agency_id=AgencyId(OURS),
    )
    reason = said.pop("reason", ReasonForMessage.STATUS_CHANGE)
    usual = {"last_change": stage.library.now} | said
    message = SupplyingAgencyMessage(header, reason, status, **usual)  # type: ignore[arg-type]
    return encode(message, Version.V1_2)


@pytest.mark.parametrize("moment", ODD)
@pytest.mark.parametrize("status", [Status.LOANED, Status.RECALLED, Status.RETRY_POSSIBLE])
def test_dates_out_of_range_are_no_dates(stage: Stage, moment: str, status: Status) -> None:
    loan = asked(stage)
    now = stage.library.now
    document = from_supplier(
        stage,
        loan.request_id,
        status,
        due_date=now,
        expected_delivery_date=now,
        delivery_info=DeliveryInfo(now, ("B-1",)),
    )
    written = now.isoformat(timespec="seconds").encode()
    assert written in document
    code, said = stage.answer(document.replace(written, moment.encode()))
    assert code == 200
    assert b">OK<" in said
    stage.library.check_in("B-1")  # and the parcel comes


@pytest.mark.parametrize("moment", ODD)
def test_requests_with_dates_out_of_range(stage: Stage, moment: str) -> None:
    a_title(stage.library)
    request = stage.request(need_before_date=stage.library.now)
    document = encode(request, Version.V1_2)
    written = stage.library.now.isoformat(timespec="seconds").encode()
    assert stage.answer(document.replace(written, moment.encode()))[0] == 200
    assert len(stage.tell()) == 1


def test_a_clock_that_is_wrong_silences_nobody(stage: Stage) -> None:
    """A lastChange of next year is not what later ones are held against."""
    loan = asked(stage)
    ahead = stage.library.now + timedelta(days=300)
    stage.answer(from_supplier(stage, loan.request_id, Status.WILL_SUPPLY, last_change=ahead))
    stage.answer(from_supplier(stage, loan.request_id, Status.LOANED))
    assert stage.loan(loan.request_id).state is BorrowingState.SHIPPED


def test_a_broker_does_not_speak_in_our_name(stage: Stage) -> None:
    a_title(stage.library)
    a_partner(stage.library, "BROKER", agencies=["*"], addresses=["192.0.2.9"])
    broker = Arrival(host="192.0.2.9", user="BROKER")
    for agency, status in ((OURS, 403), ("DK-900101", 403), ("dk-900102", 403), ("DK-1", 200)):
        request = stage.request(f"R-{agency}", header={"requesting_agency_id": AgencyId(agency)})
        assert stage.answer(encode(request, Version.V1_2), broker)[0] == status
    # Nor in that of a partner who proves itself.
    assert stage.answer(encode(stage.request(), Version.V1_2), broker)[0] == 403


def test_a_broker_does_not_reach_what_another_partner_has_asked_for(stage: Stage) -> None:
    a_title(stage.library)
    stage.say(stage.request())
    a_partner(stage.library, "BROKER", agencies=["*"], addresses=["192.0.2.9"])
    broker, loan = Arrival(host="192.0.2.9", user="BROKER"), stage.loan()
    for request_id, ours in (
        ("REQ-1", ""),
        ("X", str(loan.id)),
        (f"{ODENSE.casefold()}:REQ-1", ""),
    ):
        header = replace(
            stage.header(request_id, supplying_agency_request_id=ours),
            requesting_agency_id=AgencyId("DK-1"),
        )
        said = stage.say(RequestingAgencyMessage(header, Action.CANCEL), broker)
        assert said.error is not None
    assert stage.loan().state is loan.state


def test_the_barcode_of_an_item_of_ours(stage: Stage) -> None:
    """It is not taken for it, and somebody reads of it."""
    library = stage.library
    card = a_patron(library)
    ours = an_item(library, on_loan_to=card)
    loan = asked(stage)
    delivery = DeliveryInfo(library.now, (ours,))
    for _ in range(2):
        document = from_supplier(stage, loan.request_id, Status.LOANED, delivery_info=delivery)
        assert stage.answer(document)[0] == 200
    found = library.read(lambda transaction: remarks_of(transaction, loan_id=loan.id))
    odd = [each.text for each in found if each.kind is RemarkKind.ODD]
    assert odd == [f"it comes with the barcode {ours}, and an item here has the same"]


def test_hundreds_of_numbers_are_not_looked_for(stage: Stage) -> None:
    number = Identifier("9788700000018", Code("ISBN"))
    info = BibliographicInfo(title="X", bibliographic_item_id=(number,) * 600)
    document = encode(stage.request(info=info), Version.V1_2)
    message = decode(document).message
    assert len(message.bibliographic_info.bibliographic_item_id) == 50  # type: ignore[union-attr]
    assert stage.answer(document)[0] == 200


def test_both_versions_in_one_case(stage: Stage) -> None:
    """A partner may write in either; it is answered in its own."""
    a_title(stage.library)
    assert stage.answer(encode(stage.request(), Version.V1_2))[0] == 200
    header = stage.header()
    for version, action in ((Version.V2021, Action.STATUS_REQUEST), (Version.V1_2, Action.CANCEL)):
        header = stage.header()
        document = encode(RequestingAgencyMessage(header, action), version)
        assert b">OK<" in stage.answer(document)[1]
    assert {type(each).__name__ for each in stage.tell()} == {"SupplyingAgencyMessage"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<requestingAgencyId>", b"<requestingAgencyId><agencyIdValue/></requestingAgencyId>"),
        (b"<header>", b"<header/><header>"),
    ],
)
def test_a_second_sender_in_one_header_is_not_believed(
    stage: Stage, old: bytes, new: bytes
) -> None:
    """Who is asked for the proof is who is dealt with: the first is read, everywhere."""
    a_title(stage.library)
    document = encode(stage.request(), Version.V1_2)
    if new.endswith(old):
        said = stage.answer(document.replace(old, new, 1))[1]
    else:
        said = stage.answer(document.replace(old, new + old, 1))[1]
    assert b">ERROR<" in said
    assert stage.library.read(lambda transaction: open_loans(transaction)) == []


def test_a_name_space_of_others(stage: Stage) -> None:
    """It says nothing: what counts are names, and the proof."""
    document = encode(stage.request(), Version.V1_2).replace(N[1:-1].encode(), b"urn:evil")
    code, said = stage.answer(document, Arrival(host="198.51.100.1"))
    assert (code, b">ERROR<" in said) == (403, True)
    assert stage.answer(document, FROM_ODENSE)[0] == 200


def test_what_is_replayed_later_does_nothing(stage: Stage) -> None:
    """A renewal that was recorded, and is sent again and again."""
    barcode = a_title(stage.library)
    stage.say(stage.request())
    stage.library.check_out(ODENSE, barcode)
    stage.library.pass_time(days=3)
    renewal = encode(RequestingAgencyMessage(stage.header(), Action.RENEW), Version.V1_2)
    first = stage.answer(renewal)
    stage.tell()
    due = stage.loan().due
    for days in (1, 5, 7):
        stage.library.pass_time(days=days)
        assert stage.answer(renewal) == first
        assert stage.loan().due == due
        assert stage.tell() == []


@pytest.mark.parametrize("status", [Status.RECALLED, Status.LOANED])
def test_a_day_that_is_over_is_no_due_date_for_a_patron(stage: Stage, status: Status) -> None:
    """Who has it at home would be late at once, for years."""
    loan = asked(stage)
    delivery = DeliveryInfo(stage.library.now, ("B-1",))
    over = stage.library.now - timedelta(days=9_000)
    due = over if status is Status.LOANED else stage.library.now + timedelta(days=40)
    stage.answer(
        from_supplier(stage, loan.request_id, Status.LOANED, due_date=due, delivery_info=delivery)
    )
    library, card = stage.library, stage.loan(loan.request_id).user
    library.check_in("B-1")
    assert isinstance(library.check_out(card, "B-1"), CheckedOut)
    stage.answer(from_supplier(stage, loan.request_id, status, due_date=over))
    loans = library.read(lambda transaction: patron_loans(library.act(transaction), patron=card))
    assert isinstance(loans, PatronLoans)
    assert [each.loan.due > library.now for each in loans.loans] == [True]
    odd = [each.text for each in stage.remarks(loan.request_id) if each.kind is RemarkKind.ODD]
    assert f"it is due on a day that is over: {over:%Y-%m-%d}" in odd


@pytest.mark.parametrize("years", [3, 170])
def test_a_day_in_many_years_is_no_due_date_for_a_patron(stage: Stage, years: int) -> None:
    """Some write such a day where a loan has none."""
    loan = asked(stage)
    library, far = stage.library, stage.library.now + timedelta(days=365 * years)
    delivery = DeliveryInfo(library.now, ("B-1",))
    stage.answer(
        from_supplier(stage, loan.request_id, Status.LOANED, due_date=far, delivery_info=delivery)
    )
    card = stage.loan(loan.request_id).user
    library.check_in("B-1")
    lent = library.check_out(card, "B-1")
    assert isinstance(lent, CheckedOut)
    for status in (Status.LOANED, Status.RECALLED):
        stage.answer(from_supplier(stage, loan.request_id, status, due_date=far))
        found = library.read(
            lambda transaction: patron_loans(library.act(transaction), patron=card)
        )
        assert isinstance(found, PatronLoans)
        assert found.loans[0].loan.due <= lent.loan.due
    assert "in many years" in stage.remarks(loan.request_id)[0].text


def test_nobody_buries_the_list_of_remarks(stage: Stage) -> None:
    """A program that writes note after note does not hide what else is to be read."""
    a_title(stage.library)
    stage.say(stage.request())
    for _ in range(3):
        stage.act(Action.NOTIFICATION, note="the same")
    assert [each.text for each in stage.remarks()] == ["the same"]
    for number in range(2 * MOST_WAITING):
        stage.act(Action.NOTIFICATION, note=f"note {number}")
    stage.act(Action.SHIPPED_FORWARD, note="to Aarhus")
    notes = [each for each in stage.remarks() if each.kind is RemarkKind.NOTE]
    assert len(notes) == MOST_WAITING
    assert notes[-1].text == "More was written than is listed here."
    assert stage.remarks()[-1].text == "to Aarhus"
    library = stage.library
    library.write(lambda transaction: settle_remark(transaction, notes[0].id, library.now))
    stage.act(Action.NOTIFICATION, note="the same")
    assert len(stage.remarks()) == MOST_WAITING + 2
