"""The facts of items that a verb decides on, in one joined statement.

What loans, holds and other features know of an item joins it as parts (`circulation.kernel.parts`):
`circulation.loans.facts.OPEN_LOAN.of(item)` is its open loan, or None.

The locks are statements of their own and go before the facts: under READ COMMITTED a statement
that had to wait for a lock still sees what the joined rows held before. Items are locked before
patrons, and several items by rising id, so that two verbs cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Moment, Statement, is_typed, lock, many, many_of, one
from catalogue.schema import items, records
from circulation.items.rows import item_of
from circulation.items.schema import missing_items, transits
from circulation.kernel.act import Act
from circulation.kernel.parts import Noun
from circulation.kernel.results import Branch, Item
from circulation.kernel.schema import events
from circulation.kernel.set_up import KEEPS_CALENDARS, VERSION

#: Longer than a verb waits for a lock, and than the clocks of several processes differ.
LONGEST_WAIT = timedelta(minutes=5)


class ItemFacts(NamedTuple):
    """An item, its title and its transit: one row, with the parts that features join to it."""

    id: int
    barcode: str
    record_id: int
    title: str
    author: str
    material_group: str
    department: str
    location: str
    sublocation: str
    call_number: str
    price: int | None
    currency: str | None
    section: str
    part: str
    float_group: str
    not_for_loan: str
    home_branch_id: int
    set_up_version: int
    transit_to_id: int | None
    transit_from_id: int | None
    transit_since: datetime | None
    transit_reason: str | None
    missing_since: datetime | None
    last_act: datetime | None  # when the last event of the item was written down
    present: int
    parts: tuple[Any, ...]

    def not_before_last_act(self, act: Act) -> Act:
        """The act, or the same at the moment of what happened to the item last, where that is a
        little later.

        A verb takes its time before it waits for the lock of the item, and the clocks of several
        processes differ. Whoever had the lock before may have written a later moment: two loans
        would overlap, or a loan end before it began. Where the difference is larger than any
        wait, a clock was wrong once, and what it wrote is not followed.
        """
        last, now = self.last_act, act.now
        if last is None or not now < last <= now + LONGEST_WAIT:
            return act
        return act._replace(now=last)

    def item(self, home_branch: Branch) -> Item:
        return item_of(self, home_branch)


_LAST_ACT = (
    select(func.coalesce(events.c.recorded, events.c.at, type_=Moment))
    .where(events.c.item_id == items.c.id)
    .order_by(events.c.id.desc())
    .limit(1)
    .correlate(items)
    .scalar_subquery()
)

ITEM = Noun(
    "items.facts:ITEM",
    ItemFacts,
    {
        **{
            name: items.c[name]
            for name in (
                "id",
                "barcode",
                "record_id",
                "material_group",
                "department",
                "location",
                "sublocation",
                "call_number",
                "price",
                "currency",
                "section",
                "part",
                "float_group",
                "not_for_loan",
            )
        },
        "title": records.c.title,
        "author": records.c.author,
        "home_branch_id": items.c.branch_id,
        "set_up_version": VERSION,
        "transit_to_id": transits.c.to_branch_id,
        "transit_from_id": transits.c.from_branch_id,
        "transit_since": transits.c.since,
        "transit_reason": transits.c.reason,
        "missing_since": missing_items.c.since,
        "last_act": _LAST_ACT,
    },
    items.join(records, records.c.id == items.c.record_id)
    .outerjoin(transits, transits.c.item_id == items.c.id)
    .outerjoin(missing_items, missing_items.c.item_id == items.c.id),
)


@one(ITEM)
def item_facts(*, barcode: str) -> Statement:
    """As far as a verb decides on them."""
    return ITEM.select(cheaply=True).where(is_typed(items.c.barcode, barcode))


@one(ITEM)
def item_facts_to_show(*, barcode: str) -> Statement:
    """With all of what features know."""
    return ITEM.select().where(is_typed(items.c.barcode, barcode))


@many_of(ITEM)
def item_facts_by_id(*, item_ids: Sequence[int]) -> Statement:
    return ITEM.select().where(items.c.id.in_(item_ids))


class ItemTitle(NamedTuple):
    """The barcode of an item and the title of its record."""

    barcode: str
    title: str


@many(ItemTitle)
def titles_of_items(*, barcodes: Sequence[str]) -> Statement:
    """Return the titles of the items with these barcodes, in no order."""
    return (
        select(items.c.barcode, records.c.title)
        .join(records, records.c.id == items.c.record_id)
        .where(items.c.barcode.in_(barcodes))
    )


@lock
def lock_item(*, barcode: str) -> Statement:
    its = is_typed(items.c.barcode, barcode)
    return select(items.c.id, KEEPS_CALENDARS).where(its).with_for_update(key_share=True)
