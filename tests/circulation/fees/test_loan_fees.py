"""What lending, renewing and holding cost, agreed to beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from circulation.explaining.charges import explain_charge
from circulation.holds.kinds import HoldKind
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.wishes import HoldWish
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Refused, Renewed, RenewedAll
from circulation.ledger.money import ChargeKind
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.undo import Cancelled, cancel_check_out
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.fees import amounts, charges_of, fee_rule, total
from tests.builders.holds import record_of


def needs(answer: Any, amount: int) -> bool:
    assert isinstance(answer, Refused), answer
    [refusal] = answer.refusals
    return (refusal.reason, refusal.amount, refusal.currency) == (
        Reason.FEE_NOT_ACKNOWLEDGED,
        amount,
        "DKK",
    )


@pytest.mark.parametrize("acknowledged", [True, 1_500, 2_000])
def test_a_loan_that_costs_something(library: Library, acknowledged: bool | int) -> None:
    fee_rule(library, material_group="dvd", loan_fee=1_500)
    card = a_patron(library)
    film, book = an_item(library, material_group="dvd"), an_item(library)
    assert needs(library.check_out(card, film), 1_500)
    assert needs(library.check_out(card, film, fee_acknowledged=1_499), 1_500)
    assert charges_of(library, card) == ()
    answer = library.check_out(card, film, fee_acknowledged=acknowledged)
    assert isinstance(answer, CheckedOut)
    [fee] = answer.charged
    assert (fee.kind, fee.amount) == ("loan_fee", 1_500)
    [line] = charges_of(library, card)
    assert (line.charge.kind, line.loans[0].barcode) == (ChargeKind.LOAN_FEE, film)
    free = library.check_out(card, book)
    assert isinstance(free, CheckedOut)
    assert free.charged == ()
    explained = library.read(
        lambda transaction: explain_charge(library.circulation, transaction, line.charge.id)
    )
    assert explained is not None
    facts = explained.loans[0].facts
    assert facts["terms"] == {"loan_fee": 1_500}
    assert facts["rules"] == {"loan_fee": {"group": "dvd"}}


def test_a_loan_that_never_was_costs_nothing(either_library: Library) -> None:
    """Statement 7: a cancel right after a check-out charges nothing."""
    library = either_library
    fee_rule(library, loan_fee=1_500)
    card, film = a_patron(library), an_item(library)
    library.check_out(card, film, fee_acknowledged=True)
    library.pass_time(minutes=1)
    answer = library.write(
        lambda transaction: cancel_check_out(library.act(transaction), item=film)
    )
    assert isinstance(answer, Cancelled)
    assert total(library, card) == 0
    library.check_out(card, film, fee_acknowledged=True)
    assert amounts(library, card) == [1_500]


def test_a_loan_off_line_is_charged_whatever_was_agreed(library: Library) -> None:
    fee_rule(library, loan_fee=1_500)
    card, film = a_patron(library), an_item(library)
    answer = library.check_out(card, film, no_block=True)
    assert isinstance(answer, CheckedOut)
    assert [each.reason for each in answer.overridden] == [Reason.FEE_NOT_ACKNOWLEDGED]
    assert amounts(library, card) == [1_500]


def test_a_renewal_that_costs_something(library: Library) -> None:
    fee_rule(library, renewal_fee=500)
    card = a_patron(library)
    film = an_item(library, on_loan_to=card)
    library.pass_time(days=3)
    assert needs(library.renew(card, film), 500)
    answer = library.renew(card, film, fee_acknowledged=True)
    assert isinstance(answer, Renewed)
    assert [fee.amount for fee in answer.charged] == [500]
    library.pass_time(days=3)
    every = library.renew_all(card)
    assert isinstance(every, RenewedAll)
    assert needs(every.refused[0], 500)
    every = library.renew_all(card, fee_acknowledged=True)
    assert isinstance(every, RenewedAll)
    assert amounts(library, card) == [500, 500]


def test_nothing_that_costs_something_is_renewed_by_itself(sqlite_library: Library) -> None:
    library = sqlite_library
    library.policy(loan_days=28, renewals=2, auto_renew=True)
    fee_rule(library, renewal_fee=500)
    card = a_patron(library)
    an_item(library, on_loan_to=card)
    library.pass_time(days=28)
    done = library.write(
        lambda transaction: renew_automatically(library.act(transaction, UNATTENDED))
    )
    assert (done.renewed, [each.reasons for each in done.refused]) == (
        (),
        [(Reason.FEE_NOT_ACKNOWLEDGED,)],
    )


@pytest.mark.parametrize(("kind", "times"), [(HoldKind.NORMAL, 2), (HoldKind.PARALLEL, 1)])
def test_a_hold_that_costs_something(library: Library, kind: HoldKind, times: int) -> None:
    fee_rule(library, hold_fee=1_000)
    card = a_patron(library)
    wanted = [Wanted(record_of(library, an_item(library))) for _ in range(2)]

    def place(**options: Any) -> HoldsPlaced | Refused:
        return library.write(
            lambda transaction: place_holds(
                library.act(transaction), HoldWish(patron=card, wanted=wanted, kind=kind, **options)
            )
        )

    assert needs(place(), 1_000 * times)
    answer = place(fee_acknowledged=1_000 * times)
    assert isinstance(answer, HoldsPlaced)
    assert [fee.amount for fee in answer.charged] == [1_000] * times
    assert {each.charge.kind for each in charges_of(library, card)} == {ChargeKind.HOLD_FEE}
