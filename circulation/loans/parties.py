"""The patron and the item that a verb is about, locked and known; or why the verb ends there."""

from __future__ import annotations

from typing import NamedTuple

from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import lock_open_loan
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.patrons.facts import PatronFacts, borrower_facts, lock_patron
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin, look_at_pin


class Parties(NamedTuple):
    """Who borrows what, under which rules; `act` is not before the last act with the item."""

    act: Act
    item: ItemFacts
    borrower: PatronFacts
    set_up: SetUp


def parties(act: Act, wish: LoanWish | RenewalWish, *, locks_patron: bool) -> Parties | Refused:
    """Locks the item and the patron, whose loans are to be counted, or else the item and its open
    loan, which is to be changed; then reads the facts. Who merely looks locks nothing, and a wrong
    PIN does not count against the patron.

    The loans are counted as far as the rules of the desk's branch or the item's have a limit, else
    not at all.

    Refused where either is unknown or the PIN is wrong: the patron is named only where the PIN,
    if one was asked for, was right. `no_block` asks for none. Raises VerificationNeeded.
    """
    transaction, circulation, desk, now = act
    patron = IDENTIFIERS.of(circulation).stored(wish.patron)
    lock_item(transaction, barcode=wish.item)
    if locks_patron:
        lock_patron(transaction, identifier=patron)
    else:
        lock_open_loan(transaction, barcode=wish.item)
    item = item_facts(transaction, barcode=wish.item)
    set_up, group, most = None, "", (0, 0)
    if item is not None:
        set_up = circulation.set_up(transaction, item.set_up_version)
        if locks_patron:
            group = item.material_group
            most = set_up.most_loans(desk.branch_id, item.home_branch_id, group)
    borrower = borrower_facts(
        transaction,
        identifier=patron,
        now=now,
        material_group=group,
        most=most[0],
        most_of_group=most[1],
    )
    refusals = []
    if borrower is None:
        refusals.append(Refusal(Reason.PATRON_UNKNOWN))
    elif not wish.no_block and (wrong := _wrong_pin(act, borrower, wish.pin)):
        refusals.append(wrong)
    if item is None or set_up is None:
        refusals.append(Refusal(Reason.ITEM_UNKNOWN))
        return Refused(
            tuple(refusals), patron=borrower.patron() if borrower and len(refusals) == 1 else None
        )
    if borrower is None or refusals:
        return Refused(tuple(refusals), item=item.item(set_up.branches[item.home_branch_id]))
    return Parties(item.not_before_last_act(act), item, borrower, set_up)


def _wrong_pin(act: Act, borrower: PatronFacts, pin: str | None) -> Refusal | None:
    if act.transaction.takes_locks:
        return check_pin(act, borrower, pin)
    return look_at_pin(act, borrower, pin)
