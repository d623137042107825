"""Whether it is still so: what is looked at again right before a message is sent.

    checked = still_so(NoticeKind.OVERDUE, cause, contents, facts, patron_id=7, now=now)

A sender may run long after the event; nobody is told of a loan that is closed by then, of a hold
that is gone, or of a debt that is paid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from circulation.notices.causes import Cause
from circulation.notices.contents import ChargeTold, Contents, HoldTold, LoanTold
from circulation.notices.kinds import MAY_HAVE_NO_ROWS, TRAITS, Basis, NoticeKind
from circulation.notices.persons import Person

Facts = Mapping[str, Any]


def _is_on_loan(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return loan.checked_in is None


def _is_due_as_said(loan: LoanTold, facts: Facts) -> bool:
    """It still falls due when the notice says; a renewal in between has made it untrue."""
    said = facts.get("due")
    return said is None or datetime.fromisoformat(said) == loan.due


def _is_to_come_back(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return (
        loan.checked_in is None
        and loan.mark is None
        and not _is_suspended(loan, now)
        and _is_due_as_said(loan, facts)
    )


def _falls_due(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return _is_to_come_back(loan, now, facts) and loan.due >= now


def _is_overdue(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return _is_to_come_back(loan, now, facts) and loan.due < now


def _is_suspended(loan: LoanTold, now: datetime) -> bool:
    return loan.suspended_until is not None and loan.suspended_until > now


def _is_recalled(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return loan.checked_in is None and loan.recalled is not None


def _is_back(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    return loan.checked_in is not None


def _stands_ready(hold: HoldTold, now: datetime, facts: Facts) -> bool:
    return (
        hold.closed is None
        and hold.shelved is not None
        and hold.released is None
        and (hold.deadline is None or hold.deadline >= now)
    )


def _still_waits(hold: HoldTold, now: datetime, facts: Facts) -> bool:
    said = facts.get("interest_until")
    is_as_said = said is None or said == hold.interest_until.isoformat()
    return hold.closed is None and hold.barcode is None and is_as_said


class _Closable(Protocol):
    @property
    def closed(self) -> datetime | None: ...


def _is_over(row: _Closable, now: datetime, facts: Facts) -> bool:
    return row.closed is not None


def _is_under_way(row: _Closable, now: datetime, facts: Facts) -> bool:
    return row.closed is None


def _is_owed(charge: ChargeTold, now: datetime, facts: Facts) -> bool:
    return charge.balance > 0


def _is_as_reduced(charge: ChargeTold, now: datetime, facts: Facts) -> bool:
    """Nobody has charged it again meanwhile, as where the return was taken back."""
    said = [each["left"] for each in facts.get("cancelled", ()) if each["charge"] == charge.id]
    return not said or charge.amount <= min(said)


def _always(row: Any, now: datetime, facts: Facts) -> bool:
    return True


_Check = Callable[[Any, datetime, Facts], bool]
#: What must hold of each row that a message of the kind is about.
CHECKS: dict[NoticeKind, _Check] = {
    NoticeKind.LOAN_MADE: _is_on_loan,
    NoticeKind.NOT_RENEWABLE: _is_on_loan,
    NoticeKind.ITEM_RETURNED: _is_back,
    NoticeKind.DUE_SOON: _falls_due,
    NoticeKind.OVERDUE: _is_overdue,
    NoticeKind.RECALL: _is_overdue,
    NoticeKind.RENEWED: _is_on_loan,
    NoticeKind.NOT_RENEWED: _is_to_come_back,
    NoticeKind.RECALLED: _is_recalled,
    NoticeKind.CANNOT_BE_OBTAINED: _is_over,
    NoticeKind.READY_AT_DESK: _stands_ready,
    NoticeKind.READY_IN_READING_ROOM: _stands_ready,
    NoticeKind.HOLD_READY: _stands_ready,
    NoticeKind.PICKUP_NEAR: _stands_ready,
    NoticeKind.INTEREST_NEAR: _still_waits,
    NoticeKind.HOLD_UNFILLABLE: _still_waits,
    NoticeKind.HOLD_DELAYED: _still_waits,
    NoticeKind.HOLD_DELETED: _is_over,
    NoticeKind.HOLD_LAST_COPY_LOST: _is_over,
    NoticeKind.HOLD_EXPIRED: _is_over,
    NoticeKind.BALANCE: _is_owed,
    NoticeKind.BILL: _is_owed,
    NoticeKind.REMINDER: _is_owed,
    NoticeKind.COLLECTION: _is_owed,
    NoticeKind.PAYMENT_RECEIVED: _always,
    NoticeKind.COMPENSATION_CANCELLED: _is_as_reduced,
    NoticeKind.BOOKING_IN_PREPARATION: _is_under_way,
    NoticeKind.BOOKING_CHANGED: _is_under_way,
    NoticeKind.BOOKING_DELETED: _is_over,
    NoticeKind.BOOKING_REFUSED: _is_over,
}
#: Rows that such messages name besides those that they are about.
_BESIDES: dict[str, _Check] = {
    "loans": _is_on_loan,
    "holds": _is_under_way,
    "charges": _is_owed,
    "bookings": _is_under_way,
}


def _is_due_as_moved(loan: LoanTold, now: datetime, facts: Facts) -> bool:
    moved = facts["due"].get(str(loan.id))
    return loan.checked_in is None and moved is not None and _at(moved) == loan.due


def _is_kept_as_moved(hold: HoldTold, now: datetime, facts: Facts) -> bool:
    moved = facts["until"].get(str(hold.id))
    return moved is not None and _at(moved) == hold.deadline and _stands_ready(hold, now, facts)


_at = datetime.fromisoformat
#: Of what is about rows of several nouns: what must hold of those of each; one must be left.
_OF_SEVERAL: dict[NoticeKind, dict[str, _Check]] = {
    NoticeKind.DATES_MOVED: {"loans": _is_due_as_moved, "holds": _is_kept_as_moved}
}
#: A loan that is back is not to be billed any more; the charges speak for whatever else a bill
#: tells.
_CUT_FROM = frozenset({NoticeKind.ITEM_RETURNED, NoticeKind.PAYMENT_RECEIVED})


def still_so(
    kind: NoticeKind,
    cause: Cause,
    contents: Contents,
    facts: Facts,
    *,
    patron_id: int,
    now: datetime,
) -> Contents | None:
    """What of the cause may still be told; None where nothing of it is so any more."""
    mine = contents.only(cause)
    basis, several = TRAITS[kind].basis, _OF_SEVERAL.get(kind, {})
    for noun in ("loans", "holds", "charges", "bookings"):
        is_main = noun == basis.value
        check = CHECKS[kind] if is_main else several.get(noun, _BESIDES[noun])
        kept = [
            row
            for row in mine.of(noun)
            if _belongs(row, patron_id, kind) and check(row, now, facts)
        ]
        mine = replace(mine, **{noun: kept})
    if several:
        return mine if any(mine.of(noun) for noun in several) else None
    if basis is Basis.PATRON or mine.of(basis.value):
        return mine
    if kind in MAY_HAVE_NO_ROWS and not cause.rows(basis.value):
        return mine
    return None


def _belongs(row: Any, patron_id: int, kind: NoticeKind) -> bool:
    if row.patron_id is None:  # it was cut from its patron: only what is over can be
        return kind in _CUT_FROM
    return row.patron_id == patron_id or getattr(row, "co_patron_id", None) == patron_id


def still_so_of_person(kind: NoticeKind, facts: Facts, person: Person) -> bool:
    """Is a message that is about the patron alone still true."""
    if kind in (NoticeKind.BLOCKED, NoticeKind.UNBLOCKED):
        is_blocked = (facts.get("reason"), facts.get("agency")) in person.blocks
        return is_blocked == (kind is NoticeKind.BLOCKED)
    if kind is NoticeKind.BLOCK_WARNING:
        return facts.get("agency") in {None, *person.warned_by}
    if kind is NoticeKind.CARD_EXPIRING:
        expires = person.expires
        return expires is not None and facts.get("expires") == expires.isoformat()
    return True
