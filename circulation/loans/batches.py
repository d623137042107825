"""Many items at once: stacks on an RFID plate, a class that borrows, a box that comes back.

A batch is one transaction, and each item of it is decided on its own: a refusal does not hold up
the rest. All items are locked before any is dealt with, by rising id, and then the patrons: two
batches that share items cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select

from catalogue.database import Statement, Transaction, scalars_of
from catalogue.schema import items
from circulation.items.facts import item_facts
from circulation.kernel.act import Act
from circulation.kernel.overriding import NO_OVERRIDE, Override
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedIn, CheckedOut, Refusal, Refused, Renewed
from circulation.kernel.set_up import keep_calendars
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.features import HoldHandling
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.wishes import LoanWish, RenewalWish
from circulation.patrons.identifiers import IDENTIFIERS, known_as
from circulation.patrons.schema import patron_identifiers, patrons

#: No stack or class is larger; a batch must not keep others from their items for long.
LARGEST = 500


@scalars_of(int)
def _lock_items(*, barcodes: Sequence[str]) -> Statement:
    return (
        select(items.c.id)
        .where(items.c.barcode.in_(barcodes))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


@scalars_of(int)
def _lock_patrons(*, identifiers: Sequence[str]) -> Statement:
    return (
        select(patrons.c.id)
        .where(
            patrons.c.id.in_(
                select(patron_identifiers.c.patron_id).where(
                    patron_identifiers.c.identifier.in_(identifiers)
                )
            )
        )
        .order_by(patrons.c.id)
        .with_for_update(key_share=True)
    )


class BatchTooLarge(ValueError):
    """More than `LARGEST` items were given."""


def check_out_pairs(
    act: Act, *, pairs: Sequence[tuple[str, str]], no_block: bool = False
) -> list[CheckedOut | Refused]:
    """Lends to each patron identifier the barcode beside it (a class); an answer for each pair."""
    transaction, circulation = act.transaction, act.circulation
    stored = [IDENTIFIERS.of(circulation).stored(patron) for patron, _ in pairs]
    _begin(transaction, [item for _, item in pairs], stored)
    return [
        check_out(act, LoanWish(patron=patron, item=item, no_block=no_block))
        for patron, item in pairs
    ]


def check_out_stack(
    act: Act,
    *,
    patron: str,
    barcodes: Sequence[str],
    pin: str | None = None,
    happened: datetime | None = None,
    overriding: Override = NO_OVERRIDE,
) -> list[CheckedOut | Refused]:
    """Lends all items to one patron; an answer for each, in order. With `happened` all of it was
    done at that time, whatever the rules say (`no_block`).

    A wrong PIN is one failed try, however many items there are. Raises VerificationNeeded.
    """
    transaction, circulation = act.transaction, act.circulation
    _begin(transaction, barcodes, [IDENTIFIERS.of(circulation).stored(patron)])
    answers: list[CheckedOut | Refused] = []
    wish = partial(
        LoanWish,
        patron=patron,
        pin=pin,
        no_block=happened is not None,
        happened=happened,
        overriding=overriding,
    )
    for barcode in barcodes:
        answer = check_out(act, wish(item=barcode))
        if isinstance(answer, Refused) and _PIN_REASONS.intersection(answer.reasons):
            return [answer] * len(barcodes)
        answers.append(answer)
    return answers


_PIN_REASONS = frozenset(
    {Reason.PIN_WRONG, Reason.PIN_MISSING, Reason.PIN_LOCKED, Reason.PATRON_NOT_SERVED}
)


def check_in_stack(
    act: Act,
    *,
    barcodes: Sequence[str],
    returned: datetime | None = None,
    holds: HoldHandling = HoldHandling.SHELVE,
) -> list[CheckedIn | Refused]:
    """Takes all items back; each goes somewhere, and the answer says where."""
    transaction = act.transaction
    _begin(transaction, barcodes)
    return [check_in(act, item=barcode, returned=returned, holds=holds) for barcode in barcodes]


def renew_stack(
    act: Act, *, barcodes: Sequence[str], overriding: Override = NO_OVERRIDE
) -> list[Renewed | Refused]:
    """Renews all items, each for whoever has it on loan: across patrons, as staff may."""
    _begin(act.transaction, barcodes)
    answers: list[Renewed | Refused] = []
    for barcode in barcodes:
        borrower = borrower_of(act, barcode)
        if isinstance(borrower, Refused):
            answers.append(borrower)
        else:
            answers.append(renew(act, RenewalWish(borrower, barcode, overriding=overriding)))
    return answers


def borrower_of(act: Act, barcode: str) -> str | Refused:
    """An identifier of whoever has the item on loan, for a verb that asks for one."""
    facts = item_facts(act.transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    loan = OPEN_LOAN.of(facts)
    identifier = None if loan is None else known_as(act.transaction, patron_id=loan.patron_id)
    if identifier is None:
        branches = act.circulation.set_up(act.transaction, facts.set_up_version).branches
        return Refused(
            (Refusal(Reason.ITEM_NOT_ON_LOAN),), facts.item(branches[facts.home_branch_id])
        )
    return identifier


def _begin(
    transaction: Transaction, barcodes: Sequence[str], identifiers: Sequence[str] = ()
) -> None:
    """Locks the items and the patrons, whose identifiers are given as they are stored."""
    if len(barcodes) > LARGEST:
        raise BatchTooLarge(f"{len(barcodes)} items at once; {LARGEST} is the most")
    if transaction.dialect == "sqlite":
        return
    keep_calendars(transaction)
    _lock_items(transaction, barcodes=barcodes)
    _lock_patrons(transaction, identifiers=identifiers)
