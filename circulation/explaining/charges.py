"""Why a charge is what it is: the loans, rules and dates behind it, and what dunning did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from catalogue.database import Transaction
from circulation.dunning.acts import DunningAct, acts_of_charges, acts_of_loans
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Branch
from circulation.ledger.charge_lists import loans_charged
from circulation.ledger.money import Charge, ChargedLoan, Posting
from circulation.ledger.postings import find_charge, postings_of


@dataclass(frozen=True, slots=True)
class ChargeExplained:
    """A charge, what happened to it, and the loans it was made for.

    `branch` is the one whose rules apply; its agency is the creditor. `places` are the branches of
    the postings, by id: where a payment was taken, perhaps for another agency. `undone` are loans
    that no longer count: a return that was taken back, a compensation for an item that was found.
    `steps` is what dunning did about the loans and the charge, in order of time.
    """

    charge: Charge
    branch: Branch
    places: Mapping[int, Branch]
    postings: tuple[Posting, ...]
    loans: tuple[ChargedLoan, ...]
    undone: tuple[ChargedLoan, ...]
    steps: tuple[DunningAct, ...]


def explain_charge(
    circulation: Circulation, transaction: Transaction, charge_id: int
) -> ChargeExplained | None:
    """Why a charge is what it is; None if there is no such charge.

    The facts of each loan are those at the time it was charged, whatever the rules say today.
    """
    charge = find_charge(transaction, charge_id=charge_id)
    if charge is None:
        return None
    set_up = circulation.current_set_up(transaction)
    postings = tuple(postings_of(transaction, charge_id=charge_id))
    live = loans_charged(transaction, [charge_id])[charge_id]
    every = loans_charged(transaction, [charge_id], with_undone=True)[charge_id]
    loan_ids = dict.fromkeys(each.loan_id for each in every if each.loan_id is not None)
    of_loans = acts_of_loans(transaction, list(loan_ids))
    acts = [*acts_of_charges(transaction, [charge_id])[charge_id], *chain(*of_loans.values())]
    return ChargeExplained(
        charge,
        set_up.branches[charge.branch_id],
        {each.branch_id: set_up.branches[each.branch_id] for each in postings if each.branch_id},
        postings,
        tuple(live),
        tuple(each for each in every if each not in live),
        tuple(sorted(acts, key=lambda act: act.id)),
    )
