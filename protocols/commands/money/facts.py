"""Charges as `tiro charges` prints them."""

from __future__ import annotations

from typing import Any

from circulation.dunning.acts import DunningAct
from circulation.explaining.charges import ChargeExplained
from circulation.ledger.money import Charge, ChargedLoan, ChargeLine, Posting
from circulation.notices.contents import ChargeTold
from protocols.commands.shared.wording import Money, with_money


def line_facts(line: ChargeLine, creditor: str) -> dict[str, Any]:
    currency = line.charge.currency
    return charge_facts(line.charge, creditor) | {
        "items": [
            {
                "item": each.barcode,
                "title": each.title,
                "amount": Money(each.amount, currency),
                "at": each.at,
            }
            for each in line.loans
            if each.barcode is not None
        ]
    }


def charge_facts(charge: Charge, creditor: str) -> dict[str, Any]:
    """`creditor` is the ISIL of the agency that it is owed to."""
    return {
        "charge": charge.id,
        "creditor": creditor,
        "type": charge.kind.value,
        "amount": Money(charge.amount, charge.currency),
        "paid": Money(charge.paid, charge.currency),
        "written_off": Money(charge.written_off, charge.currency),
        "balance": Money(charge.balance, charge.currency),
        "currency": charge.currency,
        "reason": charge.reason,
        "created": charge.created,
    }


def explained_facts(found: ChargeExplained) -> dict[str, Any]:
    """A charge with its loans and postings."""
    currency = found.charge.currency
    return charge_facts(found.charge, found.branch.agency_isil) | {
        "branch": found.branch.isil,
        "loans": [loan_facts(each, currency) for each in found.loans],
        "undone": [loan_facts(each, currency) for each in found.undone],
        "steps": [step_facts(each, currency) for each in found.steps],
        "postings": [
            {
                "posting": each.id,
                "kind": each.kind.value,
                "amount": Money(each.amount, currency),
                "parent": each.parent_id,
                "payment": each.payment_id,
                "at": each.at,
                "actor": each.actor,
                "device": each.device,
                "branch": place_of(found, each),
                "reason": each.reason,
            }
            for each in found.postings
        ],
    }


def place_of(found: ChargeExplained, posting: Posting) -> str | None:
    """The ISIL of the branch where the posting was made."""
    branch = found.places.get(posting.branch_id or 0)
    return None if branch is None else branch.isil


def taken_for(found: ChargeExplained, posting: Posting) -> str:
    """``taken by DK-900200 for DK-900100``, of what one agency took for another; else nothing."""
    branch = found.places.get(posting.branch_id or 0)
    if posting.payment_id is None or branch is None or branch.agency_id == found.charge.agency_id:
        return ""
    return f"taken by {branch.agency_isil} for {found.branch.agency_isil}"


def step_facts(act: DunningAct, currency: str) -> dict[str, Any]:
    """What the flow did of a loan, or of the charge; `passed`: a later step came in its place."""
    return {
        "step": act.step,
        "does": act.does.value,
        "day": act.day,
        "passed": act.is_passed,
        "loan": act.loan_id,
        "charge": act.charge_id,
    } | with_money({name: value for name, value in act.facts.items() if name != "step"}, currency)


def loan_facts(loan: ChargedLoan, currency: str) -> dict[str, Any]:
    facts = with_money(loan.facts, currency)
    terms, rules = facts.pop("terms", {}), facts.pop("rules", {})
    return {
        "loan": loan.loan_id,
        "item": loan.barcode,
        "title": loan.title,
        "alone": Money(loan.amount, currency),
        **facts,
        "rules": {name: {"value": value, "rule": rules.get(name)} for name, value in terms.items()},
    }


def told_facts(charge: ChargeTold) -> dict[str, Any]:
    """A charge that a message tells of."""
    return {
        "charge": charge.id,
        "type": charge.kind,
        "amount": Money(charge.amount, charge.currency),
        "balance": Money(charge.balance, charge.currency),
        "currency": charge.currency,
    }
