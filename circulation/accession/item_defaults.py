"""What new items are given where nobody says otherwise: rows with a scope, as the loan rules are.

A row's scope is a place (branch, agency, or any) x a material group (or any) x a material type of
the record (`catalogue.index.coded`: book, video...; or any). Each field comes from the narrowest
row that sets it; place weighs more than group, group more than type, and of several types of one
record the more specific. The group itself is given by rows that are for no group: `gives_group`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from catalogue.index.describing import MATERIAL
from catalogue.index.field_texts import field_texts
from circulation.accession.given import GIVEN
from circulation.accession.schema import item_defaults
from circulation.kernel.rules import Rule, RuleSet, Tree, lineage
from circulation.languages.sentences import Sentence

#: Material types that others of the same record are more specific than.
_GENERAL = frozenset(("article", "book", "other", "serial", "text", "printed"))


class Defaults(NamedTuple):
    """What an item is given. Empty, or None, where no row says anything."""

    material_group: str = ""
    price: int | None = None
    currency: str | None = None
    department: str = ""
    location: str = ""
    sublocation: str = ""
    section: str = ""
    float_group: str = ""
    call_number: str = ""


class Place(NamedTuple):
    """Where the item is to belong."""

    agency_id: int
    branch_id: int


class _ItemDefaults(RuleSet):
    def problems(self, said: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Sentence]:
        problems = super().problems(said, scope)
        if scope["material_group"] and "gives_group" in said:
            problems["gives_group"] = Sentence("GROUP_GIVES_NONE")
        return problems


ITEM_DEFAULTS = _ItemDefaults(GIVEN, item_defaults)


def resolve_defaults(
    rows: Iterable[Rule],
    place: Place,
    groups: Tree,
    *,
    material_group: str | None,
    types: Sequence[str],
) -> tuple[Defaults, str | None]:
    """What the rows say, and the access point of the call number.

    `material_group` None: as the rows give it. `types` are those of the record, the more specific
    ones last.
    """
    known = list(rows)
    if material_group is None:
        ranked = _ranked(known, place, ("",), types)
        material_group = _first(ranked, "gives_group") or ""
    ranked = _ranked(known, place, lineage(groups, material_group), types)
    priced = next((rule for rule in ranked if "price" in rule.says), None)
    texts = {
        name: _first(ranked, name) or ""
        for name in ("department", "location", "sublocation", "section", "float_group")
    }
    found = Defaults(
        material_group,
        priced.says["price"] if priced else None,
        priced.says["currency"] if priced else None,
        **texts,
    )
    return found, _first(ranked, "call_number")


def _first(rules: Iterable[Rule], name: str) -> str | None:
    return next((rule.says[name] for rule in rules if name in rule.says), None)


def _ranked(
    rows: Iterable[Rule], place: Place, groups: Sequence[str], types: Sequence[str]
) -> list[Rule]:
    """The rows whose scope holds, the narrowest first."""
    ranked = []
    for row in rows:
        if row.branch_id not in (None, place.branch_id):
            continue
        if row.agency_id not in (None, place.agency_id):
            continue
        if row.material_group is not None and row.material_group not in groups:
            continue
        if row.material_type is not None and row.material_type not in types:
            continue
        narrowness = (
            2 if row.branch_id is not None else 1 if row.agency_id is not None else 0,
            0 if row.material_group is None else len(groups) - groups.index(row.material_group),
            0 if row.material_type is None else 1 + types.index(row.material_type),
        )
        ranked.append((narrowness, row))
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    return [row for _, row in ranked]


def types_in(terms: Mapping[int, set[bytes]]) -> tuple[str, ...]:
    """The material types among the terms of a record: what says little first."""
    found = {code.decode() for code in terms.get(MATERIAL, set())}
    return tuple(sorted(found, key=lambda name: (name not in _GENERAL, name)))


def call_number_in(record_format: str, data: bytes, point: str) -> str:
    """The first number of the access point in a record, as it is written there."""
    return next((found.text.strip() for found in field_texts(record_format, data, point)), "")
