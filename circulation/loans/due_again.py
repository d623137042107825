"""Loans whose due date counts again: an end or mark was taken back, or a suspension ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from circulation.items.facts import ItemFacts, item_facts
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OPEN_LOAN, OpenLoan


class DueAgain(NamedTuple):
    """An open loan that is due again, and its item."""

    act: Act
    set_up: SetUp
    item: ItemFacts
    loan: OpenLoan


#: Called with each loan that is due again, under the lock of the item; may give it another date.
DUE_AGAIN: Registry[Callable[[DueAgain], None]] = Registry("loans.due_again:DUE_AGAIN")


def count_due_date_again(act: Act, set_up: SetUp, *, item: str) -> ItemFacts:
    """Have the features follow that the item's open loan, if any, is due again.

    Args:
        act: The act that has made it so.
        set_up: The set-up as it is under the lock of the item.
        item: The barcode.

    Returns:
        The item as it is then.
    """
    found = _read(act, item)
    loan = OPEN_LOAN.of(found)
    if loan is None:
        return found
    for follow in DUE_AGAIN:
        follow(DueAgain(act, set_up, found, loan))
    return _read(act, item)


def _read(act: Act, barcode: str) -> ItemFacts:
    found = item_facts(act.transaction, barcode=barcode)
    assert found is not None
    return found
