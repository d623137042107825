"""What a step itself costs: a fee for the letter."""

from __future__ import annotations

from typing import Any, Protocol

from circulation.calendars.due_dates import local_date
from circulation.dunning.acts import Subject, write_act
from circulation.dunning.runs import Run
from circulation.dunning.steps import Does, Step
from circulation.fees.rules import fee_terms
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, charge_made_once, create_charge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import open_account


class Owing(Protocol):
    """The row of a loan or debt: whose it is, and by whose rules."""

    @property
    def patron_id(self) -> int: ...
    @property
    def branch_id(self) -> int: ...
    @property
    def category(self) -> str: ...


def charge_step(
    run: Run, step: Step, owing: Owing, main_charge: int | None = None
) -> Charge | None:
    """Charges the patron for the step, once for all that it tells them on one day.

    `main_charge` is the debt that the step reminds of, the first of several. None where it costs
    nothing, or was charged for already.
    """
    if not step.fee:
        return None
    set_up, act = run.set_up, run.act_at(owing.branch_id)
    branch = set_up.branches[owing.branch_id]
    account = open_account(act, set_up, owing.patron_id)
    once = f"step {step.code} {branch.agency_id} {owing.patron_id} {run.day}"
    if charge_made_once(account, once) is not None:
        return None
    terms = fee_terms(set_up, branch.id, owing.category, "", local_date(act.now, branch.timezone))
    kind, reason = ChargeKind.ADMINISTRATIVE, ChargeReason.REMINDED.value
    new = NewCharge(kind, step.fee, terms.currency, branch.id, reason, once)
    charge = create_charge(account, new)
    if step.does in (Does.REMIND, Does.BILL):
        # It is told with the debt that it is for, and does not cost a letter of its own.
        facts = {"step": step.code, "main_charge": main_charge}
        write_act(run, Subject(owing.patron_id, charge_id=charge.id), step, facts)
    return charge


def step_costs(fee: Charge | None) -> dict[str, Any]:
    """What the message of a step tells of its price."""
    return {"step_fee": fee.amount, "currency": fee.currency} if fee else {"step_fee": 0}
