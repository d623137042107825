"""Why a loan is or is not allowed: the rules, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from circulation.calendars.due_dates import local_date
from circulation.holds.facts import holds_of_record
from circulation.items.facts import ItemFacts, item_facts
from circulation.kernel.act import Act
from circulation.kernel.events import Event, events_of_hold, events_of_item
from circulation.kernel.loan_lengths import loan_due
from circulation.kernel.loan_rules import LOAN_POLICIES
from circulation.kernel.paging import ALL
from circulation.kernel.policy import LENGTHS, WHETHER
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Block, Branch, Item, Patron, Refusal, Refused
from circulation.kernel.rules import Case, Explained
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import balances_of
from circulation.ledger.money import Balance
from circulation.loans.checks import check_out_refusals
from circulation.loans.limits import with_counted_groups
from circulation.patrons.blocks import blocks_of
from circulation.patrons.facts import borrower_facts
from circulation.patrons.identifiers import IDENTIFIERS


@dataclass(frozen=True, slots=True)
class LoanExplained:
    """What the rules of a branch say about one patron and item.

    `fields` are the rules of the branch that lends. For an item of another branch, `owner_fields`
    are those that the owner decides as well (`circulation.kernel.policy.WHETHER`, and the length,
    which says whether it is lent at all): the stricter rule applies, unless `lends_freely`.
    `keeps_to_itself`: the owner is a school that lends elsewhere only to its own patrons. `blocks`
    are all blocks of the patron, `debts` what the patron owes, and `counted` the ids of the
    agencies whose blocks and debts count at the branch; `agencies` has ISILs by id. `due` is when a
    loan made now would be due, None if no rule says; `refusals` are the objections of the rules and
    the facts of patron and item. Holds are left out. `overrides` are the events of the item and
    this patron, and of the patron's hold on its title, in which staff passed over something or put
    the hold elsewhere in its queue.
    """

    patron: Patron
    item: Item
    branch: Branch
    case: Case
    fields: tuple[Explained, ...]
    owner: Branch
    owner_fields: tuple[Explained, ...]
    lends_freely: bool
    keeps_to_itself: bool
    blocks: tuple[Block, ...]
    debts: tuple[Balance, ...]
    agencies: Mapping[int, str]
    counted: frozenset[int]
    due: datetime | None
    refusals: tuple[Refusal, ...]
    overrides: tuple[Event, ...]


def explain_loan(
    act: Act, *, patron: str, item: str, branch: str | None
) -> LoanExplained | Refused:
    """Explains a check-out at the branch with the ISIL `branch`; None: at the item's home branch.

    Refused only if the patron, the item or the branch is unknown.
    """
    transaction, circulation, _, now = act
    facts = item_facts(transaction, barcode=item)
    borrower = borrower_facts(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
        material_group=facts.material_group if facts else "",
        most=ALL,
        most_of_group=ALL,
    )
    if borrower is None or facts is None:
        asked = ((borrower, Reason.PATRON_UNKNOWN), (facts, Reason.ITEM_UNKNOWN))
        return Refused(tuple(Refusal(reason) for found, reason in asked if found is None))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    home = set_up.branches[facts.home_branch_id]
    here = home if branch is None else _by_isil(set_up, branch)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home), borrower.patron())
    category, group = borrower.category, facts.material_group
    case = set_up.case(here.id, category, group)
    owner_case = set_up.case(home.id, category, group)
    terms = set_up.lending_terms(here.id, home.id, category, group, borrower.agency_id)
    counted_borrower, terms = with_counted_groups(transaction, borrower, terms)
    counted = set_up.counted_at(here.id)
    debts = balances_of(transaction, borrower.id)
    today = local_date(now, here.timezone)
    return LoanExplained(
        patron=borrower.patron(),
        item=facts.item(home),
        branch=here,
        case=case,
        fields=tuple(LOAN_POLICIES.explain(set_up.policies, case)),
        owner=home,
        owner_fields=() if home.id == here.id else _decided_by(set_up, owner_case),
        lends_freely=set_up.lends_freely(here.id, home.id),
        keeps_to_itself=set_up.is_hidden_from(home.id, here.id, borrower.agency_id),
        blocks=tuple(blocks_of(transaction, patron_id=borrower.id)),
        debts=tuple(each for each in debts if each.total),
        agencies={
            agency_id: set_up.agency_isil(agency_id)
            for agency_id in counted | {each.agency_id for each in debts}
        },
        counted=counted,
        due=loan_due(now, terms, set_up.calendars[here.id], borrower.expires),
        refusals=tuple(check_out_refusals(facts, counted_borrower, terms, now, today, counted)),
        overrides=_overrides(transaction, facts, borrower.id),
    )


def _decided_by(set_up: SetUp, owner: Case) -> tuple[Explained, ...]:
    """What the owner of the item decides as well."""
    found = LOAN_POLICIES.explain(set_up.policies, owner)
    return tuple(each for each in found if each.field in (*WHETHER, *LENGTHS))


def _by_isil(set_up: SetUp, isil: str) -> Branch | None:
    return next((branch for branch in set_up.branches.values() if branch.isil == isil), None)


def _overrides(transaction: Transaction, item: ItemFacts, patron_id: int) -> tuple[Event, ...]:
    events = {each.id: each for each in events_of_item(transaction, item_id=item.id)}
    for hold in holds_of_record(transaction, record_id=item.record_id):
        if hold.patron_id == patron_id:
            events |= {each.id: each for each in events_of_hold(transaction, hold_id=hold.id)}
    return tuple(
        each
        for _, each in sorted(events.items())
        if each.patron_id == patron_id and {"overridden", "number_in_queue"} & each.after.keys()
    )
