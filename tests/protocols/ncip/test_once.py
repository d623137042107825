"""A RequestId that comes again; messages in the form in which they are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from catalogue.database import Database, Statement, Transaction, scalars
from circulation.callers.schema import item_replies
from circulation.kernel.events import EventKind
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from protocols.hosting.answering import Context
from protocols.ncip.codec import encode
from protocols.ncip.handlers import HANDLERS
from protocols.ncip.handling.once import frozen, thawed
from protocols.ncip.messages import Code, ItemId, Refusal, UserId
from protocols.ncip.models.circulation import CheckOutItemResponse
from protocols.ncip.models.items import (
    ItemOptionalFields,
    Location,
    LocationName,
    LocationNameInstance,
)
from protocols.ncip.models.stock import DeleteItem
from tests.builders.circulation import a_library, a_patron, an_item
from tests.builders.holds import holds_of
from tests.builders.pins import hashed
from tests.protocols.ncip.asking import CASES
from tests.protocols.ncip.furnishing import request_id, service
from tests.protocols.ncip.stage import (
    PARTNER,
    SETTINGS,
    Schemas,
    Stage,
    item,
    message,
    problem_types,
    text_of,
    typed,
    user,
)


@pytest.fixture
def stage(database: Database, schemas: Schemas) -> Iterator[Stage]:
    stage = Stage(a_library(database), SETTINGS, schemas)
    yield stage
    stage.close()


@scalars(bytes)
def _digests() -> Statement:
    return select(item_replies.c.digest)


def lend(who: str, barcode: str, name: str = "R 1") -> str:
    return service("CheckOutItem", who, item(barcode), request_id(name))


def test_a_repetition_gets_the_same_answer_byte_by_byte(stage: Stage) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    body = message(lend(user(card), barcode))
    first = stage.answer(body)
    stage.library.pass_time(minutes=30)
    assert stage.answer(body) == first
    kinds = [event.kind for event in stage.library.events_of(barcode)]
    assert kinds == [EventKind.CHECKED_OUT]


def test_the_answer_is_in_the_version_of_the_repetition(stage: Stage) -> None:
    card, barcode = a_patron(stage.library), an_item(stage.library)
    stage.answer(message(lend(user(card), barcode)))
    older = "http://www.niso.org/schemas/ncip/v2_0/ncip_v2_0.xsd"
    again = stage.answer(message(lend(user(card), barcode), older))
    stage.schemas.check(again, "2.0")
    assert older.encode() in again


def test_what_was_returned_meanwhile_is_lent_anew(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library)
    stage.ask(lend(user(card), barcode))
    library.check_in(barcode)
    assert not problem_types(stage.ask(lend(user(card), barcode)))
    kinds = [event.kind for event in library.events_of(barcode)]
    assert kinds.count(EventKind.CHECKED_OUT) == 2


def test_a_refusal_is_not_kept(stage: Stage) -> None:
    library = stage.library
    card, barcode = a_patron(library), an_item(library, on_loan_to=a_patron(library))
    assert problem_types(stage.ask(lend(user(card), barcode)))
    library.check_in(barcode)
    assert not problem_types(stage.ask(lend(user(card), barcode)))


def test_one_number_for_two_items_is_two_loans(stage: Stage) -> None:
    card = a_patron(stage.library)
    for barcode in (an_item(stage.library), an_item(stage.library)):
        answer = stage.ask(lend(user(card), barcode))
        assert text_of(answer, "ItemId/ItemIdentifierValue") == barcode


def test_another_pin_is_another_request(stage: Stage) -> None:
    card = a_patron(stage.library, pin_hash=hashed("8351"))
    barcode = an_item(stage.library)

    def who(pin: str) -> str:
        return typed("Barcode Id", card) + typed("PIN", pin)

    assert not problem_types(stage.ask(lend(who("8351"), barcode)))
    answer = stage.ask(lend(who("0000"), barcode))
    assert problem_types(answer) == ["User Authentication Failed"]


def test_what_the_database_holds_is_not_enough_to_try_pins(stage: Stage) -> None:
    """The set-up's hashes of secrets are in the database; the library's key is not."""
    library = stage.library
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"sixteen bytes or"))
    card, barcode = a_patron(library, pin_hash=hashed("8351")), an_item(library)
    body = message(lend(typed("Barcode Id", card) + typed("PIN", "8351"), barcode))
    first = stage.answer(body)
    assert not problem_types(stage.schemas.check(first))
    library.pass_time(minutes=1)
    assert stage.answer(body) == first
    # Under another key the same words are another request: the loan there is answers.
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"quite another key"))
    keys = library.read(_digests)
    stage.answer(body)
    assert len(library.read(_digests)) == len(keys) + 1


def test_a_message_is_kept_whole() -> None:
    copenhagen = timezone(timedelta(hours=1))
    place = Location(
        Code("Permanent Location"),
        LocationName((LocationNameInstance(1, "Main"), LocationNameInstance(2, "Børn"))),
    )
    kept = CheckOutItemResponse(
        item_id=ItemId(Code("DK-900100", "http://x"), Code("Item Barcode"), "I1"),
        user_id=UserId(None, None, "P1"),
        date_due=datetime(2026, 12, 23, 23, 59, 59, tzinfo=copenhagen),
        renewal_count=0,
        item_optional_fields=ItemOptionalFields(
            item_use_restriction_type=(Code("Not For Loan"), Code("Term Loan", "http://y")),
            location=(place, place),
            date_due=datetime(2026, 12, 23, tzinfo=UTC),
        ),
    )
    assert thawed(CheckOutItemResponse, json.loads(json.dumps(frozen(kept)))) == kept


@pytest.mark.parametrize("name", ["AcceptItem", "RequestItem", "CheckOutItem"])
def test_what_comes_several_times_at_once_is_done_once(stage: Stage, name: str) -> None:
    library = stage.library
    (request,) = CASES[name](library)
    handler, _ = HANDLERS[type(request)]

    def work(transaction: Transaction) -> Any:
        return handler(request, PARTNER, Context(transaction, library.circulation, library.now, []))

    asked = [library.database.write(work) for _ in range(6)]
    answers = [each.result(timeout=30) for each in asked]
    assert all(answer == answers[0] for answer in answers)
    assert not isinstance(answers[0], Refusal)
    card = request.user_id.user_identifier_value
    assert len(holds_of(library, card)) == (0 if name == "CheckOutItem" else 1)


def test_a_hold_that_was_taken_back_is_placed_anew(stage: Stage) -> None:
    library = stage.library
    request, cancel = CASES["CancelRequestItem"](library)
    question, card = encode(request), request.user_id.user_identifier_value
    stage.schemas.check(stage.answer(question))
    first = holds_of(library, card)[0].hold.id
    assert not problem_types(stage.schemas.check(stage.answer(encode(cancel))))
    assert not problem_types(stage.schemas.check(stage.answer(question)))
    assert holds_of(library, card)[0].hold.id != first
    assert stage.answer(question) == stage.answer(question)
    assert len(holds_of(library, card)) == 1


def test_what_has_gone_home_may_come_again(stage: Stage) -> None:
    (request,) = CASES["AcceptItem"](stage.library)
    first = stage.answer(encode(request))
    gone = encode(DeleteItem(request.initiation_header, item_id=request.item_id))
    assert not problem_types(stage.schemas.check(stage.answer(gone)))
    stage.library.pass_time(minutes=1)
    assert stage.answer(encode(request)) == first  # to the letter, and it is here once more
    assert not problem_types(stage.schemas.check(stage.answer(gone)))


def test_refusals_are_not_kept(stage: Stage) -> None:
    (request,) = CASES["AcceptItem"](stage.library)
    unknown = replace(request, user_id=replace(request.user_id, user_identifier_value="LATER"))
    refused = stage.schemas.check(stage.answer(encode(unknown)))
    assert problem_types(refused) == ["Unknown User"]
    a_patron(stage.library, "LATER")
    assert not problem_types(stage.schemas.check(stage.answer(encode(unknown))))
