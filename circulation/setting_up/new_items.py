"""What a set-up says of new items: their defaults, and where their barcodes come from.

[[item_defaults]]        at, group, type (a material type of the record), and what is given:
                         gives_group, price (minor units) and currency, department, location,
                         sublocation, section, float_group, call_number (dewey, local_class...)
[barcode_ranges.CODE]    at, prefix, first, last, digits, check_digit
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalogue.database import Transaction
from catalogue.index.describing import MATERIAL_TYPES
from circulation.accession.barcode_ranges import (
    BarcodeRange,
    all_ranges,
    forget_range,
    range_problem,
    store_range,
)
from circulation.accession.item_defaults import (
    FIELDS,
    all_defaults,
    defaults_problems,
    forget_defaults,
    store_defaults,
)
from circulation.calendars.rows import Owner
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import Add, Lines, no_such, stored_terms, unknown_in_scopes
from circulation.setting_up.source import Problem, Source, shown

SECTIONS = ("item_defaults", "barcode_ranges")
_SCOPE = ("at", "group", "type")
_OF_RANGE = ("at", "prefix", "first", "last", "digits", "check_digit")
#: The greatest number of a range.
_MOST = 10**15 - 1


def read_new_items(source: Source, add: Add) -> None:
    """Adds the parts of both sections; notes what is wrong with them."""
    document = source.document
    path: Path = ("item_defaults",)
    for own, table in source.tables(path, document.get("item_defaults", [])):
        _read_defaults(source, add, own, table)
    path = ("barcode_ranges",)
    for code, value in source.table(path, document.get("barcode_ranges", {})).items():
        if not code.strip():
            source.problem((*path, code), "a code cannot be empty")
        _read_range(source, add, code, (*path, code), source.table((*path, code), value))


def _read_defaults(source: Source, add: Add, path: Path, table: Mapping[str, Any]) -> None:
    source.only(path, table, (*_SCOPE, *FIELDS))
    key = tuple(source.text(path, table, name, "") or "" for name in _SCOPE)
    if key[2] and key[2] not in MATERIAL_TYPES:
        source.problem((*path, "type"), f"no record has this type; {_among(MATERIAL_TYPES)}")
    fields = {name: value for name, value in table.items() if name in FIELDS}
    for name, text in defaults_problems(key[1], fields).items():
        source.problem((*path, name), text)
    if not fields:
        source.problem(path, "nothing is given")
    add(Noun.ITEM_DEFAULTS, key, fields, path)


def _read_range(source: Source, add: Add, code: str, path: Path, table: Mapping[str, Any]) -> None:
    source.only(path, table, _OF_RANGE)
    prefix = table.get("prefix", "")
    if not isinstance(prefix, str):
        source.problem((*path, "prefix"), f"must be a text, not {shown(prefix)}")
        prefix = ""
    check_digit = table.get("check_digit", False)
    if not isinstance(check_digit, bool):
        source.problem((*path, "check_digit"), f"must be true or false, not {shown(check_digit)}")
        check_digit = False
    for name in ("first", "last"):
        if name not in table:
            source.problem(path, f"{name} is missing")
    first = source.number(path, table, "first", _MOST) or 0
    last = source.number(path, table, "last", _MOST) or first
    digits = source.number(path, table, "digits", 15) or len(str(last))
    problem = range_problem(
        BarcodeRange(code, None, None, prefix, first, last, digits, check_digit, first)
    )
    if problem is not None:
        source.problem(path, problem)
    fields = {
        "at": source.text(path, table, "at", "") or "",
        "prefix": prefix,
        "first": first,
        "last": last,
        "digits": digits,
        "check_digit": check_digit,
    }
    add(Noun.BARCODE_RANGE, (code,), fields, path)


def _among(words: frozenset[str]) -> str:
    return f"there are {', '.join(sorted(words))}"


def check_new_items(parts: Parts, line: Lines) -> list[Problem]:
    """Every name of a place or group that is not there."""
    places = {key[0] for noun in (Noun.AGENCY, Noun.BRANCH) for key in parts.of[noun]}
    groups = {key[0] for key in parts.of[Noun.GROUP]}
    problems = unknown_in_scopes(parts, line, Noun.ITEM_DEFAULTS, _SCOPE)

    def need(noun: Noun, key: Key, name: str, value: str, known: set[str], what: str) -> None:
        if value and value not in known:
            at = line(noun, key, name)
            problems.append(no_such(noun, key, at, what, value))

    for key, fields in parts.of[Noun.ITEM_DEFAULTS].items():
        given = fields.get("gives_group")
        if isinstance(given, str):
            need(Noun.ITEM_DEFAULTS, key, "gives_group", given, groups, "material group")
        floats = fields.get("float_group")
        if isinstance(floats, str):
            known = {found[0] for found in parts.of[Noun.FLOAT_GROUP]}
            need(Noun.ITEM_DEFAULTS, key, "float_group", floats, known, "float group")
    for key, fields in parts.of[Noun.BARCODE_RANGE].items():
        need(Noun.BARCODE_RANGE, key, "at", fields["at"], places, "agency or branch")
    return problems


def add_stored_new_items(
    transaction: Transaction, parts: Parts, place: Callable[[int | None, int | None], str]
) -> None:
    """Adds what is stored to the parts; `place` gives the ISIL of an agency or branch."""
    for row in all_defaults(transaction):
        key = (
            place(row.agency_id, row.branch_id),
            row.material_group or "",
            row.material_type or "",
        )
        parts.add(Noun.ITEM_DEFAULTS, key, stored_terms(row, FIELDS))
    for each in all_ranges(transaction):
        fields = {
            "at": place(each.agency_id, each.branch_id),
            "prefix": each.prefix,
            "first": each.first_number,
            "last": each.last_number,
            "digits": each.digits,
            "check_digit": each.check_digit,
        }
        parts.add(Noun.BARCODE_RANGE, (each.code,), fields)


def new_item_writers(
    transaction: Transaction, owner: Callable[[str], Owner]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What stores and what removes a part of each noun; `owner` finds a place by its ISIL."""

    def scope(key: Key) -> tuple[int | None, int | None, str | None, str | None]:
        agency_id, branch_id = owner(key[0])
        return agency_id, branch_id, key[1] or None, key[2] or None

    def write_defaults(key: Key, fields: Fields, is_new: bool) -> None:
        store_defaults(transaction, scope(key), fields)

    def write_range(key: Key, fields: Fields, is_new: bool) -> None:
        agency_id, branch_id = owner(fields["at"])
        numbers = fields["first"], fields["last"], fields["digits"], fields["check_digit"]
        store_range(
            transaction,
            BarcodeRange(key[0], agency_id, branch_id, fields["prefix"], *numbers, fields["first"]),
        )

    return (
        {Noun.ITEM_DEFAULTS: write_defaults, Noun.BARCODE_RANGE: write_range},
        {
            Noun.ITEM_DEFAULTS: lambda key: forget_defaults(transaction, scope(key)),
            Noun.BARCODE_RANGE: lambda key: forget_range(transaction, key[0]),
        },
    )
