"""What a machine gives up for the library: any part of what is owed, once for an order id."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.fees.giving_up import GivenUp, GivingUp, give_up
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refused
from circulation.ledger.money import PostingKind
from circulation.ledger.postings import postings_of
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import charge, total


def given_up(library: Library, amount: int, **options: Any) -> GivenUp | Refused:
    wish = GivingUp(amount, **{"currency": "DKK", "reason": "kiosk"} | options)
    return library.write(lambda transaction: give_up(library.act(transaction), wish, patron="P1"))


def test_the_oldest_go_first_and_an_order_id_counts_once(either_library: Library) -> None:
    library = either_library
    a_patron(library, "P1")
    first, second = charge(library, "P1", 1000), charge(library, "P1", 2000)
    done = given_up(library, 1500, order_id="7")
    assert isinstance(done, GivenUp)
    assert (done.charges, done.was_repeated) == ((first.id, second.id), False)
    assert total(library, "P1") == 1500
    again = given_up(library, 1500, order_id="7")
    assert isinstance(again, GivenUp)
    assert (again.charges, again.amount, again.was_repeated) == (done.charges, 1500, True)
    assert total(library, "P1") == 1500
    other = given_up(library, 100, order_id="7")
    assert isinstance(other, Refused)
    assert other.reasons == (Reason.ORDER_ID_TAKEN,)
    assert isinstance(given_up(library, 500), GivenUp)
    assert isinstance(given_up(library, 500), GivenUp)  # without an order id it is another one
    assert total(library, "P1") == 500
    postings = library.read(lambda transaction: postings_of(transaction, charge_id=second.id))
    reasons = [each.reason for each in postings if each.kind is PostingKind.WRITE_OFF]
    assert reasons == ["kiosk", "kiosk", "kiosk"]


@pytest.mark.parametrize(
    ("amount", "options", "reason"),
    [
        (0, {}, Reason.AMOUNT_WRONG),
        (1001, {}, Reason.PAYMENT_TOO_LARGE),
        (100, {"currency": "SEK"}, Reason.CURRENCY_NOT_OWED),
        (100, {"charge": 1}, Reason.CHARGE_UNKNOWN),
    ],
)
def test_what_is_not_owed_cannot_be_given_up(
    library: Library, amount: int, options: dict[str, Any], reason: Reason
) -> None:
    a_patron(library, "P1")
    charge(library, "P1", 1000)
    answer = given_up(library, amount, **options)
    assert isinstance(answer, Refused)
    assert answer.reasons == (reason,)
    assert total(library, "P1") == 1000


def test_one_named_charge_is_given_up_and_no_other(library: Library) -> None:
    a_patron(library, "P1")
    charge(library, "P1", 1000)
    second = charge(library, "P1", 2000)
    answer = given_up(library, 2000, charge=second.id)
    assert isinstance(answer, GivenUp)
    assert answer.charges == (second.id,)
    assert total(library, "P1") == 1000


def test_of_nobody(library: Library) -> None:
    answer = given_up(library, 100)
    assert isinstance(answer, Refused)
    assert answer.reasons == (Reason.PATRON_UNKNOWN,)
