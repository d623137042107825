"""Sentences about what is not there, with what is near: a slip of a finger is seen at once.

Nothing near is offered for patrons: whoever tries numbers must not be led to other people's cards.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from catalogue.database import Transaction
from circulation.kernel.set_up import all_branches
from circulation.languages.sentences import Sentence
from protocols.api.near import no_branch_of, slips, with_offer

#: Items that are offered.
_MOST: Final = 3


def no_branch(transaction: Transaction, isil: str) -> Sentence:
    """There is no branch with this ISIL, but perhaps one that is nearly so, or called so."""
    return no_branch_of({each.isil: each.name for each in all_branches(transaction)}, isil)


def no_item(transaction: Transaction, barcode: str) -> Sentence:
    """No item has this barcode, but perhaps one that is a slip away."""
    return with_offer(Sentence("NO_ITEM_WITH", barcode=barcode), near_items(transaction, barcode))


def near_items(transaction: Transaction, barcode: str) -> list[str]:
    """The barcodes of items that are a slip of a finger away."""
    from catalogue.items import find_item  # and all that knows who holds what

    found = (each for each in dict.fromkeys(slips(barcode)) if each and each != barcode)
    return list(islice((each for each in found if find_item(transaction, each)), _MOST))
