"""The patron and the item that a verb is about, locked and known; or why the verb ends there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from catalogue.database import Transaction
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.facts import PatronFacts, borrower_facts, lock_patron
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin


class Parties(NamedTuple):
    """Who borrows what, under which rules."""

    item: ItemFacts
    borrower: PatronFacts
    set_up: SetUp


def parties(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    item: str,
    now: datetime,
    pin: str | None,
    no_block: bool,
    locks_patron: bool,
) -> Parties | Refused:
    """Locks the item (and the patron, whose loans are to be counted), then reads the facts.

    The loans are counted as far as the rules of the desk's branch or the item's have a limit, else
    not at all.

    Refused where either is unknown or the PIN is wrong: the patron is named only where the PIN,
    if one was asked for, was right. `no_block` asks for none. Raises VerificationNeeded.
    """
    patron = IDENTIFIERS.of(circulation).stored(patron)
    lock_item(transaction, item)
    if locks_patron:
        lock_patron(transaction, patron)
    facts = item_facts(transaction, item)
    group, most = "", (0, 0)
    if facts is not None and locks_patron:
        group = facts.material_group
        set_up = circulation.set_up(transaction, facts.set_up_version)
        most = set_up.most_loans(desk.branch_id, facts.home_branch_id, group)
    borrower = borrower_facts(transaction, patron, now, group, *most)
    refusals = []
    if borrower is None:
        refusals.append(Refusal(Reason.PATRON_UNKNOWN))
    elif not no_block and (wrong := check_pin(circulation, transaction, borrower, pin, desk, now)):
        refusals.append(wrong)
    if facts is None:
        refusals.append(Refusal(Reason.ITEM_UNKNOWN))
        return Refused(
            tuple(refusals),
            patron=borrower.patron() if borrower and len(refusals) == 1 else None,
        )
    set_up = circulation.set_up(transaction, facts.set_up_version)
    if borrower is None or refusals:
        return Refused(tuple(refusals), item=facts.item(set_up.branches[facts.home_branch_id]))
    return Parties(facts, borrower, set_up)
