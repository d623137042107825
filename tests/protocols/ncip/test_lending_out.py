"""What RequestItem and CheckOutItem of a partner begin besides: a loan to another library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from circulation.interlending.lists import open_loans
from circulation.interlending.states import LendingState
from circulation.patrons.identifiers import find_patron
from protocols.ncip.settings import NcipSettings
from tests.builders.circulation import a_patron, an_item
from tests.builders.holds import a_copy
from tests.protocols.ncip.furnishing import number_title, record, request_id, service
from tests.protocols.ncip.stage import PARTNER, Stage, item, problem_types, text_of, user

INSTITUTION = "INST-OTHER"
_TYPES = "<RequestType>Loan</RequestType><RequestScopeType>Bibliographic Item</RequestScopeType>"


def agreed(stage: Stage, **changes: Any) -> None:
    facts = {"lends_to": "institutions", "institutions": ("INST-*",)} | changes
    stage.use(NcipSettings(partners=(replace(PARTNER, **facts),)))


def is_known(stage: Stage, card: str) -> bool:
    return stage.library.read(lambda transaction: find_patron(transaction, card)) is not None


def request(stage: Stage, who: str) -> Any:
    return stage.ask(service("RequestItem", user(who), record("T-1"), request_id("REQ-1"), _TYPES))


def test_an_institution_is_registered_when_it_is_first_heard_of(stage: Stage) -> None:
    agreed(stage)
    answer = stage.ask(service("LookupUser", user(INSTITUTION)))
    assert problem_types(answer) == []
    assert text_of(answer, "UserId/UserIdentifierValue") == INSTITUTION
    assert is_known(stage, INSTITUTION)
    for stranger in ("OTHER-1", "P9999999"):
        assert problem_types(stage.ask(service("LookupUser", user(stranger)))) == ["Unknown User"]
        assert not is_known(stage, stranger)


def test_where_institutions_are_registered_by_hand(stage: Stage) -> None:
    agreed(stage, registers_institutions=False)
    assert problem_types(stage.ask(service("LookupUser", user(INSTITUTION)))) == ["Unknown User"]
    assert not is_known(stage, INSTITUTION)


def test_a_partner_that_is_not_believed_registers_nobody(stage: Stage) -> None:
    agreed(stage, addresses=("192.0.2.0/24",))
    stage.ask(service("LookupUser", user(INSTITUTION)))
    assert not is_known(stage, INSTITUTION)


def test_a_request_is_told_a_barcode_that_brokers_look_for(stage: Stage) -> None:
    agreed(stage)
    barcode = an_item(stage.library, call_number="86-04")
    number_title(stage.library, barcode, "T-1")
    answer = request(stage, INSTITUTION)
    assert text_of(answer, "ItemId/ItemIdentifierType") == "Item Barcode"
    assert text_of(answer, "ItemId/ItemIdentifierValue") == barcode
    assert text_of(answer, "RequestId/RequestIdentifierValue") == "REQ-1"
    described = "ItemOptionalFields/ItemDescription"
    assert text_of(answer, f"{described}/CallNumber") == "86-04"
    assert text_of(answer, f"{described}/CopyNumber") == barcode
    (loan,) = stage.library.read(open_loans)
    assert (loan.state, loan.request_id) == (LendingState.REQUESTED, "REQ-1")

    out = stage.ask(service("CheckOutItem", user(INSTITUTION), item(barcode), request_id("REQ-1")))
    assert problem_types(out) == []
    (loan,) = stage.library.read(open_loans)
    assert (loan.state, loan.barcode) == (LendingState.LENT, barcode)
    assert problem_types(stage.ask(service("CheckInItem", item(barcode)))) == []
    assert stage.library.read(open_loans) == []


def test_a_patron_of_ours_is_no_library(stage: Stage) -> None:
    agreed(stage)
    barcode = an_item(stage.library)
    number_title(stage.library, barcode, "T-1")
    assert problem_types(request(stage, a_patron(stage.library))) == []
    assert stage.library.read(open_loans) == []


def test_whom_it_lends_to(stage: Stage) -> None:
    for lends_to, expected in (("nobody", 0), ("anybody", 1)):
        agreed(stage, lends_to=lends_to)
        card, barcode = a_patron(stage.library), an_item(stage.library)
        stage.ask(service("CheckOutItem", user(card), item(barcode)))
        assert len(stage.library.read(open_loans)) == expected


def test_a_library_asks_for_several_copies_of_a_title(stage: Stage) -> None:
    """Each request is told a copy of its own, and each check-out is of its own request."""
    agreed(stage)
    library = stage.library
    first = an_item(library)
    copies = {first, a_copy(library, first)}
    number_title(library, first, "T-1")
    told = {}
    for name in ("REQ-1", "REQ-2"):
        answer = stage.ask(
            service("RequestItem", user(INSTITUTION), record("T-1"), request_id(name), _TYPES)
        )
        assert problem_types(answer) == []
        told[name] = text_of(answer, "ItemId/ItemIdentifierValue") or ""
    assert set(told.values()) == copies
    for name in ("REQ-2", "REQ-1"):
        out = stage.ask(
            service("CheckOutItem", user(INSTITUTION), item(told[name]), request_id(name))
        )
        assert problem_types(out) == []
        lent = {each.request_id: each.barcode for each in library.read(open_loans) if each.loan_id}
        assert lent[name] == told[name]
    loans = library.read(open_loans)
    assert [each.state for each in loans] == [LendingState.LENT] * 2
