"""The order of a result set that is read page by page, worked out only as far as it is read.

Mostly a page or two of a sorted set are read. So its first records are sorted at once, and the
others when they are asked for, in pieces several times as large as all before: together they take
little longer than the whole at once. What has been given out stays where it was, and each record
comes once, whatever happens to the catalogue meanwhile: those that are still to come are put in
order as they are then. So it is for the first `MOST_KNOWN`; behind them a page is that of the order
at its time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.searching.sorting import SortKey, is_wide_sort, sort

#: Records of the first piece.
FIRST_PIECE: Final = 50
#: How far the order reaches after a piece, of how far it did before.
GROWTH: Final = 8
#: Records whose place is remembered, 4 bytes for each. Those beyond are sorted each time that some
#: of them are read.
MOST_KNOWN: Final = 250_000


class ResultOrder:
    """The order of `records` by `keys`; `known` are the first of them, in order.

    One request at a time may read it: reading makes it longer.
    """

    __slots__ = ("_keys", "_known", "_records")

    def __init__(self, records: BitMap, keys: Sequence[SortKey], known: Iterable[int] = ()) -> None:
        self._records = records
        self._keys = tuple(keys)
        self._known = array("I", known)

    def is_short_work(self, until: int) -> bool:
        """Can it be read up to a position (from 1) while others wait?"""
        return len(self._known) >= min(until, len(self._records)) or not is_wide_sort(self._records)

    def ids(self, transaction: Transaction, start: int, number: int) -> list[int]:
        """The `number` records from position `start` (from 1) on.

        Raises UnsupportedSearch for a key that there is none of, or too many.
        """
        until = min(start - 1 + number, len(self._records))
        if until > len(self._known):
            self._reach(transaction, min(until, MOST_KNOWN))
        found = self._known[start - 1 : until].tolist()
        if until > len(self._known):
            found += self._behind(transaction, max(start - 1, len(self._known)), until)
        return found

    def whole(self, transaction: Transaction) -> Sequence[int]:
        """All of them."""
        return self.ids(transaction, 1, len(self._records))

    def _reach(self, transaction: Transaction, until: int) -> None:
        """Makes the known part longer, if it is not as long as that."""
        known, total = len(self._known), len(self._records)
        if known >= until:
            return
        if is_wide_sort(self._records):
            until = min(max(until, GROWTH * known, FIRST_PIECE), total, MOST_KNOWN)
        else:
            until = total
        self._known.extend(self._behind(transaction, known, until))

    def _behind(self, transaction: Transaction, start: int, until: int) -> list[int]:
        """Those from an offset in the unknown part on."""
        known = len(self._known)
        rest = self._records - BitMap(self._known) if known else self._records
        return sort(transaction, rest, self._keys, offset=start - known, limit=until - start)
