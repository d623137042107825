"""What records are called by those who ask from outside: by the number that their library gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from catalogue.changes.former_records import survivors_of_control_number
from catalogue.database import Transaction
from catalogue.records import control_numbers_of, records_numbered

#: Before the number of a record of our own that has no control number.
_OWN: Final = "t"
_OWN_RECORD: Final = re.compile(rf"{_OWN}([1-9][0-9]{{0,8}})")  # what the database can hold


def record_ids(transaction: Transaction, records: Iterable[int]) -> dict[int, str]:
    """What each record is called: its control number (in Denmark its FAUST number), or a number of
    our own where it has none."""
    wanted = sorted(set(records))
    known = control_numbers_of(transaction, wanted) if wanted else {}
    return {each: known.get(each) or f"{_OWN}{each}" for each in wanted}


def records_called(transaction: Transaction, named: Sequence[str]) -> dict[str, list[int]]:
    """The records that each text means, oldest first; what nothing is called is left out. What
    stands before a colon does not count: a pid (``870970-basis:52557240``) means its number."""
    numbers = {each: each.rpartition(":")[2].strip() for each in named}
    found: dict[str, list[int]] = {}
    known = records_numbered(transaction, sorted(set(numbers.values())))
    for each, number in numbers.items():
        records = known.get(number)
        own = _OWN_RECORD.fullmatch(number)
        if records is None and own is not None:
            records = [int(own[1])]
        elif records is None:
            records = [record.id for record in survivors_of_control_number(transaction, number)]
        if records:
            found[each] = records
    return found
