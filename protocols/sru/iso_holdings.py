"""Holdings in ISO 20775, with what each copy is doing now: the schema ``isohold``.

A holding for each branch, and in it a `copyInformation` for each of its items. The schema has no
namespace, and no way to say that there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from catalogue.formats import CannotRender
from catalogue.records import Record
from circulation.kernel.results import Branch, CirculationStatus, ItemState
from protocols.sru.text import escaped

#: Its short name and its identifier as a record schema of SRU.
ISO_HOLDINGS: Final = "isohold"
ISO_HOLDINGS_SCHEMA: Final = "info:srw/schema/5/iso20775-v1.0"

#: availableFor: loan. availabilityStatus: available, and not available.
_LOAN: Final = "1"
_AVAILABLE: Final = "1"
_NOT_AVAILABLE: Final = "2"


def iso_holdings(record: Record, items: Sequence[CirculationStatus], now: datetime) -> bytes:
    """The ``holdings`` of a record, in UTF-8. Raises CannotRender where it has no items."""
    if not items:
        raise CannotRender("no items")
    by_branch: dict[int, list[CirculationStatus]] = {}
    for status in items:
        by_branch.setdefault(status.item.home_branch.id, []).append(status)
    resource = _identified("resourceIdentifier", record.control_number or str(record.id), "local")
    holdings = "".join(_holding(statuses, resource, now) for statuses in by_branch.values())
    return f"<holdings>{holdings}<resource>{resource}</resource></holdings>".encode()


def _holding(statuses: Sequence[CirculationStatus], resource: str, now: datetime) -> str:
    branch = statuses[0].item.home_branch
    free = sum(status.state is ItemState.AVAILABLE for status in statuses)
    dispatch = now if free else min(filter(None, map(_back, statuses)), default=None)
    queue = max(status.open_holds for status in statuses)
    copies = "".join(_copy(status, resource) for status in statuses)
    return (
        f"<holding>{_identified('institutionIdentifier', branch.isil, 'ISIL')}"
        f"{_element('physicalLocation', branch.name)}"
        f"<holdingSimple><copiesSummary><copiesCount>{len(statuses)}</copiesCount>"
        f"<status><availableCount>{free}</availableCount><availableFor>{_LOAN}</availableFor>"
        f"{_time('earliestDispatchDate', dispatch, branch)}</status>"
        f"<reservationQueueLength>{queue}</reservationQueueLength></copiesSummary>"
        f"{copies}</holdingSimple></holding>"
    )


def _copy(status: CirculationStatus, resource: str) -> str:
    item = status.item
    is_free = status.state is ItemState.AVAILABLE
    form = _identified("form", item.material_group, "material group") if item.material_group else ""
    places = "".join(_element("sublocation", part) for part in item.placement)
    return (
        f"<copyInformation>{_identified('pieceIdentifier', item.barcode, 'barcode')}{resource}"
        f"{form}{places}{_element('shelfLocator', item.call_number)}"
        f"{_element('note', '' if is_free else _why_not(status))}"
        "<availabilityInformation><status>"
        f"<availabilityStatus>{_AVAILABLE if is_free else _NOT_AVAILABLE}</availabilityStatus>"
        f"<availableFor>{_LOAN}</availableFor>"
        f"{_time('dateTimeAvailable', _back(status), item.home_branch)}"
        "</status></availabilityInformation></copyInformation>"
    )


def _back(status: CirculationStatus) -> datetime | None:
    """When a loan is due; an overdue or marked one may come back any day, or never."""
    if status.state is not ItemState.ON_LOAN or status.loan is None or status.is_overdue:
        return None
    return status.loan.due


def _why_not(status: CirculationStatus) -> str:
    return "overdue" if status.is_overdue else status.state.value


def _identified(name: str, value: str, kind: str) -> str:
    """A ``codeOrIdentifier``: the value and its kind."""
    return (
        f"<{name}><value>{escaped(value)}</value>"
        f"<typeOrSource><text>{kind}</text></typeOrSource></{name}>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{escaped(text)}</{name}>" if text else ""


def _time(name: str, moment: datetime | None, branch: Branch) -> str:
    """The branch's local time, with its offset."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(branch.timezone))
    return f"<{name}>{local.isoformat(timespec='seconds')}</{name}>"
