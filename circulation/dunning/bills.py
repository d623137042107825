"""Bills: charging for what was not returned, and telling each patron of all of it at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from circulation.dunning.acts import Subject, acts_of_charges, write_act
from circulation.dunning.debt_facts import bill_outlook
from circulation.dunning.fees import charge_step, step_costs
from circulation.dunning.loan_facts import Decision, step_facts
from circulation.dunning.outlook import pay_by
from circulation.dunning.runs import Run, Told
from circulation.dunning.warnings import warning_with
from circulation.fees.charged_loans import contributions_of_loan
from circulation.fees.compensation import charge_compensation
from circulation.items.facts import ItemFacts, item_facts_by_id
from circulation.ledger.money import ChargeKind
from circulation.loans.facts import OPEN_LOAN
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeId, NoticeRequest

#: Kinds that a bill consists of.
_BILLED = (ChargeKind.COMPENSATION, ChargeKind.LATE_FEE)


def bill_loans(run: Run, bills: Sequence[Decision]) -> None:
    """Bills these loans, whose items are locked; one message for each patron, branch and step.

    Where the rules charge nothing, nothing is told either, and the step counts as done.
    """
    item_ids = [each.row.item_id for each in bills]
    facts = {each.id: each for each in item_facts_by_id(run.transaction, item_ids=item_ids)}
    together: dict[tuple[int, int, str], list[Decision]] = defaultdict(list)
    for decision in bills:
        assert decision.step is not None
        key = (decision.row.patron_id, decision.row.branch_id, decision.step.step.code)
        together[key].append(decision)
    for of_patron in together.values():
        charged = {each.row.id: _charge(run, each, facts[each.row.item_id]) for each in of_patron}
        _tell(run, of_patron, charged)


def _charge(run: Run, decision: Decision, item: ItemFacts) -> list[int]:
    """Charges for the loan, unless that was done when it was lost; gives the charges that it
    makes."""
    row = decision.row
    loan = OPEN_LOAN.of(item)
    if loan is not None and loan.id == row.id:
        charge_compensation(run.act_at(row.branch_id), run.set_up, item, loan)
    made = [
        each.charge_id
        for each in contributions_of_loan(run.transaction, loan_id=row.id)
        if each.undone is None and each.kind in _BILLED
    ]
    return list(dict.fromkeys(made))


def _tell(run: Run, bills: Sequence[Decision], charged: dict[int, list[int]]) -> None:
    """One message of all that the patron is billed, and an act for each loan and charge.

    `charged` has the charges of each loan.
    """
    first = bills[0]
    assert first.step is not None
    step = first.step.step
    charge_ids = list(dict.fromkeys(each for its in charged.values() for each in its))
    notice = last_day = None
    if charge_ids:
        notice, last_day = _send(run, first, tuple(charged), charge_ids)
    known = acts_of_charges(run.transaction, charge_ids)
    for charge_id in charge_ids:
        if all(act.step != step.code for act in known.get(charge_id, ())):
            facts = {"step": step.code, "notice": notice, "pay_by": last_day}
            write_act(run, Subject(first.row.patron_id, charge_id=charge_id), step, facts)
    for each in bills:
        row, its, facts = each.row, charged[each.row.id], step_facts(run.set_up, each)
        subject = Subject(row.patron_id, row.id, row.round)
        write_act(run, subject, step, facts | {"charges": its, "notice": notice})
        run.count("loans billed" if its else "loans billed nothing")
        why = f"due {facts['due_date']}, {len(its)} charges"
        run.told.append(Told(step.code, step.does.value, row.patron_id, row.barcode, why))


def _send(
    run: Run, first: Decision, loan_ids: tuple[int, ...], charge_ids: Sequence[int]
) -> tuple[NoticeId | None, str]:
    """Has the patron told; the notice, and the last day to pay that it gives."""
    assert first.step is not None
    step, row = first.step.step, first.row
    fee = charge_step(run, step, row, main_charge=charge_ids[0])
    warning = warning_with(run, step, row.patron_id, run.set_up.branches[row.branch_id].agency_id)
    outlook = bill_outlook(run, charge_ids[0])
    last_day = pay_by(outlook, run.day)
    facts: dict[str, Any] = (
        step_facts(run.set_up, first) | step_costs(fee) | outlook | {"pay_by": last_day}
    )
    named = (*charge_ids, fee.id) if fee else tuple(charge_ids)
    notice = run.request(
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(charges=named, loans=loan_ids, key=step.code),
            facts=facts | warning.facts,
            branch_id=row.branch_id,
        )
    )
    warning.note(notice)
    return notice, last_day
