"""The steps of debts: reminding of what a bill, or anything else, has charged; and collection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from catalogue.database import Statement, many
from circulation.dunning.acts import Subject, leave_to_another, pass_over, write_act
from circulation.dunning.claims import open_claim
from circulation.dunning.debt_facts import (
    IS_OVER,
    DebtDecision,
    DebtRow,
    debt_decisions,
    debt_facts,
    debt_outlook,
    debtor_asked,
    debts_by_id,
    select_debts,
)
from circulation.dunning.fees import charge_step, step_costs
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.outlook import pay_by
from circulation.dunning.runs import Run, Told
from circulation.dunning.steps import Does
from circulation.dunning.warnings import warning_with
from circulation.kernel import jobs
from circulation.ledger.balances import lock_account
from circulation.ledger.money import amount_text
from circulation.ledger.schema import charges
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeRequest

#: Charges looked at in one transaction.
BATCH = 500


@many(DebtRow)
def _page(*, after: int, at_most: int) -> Statement:
    return select_debts(charges.c.id > after, ~IS_OVER).limit(at_most)


def run_debts(doing: jobs.Doing) -> jobs.Step:
    """Does what is due for a page of debts; gives what was done, and for whom."""
    run = Run.of(doing)
    if not any(flow.of_debts for flow in DUNNING.of(run.set_up).flows):
        return run.step
    page = _page(run.transaction, after=doing.after, at_most=BATCH)
    run.goes_on = page[-1].id if len(page) == BATCH else None
    wanted = debt_decisions(run, page)
    if wanted:
        for patron_id in sorted({each.row.patron_id for each in wanted}):
            lock_account(run.transaction, patron_id=patron_id)
        fresh = debts_by_id(run.transaction, charge_ids=[each.row.id for each in wanted])
        wanted = debt_decisions(run, list(dict.fromkeys(fresh)))
    together: dict[tuple[Any, ...], list[DebtDecision]] = defaultdict(list)
    for decision in wanted:
        row = decision.row
        subject = Subject(row.patron_id, charge_id=row.id)
        if run.is_elsewhere(row.branch_id):
            leave_to_another(run, subject, decision.passed, decision.step)
            continue
        pass_over(run, subject, decision.passed, "a later step was due")
        run.count("steps passed over", len(decision.passed))
        if decision.step is not None:
            # Debts that end differently are told of in different letters: one goes to collection,
            # another does not.
            outlook = tuple(debt_outlook(run, decision).items())
            key = (row.patron_id, row.agency_id, decision.step.step.code, outlook)
            together[key].append(decision)
    for (*_, outlook), debts in together.items():
        _do(run, debts, dict(outlook))
    return run.step


def _do(run: Run, debts: Sequence[DebtDecision], outlook: dict[str, Any]) -> None:
    """One step for all these debts of one patron to one agency."""
    step = debts[0].step
    assert step is not None
    if step.step.does is Does.COLLECT:
        debts = [each for each in debts if _hand_over(run, each)]
    if debts:
        _tell(run, debts, outlook)


def _hand_over(run: Run, debt: DebtDecision) -> bool:
    """Opens a claim for the debt, if it may be collected."""
    row = debt.row
    assert debt.step is not None
    debtor = debtor_asked(run.transaction, run.set_up, row, debt.step.step)
    if debtor.patron_id is None:
        pass_over(run, Subject(row.patron_id, charge_id=row.id), [debt.step], debtor.why)
        run.count("debts not to be collected")
        return False
    open_claim(run.act, row, debtor.patron_id)
    run.count("debts for collection")
    return True


def _tell(run: Run, debts: Sequence[DebtDecision], outlook: dict[str, Any]) -> None:
    first = debts[0]
    assert first.step is not None
    step, row = first.step.step, first.row
    fee = charge_step(run, step, row, main_charge=row.id)
    warning = warning_with(run, step, row.patron_id, row.agency_id)
    facts = debt_facts(run.set_up, first) | outlook
    if step.does is Does.REMIND:
        facts["pay_by"] = pay_by(outlook, run.day)
    owed = sum(each.row.balance for each in debts) + (fee.amount if fee else 0)
    charge_ids = tuple(each.row.id for each in debts)
    notice = run.request(
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(charges=(*charge_ids, fee.id) if fee else charge_ids, key=step.code),
            facts=facts
            | warning.facts
            | {"amount": owed, "currency": row.currency}
            | step_costs(fee),
            branch_id=row.branch_id,
        )
    )
    warning.note(notice)
    for each in debts:
        row, told = each.row, {"notice": notice, "pay_by": facts.get("pay_by")}
        subject = Subject(row.patron_id, charge_id=row.id)
        write_act(run, subject, step, debt_facts(run.set_up, each) | told)
        run.count(f"steps {step.code}")
        on = each.step.day if each.step else run.day
        why = f"{amount_text(row.balance, row.currency)} owed, {step.code} on {on}"
        run.told.append(Told(step.code, step.does.value, row.patron_id, str(row.id), why))
