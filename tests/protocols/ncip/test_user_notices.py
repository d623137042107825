"""SendUserNotice, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Database, Statement, many
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import open_account
from circulation.ledger.schema import charges
from circulation.notices.kinds import NoticeKind
from circulation.notices.schema import notices
from protocols.ncip.codec import encode
from protocols.ncip.handling.user_notices import LONGEST, TYPES
from protocols.ncip.messages import Code, UserId
from protocols.ncip.models.accounts import AccountBalance, ItemDetails, UserFiscalAccount
from protocols.ncip.models.items import BibliographicDescription
from protocols.ncip.models.notices import NoticeItem, SendUserNotice, UserNoticeDetails
from protocols.ncip.subjects.users import folded
from tests.builders.circulation import Library, a_library, a_patron, an_item
from tests.builders.dunning import notices_by
from tests.builders.fees import danish_fees, number_of
from tests.builders.holds import a_hold, holds_of
from tests.protocols.ncip.asking import AGENCY, HEADER, item, user
from tests.protocols.ncip.stage import SETTINGS, Schemas, Stage, problem_types, text_of


@many(tuple[str, str, str, datetime])
def _all() -> Statement:
    return select(notices.c.kind, notices.c.cause, notices.c.facts, notices.c.due).order_by(
        notices.c.id
    )


@many(tuple[int])
def _charge_ids() -> Statement:
    return select(charges.c.id)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    library = a_library(database)
    notices_by(library)
    stage = Stage(library, SETTINGS, schemas)
    yield stage
    stage.close()


def told(library: Library) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Kind, cause and facts of every notice."""
    return [
        (kind, json.loads(cause), json.loads(facts)) for kind, cause, facts, _ in library.read(_all)
    ]


def notice(card: str, kind: str, *barcodes: str, content: str | None = None) -> SendUserNotice:
    about = tuple(
        NoticeItem(ItemDetails(item(each), BibliographicDescription(title="Kongens fald")))
        for each in barcodes
    )
    account = UserFiscalAccount(AccountBalance(Code("DKK"), 0))
    details = UserNoticeDetails(Code(kind), content, about, None if about else account)
    return SendUserNotice(HEADER, user_id=user(card), user_notice_details=details)


def ask(stage: Stage, request: SendUserNotice) -> Any:
    return stage.schemas.check(stage.answer(encode(request)))[0]


def test_words_of_a_partner_are_told_as_they_are(stage: Stage) -> None:
    card = a_patron(stage.library)
    said = notice(card, "About your request", content="It is on its way.")
    answer = ask(stage, said)
    assert text_of(answer, "UserId/UserIdentifierValue") == card
    assert text_of(answer, "DateWillSend") == "2026-11-25T12:00:00+01:00"
    ((kind, _, facts),) = told(stage.library)
    assert kind == NoticeKind.STAFF.value
    assert (facts["subject"], facts["text"]) == ("About your request", "It is on its way.")


def test_the_same_words_again_are_told_once(stage: Stage) -> None:
    card = a_patron(stage.library)
    said = notice(card, "About your request", content="It is on its way.")
    first = stage.answer(encode(said))
    stage.library.pass_time(minutes=5)
    assert stage.answer(encode(said)) == first
    assert len(told(stage.library)) == 1
    assert not problem_types(ask(stage, notice(card, "About", content="And another thing.")))
    stage.library.pass_time(hours=3)
    assert not problem_types(ask(stage, said))
    assert len(told(stage.library)) == 3


def test_loans_of_the_user(stage: Stage) -> None:
    library = stage.library
    card = a_patron(library)
    first, second = (an_item(library, on_loan_to=card) for _ in range(2))
    assert not problem_types(ask(stage, notice(card, "Overdue Notice", first, second)))
    ((kind, cause, _),) = told(library)
    assert kind == NoticeKind.OVERDUE.value
    assert len(cause["loans"]) == 2


def test_holds_of_the_user(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    a_hold(library, card, barcode)
    refused = ask(stage, notice(card, "Available For Pickup", barcode))
    assert problem_types(refused) == ["Element Rule Violated"]
    library.check_in(barcode)
    assert not problem_types(ask(stage, notice(card, "Available For Pickup", barcode)))
    assert told(library)[-1][1]["holds"] == [holds_of(library, card)[0].hold.id]


def test_what_the_user_owes(stage: Stage) -> None:
    library = stage.library
    danish_fees(library)
    card = a_patron(library)
    assert problem_types(ask(stage, notice(card, "Bill"))) == ["Element Rule Violated"]

    def charge(transaction: Any) -> None:
        set_up = library.circulation.current_set_up(transaction)
        patron_id = number_of(library, card)
        account = open_account(library.act(transaction), set_up, patron_id)
        new = NewCharge(ChargeKind.SERVICE, 2_500, "DKK", library.main.id, "")
        create_charge(account, new)

    library.write(charge)
    assert not problem_types(ask(stage, notice(card, "Bill")))
    kind, cause, _ = told(library)[-1]
    assert kind == NoticeKind.BALANCE.value
    assert cause["charges"] == [charge_id for (charge_id,) in library.read(_charge_ids)]


def test_not_before_the_day(stage: Stage) -> None:
    card = a_patron(stage.library)
    later = datetime(2026, 12, 1, 8, tzinfo=UTC)
    said = replace(notice(card, "About", content="Soon."), date_to_send=later)
    assert text_of(ask(stage, said), "DateWillSend") == "2026-12-01T09:00:00+01:00"
    assert [due for _, _, _, due in stage.library.read(_all)] == [later]


def test_who_and_what_is_not_there(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library, on_loan_to=a_patron(library))
    assert problem_types(ask(stage, notice("X", "Overdue", barcode))) == ["Unknown User"]
    assert problem_types(ask(stage, notice(card, "Overdue", "X"))) == ["Unknown Item"]
    assert problem_types(ask(stage, notice(card, "Overdue", barcode))) == ["Item Not Checked Out"]
    assert problem_types(ask(stage, notice(card, "Overdue"))) == ["Needed Data Missing"]
    assert problem_types(ask(stage, notice(card, "Horoscope"))) == ["Unsupported Notice"]
    long = notice(card, "About", content="x" * (LONGEST + 1))
    assert problem_types(ask(stage, long)) == ["Element Rule Violated"]
    nobody = replace(notice(card, "About", content="x"), user_id=UserId(AGENCY, None, ""))
    assert problem_types(ask(stage, nobody)) == ["Needed Data Missing"]
    assert told(library) == []


def test_a_library_that_sends_no_such_messages(database: Database, schemas: Schemas) -> None:
    stage = Stage(a_library(database), SETTINGS, schemas)
    answer = ask(stage, notice(a_patron(stage.library), "About", content="x"))
    stage.close()
    assert problem_types(answer) == ["Unsupported Notice"]


def test_types_are_folded() -> None:
    assert {folded(word) for word in TYPES} == set(TYPES)
