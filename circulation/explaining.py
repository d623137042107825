"""Why the rules say what they say: for staff who ask, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.statements import Transaction
from circulation.calendars.due_dates import loan_due, local_date
from circulation.checks import check_out_refusals
from circulation.engine import Circulation
from circulation.items.facts import item_facts
from circulation.loans.limits import with_counted_groups
from circulation.patrons.facts import patron_facts
from circulation.policy import Case, Explained, PolicyRow, explain
from circulation.reasons import Reason
from circulation.results import Branch, Item, Patron, Refusal, Refused
from circulation.set_up import SetUp


@dataclass(frozen=True, slots=True)
class LoanExplained:
    """What the rules of a branch say of one patron and item.

    `due` is when a loan made now would be due, None where no rule says; `refusals` is what the
    rules and the facts of patron and item hold against it. Holds are left out.
    """

    patron: Patron
    item: Item
    branch: Branch
    case: Case
    fields: tuple[Explained, ...]
    due: datetime | None
    refusals: tuple[Refusal, ...]


def explain_loan(
    circulation: Circulation,
    transaction: Transaction,
    *,
    patron: str,
    item: str,
    branch: str | None,
    now: datetime,
) -> LoanExplained | Refused:
    """Explains a check-out at the branch with the ISIL `branch`; at the item's home where None.

    Refused only where the patron, the item or the branch is unknown.
    """
    facts = item_facts(transaction, item)
    borrower = patron_facts(
        transaction,
        circulation.identifiers.stored(patron),
        now,
        facts.material_group if facts else "",
    )
    unknown = []
    if borrower is None:
        unknown.append(Refusal(Reason.PATRON_UNKNOWN))
    if facts is None:
        unknown.append(Refusal(Reason.ITEM_UNKNOWN))
    if borrower is None or facts is None:
        return Refused(tuple(unknown))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    here = home if branch is None else _by_isil(set_up, branch)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home), borrower.patron())
    case = set_up.case(here.id, borrower.category, facts.material_group)
    terms = set_up.terms(here.id, borrower.category, facts.material_group)
    borrower = with_counted_groups(transaction, borrower, terms)
    return LoanExplained(
        borrower.patron(),
        facts.item(home),
        here,
        case,
        tuple(explain(set_up.policies, case)),
        loan_due(now, terms, set_up.calendars[here.id], borrower.expires),
        tuple(check_out_refusals(facts, borrower, terms, local_date(now, here.timezone))),
    )


def _by_isil(set_up: SetUp, isil: str) -> Branch | None:
    return next((branch for branch in set_up.branches.values() if branch.isil == isil), None)


def scope_of(row: PolicyRow, branch: Branch) -> dict[str, str]:
    """The scope of a row that holds at the branch, as the text of the set-up writes it.

    ``at``, ``category`` and ``group``, each where the rule says it.
    """
    place = branch.isil if row.branch_id is not None else branch.agency_isil
    scope = {
        "at": place if row.branch_id is not None or row.agency_id is not None else None,
        "category": row.patron_category,
        "group": row.material_group,
    }
    return {name: value for name, value in scope.items() if value is not None}
