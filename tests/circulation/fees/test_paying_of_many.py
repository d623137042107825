"""A payment reads as many charges as it pays: what comes of it is what would of reading all."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.fees.paying import PaymentWish, payable, shares_of
from circulation.fees.terms import FeeTerms
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import CHARGE_COLUMNS
from circulation.ledger.schema import charges
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import account, number_of, paid

CHARGES, WISHES = 45, 150
_KINDS = (ChargeKind.OTHER, ChargeKind.DAMAGE)
_CURRENCIES = ("DKK", "DKK", "DKK", "SEK")


@many(Charge)
def _all(*, patron_id: int) -> Statement:
    its = charges.c
    return select(*CHARGE_COLUMNS).where(its.patron_id == patron_id).order_by(its.created, its.id)


def _charged(library: Library, draw: Random) -> int:
    """Somebody with charges of several kinds and currencies, many at one moment, some paid."""
    card = a_patron(library)

    def work(transaction: Transaction) -> None:
        for _ in range(CHARGES):
            amount, currency = draw.randrange(1, 9) * 50, draw.choice(_CURRENCIES)
            new = NewCharge(draw.choice(_KINDS), amount, currency, library.main.id, "a cup")
            create_charge(account(library, transaction, card), new)
            library.now += timedelta(minutes=draw.randrange(2))

    library.write(work)
    paid(library, card, 1_230)
    return number_of(library, card)


def test_it_pays_what_it_would_if_all_were_read(library: Library) -> None:
    draw = Random(11)
    patron_id, agency_id = _charged(library, draw), library.main.agency_id

    def read(transaction: Transaction) -> None:
        every = _all(transaction, patron_id=patron_id)
        assert {each.balance > 0 for each in every} == {False, True}
        total = sum(each.balance for each in every)
        for _ in range(WISHES):
            amount = draw.choice((draw.randrange(-50, 900), draw.randrange(total + 500)))
            named = draw.sample([0, *(each.id for each in every)], draw.randrange(1, 4))
            wish = PaymentWish(
                amount,
                draw.choice(("DKK", "DKK", "SEK", "EUR")),
                charge=draw.choice((None, None, tuple(named))),
                kind=draw.choice((None, None, *_KINDS, ChargeKind.CREDIT)),
            )
            terms = FeeTerms(
                partial_payment=draw.random() < 0.5,
                overpayment=draw.choice(("refuse", "credit")),
            )
            found = payable(transaction, patron_id, [agency_id], wish)
            assert shares_of(found, wish, terms) == shares_of(every, wish, terms), wish

    library.read(read)


def test_nothing_owed_to_others_is_paid(library: Library) -> None:
    patron_id = _charged(library, Random(12))

    def read(transaction: Transaction) -> None:
        every = _all(transaction, patron_id=patron_id)
        elsewhere = [library.main.agency_id + 1]
        for charge in (None, tuple(each.id for each in every)):
            assert (
                payable(transaction, patron_id, elsewhere, PaymentWish(50, "DKK", charge=charge))
                == []
            )

    library.read(read)
