"""What new items are given where nobody says otherwise: rows with a scope, as the loan rules are.

A row's scope is a place (branch, agency, or any) x a material group (or any) x a material type of
the record (`catalogue.index.coded`: book, video...; or any). Each field comes from the narrowest
row that sets it; place weighs more than group, group more than type, and of several types of one
record the more specific. The group itself is given by rows that are for no group: `gives_group`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from catalogue.database import Transaction
from catalogue.index.describing import MATERIAL
from catalogue.index.field_texts import field_texts
from circulation.accession.schema import item_defaults
from circulation.kernel.policy import Tree, lineage
from circulation.kernel.scoped_rows import ScopedRows


class DefaultsRow(NamedTuple):
    """A row as it is stored: scope (None holds for any), then fields (None says nothing)."""

    id: int
    agency_id: int | None
    branch_id: int | None
    material_group: str | None
    material_type: str | None
    gives_group: str | None
    price: int | None  # minor units; goes together with `currency`
    currency: str | None
    department: str | None
    location: str | None
    sublocation: str | None
    section: str | None
    float_group: str | None
    call_number: str | None


FIELDS = DefaultsRow._fields[5:]
#: Material types that others of the same record are more specific than.
_GENERAL = frozenset(("article", "book", "other", "serial", "text", "printed"))
#: Access points whose number can become the call number.
CALL_NUMBERS = ("dewey", "udc", "local_class", "lc_call_number", "nlm_call_number")


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


_rows = ScopedRows(item_defaults, DefaultsRow, DefaultsRow._fields[1:5])
all_defaults = _rows.read


def store_defaults(
    transaction: Transaction,
    scope: tuple[int | None, int | None, str | None, str | None],
    fields: Mapping[str, str | int],
) -> None:
    """Sets the row of one scope (agency, branch, group, type), in place of what it had.

    Raises ValueError with all that is wrong (`defaults_problems`).
    """
    problems = defaults_problems(scope[2] or "", fields)
    if problems:
        raise ValueError("; ".join(problems.values()))
    _rows.store(transaction, scope, [fields.get(name) for name in FIELDS])


def forget_defaults(
    transaction: Transaction, scope: tuple[int | None, int | None, str | None, str | None]
) -> None:
    """Removes the row of one scope, where there is one."""
    _rows.forget(transaction, scope)


def defaults_problems(material_group: str, fields: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with the fields of a row: a sentence for each field at fault."""
    problems = {}
    for name, value in fields.items():
        if name == "price":
            if type(value) is not int or not 0 <= value <= 100_000_000:
                problems[name] = "price is a whole number of minor units, such as 29900"
        elif not isinstance(value, str) or not value.strip():
            problems[name] = f"{name} must be a text"
    currency = fields.get("currency")
    if ("price" in fields) != ("currency" in fields):
        problems["price" if "price" in fields else "currency"] = "price and currency go together"
    elif isinstance(currency, str) and not (
        len(currency) == 3 and currency.isascii() and currency.isupper()
    ):
        problems["currency"] = "currency is a code of three letters, such as DKK"
    if fields.get("call_number", CALL_NUMBERS[0]) not in CALL_NUMBERS:
        problems["call_number"] = f"call_number is {' or '.join(CALL_NUMBERS)}"
    if material_group and "gives_group" in fields:
        problems["gives_group"] = "what is for one group cannot give another"
    return problems


def resolve_defaults(
    rows: Iterable[DefaultsRow],
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
    priced = next((row for row in ranked if row.price is not None), None)
    texts = {
        name: _first(ranked, name) or ""
        for name in ("department", "location", "sublocation", "section", "float_group")
    }
    found = Defaults(
        material_group,
        priced.price if priced else None,
        priced.currency if priced else None,
        **texts,
    )
    return found, _first(ranked, "call_number")


def _first(rows: Iterable[DefaultsRow], name: str) -> str | None:
    found: str | None = next(
        (value for row in rows if (value := getattr(row, name)) is not None), None
    )
    return found


def _ranked(
    rows: Iterable[DefaultsRow], place: Place, groups: Sequence[str], types: Sequence[str]
) -> list[DefaultsRow]:
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
