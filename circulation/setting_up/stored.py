"""The set-up as it is stored, in parts; and what stands in the way of parting with some of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Table, bindparam, func, select

from catalogue.database import Transaction, many, scalar
from catalogue.schema import items
from circulation.accession.schema import delivery_lines
from circulation.calendars.opening_hours import WEEKDAYS, hours_text, parse_hours
from circulation.calendars.rows import special_days_rows, weekday_rows
from circulation.items.media import said_of_media
from circulation.items.placement import all_placement_names
from circulation.kernel.organisation import all_agencies, all_branches, all_consortia
from circulation.kernel.policy import FIELDS
from circulation.kernel.schema import all_tables
from circulation.kernel.set_up import loan_policies_of
from circulation.kernel.transport import read_transport
from circulation.kernel.trees import CATEGORIES, GROUPS
from circulation.patrons.schema import history_settings, patrons
from circulation.setting_up.agreements import add_stored_agreements
from circulation.setting_up.calling import add_stored_callers
from circulation.setting_up.dunning import add_stored_flows
from circulation.setting_up.fees import add_stored_fees
from circulation.setting_up.new_items import add_stored_new_items
from circulation.setting_up.notices import add_stored_notices
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.paying import add_stored_payment
from circulation.setting_up.scopes import stored_terms

_history_days: Callable[..., list[Any]] = many(
    select(history_settings.c.agency_id, history_settings.c.days), None
)


def stored_parts(transaction: Transaction) -> Parts:
    """The whole set-up that the transaction sees."""
    parts = Parts()
    for _, name in all_consortia(transaction):
        parts.add(Noun.CONSORTIUM, (), {"name": name})
    for node in CATEGORIES.all(transaction):
        parts.add(Noun.CATEGORY, (node.code,), {"name": node.name, "parent": node.parent})
    said = said_of_media(transaction)
    for node in GROUPS.all(transaction):
        fields: Fields = {"name": node.name, "parent": node.parent}
        fields["media_type"], fields["magnetic"] = said[node.code]
        parts.add(Noun.GROUP, (node.code,), fields)
    history_days = {row[0]: row[1] for row in _history_days(transaction)}
    agency_isil = {}
    for agency in all_agencies(transaction):
        agency_isil[agency.id] = agency.isil
        fields = {
            "name": agency.name,
            "kind": agency.kind,
            "timezone": agency.timezone,
            "history_days": history_days.get(agency.id),
            "shares_stock": bool(agency.shares_stock),
        }
        parts.add(Noun.AGENCY, (agency.isil,), fields)
    branch_isil = {}
    for branch in all_branches(transaction):
        branch_isil[branch.id] = branch.isil
        fields = {"agency": branch.agency_isil, "name": branch.name}
        parts.add(Noun.BRANCH, (branch.isil,), fields)

    add_stored_agreements(transaction, parts, agency_isil)

    def place(agency_id: int | None, branch_id: int | None) -> str:
        if branch_id is not None:
            return branch_isil[branch_id]
        return "" if agency_id is None else agency_isil[agency_id]

    for agency_id, level, code, name in all_placement_names(transaction):
        parts.add(Noun.PLACEMENT, (agency_isil[agency_id], level, code), {"name": name})
    _add_calendars(transaction, parts, place)
    for row in loan_policies_of(transaction):
        scope = (
            place(row.agency_id, row.branch_id),
            row.patron_category or "",
            row.material_group or "",
        )
        parts.add(Noun.RULE, scope, stored_terms(row, FIELDS))
    transport = read_transport(transaction)
    floats: dict[str, list[str]] = {}
    for code, branch_id in transport.floats:
        floats.setdefault(code, []).append(branch_isil[branch_id])
    for code, found in floats.items():
        parts.add(Noun.FLOAT_GROUP, (code,), {"branches": sorted(found)})
    for (from_id, to_id), cost in transport.costs.items():
        parts.add(Noun.TRANSPORT, (branch_isil[from_id], branch_isil[to_id]), {"cost": cost})
    add_stored_callers(transaction, parts, agency_isil, branch_isil)
    add_stored_new_items(transaction, parts, place)
    add_stored_fees(transaction, parts, place)
    add_stored_flows(transaction, parts, place)
    add_stored_notices(transaction, parts, place)
    add_stored_payment(transaction, parts, agency_isil)
    return parts


def _add_calendars(
    transaction: Transaction, parts: Parts, place: Callable[[int | None, int | None], str]
) -> None:
    weeks: dict[Key, dict[int, str]] = {}
    for weekday in weekday_rows(transaction):
        owner = (place(weekday.agency_id, weekday.branch_id),)
        weeks.setdefault(owner, {})[weekday.weekday] = hours_text(parse_hours(weekday.hours) or ())
    for owner_key, week in weeks.items():
        in_order = {WEEKDAYS[number]: week[number] for number in sorted(week)}
        parts.add(Noun.WEEK, owner_key, in_order)
    for row in special_days_rows(transaction):
        hours = hours_text(parse_hours(row.hours) or ())
        key = (place(row.agency_id, row.branch_id), row.days)
        parts.add(Noun.SPECIAL_DAYS, key, {"hours": hours, "note": row.note})


#: Tables that belong to the set-up itself, and what is parted with together with a branch.
_OF_SET_UP = {
    "agency_settings",
    "agreement_agencies",
    "barcode_ranges",
    "branches",
    "closures",
    "dunning_flows",
    "fee_rules",
    "float_branches",
    "history_settings",
    "item_defaults",
    "loan_policies",
    "notice_rules",
    "opening_hours",
    "partners",
    "pin_settings",
    "placement_names",
    "sort_rules",
    "special_days",
    "terminals",
    "transport_costs",
}


def _count(table: Table, column: Column[int]) -> Callable[..., int]:
    return scalar(
        select(func.count()).select_from(table).where(column == bindparam("named")), "named"
    )


def _counts(noun_table: str) -> list[tuple[str, Callable[..., int]]]:
    """For each table that names rows of the given one: how often it names one of them."""
    return [
        (table.name, _count(table, column))
        for table in all_tables()
        if table.name not in _OF_SET_UP
        for column in table.columns
        if any(key.column.table.name == noun_table for key in column.foreign_keys)
    ]


_NAMING = {
    Noun.AGENCY: _counts("agencies"),
    Noun.BRANCH: _counts("branches"),
    Noun.CATEGORY: [("patrons", _count(patrons, patrons.c.category))],
    Noun.GROUP: [
        ("items", _count(items, items.c.material_group)),
        ("delivery_lines", _count(delivery_lines, delivery_lines.c.material_group)),
    ],
}


def uses(transaction: Transaction, noun: Noun, named: int | str) -> dict[str, int]:
    """Where a stored part is named: table -> how many of its rows; empty where nowhere.

    `named` is the id of an agency or branch, the code of a category or group.
    """
    found: dict[str, int] = {}
    for table, count in _NAMING.get(noun, []):
        number = count(transaction, named)
        if number:
            found[table] = found.get(table, 0) + number
    return found
