"""What is held on a person, for the person: the right of access (GDPR, article 15).

Which tables tell of a patron is read from the schema: those with a column that refers to a patron,
and those whose rows belong to such rows. Columns declare what a foreign key does not say
(`circulation.kernel.personal`).

The answer is for people to read: times and days are ISO 8601, what is stored as JSON is given as
such, messages that were kept as bytes are text, amounts are decimals, and beside the numbers of
items, titles and branches stands what they are called. Secrets are left out; of each it says only
whether there is one.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, or_, select

from catalogue.database import Statement, Transaction, columns, many, many_of, metadata
from catalogue.schema import branches, items, records
from circulation.kernel.personal import rows_with
from circulation.kernel.schema import all_tables
from circulation.patrons.personal_data import PERSONAL_DATA, Export
from circulation.patrons.schema import patrons

#: Stands in a kept answer for a national number (no message has a NUL).
_COVERED: Final = ("\x00", "(national number)")


@cache
def personal_tables() -> tuple[Table, ...]:
    """Every table with rows on a person."""
    return tuple(_conditions(0))


def _conditions(patron_id: int) -> dict[Table, ColumnElement[bool]]:
    """The condition that finds the rows of each table on this person."""
    conditions: dict[Table, ColumnElement[bool]] = {patrons: patrons.c.id == patron_id}
    found: list[Table] = [patrons]
    while found:  # what names a row that was found is found in the next round
        found = [
            table
            for table in all_tables()
            if table not in conditions
            and not table.info.get("is_derived")
            and any(named.table in found for _, named in _links(table))
        ]
        conditions |= {table: _condition(table, patron_id, conditions) for table in found}
    return {table: conditions[table] for table in all_tables() if table in conditions}


def _condition(
    table: Table, patron_id: int, known: Mapping[Table, ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Of a table that names its persons, what it says counts alone; else the rows that it is of:
    those of a charge, of a claim."""
    links = [(column, named) for column, named in _links(table) if named.table in known]
    own = [rows_with(column, patron_id) for column, named in links if named.table is patrons]
    through = [
        column.in_(select(named).where(known[named.table]))
        for column, named in links
        if named.table is not patrons
    ]
    return or_(*(own or through))


def _links(table: Table) -> Iterator[tuple[Column[Any], Column[Any]]]:
    """Columns that name rows of other tables, and which column they name there."""
    for column in table.columns:
        if "names" in column.info:
            table_name, _, named = column.info["names"].partition(".")
            yield column, metadata.tables[table_name].c[named]
        for key in column.foreign_keys:
            yield column, key.column


def export_person(transaction: Transaction, patron_id: int) -> dict[str, Any] | None:
    """Everything held on a patron: rows as dicts under the names of their tables, which JSON can
    hold as they are; None if unknown.

    The patron's own row is `patron`. Beside `item_id`, `record_id` and the ids of branches stand
    `item`, `record` and the names of the branches. Of a national number there is what is stored:
    its hash.
    """
    found: Export = {}
    for table, read in _readers().items():
        found[table.name] = [_plain(table, row) for row in read(transaction, patron_id=patron_id)]
    own = found.pop(patrons.name)
    if not own:
        return None
    for kept in PERSONAL_DATA:
        if kept.complete is not None:
            kept.complete(transaction, found)
    _name_things(transaction, [*own, *chain.from_iterable(found.values())])
    return {"patron": own[0], **found}


@cache
def _readers() -> dict[Table, Callable[..., list[Any]]]:
    return {table: _reader(table) for table in personal_tables()}


def _reader(table: Table) -> Callable[..., list[Any]]:
    @many(namedtuple("Row", table.columns.keys()))
    def read(*, patron_id: int) -> Statement:
        theirs = _conditions(patron_id)[table]
        return select(table).where(theirs).order_by(*table.primary_key.columns)

    return read


def _plain(table: Table, row: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for column, value in zip(table.columns, row, strict=True):
        if "is_secret" in column.info:
            plain[f"has_{column.name}"] = value is not None
        elif "is_json" in column.info:
            plain[column.name] = json.loads(value) if value else None
        elif isinstance(column.type, LargeBinary):
            plain[column.name] = readable(value)
        else:
            plain[column.name] = value.isoformat() if isinstance(value, date) else value
    return plain


def readable(kept: bytes | memoryview | None) -> str | None:
    """What a message said: protocols write their messages in UTF-8, or a character an octet."""
    if kept is None:
        return None
    octets = bytes(kept)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text.replace(*_COVERED)


class _Title(NamedTuple):
    id: int
    title: str


@many_of(_Title)
def _titles(*, record_ids: Sequence[int]) -> Statement:
    return select(*columns(_Title, records)).where(records.c.id.in_(record_ids))


class _Item(NamedTuple):
    id: int
    barcode: str
    title: str


@many_of(_Item)
def _items(*, item_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(_Item, items, records, id=items.c.id))
        .join(records, records.c.id == items.c.record_id)
        .where(items.c.id.in_(item_ids))
    )


class _Branch(NamedTuple):
    id: int
    name: str


@many(_Branch)
def _branches() -> Statement:
    return select(*columns(_Branch, branches))


def _name_things(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    """Writes beside the numbers of items, titles and branches what they are called."""
    copies = {
        number: {"barcode": barcode, "title": title}
        for number, barcode, title in _items(transaction, item_ids=_numbers(rows, "item_id"))
    }
    known: dict[str, dict[int, Any]] = {
        "item_id": copies,
        "record_id": dict(_titles(transaction, record_ids=_numbers(rows, "record_id"))),
        "branch_id": dict(_branches(transaction)),
    }
    for row in rows:
        for name, number in list(row.items()):
            kind = "branch_id" if name.endswith("_branch_id") else name
            if kind in known and number is not None:
                row[name.removesuffix("_id")] = known[kind].get(number)


def _numbers(rows: list[dict[str, Any]], name: str) -> list[int]:
    return sorted({row[name] for row in rows if row.get(name) is not None})
