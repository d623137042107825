"""What lending, renewing and holding cost where the rules say so, and agreeing to it beforehand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.fees.charged_loans import begin_contributions
from circulation.fees.lateness import terms_facts
from circulation.fees.rules import FEES, deciding_scopes, fee_terms
from circulation.holds.wishes import HoldsCase, PlacingFeature
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import ChargedFee, Desk, Refusal
from circulation.kernel.set_up import SetUp
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import create_charge
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import Account

#: The field of the rules that says what an act costs -> the kind of charge, and why it is made.
ACTS: dict[str, tuple[ChargeKind, ChargeReason]] = {
    "loan_fee": (ChargeKind.LOAN_FEE, ChargeReason.LENT),
    "renewal_fee": (ChargeKind.LOAN_FEE, ChargeReason.RENEWED),
    "hold_fee": (ChargeKind.HOLD_FEE, ChargeReason.KEPT_ASIDE),
}


def price_of(
    set_up: SetUp,
    act: str,
    branch_id: int,
    category: str,
    material_group: str,
    now: datetime,
) -> tuple[int, str]:
    """What the act (a key of `ACTS`) costs at the branch, and in which currency."""
    if act not in FEES.of(set_up).says:
        return 0, ""
    day = local_date(now, set_up.branches[branch_id].timezone)
    terms = fee_terms(set_up, branch_id, category, material_group, day)
    return getattr(terms, act), terms.currency


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
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    act: str,
    *,
    patron_id: int,
    branch_id: int,
    category: str,
    material_group: str,
    loan_id: int | None,
    item_id: int | None,
    now: datetime,
) -> ChargedFee | None:
    """Charges the patron, who is locked, for the act; None where it costs nothing."""
    price, currency = price_of(set_up, act, branch_id, category, material_group, now)
    if not price:
        return None
    kind, reason = ACTS[act]
    account = Account(transaction, set_up, desk, patron_id, now)
    charge = create_charge(
        circulation, account, kind, price, currency, branch_id=branch_id, reason=reason.value
    )
    if loan_id is not None and item_id is not None:
        begin_contributions(
            account,
            charge,
            loan_id=loan_id,
            item_id=item_id,
            amount=price,
            at=now,
            facts=_facts(set_up, branch_id, category, material_group, now),
        )
    return ChargedFee(charge.id, kind.value, price, currency)


class FeesAtHold(PlacingFeature):
    def refusals(self, case: HoldsCase) -> list[Refusal]:
        price, currency = self._price(case)
        return fee_refusals(price * case.times, currency, case.fee_acknowledged)

    def follow(self, case: HoldsCase) -> list[ChargedFee]:
        if not self._price(case)[0]:
            return []
        charged = []
        for _ in range(case.times):
            fee = charge_act(
                case.act.circulation,
                case.act.transaction,
                case.set_up,
                case.act.desk,
                "hold_fee",
                patron_id=case.borrower.id,
                branch_id=case.pickup.id,
                category=case.borrower.category,
                material_group="",
                loan_id=None,
                item_id=None,
                now=case.act.now,
            )
            charged += [fee] if fee else []
        return charged

    def _price(self, case: HoldsCase) -> tuple[int, str]:
        branch_id, category = case.pickup.id, case.borrower.category
        return price_of(case.set_up, "hold_fee", branch_id, category, "", case.act.now)


def _facts(
    set_up: SetUp, branch_id: int, category: str, material_group: str, now: datetime
) -> dict[str, Any]:
    branch = set_up.branches[branch_id]
    day = local_date(now, branch.timezone)
    case = set_up.case(branch_id, category, material_group)
    return {
        "category": category,
        "branch": branch.isil,
        "terms": terms_facts(fee_terms(set_up, branch_id, category, material_group, day)),
        "rules": deciding_scopes(set_up, branch.id, case, day),
    }
