"""Sentences about what is not there, with what is near: a slip of a finger is seen at once.

Nothing near is offered for patrons: whoever tries numbers must not be led to other people's cards.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import click

from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.kernel.organisation import find_branch
from circulation.kernel.results import Branch
from circulation.kernel.set_up import all_branches
from protocols.process.near import near, question, slips

#: Items that are offered.
_MOST: Final = 3


def no_branch(transaction: Transaction, isil: str) -> str:
    """There is no branch with this ISIL, but perhaps one that is nearly so, or called so."""
    branches = all_branches(transaction)
    offered = [each.isil for each in branches if each.name.casefold() == isil.casefold()]
    offered = offered or near(isil, [each.isil for each in branches])
    return _sentence(f"there is no branch with the ISIL {isil}", offered)


def branch_named(transaction: Transaction, isil: str) -> Branch:
    """The branch with this ISIL; a mistake of the caller where there is none."""
    branch = find_branch(transaction, isil=isil)
    if branch is None:
        raise click.UsageError(no_branch(transaction, isil))
    return branch


def no_item(transaction: Transaction, barcode: str) -> str:
    """No item has this barcode, but perhaps one that is a slip away."""
    return _sentence(f"no item has the barcode {barcode}", near_items(transaction, barcode))


def near_items(transaction: Transaction, barcode: str) -> list[str]:
    """The barcodes of items that are a slip of a finger away."""
    found = (each for each in dict.fromkeys(slips(barcode)) if each and each != barcode)
    return list(islice((each for each in found if find_item(transaction, each)), _MOST))


def _sentence(said: str, offered: list[str]) -> str:
    return f"{said}.{question(offered)}" if offered else said
