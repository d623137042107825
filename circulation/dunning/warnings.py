"""The written warning that a debt will exclude from borrowing, and the message of the block.

Who owes as much as the fee rules say (`FeeTerms.block_threshold`) is warned: in the message of a
step that `warns`, or else in one of its own. The days until the block run from when that has
reached somebody (`circulation.notices.reach`, `circulation.fees.debts`); a debt of which nobody
could be told excludes nobody, and is listed for staff (`circulation.dunning.unwarned`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, select

from catalogue.database import Statement, send
from circulation.dunning.runs import Run, Told
from circulation.dunning.steps import Step
from circulation.fees.debts import debt_to_warn, debts_to_warn
from circulation.fees.schema import debt_warnings
from circulation.fees.warned import Debt, note_unwarned, note_warning
from circulation.kernel import jobs
from circulation.ledger.money import amount_text
from circulation.notices.causes import Cause
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.requests import NoticeRequest
from circulation.notices.schema import notices
from circulation.patrons.registering import home_branch_of


@send
def _forget_unsent() -> Statement:
    """Warnings that went with a bill or a reminder which was not sent because it was paid: they
    have warned nobody, and there is a new warning of what is still owed."""
    is_unsent = exists(select(1)).where(
        notices.c.id == debt_warnings.c.notice_id,
        notices.c.state == NoticeState.WITHDRAWN.value,
        notices.c.kind != NoticeKind.BLOCK_WARNING.value,
    )
    return delete(debt_warnings).where(
        debt_warnings.c.reached.is_(None),
        debt_warnings.c.blocked.is_(None),
        is_unsent,
    )


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that goes with a message: what the message tells of it, and noting that it did."""

    facts: dict[str, Any]
    note: Callable[[int | None], None]


def _warning_facts(debt: Debt) -> dict[str, Any]:
    return {
        "block_warning": {
            "amount": debt.amount,
            "currency": debt.currency,
            "threshold": debt.threshold,
            "days": debt.block_days,
            "with_compensation": debt.with_compensation,
        }
    }


def warning_with(run: Run, step: Step, patron_id: int, agency_id: int) -> Warned:
    """The warning that the message of this step gives as well, where the step warns and there is
    reason to."""
    now, debt = run.act.now, None
    if step.warns:
        debt = debt_to_warn(run.transaction, run.set_up, patron_id, agency_id, now=now)
    if debt is None:
        return Warned({}, lambda notice: None)
    due = debt

    def note(notice: int | None) -> None:
        if notice is not None:
            note_warning(run.act, due, notice_id=notice)

    return Warned(_warning_facts(due), note)


def warn_debts(doing: jobs.Doing) -> jobs.Step:
    """Warns a page of the patrons who are at the threshold and have not been warned yet."""
    run, now = Run.of(doing), doing.now
    transaction, set_up = run.transaction, run.set_up
    if not doing.after:
        _forget_unsent(transaction)
    found, run.goes_on = debts_to_warn(transaction, set_up, now=now, after=doing.after)
    for debt in found:
        home_id = home_branch_of(transaction, patron_id=debt.patron_id)
        speaker = set_up.speaker(debt.agency_id, home_id)
        if run.is_elsewhere(speaker):
            continue
        notice = run.request(
            NoticeRequest(
                patron_id=debt.patron_id,
                kind=NoticeKind.BLOCK_WARNING,
                cause=Cause(key=f"block {debt.agency_id} {run.day}"),
                facts=_warning_facts(debt)["block_warning"] | {"agency": debt.agency_id},
                branch_id=speaker,
            )
        )
        if notice is None:
            note_unwarned(transaction, debt, now=now)
            run.count("could not be warned")
            continue
        note_warning(run.act, debt, notice_id=notice)
        run.count("patrons warned")
        why = f"owes {amount_text(debt.amount, debt.currency)} in fees"
        run.told.append(Told("block-warning", "warn", debt.patron_id, str(debt.agency_id), why))
    return run.step
