"""Where barcodes of new items come from, where none is stuck on them: ranges of numbers.

A range belongs to a branch, an agency, or everybody; the nearest one is used. A barcode is its
prefix, the number in so many digits, and where the range says so a check digit (modulo 10 with
weights 2 and 1, as on library cards). Numbers that items bear already are passed over.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, columns, lock, many, scalars, send, send_many
from catalogue.schema import items
from circulation.accession.item_defaults import Place
from circulation.accession.schema import barcode_ranges
from circulation.languages.sentences import Sentence

#: Barcodes that are looked at in one statement where numbers are taken.
_AT_ONCE = 500
LONGEST_PREFIX = 20
MOST_DIGITS = 15


class BarcodeRange(NamedTuple):
    """A range as it is stored; `next_number` is the one to try next."""

    code: str
    agency_id: int | None
    branch_id: int | None
    prefix: str
    first_number: int
    last_number: int
    digits: int
    check_digit: bool
    next_number: int

    def barcode(self, number: int) -> str:
        body = f"{number:0{self.digits}d}"
        return f"{self.prefix}{body}{check_digit(body) if self.check_digit else ''}"

    def number(self, barcode: str) -> int | None:
        """The number of a barcode of this range; None where it is none."""
        body = barcode.removeprefix(self.prefix)[: self.digits]
        if len(body) != self.digits or not (body.isascii() and body.isdecimal()):
            return None
        return int(body) if self.barcode(int(body)) == barcode else None


class NoBarcodes(LookupError):
    """There is no range for the branch, or it is used up; the message says which."""


@lock
def _lock_ranges() -> Statement:
    return select(barcode_ranges.c.code).order_by(barcode_ranges.c.code).with_for_update()


@many(BarcodeRange)
def all_ranges() -> Statement:
    """All ranges by code."""
    return select(*columns(BarcodeRange, barcode_ranges)).order_by(barcode_ranges.c.code)


@send_many
def _insert(barcode_range: BarcodeRange) -> Statement:
    return insert(barcode_ranges).values(barcode_range._asdict())


@send
def forget_range(*, code: str) -> Statement:
    """Removes the range; barcodes that came from it stay."""
    return delete(barcode_ranges).where(barcode_ranges.c.code == code)


@send
def _move_on(*, code: str, next_number: int) -> Statement:
    its = barcode_ranges.c.code == code
    return update(barcode_ranges).where(its).values(next_number=next_number)


#: To be called before a place is removed: its ranges are given another place in the same
#: transaction, and go on.
@send
def let_go_of_branch(*, branch_id: int) -> Statement:
    its = barcode_ranges.c.branch_id == branch_id
    return update(barcode_ranges).where(its).values(branch_id=None)


@send
def let_go_of_agency(*, agency_id: int) -> Statement:
    its = barcode_ranges.c.agency_id == agency_id
    return update(barcode_ranges).where(its).values(agency_id=None)


@scalars(str)
def _taken_from(*, low: str, high: str) -> Statement:
    barcode = items.c.barcode
    return select(barcode).where(barcode >= low, barcode <= high).order_by(barcode).limit(_AT_ONCE)


def store_range(transaction: Transaction, barcode_range: BarcodeRange) -> None:
    """Adds a range or changes the one of that code, which goes on where it was if it can.

    Raises ValueError with what is wrong (`range_problem`).
    """
    problem = range_problem(barcode_range)
    if problem is not None:
        raise ValueError(problem)
    its = barcode_range.code
    before = next((each for each in all_ranges(transaction) if each.code == its), None)
    first, last = barcode_range.first_number, barcode_range.last_number
    following = first if before is None else before.next_number
    if not first <= following <= last + 1:
        following = first
    forget_range(transaction, code=its)
    _insert(transaction, [barcode_range._replace(next_number=following)])


def range_problem(barcode_range: BarcodeRange) -> Sentence | None:
    """What is wrong with a range."""
    if len(barcode_range.prefix) > LONGEST_PREFIX or not barcode_range.prefix.isprintable():
        return Sentence("PREFIX_TOO_LONG", most=LONGEST_PREFIX)
    if not 1 <= barcode_range.digits <= MOST_DIGITS:
        return Sentence("DIGITS", most=MOST_DIGITS)
    if not 0 <= barcode_range.first_number <= barcode_range.last_number:
        return Sentence("FIRST_AFTER_LAST")
    if barcode_range.last_number >= 10**barcode_range.digits:
        return Sentence("LAST_TOO_LONG", digits=barcode_range.digits)
    return None


def next_barcode(transaction: Transaction, place: Place) -> str:
    """A barcode that no item has, for an item of that place. Raises NoBarcodes.

    Others who take one wait until this transaction ends.
    """
    _lock_ranges(transaction)
    nearest = max(
        (
            each
            for each in all_ranges(transaction)
            if each.branch_id in (None, place.branch_id)
            and each.agency_id in (None, place.agency_id)
        ),
        key=lambda each: (each.branch_id is not None, each.agency_id is not None),
        default=None,
    )
    if nearest is None:
        raise NoBarcodes("no range of barcodes is for this branch")
    number = _free(transaction, nearest)
    if number is None:
        raise NoBarcodes(f"the barcodes of the range {nearest.code} are used up")
    _move_on(transaction, code=nearest.code, next_number=number + 1)
    return nearest.barcode(number)


def _free(transaction: Transaction, barcode_range: BarcodeRange) -> int | None:
    """The first number from the next on that no item bears."""
    number = barcode_range.next_number
    high = barcode_range.barcode(barcode_range.last_number)
    while number <= barcode_range.last_number:
        # Numbers have one length, so the order of texts is that of numbers.
        barcodes = _taken_from(transaction, low=barcode_range.barcode(number), high=high)
        for barcode in barcodes:
            taken = barcode_range.number(barcode)
            if taken is None:
                continue
            if taken != number:
                return number
            number += 1
        if len(barcodes) < _AT_ONCE:
            return number if number <= barcode_range.last_number else None
        if barcode_range.number(barcodes[-1]) is None:
            # Barcodes of another make lie between: a look at each number decides.
            return _first_untaken(transaction, barcode_range, number)
    return None


def _first_untaken(
    transaction: Transaction, barcode_range: BarcodeRange, number: int
) -> int | None:
    for each in range(number, barcode_range.last_number + 1):
        barcode = barcode_range.barcode(each)
        if not _taken_from(transaction, low=barcode, high=barcode):
            return each
    return None


def check_digit(digits: str) -> str:
    """The check digit: every second digit from the right is doubled (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
