"""What machines refused to patrons a short while ago: staff go on from there at the desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, change, columns, many, send
from catalogue.schema import items, records
from circulation.callers.schema import machine_refusals
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.patrons.schema import patrons

#: Who has not come to the desk by then has gone home.
LASTS: Final = timedelta(minutes=30)


class MachineRefusal(NamedTuple):
    """A machine has refused something to a patron, and why."""

    id: int
    at: datetime
    machine: str
    barcode: str
    title: str | None
    patron_id: int
    patron_name: str
    reasons_json: str

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason[name] for name in json.loads(self.reasons_json))


@send
def _insert(
    *, at: datetime, branch_id: int, machine: str, barcode: str, patron_id: int, reasons: str
) -> Statement:
    return insert(machine_refusals).values(locals())


@many(MachineRefusal)
def _since(*, branch_id: int, since: datetime) -> Statement:
    told = {
        "title": records.c.title,
        "patron_name": patrons.c.name,
        "barcode": machine_refusals.c.barcode,
        "reasons_json": machine_refusals.c.reasons,
    }
    return (
        select(*columns(MachineRefusal, machine_refusals, **told))
        .select_from(
            machine_refusals.join(patrons, patrons.c.id == machine_refusals.c.patron_id)
            .outerjoin(items, items.c.barcode == machine_refusals.c.barcode)
            .outerjoin(records, records.c.id == items.c.record_id)
        )
        .where(machine_refusals.c.branch_id == branch_id, machine_refusals.c.at > since)
        .order_by(machine_refusals.c.id.desc())
    )


@change
def _forget(*, before: datetime) -> Statement:
    return delete(machine_refusals).where(machine_refusals.c.at < before)


def note_machine_refusal(act: Act, patron_id: int, barcode: str, reasons: Sequence[Reason]) -> None:
    """The machine of the act's desk has refused something to the patron."""
    _insert(
        act.transaction,
        at=act.now,
        branch_id=act.desk.branch_id,
        machine=act.desk.actor,
        barcode=barcode,
        patron_id=patron_id,
        reasons=json.dumps([reason.name for reason in reasons]),
    )


def machine_refusals_at(
    transaction: Transaction, branch_id: int, now: datetime
) -> list[MachineRefusal]:
    """The last refusal of each patron at each machine of the branch, the newest first."""
    found: dict[tuple[str, int], MachineRefusal] = {}
    for each in _since(transaction, branch_id=branch_id, since=now - LASTS):
        found.setdefault((each.machine, each.patron_id), each)
    return list(found.values())


def forget_machine_refusals(transaction: Transaction, *, now: datetime) -> int:
    """Forgets those that say nothing any more; gives how many."""
    return _forget(transaction, before=now - LASTS)
