"""Rules on money, and what is charged and paid, for tests."""

from __future__ import annotations

from typing import Any

from catalogue.database import Transaction
from circulation.fees.paying import PaymentWish, pay
from circulation.fees.rules import FEE_RULES
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn, Renewed
from circulation.kernel.set_up import set_up_changed
from circulation.ledger.balances import balances_of
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import (
    Balance,
    Charge,
    ChargeKind,
    ChargeLine,
    PatronCharges,
    PaymentResult,
)
from circulation.ledger.postings import Account, open_account
from circulation.patrons.identifiers import find_patron
from tests.builders.circulation import Library, an_item

#: The ceilings of the Danish act, and a tariff that goes up to them.
ADULT = [[1, 2_000], [8, 12_000], [31, 23_000]]
CHILD = [[1, 1_000], [8, 5_500], [31, 12_000]]


def fee_rule(library: Library, **rule: Any) -> None:
    def work(transaction: Transaction) -> None:
        FEE_RULES.store(transaction, **rule)
        set_up_changed(transaction)

    library.write(work)


def danish_fees(library: Library, **rule: Any) -> None:
    """The Danish model with the highest tariff there is; `rule` adds or replaces."""
    fees: dict[str, Any] = {
        "late_fees": "per_occasion",
        "currency": "DKK",
        "tiers": ADULT,
        "ceilings": ADULT,
        "child_under": 14,
        "child_tiers": CHILD,
        "child_ceilings": CHILD,
    }
    fee_rule(library, **(fees | rule))


def number_of(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def listed(library: Library, card: str, **options: Any) -> PatronCharges:
    found = library.read(
        lambda transaction: patron_charges(
            library.circulation,
            transaction,
            patron=card,
            now=library.now,
            page=ChargePage(**options),
        )
    )
    assert isinstance(found, PatronCharges)
    return found


def charges_of(library: Library, card: str, **options: Any) -> tuple[ChargeLine, ...]:
    return listed(library, card, **options).charges


def amounts(library: Library, card: str, **options: Any) -> list[int]:
    """What the patron's charges come to, the oldest first; those that came to nothing left out."""
    found = charges_of(library, card, only_open=False, **options)
    return [each.charge.amount for each in found if each.charge.amount]


def owed(library: Library, card: str) -> Balance | None:
    """What the patron owes to the library's agency, None where they never owed anything."""
    balances = library.read(lambda transaction: balances_of(transaction, number_of(library, card)))
    assert len(balances) <= 1
    return balances[0] if balances else None


def total(library: Library, card: str) -> int:
    balance = owed(library, card)
    return balance.total if balance else 0


def account(library: Library, transaction: Transaction, card: str) -> Account:
    found = find_patron(transaction, card)
    assert found is not None
    set_up = library.circulation.current_set_up(transaction)
    return open_account(library.act(transaction), set_up, found)


def charge(
    library: Library,
    card: str,
    amount: int,
    kind: ChargeKind = ChargeKind.ADMINISTRATIVE,
    currency: str = "DKK",
    note: str = "for a test",
) -> Charge:
    """Charges the patron by hand."""
    return library.write(
        lambda transaction: create_charge(
            account(library, transaction, card),
            NewCharge(kind, amount, currency, library.main.id, note),
        )
    )


def paid(library: Library, card: str, amount: int, **options: Any) -> PaymentResult:
    desk = options.pop("desk", library.desk())
    wish = PaymentWish(amount, **{"currency": "DKK"} | options)
    return library.write(
        lambda transaction: pay(
            Act(transaction, library.circulation, desk, library.now), wish, patron=card
        )
    )


def lend(library: Library, card: str, number: int = 1, **details: Any) -> list[str]:
    """So many items, lent now; their barcodes."""
    return [an_item(library, on_loan_to=card, **details) for _ in range(number)]


def hand_in(library: Library, *barcodes: str, **options: Any) -> list[CheckedIn]:
    answers = []
    for barcode in barcodes:
        answer = library.check_in(barcode, **options)
        assert isinstance(answer, CheckedIn), answer
        answers.append(answer)
    return answers


def renewed(library: Library, card: str, *barcodes: str, **options: Any) -> list[Renewed]:
    answers = []
    for barcode in barcodes:
        answer = library.renew(card, barcode, **options)
        assert isinstance(answer, Renewed), answer
        answers.append(answer)
    return answers


def late_by(library: Library, days: int, *, due_in: int = 28) -> None:
    """Lets the time pass until what was lent now is so many days late."""
    library.pass_time(days=due_in + days)
