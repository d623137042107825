"""The temporary record and item of what is borrowed: made when it comes, gone when it goes home.

What makes and deletes records, MARC and the index with it, is loaded when that is done: every
command that has circulation loads this module.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import update

from catalogue.database import Statement, send
from catalogue.items import add_item
from catalogue.schema import items
from circulation.holds.changes import HoldOutcome, close, forget_item, release
from circulation.holds.facts import hold_of_item, holds_of_record, lock_queue
from circulation.interlending.rows import InterlibraryLoan
from circulation.items.removal import ItemNeeded, remove_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event


@send
def _rename(*, item_id: int, barcode: str) -> Statement:
    return update(items).where(items.c.id == item_id).values(barcode=barcode)


class Temporary(NamedTuple):
    """What is made of something borrowed, for as long as it is here. The barcode is free."""

    barcode: str
    title: str
    author: str
    call_number: str
    material_group: str
    location: str


def add_temporary(act: Act, made: Temporary) -> tuple[int, int]:
    """Makes record and item of the desk's branch; gives their ids."""
    from catalogue.changes.temporary_records import add_temporary_record

    transaction, _, desk, now = act
    record_id = add_temporary_record(transaction, made.title, made.author, now=now)
    item_id = add_item(
        transaction,
        barcode=made.barcode,
        record_id=record_id,
        branch_id=desk.branch_id,
        now=now,
        call_number=made.call_number,
        material_group=made.material_group,
        location=made.location,
    )
    append_event(
        act,
        NewEvent(
            EventKind.ITEM_ADDED,
            item_id=item_id,
            after={"barcode": made.barcode, "record": record_id, "home": desk.branch_id},
        ),
    )
    return record_id, item_id


def end_holds(act: Act, record_id: int, item_id: int) -> None:
    """Whoever waited for it waits no more, and it lies on no hold shelf."""
    transaction = act.transaction
    lock_queue(transaction, record_id=record_id)
    for hold in holds_of_record(transaction, record_id=record_id):
        release(act, hold)
        close(act, hold, HoldOutcome.CANCELLED)
    left = hold_of_item(transaction, item_id=item_id)
    if left is not None:
        forget_item(transaction, left)


def remove_temporary(act: Act, loan: InterlibraryLoan) -> bool:
    """Takes record and item away. False where money is owed for a loan of it still.

    It then stays, under another barcode, so that the old one can come again; see
    `circulation.interlending.lists.clear_up`.
    """
    from catalogue.changes.accession import lock_writing
    from catalogue.changes.temporary_records import forget_temporary
    from circulation.records.changes import delete_record

    transaction = act.transaction
    if not loan.made_here or loan.item_id is None or loan.record_id is None:
        return True
    lock_writing(transaction)
    end_holds(act, loan.record_id, loan.item_id)
    spare = f"{loan.barcode}~{loan.id}"
    _rename(transaction, item_id=loan.item_id, barcode=spare)
    removed = remove_item(act, item=spare)
    if isinstance(removed, ItemNeeded):
        return False
    forget_temporary(transaction, loan.record_id)
    delete_record(act, loan.record_id)
    return True
