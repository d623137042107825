"""What a step itself costs: a fee for the letter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.dunning.acts import Subject, write_act
from circulation.dunning.steps import Does, Step
from circulation.fees.rules import fee_terms
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk
from circulation.kernel.set_up import SetUp
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, charge_made_once, create_charge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import open_account

#: Who acts where the flow does.
ACTOR = "dunning"


def desk_of(set_up: SetUp, branch_id: int) -> Desk:
    """The flow as an actor, at the branch."""
    return set_up.desk(branch_id, ACTOR)


class Owing(Protocol):
    """The row of a loan or debt: whose it is, and by whose rules."""

    @property
    def patron_id(self) -> int: ...
    @property
    def branch_id(self) -> int: ...
    @property
    def category(self) -> str: ...


def charge_step(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    step: Step,
    owing: Owing,
    day: date,
    now: datetime,
    main_charge: int | None = None,
) -> Charge | None:
    """Charges the patron for the step, once for all that it tells them on one day.

    `main_charge` is the debt that the step reminds of, the first of several. None where it costs
    nothing, or was charged for already.
    """
    if not step.fee:
        return None
    branch = set_up.branches[owing.branch_id]
    account = open_account(transaction, set_up, desk_of(set_up, branch.id), owing.patron_id, now)
    once = f"step {step.code} {branch.agency_id} {owing.patron_id} {day}"
    if charge_made_once(account, once) is not None:
        return None
    terms = fee_terms(set_up, branch.id, owing.category, "", local_date(now, branch.timezone))
    kind, reason = ChargeKind.ADMINISTRATIVE, ChargeReason.REMINDED.value
    new = NewCharge(kind, step.fee, terms.currency, branch.id, reason, once)
    charge = create_charge(circulation, account, new)
    if step.does in (Does.REMIND, Does.BILL):
        # It is told with the debt that it is for, and does not cost a letter of its own.
        write_act(
            transaction,
            Subject(owing.patron_id, charge_id=charge.id),
            step,
            day=day,
            now=now,
            facts={"step": step.code, "main_charge": main_charge},
        )
    return charge


def step_costs(fee: Charge | None) -> dict[str, Any]:
    """What the message of a step tells of its price."""
    return {"step_fee": fee.amount, "currency": fee.currency} if fee else {"step_fee": 0}
