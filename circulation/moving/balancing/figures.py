"""What is counted: the lines of a balancing sheet, whoever fills them in.

    patrons        by branch and category       loans          by branch and mark
    items          by branch and group          loans due      by branch and day
    item states    by branch and state          holds          by pickup branch and state
    debts          by branch and kind           remaining      the same, in minor units
    history        by branch and day            guardians, messages   counted
    uses                                        counted, and the loans that they tell of
    loan checksum  over item, patron and due    queue checksum over the holds of each title in order

A checksum is the sum of one for each row, so that what is set aside can be taken off it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

#: Where a row tells no branch that is known.
NOWHERE: Final = "?"
#: What cannot be read, or may not be shown.
UNREAD: Final = "not to be read"
_MODULUS: Final = 2**61 - 1


class Figure(NamedTuple):
    """A line of the sheet: what is counted, at which branch (its ISIL), of what kind."""

    measure: str
    branch: str = ""
    what: str = ""


Sheet = Counter[Figure]
LOAN_CHECKSUM: Final = Figure("loan checksum")
QUEUE_CHECKSUM: Final = Figure("queue checksum")


def checksum(*parts: str) -> int:
    """Of one row."""
    digest = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) % _MODULUS


def queue_checksum(title: str, holds: Sequence[str]) -> int:
    """Of the holds of a title in their order."""
    return checksum(title, *holds)


def summed(sheet: Sheet) -> Sheet:
    """With checksums that are as large as one of them."""
    for figure in (LOAN_CHECKSUM, QUEUE_CHECKSUM):
        if figure in sheet:
            sheet[figure] %= _MODULUS
    return sheet
