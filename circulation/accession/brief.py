"""Accession of what has no number to be looked up by: it gets a record of its own, with a title
only."""

from __future__ import annotations

from datetime import datetime

from catalogue.changes.accession import lock_writing
from catalogue.changes.brief_records import brief_record
from catalogue.database import Transaction
from catalogue.records import fetch_records
from circulation.accession.adding import (
    Accessioned,
    Brief,
    NewItem,
    NotAccessioned,
    Obstacle,
    Origin,
    Title,
    add_item_of,
    item_problem,
)
from circulation.holds.facts import lock_queue
from circulation.kernel.engine import Circulation
from circulation.kernel.results import Desk
from circulation.records.changes import add_record


def accession_brief(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    brief: Brief,
    item: NewItem,
    now: datetime,
    home_branch_id: int | None = None,
) -> Accessioned | NotAccessioned:
    """Adds an item with a record of its own, in hand at the desk (see `accession.accession`).

    The barcode may come from a range; everything is looked at before anything is written.
    """
    set_up = circulation.current_set_up(transaction)
    home = set_up.branches.get(desk.branch_id if home_branch_id is None else home_branch_id)
    if home is None or desk.branch_id not in set_up.branches:
        return NotAccessioned(Obstacle.BRANCH_UNKNOWN)
    if not brief.title.strip():
        return NotAccessioned(Obstacle.TITLE_MISSING)
    if wrong := item_problem(transaction, item):
        return wrong
    lock_writing(transaction)
    record_id = add_record(transaction, brief_record(brief.title, brief.author), desk=desk, now=now)
    lock_queue(transaction, record_id=record_id)
    (record,) = fetch_records(transaction, [record_id])
    return add_item_of(
        circulation,
        transaction,
        set_up,
        desk=desk,
        home=home,
        title=Title(record, Origin.BRIEF),
        item=item,
        now=now,
    )
