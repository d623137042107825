"""What an emergency closure does to fees that were charged before it was announced.

What fell due, or was late, on days on which the branch turns out to have been closed is reckoned
again. Nobody ever owes more for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from catalogue.database import Statement, Transaction, many
from circulation.calendars.due_dates import local_date, moved_past_closing, start_of_day
from circulation.calendars.opening_hours import Calendar
from circulation.fees.charged_loans import Contribution, change_contribution, contributions
from circulation.fees.lateness import Lateness, lateness, terms_of_facts
from circulation.kernel.act import Act
from circulation.kernel.results import Branch
from circulation.kernel.set_up import SetUp
from circulation.ledger.money import ChargeKind
from circulation.ledger.postings import find_charge, open_account
from circulation.ledger.schema import charge_loans, charges


@many(Contribution)
def _late_since(*, since: datetime) -> Statement:
    return contributions(
        charge_loans.c.recorded >= since,
        charge_loans.c.undone.is_(None),
        charge_loans.c.loan_id.is_not(None),
        charges.c.kind == ChargeKind.LATE_FEE.value,
        charges.c.patron_id.is_not(None),
    )


class ReckonedAgain(NamedTuple):
    """A loan that costs less: `before` and `after` in minor units, late until the new due date."""

    contribution: Contribution
    before: int
    after: int
    due: datetime
    late: Lateness


def reckon_again(
    transaction: Transaction,
    branch: Branch,
    first: date,
    last: date,
    calendar: Calendar,
    calendars: Mapping[str, Calendar],
) -> tuple[ReckonedAgain, ...]:
    """The late fees that are lower now that the branch is closed on these days.

    `calendar` is that of the branch, with the closure; `calendars` those of all branches by ISIL.
    """
    found = []
    for each in _late_since(transaction, since=start_of_day(first, branch.timezone)):
        facts = each.facts
        if branch.isil not in (facts["branch"], facts["calendar"]):
            continue
        due = datetime.fromisoformat(facts.get("redated", facts["due"]))
        if facts["branch"] == branch.isil and first <= local_date(due, branch.timezone) <= last:
            due = moved_past_closing(due, calendar)
        of_days = calendar if facts["calendar"] == branch.isil else calendars[facts["calendar"]]
        late = lateness(
            terms_of_facts(facts["terms"]),
            due=due,
            at=datetime.fromisoformat(facts["came"]),
            calendar=of_days,
            is_child=facts["child"],
        )
        # The top fee of a bill is no matter of days, as long as there is one.
        is_bill = facts["occasion"].startswith("bill ")
        after = each.amount if is_bill and late.days else min(late.amount, each.amount)
        if after < each.amount:
            found.append(ReckonedAgain(each, each.amount, after, due, late))
    return tuple(found)


def reduce_again(act: Act, set_up: SetUp, found: Sequence[ReckonedAgain], reason: str) -> None:
    """Charges less where `reckon_again` has found so."""
    transaction = act.transaction
    for each in found:
        charge = find_charge(transaction, charge_id=each.contribution.charge_id)
        assert charge is not None
        assert charge.patron_id is not None
        account = open_account(act, set_up, charge.patron_id)
        facts = each.contribution.facts | {
            "redated": each.due.isoformat(),
            "days_late": each.late.days,
            "days_closed": each.late.closed,
            "periods": each.late.periods,
            "why_redated": reason,
        }
        change_contribution(account, each.contribution, each.after, facts, reason)
