"""Holdings as catalogues are shown them: one for each place, with one circulation for each copy.

The nouns are those of the OPAC record syntax (Z39.50-2003, OID.5.102). Its clients look at the
place first (branch, department and shelf, call number) and take the first copy there that is
available, so copies that stand together are listed together, and every copy is listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from circulation.kernel.results import CirculationStatus, ItemState


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy and what it is doing: a CircRecord.

    `availability_date` is the day a loan is due, in ISO 8601 and the agency's own time; an empty
    text is unknown or does not apply. `available_thru` is the material group, which decides the
    terms of a loan. `renewable` is False: whether a loan may be renewed depends on who has it.
    `on_hold`: somebody is waiting, and gets this copy before anybody else.
    """

    available_now: bool
    availability_date: str
    available_thru: str
    restrictions: str
    item_id: str
    renewable: bool
    on_hold: bool


@dataclass(slots=True)
class Holding:
    """The copies of a record in one place: the branch, and within it the shelf.

    `nuc_code` is the ISIL of the branch, `local_location` its name; `public_note` says how many are
    waiting for the title.
    """

    nuc_code: str
    local_location: str
    shelving_location: str
    call_number: str
    public_note: str
    copies: list[Copy] = field(default_factory=list)


def holdings_by_place(statuses: Iterable[CirculationStatus]) -> list[Holding]:
    """The holdings of one record, places and copies in the order in which they first appear."""
    found: dict[tuple[int, str, str], Holding] = {}
    for status in statuses:
        item, branch = status.item, status.item.home_branch
        shelf = " / ".join(item.placement)
        key = (branch.id, shelf, item.call_number)
        holding = found.get(key)
        if holding is None:
            queue = status.open_holds
            note = f"{queue} hold{'s' if queue > 1 else ''} on this title" if queue else ""
            holding = Holding(branch.isil, branch.name, shelf, item.call_number, note)
            found[key] = holding
        holding.copies.append(_copy(status))
    return list(found.values())


def _copy(status: CirculationStatus) -> Copy:
    is_available = status.state is ItemState.AVAILABLE
    return Copy(
        available_now=is_available,
        availability_date=_back_on(status),
        available_thru=status.item.material_group,
        restrictions=_why_not(status),
        item_id=status.item.barcode,
        renewable=False,
        on_hold=status.state is ItemState.ON_HOLD_SHELF
        or (status.open_holds > 0 and not is_available),
    )


def _back_on(status: CirculationStatus) -> str:
    """The day on which a copy on loan is due; an overdue one may come back any day, or never."""
    if status.state is not ItemState.ON_LOAN or status.loan is None or status.is_overdue:
        return ""
    zone = ZoneInfo(status.item.home_branch.timezone)
    return status.loan.due.astimezone(zone).date().isoformat()


def _why_not(status: CirculationStatus) -> str:
    if status.state is ItemState.AVAILABLE:
        return ""
    if status.state is ItemState.IN_TRANSIT and status.to_branch is not None:
        return f"in transit to {status.to_branch.name}"
    return "overdue" if status.is_overdue else status.state.value
