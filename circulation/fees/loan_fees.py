"""What lending, renewing and holding cost where the rules say so, and agreeing to it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from circulation.calendars.due_dates import local_date
from circulation.fees.charged_loans import LoanCost, begin_contributions
from circulation.fees.lateness import terms_facts
from circulation.fees.rules import FEES, deciding_scopes, fee_terms
from circulation.holds.wishes import HoldsCase, HoldsSight
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import ChargedFee, Refusal
from circulation.kernel.set_up import SetUp
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, create_charge
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import Account

#: The field of the rules that says what an act costs -> the kind of charge, and why it is made.
ACTS: dict[str, tuple[ChargeKind, ChargeReason]] = {
    "loan_fee": (ChargeKind.LOAN_FEE, ChargeReason.LENT),
    "renewal_fee": (ChargeKind.LOAN_FEE, ChargeReason.RENEWED),
    "hold_fee": (ChargeKind.HOLD_FEE, ChargeReason.KEPT_ASIDE),
}


class PricedAct(NamedTuple):
    """What may cost something: `field` is a key of `ACTS`."""

    field: str
    branch_id: int
    category: str
    material_group: str


def price_of(set_up: SetUp, what: PricedAct, now: datetime) -> tuple[int, str]:
    """What it costs, and in which currency."""
    if what.field not in FEES.of(set_up).says:
        return 0, ""
    day = local_date(now, set_up.branches[what.branch_id].timezone)
    terms = fee_terms(set_up, what.branch_id, what.category, what.material_group, day)
    return getattr(terms, what.field), terms.currency


def fee_refusals(price: int, currency: str, acknowledged: bool | int) -> list[Refusal]:
    """Refuses what costs something that was not agreed to.

    `acknowledged` is whether whatever it costs was agreed to, or the most that was.
    """
    if not price or acknowledged is True:
        return []
    if acknowledged is not False and price <= acknowledged:
        return []
    return [Refusal(Reason.FEE_NOT_ACKNOWLEDGED, amount=price, currency=currency)]


def charge_act(
    act: Act, set_up: SetUp, what: PricedAct, patron_id: int, loan: tuple[int, int] | None = None
) -> ChargedFee | None:
    """Charges the patron, who is locked, for the act; None where it costs nothing.

    `loan` is the id of the loan that costs it, and that of its item.
    """
    if act.desk.follows:
        return None
    now = act.now
    price, currency = price_of(set_up, what, now)
    if not price:
        return None
    kind, reason = ACTS[what.field]
    account = Account(act, set_up, patron_id)
    new = NewCharge(kind, price, currency, what.branch_id, reason.value)
    charge = create_charge(account, new)
    if loan is not None:
        cost = LoanCost(*loan, price, now, _facts(set_up, what, now))
        begin_contributions(account, charge, cost)
    return ChargedFee(charge.id, kind.value, price, currency)


@dataclass(frozen=True, slots=True)
class FeesAtHold(HoldsSight):
    """What it costs to have things kept aside."""

    what: PricedAct

    def refusals(self, case: HoldsCase) -> list[Refusal]:
        price, currency = price_of(case.set_up, self.what, case.act.now)
        return fee_refusals(price * case.times, currency, case.fee_acknowledged)

    def follow(self, case: HoldsCase) -> list[ChargedFee]:
        patron_id = case.borrower.id
        fees = [charge_act(case.act, case.set_up, self.what, patron_id) for _ in range(case.times)]
        return [fee for fee in fees if fee is not None]


def fees_at_hold(case: HoldsCase) -> FeesAtHold:
    return FeesAtHold(PricedAct("hold_fee", case.pickup.id, case.borrower.category, ""))


def _facts(set_up: SetUp, what: PricedAct, now: datetime) -> dict[str, Any]:
    _, branch_id, category, material_group = what
    branch = set_up.branches[branch_id]
    day = local_date(now, branch.timezone)
    case = set_up.case(branch_id, category, material_group)
    return {
        "category": category,
        "branch": branch.isil,
        "terms": terms_facts(fee_terms(set_up, branch_id, category, material_group, day)),
        "rules": deciding_scopes(set_up, branch.id, case, day),
    }
