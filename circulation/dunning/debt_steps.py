"""The steps of debts: reminding of what a bill, or anything else, has charged; and collection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam

from catalogue.database import Transaction, many
from circulation.dunning.acts import Run, Subject, Told, pass_over, write_act
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
from circulation.dunning.steps import Does
from circulation.dunning.warnings import warning_with
from circulation.kernel.engine import Circulation
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import lock_account
from circulation.ledger.money import ChargeKind, amount_text
from circulation.ledger.schema import charges
from circulation.notices.causes import Cause
from circulation.notices.requests import NoticeRequest, request_notice

#: Charges looked at in one transaction.
BATCH = 500

_page = many(
    select_debts(charges.c.id > bindparam("after"), ~IS_OVER).limit(bindparam("at_most")),
    DebtRow,
    "after",
    "at_most",
)


def run_debts(
    circulation: Circulation, transaction: Transaction, *, day: date, now: datetime, after: int = 0
) -> Run:
    """Does what is due by `day` for a page of debts; gives what was done, and for whom."""
    set_up = circulation.current_set_up(transaction)
    run = Run()
    if not any(flow.of_debts for flow in DUNNING.of(set_up).flows):
        return run
    page = _page(transaction, after, BATCH)
    run.goes_on = page[-1].id if len(page) == BATCH else None
    wanted = debt_decisions(transaction, set_up, page, day)
    if wanted:
        for patron_id in sorted({each.row.patron_id for each in wanted}):
            lock_account(transaction, patron_id=patron_id)
        fresh = debts_by_id(transaction, [each.row.id for each in wanted])
        wanted = debt_decisions(transaction, set_up, list(dict.fromkeys(fresh)), day)
    together: dict[tuple[Any, ...], list[DebtDecision]] = defaultdict(list)
    for decision in wanted:
        row = decision.row
        pass_over(
            transaction,
            Subject(row.patron_id, charge_id=row.id),
            decision.passed,
            day=day,
            now=now,
            why="a later step was due",
        )
        run.count("steps passed over", len(decision.passed))
        if decision.step is not None:
            # Debts that end differently are told of in different letters: one goes to collection,
            # another does not.
            outlook = tuple(debt_outlook(transaction, set_up, decision, day).items())
            key = (row.patron_id, row.agency_id, decision.step.step.code, outlook)
            together[key].append(decision)
    for (*_, outlook), debts in together.items():
        _do(circulation, transaction, set_up, debts, dict(outlook), day, now, run)
    return run


def _do(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    debts: Sequence[DebtDecision],
    outlook: dict[str, Any],
    day: date,
    now: datetime,
    run: Run,
) -> None:
    """One step for all these debts of one patron to one agency."""
    first = debts[0]
    assert first.step is not None
    step = first.step.step
    if step.does is Does.COLLECT:
        debts = _hand_over(circulation, transaction, set_up, debts, day, now, run)
    if debts:
        _tell(circulation, transaction, set_up, debts, outlook, day, now, run)


def _hand_over(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    debts: Sequence[DebtDecision],
    day: date,
    now: datetime,
    run: Run,
) -> list[DebtDecision]:
    """Opens a claim for each debt that may be collected; gives these."""
    collected = []
    for each in debts:
        row = each.row
        assert each.step is not None
        debtor = debtor_asked(transaction, set_up, row, each.step.step)
        if debtor.patron_id is None:
            pass_over(
                transaction,
                Subject(row.patron_id, charge_id=row.id),
                [each.step],
                day=day,
                now=now,
                why=debtor.why,
            )
            run.count("debts not to be collected")
            continue
        open_claim(
            circulation,
            transaction,
            charge_id=row.id,
            patron_id=row.patron_id,
            debtor_id=debtor.patron_id,
            agency_id=row.agency_id,
            charge_kind=ChargeKind(row.kind),
            currency=row.currency,
            amount=row.balance,
            now=now,
        )
        run.count("debts for collection")
        collected.append(each)
    return collected


def _tell(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    debts: Sequence[DebtDecision],
    outlook: dict[str, Any],
    day: date,
    now: datetime,
    run: Run,
) -> None:
    first = debts[0]
    assert first.step is not None
    step, row = first.step.step, first.row
    fee = charge_step(circulation, transaction, set_up, step, row, day, now, main_charge=row.id)
    warning = warning_with(transaction, set_up, step, row.patron_id, row.agency_id, now=now)
    facts = debt_facts(set_up, first) | outlook
    if step.does is Does.REMIND:
        facts["pay_by"] = pay_by(outlook, day)
    charge_ids = tuple(each.row.id for each in debts)
    notice = request_notice(
        circulation,
        transaction,
        NoticeRequest(
            patron_id=row.patron_id,
            kind=step.kind,
            cause=Cause(charges=(*charge_ids, fee.id) if fee else charge_ids, key=step.code),
            facts=facts
            | warning.facts
            | {
                "amount": sum(each.row.balance for each in debts) + (fee.amount if fee else 0),
                "currency": row.currency,
            }
            | step_costs(fee),
            branch_id=row.branch_id,
        ),
        now=now,
    )
    warning.note(notice)
    for each in debts:
        write_act(
            transaction,
            Subject(each.row.patron_id, charge_id=each.row.id),
            step,
            day=day,
            now=now,
            facts=debt_facts(set_up, each) | {"notice": notice, "pay_by": facts.get("pay_by")},
        )
        run.count(f"steps {step.code}")
        why = f"{amount_text(each.row.balance, each.row.currency)} owed, {step.code} on " + str(
            each.step.day if each.step else day
        )
        run.told.append(Told(step.code, step.does.value, row.patron_id, str(each.row.id), why))
