"""Messages as ReShare, and crosslink for Alma, write them: what is read of them, and answered."""

from __future__ import annotations

from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.interlending.asking import Wish, ask
from circulation.interlending.offers import accept_offer
from circulation.interlending.remarks import RemarkKind
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.interlending.rules import INTERLENDING_RULES
from circulation.interlending.states import BorrowingState
from circulation.kernel.set_up import set_up_changed
from protocols.iso18626.codec import decode_confirmation
from protocols.iso18626.codes import Action
from protocols.iso18626.habits import barcode_of, readable
from protocols.iso18626.messages import RequestingAgencyMessage
from protocols.iso18626.presets import PRESETS
from tests.builders.circulation import a_patron
from tests.protocols.iso18626.stage import ODENSE, OURS, Stage, a_partner

RESHARE = "#ReShareLoanConditionAgreeResponse#"


def asked(stage: Stage, preset: str) -> InterlibraryLoan:
    """Odense, which runs the system, is asked for a title."""
    a_partner(stage.library, ODENSE, takes_requests=True, preset=preset, **PRESETS[preset])
    card = a_patron(stage.library)

    def work(transaction: Transaction) -> InterlibraryLoan:
        found = ask(stage.library.act(transaction), patron=card, wish=Wish(title="Peters jul"))
        assert isinstance(found, InterlibraryLoan)
        return found

    loan = stage.library.write(work)
    stage.tell()
    return loan


def hear(stage: Stage, loan: InterlibraryLoan, info: str, more: str = "") -> None:
    """A message of the supplier's, in the order and form in which those systems write it."""
    stage.library.pass_time(seconds=1)
    now = stage.library.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    document = f"""<?xml version="1.0" encoding="UTF-8"?>
<ISO18626Message xmlns="http://illtransactions.org/2013/iso18626" \
xmlns:ill="http://illtransactions.org/2013/iso18626" ill:version="1.2">
<supplyingAgencyMessage><header>
<supplyingAgencyId><agencyIdType>ISIL</agencyIdType><agencyIdValue>{ODENSE}</agencyIdValue>\
</supplyingAgencyId><requestingAgencyId><agencyIdType>ISIL</agencyIdType><agencyIdValue>{OURS}\
</agencyIdValue></requestingAgencyId><timestamp>{now}</timestamp>\
<requestingAgencyRequestId>{loan.request_id}</requestingAgencyRequestId>\
<supplyingAgencyRequestId>c5d8a9a0</supplyingAgencyRequestId></header>
{info.replace("NOW", now)}{more.replace("NOW", now)}</supplyingAgencyMessage></ISO18626Message>"""
    status, answer = stage.answer(document.encode())
    said = decode_confirmation(answer)
    assert said is not None
    assert (status, said.error) == (200, None)


def again(stage: Stage, loan: InterlibraryLoan) -> InterlibraryLoan:
    found = stage.library.write(lambda transaction: loan_by_id(transaction, loan.id))
    assert found is not None
    return found


def notes(stage: Stage, loan: InterlibraryLoan, kind: RemarkKind = RemarkKind.NOTE) -> list[str]:
    return [each.text for each in stage.remarks(loan.request_id) if each.kind is kind]


def notification(note: str, status: str = "RequestReceived") -> str:
    said = f"<status>{status}</status><lastChange>NOW</lastChange>" if status else ""
    return (
        "<messageInfo><reasonForMessage>Notification</reasonForMessage>"
        f"<note>{note}</note></messageInfo><statusInfo>{said}</statusInfo>"
    )


_CONDITION = (
    "<deliveryInfo><dateSent>NOW</dateSent><loanCondition>LibraryUseOnly</loanCondition>"
    "</deliveryInfo>"
)
_WILL_SUPPLY = (
    "<messageInfo><reasonForMessage>StatusChange</reasonForMessage><note>#seq:1#</note>"
    "</messageInfo><statusInfo><status>WillSupply</status><lastChange>NOW</lastChange></statusInfo>"
)


def test_conditions_that_reshare_adds_are_accepted_by_somebody_and_it_learns_of_it(
    stage: Stage,
) -> None:
    loan = asked(stage, "reshare")
    hear(stage, loan, _WILL_SUPPLY)
    assert again(stage, loan).state is BorrowingState.EXPECTED
    assert stage.remarks(loan.request_id) == []  # the number of a message is for nobody to read
    added = notification("#ReShareAddLoanCondition# In the reading room #seq:2#")
    hear(stage, loan, added, _CONDITION)
    hear(stage, loan, notification("#ReShareSupplierAwaitingConditionConfirmation##seq:3#"))
    assert notes(stage, loan) == ["In the reading room"]
    assert notes(stage, loan, RemarkKind.TERMS) == ["LibraryUseOnly"]
    assert again(stage, loan).state is BorrowingState.EXPECTED
    assert stage.tell() == []

    def accept(transaction: Transaction) -> Any:
        found = loan_by_id(transaction, loan.id)
        assert found is not None
        return accept_offer(stage.library.act(transaction), found)

    stage.library.write(accept)
    [message] = stage.tell()
    assert isinstance(message, RequestingAgencyMessage)
    assert (message.action, message.note) == (Action.NOTIFICATION, RESHARE)


