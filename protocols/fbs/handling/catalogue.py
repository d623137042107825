"""What the library has: branches and places, what can be had of titles, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from catalogue.items import Item, items_of_records
from circulation.holds.targeting import Target, is_holdable
from circulation.items.availability import circulation_statuses
from circulation.items.places import place_names_of
from circulation.kernel.results import CirculationStatus, ItemState
from circulation.kernel.set_up import SetUp
from circulation.loans.checks import terms_refusals
from protocols.fbs.calls import Request
from protocols.fbs.handling.looking import day_of
from protocols.fbs.handling.material import group_names, group_told, periodical
from protocols.fbs.problems import Denied, Fault
from protocols.hosting.answering import Context
from protocols.records.naming import records_called

#: Copies that nobody can have, now or later.
_GONE: Final = (ItemState.LOST, ItemState.MISSING, ItemState.CLAIMED_RETURNED, ItemState.GOES_BACK)
#: Levels of places, and how FBS calls the codes of each.
_CODES: Final = {
    "department": "departmentId",
    "location": "locationId",
    "sublocation": "sublocationId",
    "section": "sectionId",
}


class _Copy(NamedTuple):
    """A copy of the library that somebody can have, now or later."""

    item: Item
    status: CirculationStatus

    @property
    def is_available(self) -> bool:
        status = self.status
        is_on_shelf = status.state is ItemState.AVAILABLE and status.stay is None
        return is_on_shelf and not status.not_for_loan


class _Title(NamedTuple):
    """What is known of one title that was asked for; of one that nobody knows, nothing is."""

    named: str
    copies: Sequence[_Copy]
    reservations: int
    is_reservable: bool

    def told(self) -> dict[str, Any]:
        return {
            "recordId": self.named,
            "available": any(each.is_available for each in self.copies),
            "reservable": self.is_reservable,
            "reservations": self.reservations,
        }


def list_branches(request: Request, context: Context) -> list[dict[str, Any]]:
    """The library's branches, by name."""
    excluded = set(request.query.get("exclude", ()))
    return [
        {"branchId": each.isil, "title": each.name}
        for each in request.agency.branches
        if each.isil not in excluded
    ]


def places(level: str) -> Any:
    """The places of a level that the library has named."""

    def list_places(request: Request, context: Context) -> list[dict[str, Any]]:
        names = place_names_of(context.transaction, request.agency.id)
        return [
            {_CODES[level]: code, "title": name}
            for (its, code), name in sorted(names.items())
            if its == level
        ]

    return list_places


def list_availability(request: Request, context: Context) -> list[dict[str, Any]]:
    """Whether each title that is asked for is on a shelf, and whether it can be reserved."""
    return [each.told() for each in _titles(request, context)]


def list_holdings(request: Request, context: Context) -> list[dict[str, Any]]:
    """The same with all copies and where they stand; also of a title of which there is none."""
    names = place_names_of(context.transaction, request.agency.id)
    groups = group_names(context)
    return [
        each.told() | {"holdings": _placements(each.copies, names, groups)}
        for each in _titles(request, context)
    ]


def _titles(request: Request, context: Context) -> list[_Title]:
    transaction, circulation = context.transaction, context.circulation
    wanted = [each.strip() for each in request.query["recordid"] if each.strip()]
    wanted = list(dict.fromkeys(wanted))
    known = records_called(transaction, wanted)
    records = sorted({record for found in known.values() for record in found})
    items = items_of_records(transaction, records) if records else {}
    ids = [item.id for found in items.values() for item in found]
    statuses = circulation_statuses(circulation, transaction, item_ids=ids, now=context.now)
    set_up = circulation.current_set_up(transaction)
    return [
        _title(
            each,
            [item for record in known.get(each, ()) for item in items[record]],
            statuses,
            set_up,
            request,
        )
        for each in wanted
    ]


def _title(
    named: str,
    items: Sequence[Item],
    statuses: Mapping[int, CirculationStatus],
    set_up: SetUp,
    request: Request,
) -> _Title:
    excluded = set(request.query.get("exclude", ()))
    there = [
        _Copy(item, status)
        for item in items
        if (status := statuses.get(item.id)) is not None and status.state not in _GONE
    ]
    own = [
        each
        for each in there
        if each.status.item.home_branch.agency_id == request.agency.id
        and each.status.item.home_branch.isil not in excluded
    ]
    return _Title(
        named,
        own,
        max((each.status.open_holds for each in there), default=0),
        _is_reservable(own, there, set_up, request),
    )


def _is_reservable(
    own: Sequence[_Copy], there: Sequence[_Copy], set_up: SetUp, request: Request
) -> bool:
    """Would the rules keep a copy for anybody: one of the library's own, else one that may come
    from another library that shares its queues?"""
    categories = ("", *set_up.categories)
    for copy in own:
        for category in categories:
            terms = set_up.terms(copy.item.branch_id, category, copy.item.material_group)
            if terms.holdable and not terms_refusals(terms) and not copy.item.not_for_loan:
                return True
    others = [each for each in there if each not in own]
    return any(
        is_holdable(_target(copy.item), branch.id, category, set_up)
        for copy in others
        if not copy.item.not_for_loan
        for branch in request.agency.branches
        for category in categories
    )


def _target(item: Item) -> Target:
    return Target(item.id, item.branch_id, item.material_group, item.part)


def _placements(
    copies: Sequence[_Copy], names: Mapping[tuple[str, str], str], groups: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The copies by the place where they stand."""
    found: dict[tuple[str, ...], list[_Copy]] = {}
    for copy in copies:
        item = copy.status.item
        place = (item.home_branch.name, item.home_branch.isil, *(_codes(copy).values()))
        found.setdefault(place, []).append(copy)
    return [_placement(found[place], names, groups) for place in sorted(found)]


def _codes(copy: _Copy) -> dict[str, str]:
    return {level: getattr(copy.item, level) for level in _CODES}


def _placement(
    copies: Sequence[_Copy], names: Mapping[tuple[str, str], str], groups: Mapping[str, str]
) -> dict[str, Any]:
    branch = copies[0].status.item.home_branch
    placed = {
        level: {_CODES[level]: code, "title": names.get((level, code), code)}
        for level, code in _codes(copies[0]).items()
        if code
    }
    return {
        "branch": {"branchId": branch.isil, "title": branch.name},
        "lmsPlacement": placed,
        "logisticsPlacement": [],
        "materials": [_material(each, groups) for each in copies],
        **placed,
    }


def _material(copy: _Copy, groups: Mapping[str, str]) -> dict[str, Any]:
    loan, item = copy.status.loan, copy.status.item
    return {
        "itemNumber": item.barcode,
        "available": copy.is_available,
        "returnDate": "" if loan is None else day_of(loan.due, item.home_branch.timezone),
        "periodical": periodical(copy.item.part),
        **group_told(item.material_group, groups),
    }


# Settings


def show_setting(request: Request, context: Context) -> str:
    """What tiro.toml says of that key, where it is a text."""
    found = request.settings.configuration.get(request.path["key"])
    if not isinstance(found, str):
        raise Denied(Fault.DATA_NOT_FOUND, "there is no such setting")
    return found


def list_setting(request: Request, context: Context) -> list[str]:
    """The same, where it is a list."""
    found = request.settings.configuration.get(request.path["key"])
    if found is None or isinstance(found, str):
        raise Denied(Fault.DATA_NOT_FOUND, "there is no such setting")
    return list(found)
