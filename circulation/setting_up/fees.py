"""What a set-up says of money: rules on fees, compensation, payments and blocks for debt.

[[fees]]    at, category, group, from (a date on which the rule comes into force), and fields of
            `circulation.fees.rules.FeeTerms`; amounts in minor units
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from catalogue.database import Transaction
from circulation.calendars.rows import Owner
from circulation.fees.lateness import tariff
from circulation.fees.rules import (
    FIELDS,
    TARIFFS,
    FeeRow,
    fee_rule_problems,
    forget_fee_rule,
    read_fee_rules,
    resolve_fees,
    said_value,
    store_fee_rule,
    stored_value,
)
from circulation.fees.tiers import exceeding
from circulation.kernel.policy import Case, lineage
from circulation.setting_up.difference import title
from circulation.setting_up.parts import Fields, Key, Noun, Parts
from circulation.setting_up.positions import Path
from circulation.setting_up.scopes import (
    Add,
    Lines,
    read_terms,
    stored_scope,
    stored_terms,
    unknown_in_scopes,
)
from circulation.setting_up.source import Problem, Source, shown

SECTIONS = ("fees",)
_SCOPE = ("at", "category", "group", "from")


def read_fees(source: Source, add: Add) -> None:
    """Adds the rules of the section; notes what is wrong with them."""
    for path, table in source.tables(("fees",), source.document.get("fees", [])):
        _read(source, add, path, table)


def _read(source: Source, add: Add, path: Path, table: Mapping[str, Any]) -> None:
    source.only(path, table, (*_SCOPE, *FIELDS))
    scope = [source.text(path, table, name, "") or "" for name in _SCOPE[:-1]]
    begins = table.get("from")
    if begins is not None and (not isinstance(begins, date) or isinstance(begins, datetime)):
        source.problem((*path, "from"), f"must be a date, such as 2027-01-01, not {shown(begins)}")
        begins = None
    sound = read_terms(source, path, table, FIELDS, fee_rule_problems)
    add(Noun.FEES, (*scope, begins.isoformat() if begins else ""), sound, path)


def check_fees(parts: Parts, line: Lines) -> list[Problem]:
    """Every name that is not there, and every tariff that goes above the ceilings that hold."""
    problems = unknown_in_scopes(parts, line, Noun.FEES, _SCOPE)
    return problems or [*_above_ceilings(parts, line)]


def _above_ceilings(parts: Parts, line: Lines) -> Iterator[Problem]:
    """For the scope of each rule that has to do with tariffs: what holds there together."""
    numbers = {
        key[0]: number
        for number, key in enumerate([*parts.of[Noun.AGENCY], *parts.of[Noun.BRANCH]], 1)
    }
    trees = {
        noun: {key[0]: fields["parent"] for key, fields in parts.of[noun].items()}
        for noun in (Noun.CATEGORY, Noun.GROUP)
    }
    rows = []
    for number, (key, fields) in enumerate(parts.of[Noun.FEES].items(), 1):
        place, category, group, begins = key
        is_branch = (place,) in parts.of[Noun.BRANCH]
        rows.append(
            FeeRow(
                number,
                numbers[place] if place and not is_branch else None,
                numbers[place] if is_branch else None,
                category or None,
                group or None,
                date.fromisoformat(begins) if begins else None,
                *(stored_value(name, fields.get(name)) for name in FIELDS),
            )
        )
    for key, row in zip(parts.of[Noun.FEES], rows, strict=True):
        if all(getattr(row, name) is None for name in TARIFFS):
            continue
        agency = row.agency_id or 0
        if row.branch_id is not None:
            agency = numbers.get(parts.of[Noun.BRANCH][key[:1]]["agency"], 0)
        case = Case(
            agency,
            row.branch_id or 0,
            lineage(trees[Noun.CATEGORY], key[1]),
            lineage(trees[Noun.GROUP], key[2]),
        )
        terms = resolve_fees(rows, case, row.valid_from or date.max)
        for is_child in (False, True):
            tiers, ceilings = tariff(terms, is_child=is_child)
            above = None if ceilings is None else exceeding(tiers, ceilings)
            if above is not None:
                whose = " for children" if is_child else ""
                yield Problem(
                    line(Noun.FEES, key, "child_tiers" if is_child else "tiers"),
                    f"{title(Noun.FEES, key)}: the tariff{whose} is {above.amount} from day"
                    f" {above.day} on, which is above the ceiling",
                )
                break


def add_stored_fees(
    transaction: Transaction, parts: Parts, place: Callable[[int | None, int | None], str]
) -> None:
    """Adds what is stored to the parts; `place` gives the ISIL of an agency or branch."""
    for row in read_fee_rules(transaction):
        key = (
            place(row.agency_id, row.branch_id),
            row.patron_category or "",
            row.material_group or "",
            "" if row.valid_from is None else row.valid_from.isoformat(),
        )
        parts.add(Noun.FEES, key, stored_terms(row, FIELDS, said_value))


def fee_writers(
    transaction: Transaction, owner: Callable[[str], Owner]
) -> tuple[dict[Noun, Callable[[Key, Fields, bool], None]], dict[Noun, Callable[[Key], None]]]:
    """What stores and what removes a rule; `owner` finds a place by its ISIL."""

    def scope(key: Key) -> dict[str, Any]:
        begins = {"valid_from": date.fromisoformat(key[3]) if key[3] else None}
        return stored_scope(owner, key, "patron_category", "material_group") | begins

    def write(key: Key, fields: Fields, is_new: bool) -> None:
        store_fee_rule(transaction, **scope(key), **fields)

    return {Noun.FEES: write}, {Noun.FEES: lambda key: forget_fee_rule(transaction, **scope(key))}
