"""Claims and the files that tell the debtor system of them."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from catalogue.database import Transaction
from circulation.dunning.claim_lists import claims_of_agency
from circulation.dunning.claims import LineAction, withdraw_from_collection
from circulation.dunning.collection_files import (
    FIELDS,
    CollectionFile,
    FileLine,
    export_claims,
    file_text,
    files_of_agency,
    read_file,
)
from circulation.kernel.events import EventKind
from circulation.kernel.results import UNATTENDED
from circulation.patrons.guardians import add_guardian
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_patron, events_of_patron
from tests.builders.dunning import changed, claims, danish, run_day, run_days
from tests.builders.fees import hand_in, lend, number_of, paid

#: Bill, reminder and collection follow so many days after the loan.
COLLECTED = 28 + 31 + 14 + 21


def exported(library: Library) -> CollectionFile | None:
    def work(transaction: Transaction) -> CollectionFile | None:
        file_id = export_claims(library.act(transaction))
        return None if file_id is None else read_file(library.circulation, transaction, file_id)

    return library.write(work)


def a_debtor(library: Library, books: int = 1, **patron: Any) -> tuple[str, list[str]]:
    """Somebody whose debts have just been handed over, and what they have kept."""
    danish(library)
    card = a_patron(library, **patron)
    kept = lend(library, card, books, price=30_000, currency="DKK")
    run_days(library, COLLECTED)
    return card, kept


def test_a_claim_becomes_a_line_of_the_file(either_library: Library) -> None:
    library = either_library
    card, _ = a_debtor(library, birth_date=library.today - timedelta(days=40 * 365))
    file = exported(library)
    assert file is not None
    compensation, fee = file.records
    assert tuple(sorted(compensation)) == tuple(sorted(FIELDS))
    assert (compensation["action"], compensation["kind"]) == ("create", "compensation_unreturned")
    assert (compensation["amount"], fee["amount"], fee["kind"]) == (38_000, 23_000, "fee")
    assert (compensation["debtor"], compensation["debtor_kind"]) == (card, "person")
    assert compensation["receipt_offered"] is True
    assert compensation["description"] == "Erstatning for ikke afleveret biblioteksmateriale"
    # Billed on 23 January and to be paid before the reminder, which moves nothing.
    assert compensation["originated"] == compensation["due"] == "2027-01-23"
    assert compensation["last_payment_day"] == "2027-02-05"
    assert compensation["reminded"] == "2027-02-06"
    assert len(file.debtors) == 1
    # And nothing is told twice.
    assert exported(library) is None
    assert [each.lines for each in files(library)] == [2]
    again = library.read(lambda transaction: read_file(library.circulation, transaction, file.id))
    assert again == file


def files(library: Library) -> list[FileLine]:
    return library.read(
        lambda transaction: files_of_agency(transaction, agency_id=library.desk().agency_id)
    )


def test_a_return_after_the_hand_over_calls_the_compensation_back(
    either_library: Library,
) -> None:
    library = either_library
    card, [book] = a_debtor(library)
    exported(library)
    hand_in(library, book)
    file = exported(library)
    assert file is not None
    [line] = file.records
    assert (line["action"], line["amount"], line["reason"]) == ("withdraw", 0, "cancelled")
    [(compensation, told), (fee, _)] = claims(library, card)
    assert (compensation.closed, compensation.reason) == (library.now, "cancelled")
    assert [each.action for each in told] == [LineAction.CREATE, LineAction.WITHDRAW]
    assert fee.closed is None


def test_what_came_back_before_the_file_is_in_none(library: Library) -> None:
    card, [book] = a_debtor(library)
    hand_in(library, book)
    paid(library, card, 3_000)
    file = exported(library)
    assert file is not None
    [line] = file.records  # the fee alone, with what is left of it
    assert (line["action"], line["kind"], line["amount"]) == ("create", "fee", 20_000)
    assert line["principal"] == 23_000


def test_a_part_payment_is_a_change_and_the_last_part_the_end(library: Library) -> None:
    card, _ = a_debtor(library)
    exported(library)
    paid(library, card, 38_000 + 3_000)  # the oldest first: the compensation, then the fee
    run_day(library)
    paid(library, card, 20_000)
    run_day(library)
    file = exported(library)
    assert file is not None
    assert [(line["action"], line["amount"], line["reason"]) for line in file.records] == [
        ("withdraw", 0, "paid"),
        ("change", 20_000, ""),
        ("withdraw", 0, "paid"),
    ]
    assert exported(library) is None


def test_staff_call_a_claim_back_and_the_debt_stands(library: Library) -> None:
    card, _ = a_debtor(library)
    exported(library)
    [(claim, _), _] = claims(library, card)

    def withdraw(transaction: Transaction) -> bool:
        return withdraw_from_collection(
            library.act(transaction), claim.id, reason="sent by mistake"
        )

    assert library.write(withdraw)
    assert not library.write(withdraw)
    run_days(library, 60)  # nor is it handed over again
    assert [each.closed is None for each, _ in claims(library, card)] == [False, True]
    file = exported(library)
    assert file is not None
    assert [line["reason"] for line in file.records] == ["sent by mistake"]
    found = library.read(
        lambda transaction: events_of_patron(transaction, patron_id=number_of(library, card))
    )
    kinds = [each.kind for each in found]
    assert kinds.count(EventKind.SENT_TO_COLLECTION) == 2
    assert kinds.count(EventKind.COLLECTION_WITHDRAWN) == 1


def test_the_list_has_pages(library: Library) -> None:
    a_debtor(library, 3)

    def page(after: int) -> list[int]:
        found = library.read(
            lambda transaction: claims_of_agency(
                transaction, library.desk().agency_id, after=after, limit=3
            )
        )
        return [claim.id for claim, _ in found]

    first = page(0)
    second = page(first[-1])
    assert (len(first), len(second), page(second[-1])) == (3, 1, [])
    assert sorted({*first, *second}) == [*first, *second]


def test_what_a_fee_for_the_reminder_belongs_to(library: Library) -> None:
    danish(library, steps=changed("reminder", fee=10_000))
    card = a_patron(library)
    lend(library, card)
    run_days(library, COLLECTED)
    file = exported(library)
    assert file is not None
    main, _, letter = file.records
    assert (letter["amount"], letter["main_claim"]) == (10_000, main["claim"])


@pytest.mark.parametrize("kind", [PatronKind.GROUP, PatronKind.COMPANY])
def test_companies_are_collected_from_and_groups_are_not(
    library: Library, kind: PatronKind
) -> None:
    card, _ = a_debtor(library, kind=kind)
    assert len(claims(library, card)) == (2 if kind is PatronKind.COMPANY else 0)


def test_the_debtor_of_a_child_is_named_and_the_child_is_not(library: Library) -> None:
    danish(library, steps=changed("collection", children="guardian"))
    born = library.today - timedelta(days=10 * 365)
    child = a_patron(library, birth_date=born, name="Asta Barn")
    parent = a_patron(library, name="Bo Forælder")
    library.write(
        lambda transaction: add_guardian(
            library.act(transaction, UNATTENDED),
            number_of(library, child),
            number_of(library, parent),
            today=library.today,
        )
    )
    lend(library, child)
    run_days(library, COLLECTED)
    file = exported(library)
    assert file is not None
    assert {line["debtor"] for line in file.records} == {parent}
    assert "Asta" not in file_text(file, "json")
    assert child not in file_text(file, "csv")


def test_the_two_forms_say_the_same(library: Library) -> None:
    a_debtor(library, name="\t=cmd()|danger")
    file = exported(library)
    assert file is not None
    told = json.loads(file_text(file, "json"))
    rows = list(csv.DictReader(io.StringIO(file_text(file, "csv")), delimiter=";"))
    assert [row["claim"] for row in rows] == [str(each["claim"]) for each in told["records"]]
    assert tuple(rows[0]) == FIELDS
    assert rows[0]["receipt_offered"] == "yes"
    assert rows[0]["debtor_name"] == "'\t=cmd()|danger"  # no formula for a spreadsheet
    assert all(len(each["description"]) <= 100 for each in told["records"])
