"""Accession of what has no number to be looked up by: it gets a record of its own, with a title
only."""

from __future__ import annotations

from catalogue.changes.accession import lock_writing
from catalogue.changes.brief_records import brief_record
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
    home_of,
    item_problem,
)
from circulation.holds.facts import lock_queue
from circulation.kernel.act import Act
from circulation.records.changes import add_record


def accession_brief(
    act: Act, *, brief: Brief, item: NewItem, home_branch_id: int | None = None
) -> Accessioned | NotAccessioned:
    """Adds an item with a record of its own, in hand at the desk (see `accession.accession`).

    The barcode may come from a range; everything is looked at before anything is written.
    """
    transaction = act.transaction
    set_up = act.circulation.current_set_up(transaction)
    home = home_of(act, set_up, home_branch_id)
    if home is None:
        return NotAccessioned(Obstacle.BRANCH_UNKNOWN)
    if not brief.title.strip():
        return NotAccessioned(Obstacle.TITLE_MISSING)
    if wrong := item_problem(transaction, item):
        return wrong
    lock_writing(transaction)
    data = brief_record(brief.title, brief.author)
    record_id = add_record(act, data)
    lock_queue(transaction, record_id=record_id)
    (record,) = fetch_records(transaction, [record_id])
    return add_item_of(act, set_up, home=home, title=Title(record, Origin.BRIEF), item=item)
