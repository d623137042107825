"""The rights of persons: the erasure of what is held on them, and who has looked at it.

Which tables know a patron is read from the schema itself, so that a new one cannot be forgotten:
`FATE` must say of each reference to a patron what erasing does to it, and a test holds it against
the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, func, insert, or_, select, update

from catalogue.database import Transaction, change, lock, many, scalar, send
from circulation.booking.privacy import cut_bookings_of, open_bookings_of
from circulation.dunning.privacy import forget_claims_of, open_claims_against
from circulation.fees.privacy import forget_charged_of
from circulation.holds.schema import captures, holds
from circulation.interlending.privacy import forget_user
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import Desk
from circulation.kernel.schema import events
from circulation.ledger.schema import patron_balances
from circulation.loans.schema import loans
from circulation.notices.privacy import forget_notices_of
from circulation.patrons.personal_export import references
from circulation.patrons.schema import access_log, patron_blocks, patrons


class Fate(Enum):
    """What erasing a patron does to a row that names them."""

    DELETED = "deleted"
    CUT = "kept, naming nobody"


#: Table and column -> what becomes of it.
FATE: dict[tuple[str, str], Fate] = {
    ("loans", "patron_id"): Fate.CUT,
    ("loans", "co_patron_id"): Fate.CUT,
    ("loan_conflicts", "patron_id"): Fate.CUT,
    ("interlibrary_loans", "patron_id"): Fate.CUT,
    ("bookings", "patron_id"): Fate.CUT,
    # What was charged and paid must be accounted for, but not by whom.
    ("charges", "patron_id"): Fate.CUT,
    ("payments", "patron_id"): Fate.CUT,
    ("money_orders", "patron_id"): Fate.CUT,
    ("patron_balances", "patron_id"): Fate.DELETED,
    ("debt_warnings", "patron_id"): Fate.DELETED,
    ("dunning_acts", "patron_id"): Fate.CUT,
    ("collection_claims", "patron_id"): Fate.CUT,
    ("collection_claims", "debtor_id"): Fate.CUT,
    # That messages were sent must be accounted for, but not to whom, nor what they said.
    ("incoming_texts", "patron_id"): Fate.DELETED,
    ("notice_choices", "patron_id"): Fate.DELETED,
    ("notice_messages", "patron_id"): Fate.CUT,
    ("notice_messages", "recipient_id"): Fate.CUT,
    ("notices", "patron_id"): Fate.CUT,
    ("notices", "recipient_id"): Fate.CUT,
    ("captures", "patron_id"): Fate.DELETED,
    ("holds", "patron_id"): Fate.DELETED,
    ("patron_absences", "patron_id"): Fate.DELETED,
    ("patron_blocks", "patron_id"): Fate.DELETED,
    ("patron_consents", "patron_id"): Fate.DELETED,
    ("patron_contacts", "patron_id"): Fate.DELETED,
    ("patron_group_members", "patron_id"): Fate.DELETED,
    ("patron_guardians", "guardian_id"): Fate.DELETED,
    ("patron_guardians", "patron_id"): Fate.DELETED,
    ("patron_identifiers", "patron_id"): Fate.DELETED,
    ("patron_preferences", "patron_id"): Fate.DELETED,
    ("pin_failures", "patron_id"): Fate.DELETED,
    ("replies", "patron_id"): Fate.DELETED,
    ("sealed_numbers", "patron_id"): Fate.DELETED,
}


class StillNeeded(ValueError):
    """The patron cannot be erased yet; the text says why and names nobody."""


_open_loans = scalar(
    select(func.count())
    .select_from(loans)
    .where(
        or_(
            loans.c.patron_id == bindparam("patron_id"),
            loans.c.co_patron_id == bindparam("patron_id"),
        ),
        loans.c.checked_in.is_(None),
    ),
    "patron_id",
)
_open_holds = scalar(
    select(func.count())
    .select_from(holds)
    .where(holds.c.patron_id == bindparam("patron_id"), holds.c.closed.is_(None)),
    "patron_id",
)
_items_on_shelf = scalar(
    select(func.count())
    .select_from(captures)
    .where(captures.c.patron_id == bindparam("patron_id")),
    "patron_id",
)
_debt = scalar(
    select(func.count())
    .select_from(patron_blocks)
    .where(
        patron_blocks.c.patron_id == bindparam("patron_id"),
        patron_blocks.c.reason == BlockReason.DEBT.value,
    ),
    "patron_id",
)
_balance = scalar(
    select(func.count())
    .select_from(patron_balances)
    .where(
        patron_balances.c.patron_id == bindparam("patron_id"),
        or_(patron_balances.c.fees != 0, patron_balances.c.compensations != 0),
    ),
    "patron_id",
)
_lock = lock(
    select(patrons.c.id).where(patrons.c.id == bindparam("patron_id")).with_for_update(),
    "patron_id",
)
_forget_waits = send(
    update(holds)
    .where(
        holds.c.waits_for.in_(select(holds.c.id).where(holds.c.patron_id == bindparam("patron_id")))
    )
    .values(waits_for=None),
    "patron_id",
)
#: What else than loans and holds is told of the patron: the texts of blocks, dates of cards.
_blank_events = send(
    update(events)
    .where(
        events.c.patron_id == bindparam("of_patron"),
        events.c.item_id.is_(None),
        events.c.hold_id.is_(None),
    )
    .values(before=None, after=None),
    "of_patron",
)
_cut_events = send(
    update(events).where(events.c.patron_id == bindparam("of_patron")).values(patron_id=None),
    "of_patron",
)
_delete_patron = change(delete(patrons).where(patrons.c.id == bindparam("patron_id")), "patron_id")


def _erasure(table: Table, column: Column[Any]) -> Callable[..., None]:
    if FATE[table.name, column.name] is Fate.CUT:
        changed = update(table).where(column == bindparam("of_patron")).values({column: None})
        return send(changed, "of_patron")
    return send(delete(table).where(column == bindparam("of_patron")), "of_patron")


def erase_person(
    transaction: Transaction, patron_id: int, *, now: datetime, desk: Desk | None = None
) -> None:
    """Deletes a patron and all that is held on them; loans and events stay and name nobody.

    Events of the patron alone lose what they tell, too. Statistics are not affected.
    Raises StillNeeded while anything is open: loans, holds, debts.
    """
    _lock(transaction, patron_id)
    for count, why in (
        (_open_loans(transaction, patron_id), "there are loans that are open"),
        (_open_holds(transaction, patron_id), "there are holds that are open"),
        (open_bookings_of(transaction, patron_id), "there are bookings that are not over"),
        (_items_on_shelf(transaction, patron_id), "an item lies on the hold shelf still"),
        (_debt(transaction, patron_id), "something is owed"),
        (_balance(transaction, patron_id), "the balance is not nothing"),
        (open_claims_against(transaction, patron_id), "a debt is being collected from them"),
    ):
        if count:
            raise StillNeeded(f"the patron cannot be erased: {why}")
    _blank_events(transaction, patron_id)
    _cut_events(transaction, patron_id)
    _forget_waits(transaction, patron_id)
    cut_bookings_of(transaction, patron_id)
    forget_charged_of(transaction, patron_id)
    forget_claims_of(transaction, patron_id)
    forget_user(transaction, patron_id)
    forget_notices_of(transaction, patron_id, now)
    for table, column in reversed(references()):
        _erasure(table, column)(transaction, patron_id)
    if not _delete_patron(transaction, patron_id):
        raise StillNeeded("there is no such patron")
    write_event(transaction, EventKind.PATRON_ERASED, desk, now)


# Who has looked

_LOGGED = ("at", "actor", "device", "branch_id", "patron_id", "purpose")
_log = send(
    insert(access_log).values(
        {
            access_log.c[name]: bindparam(f"new_{name}", type_=access_log.c[name].type)
            for name in _LOGGED
        }
    ),
    *(f"new_{name}" for name in _LOGGED),
)


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody of the staff looked at a patron."""

    at: datetime
    actor: str
    device: str
    branch_id: int | None
    purpose: str


_accesses = many(
    select(
        access_log.c.at,
        access_log.c.actor,
        access_log.c.device,
        access_log.c.branch_id,
        access_log.c.purpose,
    )
    .where(access_log.c.patron_id == bindparam("patron_id"))
    .order_by(access_log.c.id),
    Access,
    "patron_id",
)
_forget_accesses = change(delete(access_log).where(access_log.c.at < bindparam("before")), "before")


def log_access(
    transaction: Transaction,
    patron_id: int,
    purpose: str,
    *,
    actor: str,
    now: datetime,
    device: str = "",
    branch_id: int | None = None,
) -> None:
    """Notes that a member of the staff looked at the patron, and what for."""
    _log(transaction, now, actor, device, branch_id, patron_id, purpose)


def accesses_of(transaction: Transaction, patron_id: int) -> list[Access]:
    """Who has looked at the patron, the oldest first."""
    return _accesses(transaction, patron_id)


def forget_accesses(transaction: Transaction, before: datetime) -> int:
    """Deletes what was logged before that moment; gives how many lines."""
    return _forget_accesses(transaction, before)
