"""Bills: charging for what was not returned, and telling each patron of all of it at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from catalogue.database import Transaction
from circulation.dunning.acts import Run, Subject, Told, acts_of_charges, write_act
from circulation.dunning.debt_facts import bill_outlook
from circulation.dunning.fees import charge_step, desk_of, step_costs
from circulation.dunning.loan_facts import Decision, step_facts
from circulation.dunning.outlook import pay_by
from circulation.dunning.warnings import warning_with
from circulation.fees.charged_loans import contributions_of_loan
from circulation.fees.compensation import charge_compensation
from circulation.items.facts import ItemFacts, item_facts_by_id
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import ChargeKind
from circulation.loans.facts import OPEN_LOAN
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeId, NoticeRequest, request_notice

#: Kinds that a bill consists of.
_BILLED = (ChargeKind.COMPENSATION, ChargeKind.LATE_FEE)


def bill_loans(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    bills: Sequence[Decision],
    *,
    day: date,
    now: datetime,
    run: Run,
) -> None:
    """Bills these loans, whose items are locked; one message for each patron, branch and step.

    Where the rules charge nothing, nothing is told either, and the step counts as done.
    """
    facts = {
        each.id: each
        for each in item_facts_by_id(transaction, item_ids=[b.row.item_id for b in bills])
    }
    together: dict[tuple[int, int, str], list[Decision]] = defaultdict(list)
    for decision in bills:
        assert decision.step is not None
        key = (decision.row.patron_id, decision.row.branch_id, decision.step.step.code)
        together[key].append(decision)
    for of_patron in together.values():
        charged: dict[int, list[int]] = {}  # loan -> its charges
        for decision in of_patron:
            item = facts[decision.row.item_id]
            charged[decision.row.id] = _charge(
                circulation, transaction, set_up, decision, item, now
            )
        _tell(circulation, transaction, set_up, of_patron, charged, day, now, run)


def _charge(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    decision: Decision,
    item: ItemFacts,
    now: datetime,
) -> list[int]:
    """Charges for the loan, unless that was done when it was lost; gives the charges that it
    makes."""
    row = decision.row
    loan = OPEN_LOAN.of(item)
    if loan is not None and loan.id == row.id:
        desk = desk_of(set_up, row.branch_id)
        charge_compensation(Act(transaction, circulation, desk, now), set_up, item, loan)
    made = [
        each.charge_id
        for each in contributions_of_loan(transaction, loan_id=row.id)
        if each.undone is None and each.kind in _BILLED
    ]
    return list(dict.fromkeys(made))


def _tell(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    bills: Sequence[Decision],
    charged: dict[int, list[int]],
    day: date,
    now: datetime,
    run: Run,
) -> None:
    """One message of all that the patron is billed, and an act for each loan and charge."""
    first = bills[0]
    assert first.step is not None
    step, row = first.step.step, first.row
    charge_ids = list(dict.fromkeys(each for its in charged.values() for each in its))
    notice = last_day = None
    if charge_ids:
        notice, last_day = _send(circulation, transaction, set_up, first, charged, day, now)
    known = acts_of_charges(transaction, charge_ids)
    for charge_id in charge_ids:
        if all(act.step != step.code for act in known.get(charge_id, ())):
            write_act(
                transaction,
                Subject(row.patron_id, charge_id=charge_id),
                step,
                day=day,
                now=now,
                facts={"step": step.code, "notice": notice, "pay_by": last_day},
            )
    for each in bills:
        its, facts = charged[each.row.id], step_facts(set_up, each)
        write_act(
            transaction,
            Subject(each.row.patron_id, each.row.id, each.row.round),
            step,
            day=day,
            now=now,
            facts=facts | {"charges": its, "notice": notice},
        )
        run.count("loans billed" if its else "loans billed nothing")
        why = f"due {facts['due_date']}, {len(its)} charges"
        run.told.append(Told(step.code, step.does.value, each.row.patron_id, each.row.barcode, why))


def _send(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    first: Decision,
    charged: dict[int, list[int]],
    day: date,
    now: datetime,
) -> tuple[NoticeId | None, str]:
    """Has the patron told; the notice, and the last day to pay that it gives."""
    assert first.step is not None
    step, row = first.step.step, first.row
    charge_ids = list(dict.fromkeys(each for its in charged.values() for each in its))
    fee = charge_step(
        circulation, transaction, set_up, step, row, day, now, main_charge=charge_ids[0]
    )
    agency_id = set_up.branches[row.branch_id].agency_id
    warning = warning_with(transaction, set_up, step, row.patron_id, agency_id, now=now)
    outlook = bill_outlook(transaction, set_up, charge_ids[0], day)
    last_day = pay_by(outlook, day)
    facts: dict[str, Any] = (
        step_facts(set_up, first) | step_costs(fee) | outlook | {"pay_by": last_day}
    )
    named = [*charge_ids, fee.id] if fee else charge_ids
    notice = request_notice(
        circulation,
        transaction,
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(charges=tuple(named), loans=tuple(charged), key=step.code),
            facts=facts | warning.facts,
            branch_id=row.branch_id,
        ),
        now=now,
    )
    warning.note(notice)
    return notice, last_day
