"""The flow of dunning in the small library of `tests.builders.circulation`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.database import Statement, Transaction, many
from circulation.dunning.acts import DunningAct, acts_of_charges, acts_of_loans
from circulation.dunning.claim_lists import ClaimLine, claims_of_patron
from circulation.dunning.claims import Claim
from circulation.dunning.flow_rows import store_flow
from circulation.dunning.steps import Does, Step
from circulation.jobs.running import run_job
from circulation.kernel.set_up import set_up_changed
from circulation.notices.rules import NOTICE_RULES
from circulation.notices.schema import notices
from tests.builders.circulation import Library, a_patron
from tests.builders.fees import charge, danish_fees, fee_rule, number_of
from tests.builders.notices import sent

#: The Danish flow: days after the due date, and then after the step before.
DANISH = (
    Step("due-soon", Does.NOTICE, -3),
    Step("overdue-1", Does.NOTICE, 1),
    Step("overdue-2", Does.NOTICE, 8),
    Step("recall", Does.RECALL, 15),
    Step("bill", Does.BILL, 31, warns=True),
    Step("reminder", Does.REMIND, 14, "previous"),
    Step("collection", Does.COLLECT, 21, "previous", minimum=10_000),
)
JOBS = ("dunning", "reminders", "warnings", "collection", "debts")


def flow(library: Library, *steps: Step, **scope: Any) -> None:
    """Stores the flow of a scope; without steps, that nothing follows."""

    def work(transaction: Transaction) -> None:
        store_flow(transaction, steps, **scope)
        set_up_changed(transaction)

    library.write(work)


def notices_by(library: Library, *channels: str, **rule: Any) -> None:
    """A rule that sends all messages."""

    def work(transaction: Transaction) -> None:
        NOTICE_RULES.store(transaction, channels=list(channels) or ["email"], **rule)
        set_up_changed(transaction)

    library.write(work)


def danish(library: Library, *, steps: tuple[Step, ...] = DANISH, **fees: Any) -> None:
    """Danish fees with compensation, blocks and the flow, and a channel for every message."""
    danish_fees(
        library,
        **{
            "compensation": "price",
            "replacement": 25_000,
            "handling": 8_000,
            "bill_fee": "top",
            "block_threshold": 20_000,
            "block_days": 8,
        }
        | fees,
    )
    flow(library, *steps)
    notices_by(library)


def run_day(library: Library, day: date | None = None, *jobs: str) -> dict[str, int]:
    """Runs the jobs for the day of the library's clock, or another; what they counted."""
    counts: dict[str, int] = {}
    for job in jobs or JOBS:
        ran = run_job(
            library.circulation,
            library.database,
            job,
            day=day or library.today,
            now=library.now,
        )
        counts.update({name: count for name, count in ran.counts.items() if count})
    return counts


def run_days(library: Library, days: int, *, sends: bool = False) -> None:
    """Lets so many days pass, and runs the jobs on each; is what they ask for sent, too?"""
    for _ in range(days):
        library.pass_time(days=1)
        run_day(library)
        if sends:
            sent(library)


class Notice(NamedTuple):
    """A message that was asked for."""

    kind: str
    at: datetime
    cause: dict[str, Any]
    facts: dict[str, Any]


@many(
    lambda kind, created, cause, facts: Notice(kind, created, json.loads(cause), json.loads(facts))
)
def _notices(*, patron: int) -> Statement:
    return (
        select(notices.c.kind, notices.c.created, notices.c.cause, notices.c.facts)
        .where(notices.c.patron_id == patron)
        .order_by(notices.c.id)
    )


def told(library: Library, card: str) -> list[Notice]:
    """What the patron was to be told, in order."""
    return library.read(lambda transaction: _notices(transaction, patron=number_of(library, card)))


def kinds(library: Library, card: str) -> list[str]:
    return [each.kind for each in told(library, card)]


def days_told(library: Library, card: str) -> list[tuple[str, int]]:
    """Kinds of messages, each with the days that have passed since the library's noon."""
    start = datetime(2026, 11, 25, tzinfo=UTC)
    return [(each.kind, (each.at - start).days) for each in told(library, card)]


def loan_acts(library: Library, loan_id: int) -> list[DunningAct]:
    return library.read(lambda transaction: acts_of_loans(transaction, [loan_id]))[loan_id]


def charge_acts(library: Library, charge_id: int) -> list[DunningAct]:
    return library.read(lambda transaction: acts_of_charges(transaction, [charge_id]))[charge_id]


def claims(library: Library, card: str) -> list[tuple[Claim, tuple[ClaimLine, ...]]]:
    return library.read(lambda transaction: claims_of_patron(transaction, number_of(library, card)))


def without(*codes: str) -> tuple[Step, ...]:
    """The Danish flow without some steps."""
    return tuple(step for step in DANISH if step.code not in codes)


def changed(code: str, /, **fields: Any) -> tuple[Step, ...]:
    """The Danish flow with a step that is otherwise."""
    return tuple(replace(step, **fields) if step.code == code else step for step in DANISH)


def a_blocked_debtor(library: Library, amount: int) -> str:
    """Somebody who was warned of so much, and is blocked: from 200.00 on, in the Danish way."""
    fee_rule(library, currency="DKK", partial_payment=True, block_threshold=20_000, block_days=8)
    notices_by(library)
    card = a_patron(library, email="ida@example.org")
    charge(library, card, amount)
    run_day(library, None, "warnings")
    sent(library)
    library.pass_time(days=9)
    assert run_day(library, None, "debts") == {"patrons blocked": 1}
    return card
