"""How often items were lent in the other system: what it has counted, or the loans that came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from catalogue.schema import items
from circulation.items.use import NO_YEAR, FormerUse, note_former_use
from circulation.moving.lookups import branches_of, items_of
from circulation.moving.rows import Arrival, Batch, Kind
from circulation.moving.values import MOMENT, SMALL, TEXT


class UseRow(NamedTuple):
    """What a plan may say of the use of an item: loans and renewals in all, or of one `year`."""

    item: Annotated[str, TEXT]
    loans: Annotated[int, SMALL]
    renewals: Annotated[int, SMALL] = 0
    year: Annotated[int, SMALL] = NO_YEAR
    last_lent: Annotated[datetime | None, MOMENT] = None


class LentThere(NamedTuple):
    """A loan of the other system that came as a row of its own."""

    item_id: int
    checked_out: datetime
    renewals: int


def store_uses(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes what was counted, in place of what was told before. It holds up to now."""
    both, now = [*new, *changed], batch.moving.now
    used = items_of(batch, both)
    told = []
    for each in batch.left(both):
        row: UseRow = each.row
        each.row_id = used[id(each)].id
        told.append(FormerUse(each.row_id, row.year, row.loans, row.renewals, row.last_lent, now))
    note_former_use(batch.transaction, told)


def note_loans(batch: Batch, lent: Iterable[LentThere]) -> None:
    """Counts loans that came as rows, unless the plan has counts of its own, which have them
    already; when an item was lent last is known from them all the same."""
    zone, counts = ZoneInfo(batch.moving.timezone), USES.name not in batch.kinds
    told = [
        FormerUse(
            each.item_id,
            each.checked_out.astimezone(zone).year,
            int(counts),
            each.renewals * counts,
            each.checked_out,
            each.checked_out,
        )
        for each in lent
    ]
    note_former_use(batch.transaction, told, is_more=True)


USES = Kind("uses", UseRow, store_uses, branches=branches_of(items, "branch_id"))
