"""Who has signed in at which registered desk with all that is asked for, and when last.

For the rest of that day a PIN is enough for them there (`circulation.staff.taking_over`).
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import Statement, Transaction, change, columns, one, send
from circulation.staff.schema import desk_sign_ins


class DeskSignIn(NamedTuple):
    """`wrong_pins` are those since then."""

    signed_in: datetime
    wrong_pins: int


@one(DeskSignIn)
def desk_sign_in(*, staff_id: int, workstation_id: int) -> Statement:
    """None where they have not, or it counts no more."""
    its = desk_sign_ins.c
    meant = its.staff_id == staff_id, its.workstation_id == workstation_id
    return select(*columns(DeskSignIn, desk_sign_ins)).where(*meant)


@change
def set_wrong_pins(*, staff_id: int, workstation_id: int, wrong_pins: int) -> Statement:
    """How many wrong PINs there were since."""
    its = desk_sign_ins.c
    meant = its.staff_id == staff_id, its.workstation_id == workstation_id
    return update(desk_sign_ins).where(*meant).values(wrong_pins=wrong_pins)


@send
def _insert(
    *, staff_id: int, workstation_id: int, signed_in: datetime, wrong_pins: int
) -> Statement:
    return insert(desk_sign_ins).values(locals())


@send
def _delete(*, staff_id: int, workstation_id: int) -> Statement:
    its = desk_sign_ins.c
    return delete(desk_sign_ins).where(
        its.staff_id == staff_id, its.workstation_id == workstation_id
    )


@send
def forget_desks_of(*, staff_id: int) -> Statement:
    """Only the whole sign-in counts anywhere."""
    return delete(desk_sign_ins).where(desk_sign_ins.c.staff_id == staff_id)


@send
def forget_people_at(*, workstation_id: int) -> Statement:
    """Only the whole sign-in counts there."""
    return delete(desk_sign_ins).where(desk_sign_ins.c.workstation_id == workstation_id)


@change
def forget_desk_sign_ins(*, before: datetime) -> Statement:
    """Deletes those that count no more; gives how many."""
    return delete(desk_sign_ins).where(desk_sign_ins.c.signed_in < before)


def note_desk_sign_in(
    transaction: Transaction, staff_id: int, workstation_id: int, now: datetime
) -> None:
    """They have signed in there; in place of the time before."""
    _delete(transaction, staff_id=staff_id, workstation_id=workstation_id)
    _insert(
        transaction, staff_id=staff_id, workstation_id=workstation_id, signed_in=now, wrong_pins=0
    )