@pytest.mark.parametrize(
    ("preset", "word"),
    [("reshare", RESHARE), ("alma", "ACCEPT"), ("crosslink-opaque", "ACCEPT"), ("plain", None)],
)
def test_what_the_rules_accept_is_told_to_who_waits_for_it(
    stage: Stage, preset: str, word: str | None
) -> None:
    def work(transaction: Transaction) -> None:
        INTERLENDING_RULES.store(transaction, conditions=("LibraryUseOnly",))
        set_up_changed(transaction)

    stage.library.write(work)
    loan = asked(stage, preset)
    hear(stage, loan, notification("Condition: LibraryUseOnly", "WillSupply"), _CONDITION)
    told = stage.tell()
    assert [each.note for each in told if isinstance(each, RequestingAgencyMessage)] == (
        [] if word is None else [word]
    )
    hear(stage, loan, notification("Condition: LibraryUseOnly", "WillSupply"), _CONDITION)
    assert stage.tell() == []  # said twice, answered once


def test_of_several_volumes_of_reshare_the_first_is_scanned(stage: Stage) -> None:
    loan = asked(stage, "reshare")
    volumes = "multivol:Vol. 1##PZ7.K1##31000001,multivol:Vol. 2##PZ7.K2##31000002"
    hear(
        stage,
        loan,
        "<messageInfo><reasonForMessage>StatusChange</reasonForMessage></messageInfo><statusInfo>"
        "<status>Loaned</status><dueDate>2027-01-31T00:00:00Z</dueDate>"
        "<lastChange>NOW</lastChange></statusInfo>",
        f"<deliveryInfo><dateSent>NOW</dateSent><itemId>{volumes}</itemId></deliveryInfo>",
    )
    sent = again(stage, loan)
    assert (sent.state, sent.barcode) == (BorrowingState.SHIPPED, "31000001")


def test_a_reason_of_reshares_own_ends_the_attempt(stage: Stage) -> None:
    loan = asked(stage, "reshare")
    hear(
        stage,
        loan,
        "<messageInfo><reasonForMessage>RequestResponse</reasonForMessage>"
        "<reasonUnfilled>transfer</reasonUnfilled></messageInfo><statusInfo>"
        "<status>Unfilled</status><lastChange>NOW</lastChange></statusInfo>",
    )
    assert again(stage, loan).state is BorrowingState.UNFILLED


def test_an_address_in_a_note_for_alma_is_read_by_people(stage: Stage) -> None:
    loan = asked(stage, "alma")
    hear(stage, loan, _WILL_SUPPLY)
    where = "#RETURN_TO#\nOdense Bibliotekerne\n \nStationsvej 15\n5000 Odense C\n#RT_END#\n"
    hear(stage, loan, notification(where, status=""))  # Alma tells no status in them
    assert notes(stage, loan) == ["RETURN TO:\nOdense Bibliotekerne\nStationsvej 15\n5000 Odense C"]
    assert again(stage, loan).state is BorrowingState.EXPECTED


def test_what_alma_charges_when_it_sends_is_for_somebody_to_read(stage: Stage) -> None:
    loan = asked(stage, "alma")
    hear(
        stage,
        loan,
        "<messageInfo><reasonForMessage>StatusChange</reasonForMessage></messageInfo><statusInfo>"
        "<status>Loaned</status><lastChange>NOW</lastChange></statusInfo>",
        "<deliveryInfo><dateSent>NOW</dateSent><itemId>A-1</itemId><deliveryCosts><currencyCode>"
        "DKK</currencyCode><monetaryValue>75.00</monetaryValue></deliveryCosts></deliveryInfo>",
    )
    assert again(stage, loan).state is BorrowingState.SHIPPED
    assert notes(stage, loan, RemarkKind.TERMS) == ["75.00 DKK"]


@pytest.mark.parametrize(
    ("note", "read"),
    [
        ("", ""),
        ("It costs #7", "It costs #7"),
        ("#seq:12#", ""),
        ("#seq:x# stays", "#seq:x# stays"),
        ("line one\r\nline two", "line one\r\nline two"),
        ("#SHIP_TO#\nA\n#ST_END#\n#RETURN_TO#\nB\n#RT_END#", "SHIP TO:\nA\nRETURN TO:\nB"),
        ("C# #lastSeq:1#", "C#"),
    ],
)
def test_what_people_read_of_a_note(note: str, read: str) -> None:
    assert readable(note) == read


@pytest.mark.parametrize(
    ("items", "barcode"),
    [
        ((), ""),
        (("1, 2",), "1"),
        (("multivol:a##b##c",), "c"),
        (("multivol:a##b##",), ""),
        (("multivol:odd",), "multivol:odd"),
        (("", "2"), ""),
    ],
)
def test_the_barcode_of_what_is_sent(items: tuple[str, ...], barcode: str) -> None:
    assert barcode_of(items) == barcode
