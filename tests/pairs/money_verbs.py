"""Money."""

from __future__ import annotations

from typing import Final

from circulation.fees.compensation import bill_loan
from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.paying import PaymentWish, pay
from circulation.ledger.changes import ALL_THERE_IS, Portion, change_charge, charge_patron
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import ChargeKind
from circulation.ledger.orders import MoneyAct
from circulation.ledger.reversals import reverse_payment
from tests.pairs.nouns import (
    CHARGE,
    CLAIM,
    IS_CLAIMED,
    IS_OWED,
    IS_PAID,
    ITEM,
    PATRON,
    Verb,
)
from tests.pairs.scenes import AMOUNT
from tests.pairs.states import ItemState, MoneyState


def _changing(
    name: str, act: MoneyAct, states: frozenset[MoneyState], portion: Portion = ALL_THERE_IS
) -> Verb:
    return Verb(
        name,
        frozenset({CHARGE, CLAIM}),
        (change_charge,),
        lambda acting, scene, side: change_charge(
            acting, change=act, charge_id=scene.charge_id, reason="agreed", portion=portion
        ),
        money=states,
    )


VERBS: Final = (
    Verb(
        "pay",
        frozenset({CHARGE, CLAIM, PATRON}),
        (pay,),
        lambda act, scene, side: pay(
            act, PaymentWish(AMOUNT, "DKK", charge=scene.charge_id), patron=scene.borrower
        ),
        money=frozenset({MoneyState.OWED}) | IS_CLAIMED,
    ),
    Verb(
        "pay_in_part",
        frozenset({CHARGE, CLAIM, PATRON}),
        (pay,),
        lambda act, scene, side: pay(
            act, PaymentWish(AMOUNT * 3 // 5, "DKK"), patron=scene.borrower
        ),
        money=IS_OWED,
    ),
    Verb(
        "pay_once",
        frozenset({CHARGE, CLAIM}),
        (pay,),
        lambda act, scene, side: pay(
            act, PaymentWish(1_000, "DKK", f"till {scene.number}"), patron=scene.borrower
        ),
        money=IS_OWED,
    ),
    Verb(
        "give_up",
        frozenset({CHARGE, CLAIM, PATRON}),
        (give_up,),
        lambda act, scene, side: give_up(
            act, GivingUp(2_000, "DKK", "agreed"), patron=scene.borrower
        ),
        money=IS_OWED,
    ),
    _changing("waive", MoneyAct.REDUCTION, IS_OWED),
    _changing("waive_within_limit", MoneyAct.REDUCTION, IS_OWED, Portion(limit=AMOUNT * 3 // 5)),
    _changing("write_off", MoneyAct.WRITE_OFF, IS_OWED),
    _changing("write_off_in_part", MoneyAct.WRITE_OFF, IS_OWED, Portion(2_000)),
    _changing("restore", MoneyAct.WRITE_OFF_REDUCTION, frozenset({MoneyState.WRITTEN_OFF})),
    _changing("refund", MoneyAct.REIMBURSEMENT, frozenset({MoneyState.OVERPAID})),
    Verb(
        "reverse_payment",
        frozenset({CHARGE, CLAIM}),
        (reverse_payment,),
        lambda act, scene, side: reverse_payment(
            act, payment_id=scene.payment_id, reason="it failed"
        ),
        money=IS_PAID,
    ),
    Verb(
        "charge_patron",
        frozenset({CHARGE, CLAIM, PATRON}),
        (charge_patron,),
        lambda act, scene, side: charge_patron(
            act,
            scene.borrower_id,
            NewCharge(ChargeKind.SERVICE, 700, "DKK", act.desk.branch_id, "copies"),
            order_id=f"charge {scene.number}",
        ),
    ),
    Verb(
        "bill_loan",
        frozenset({CHARGE, CLAIM, ITEM}),
        (bill_loan,),
        lambda act, scene, side: bill_loan(act, item=scene.item),
        frozenset({ItemState.OVERDUE, ItemState.LOST}),
    ),
)
