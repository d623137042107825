"""What is held on a person, for the person: the right of access (GDPR, article 15).

Which tables tell of a patron is read from the schema: those with a column that refers to a patron,
and those whose rows belong to such rows. What a database cannot know belongs together (no foreign
key, because the one may be purged before the other) is declared here.

The answer is for people to read: times and days are ISO 8601, what is stored as JSON is given as
such, messages that were kept as bytes are text, amounts are decimals, and beside the numbers of
items, titles and branches stands what they are called. Secrets are left out; of each it says only
whether there is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import chain
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    bindparam,
    or_,
    select,
)

from catalogue.database import Transaction, key_parameters, many, many_of
from catalogue.schema import branches, items, records
from circulation.digital_post.schema import post_receipts
from circulation.dunning.schema import collection_claims
from circulation.interlending.exchanges import Line, exchanges_of_request
from circulation.kernel.schema import all_tables, events
from circulation.ledger.money import decimal_text
from circulation.ledger.schema import charges
from circulation.notices.schema import notice_messages
from circulation.patrons.schema import access_log, patrons

#: Never shown, not even to whom it belongs: they let somebody in, or would help to find what does.
SECRETS: Final = {("patrons", "pin_hash"), ("sealed_numbers", "sealed"), ("replies", "digest")}
#: Texts that hold JSON.
JSON_COLUMNS: Final = {
    ("charge_loans", "facts"),
    ("dunning_acts", "facts"),
    ("events", "before"),
    ("events", "after"),
    ("events", "traits"),
    ("money_orders", "shares"),
    ("notices", "cause"),
    ("notices", "facts"),
    ("partner_notices", "facts"),
}
#: Belong to a patron without a foreign key: column -> what it names.
_LOOSE: Final[dict[Column[Any], Column[Any]]] = {
    events.c.patron_id: patrons.c.id,
    access_log.c.patron_id: patrons.c.id,
    post_receipts.c.message_id: notice_messages.c.id,
}
_OF_PERSON: Final[ColumnElement[Any]] = bindparam("patron_id")
#: Stands in a kept answer for a national number (no message has a NUL).
_COVERED: Final = ("\x00", "(national number)")


def references() -> list[tuple[Table, Column[Any]]]:
    """Every column of the schema that refers to a patron."""
    return [
        (table, column)
        for table in all_tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is patrons.c.id
    ]


@cache
def personal_tables() -> dict[Table, ColumnElement[bool]]:
    """Every table with rows on a person, and the condition that finds those of `patron_id`."""
    conditions: dict[Table, ColumnElement[bool]] = {patrons: patrons.c.id == _OF_PERSON}
    found: list[Table] = [patrons]
    while found:  # what names a row that was found is found in the next round
        found = [
            table
            for table in all_tables()
            if table not in conditions and any(named.table in found for _, named in _links(table))
        ]
        conditions |= {table: _condition(table, conditions) for table in found}
    return {table: conditions[table] for table in all_tables() if table in conditions}


def _condition(table: Table, known: Mapping[Table, ColumnElement[bool]]) -> ColumnElement[bool]:
    """Of a table that names its persons, what it says counts alone; else the rows that it is of:
    those of a charge, of a claim."""
    links = [(column, named) for column, named in _links(table) if named.table in known]
    own = [column == _OF_PERSON for column, named in links if named.table is patrons]
    through = [
        column.in_(select(named).where(known[named.table]))
        for column, named in links
        if named.table is not patrons
    ]
    return or_(*(own or through))


def _links(table: Table) -> Iterator[tuple[Column[Any], Column[Any]]]:
    """Columns that name rows of other tables, and which column they name there."""
    for column in table.columns:
        if column in _LOOSE:
            yield column, _LOOSE[column]
        for key in column.foreign_keys:
            yield column, key.column


def export_person(transaction: Transaction, patron_id: int) -> dict[str, Any] | None:
    """Everything held on a patron: rows as dicts under the names of their tables, which JSON can
    hold as they are; None if unknown.

    The patron's own row is `patron`. Beside `item_id`, `record_id` and the ids of branches stand
    `item`, `record` and the names of the branches. Of a national number there is what is stored:
    its hash.
    """
    found: dict[str, Any] = {}
    for table, read in _readers().items():
        found[table.name] = [_plain(table, row) for row in read(transaction, patron_id)]
    own = found.pop(patrons.name)
    if not own:
        return None
    found["exchanges"] = list(_exchanges(transaction, found["interlibrary_loans"]))
    _name_things(transaction, [*own, *chain.from_iterable(found.values())])
    _say_amounts(found)
    return {"patron": own[0], **found}


@cache
def _readers() -> dict[Table, Callable[..., list[Any]]]:
    return {
        table: many(
            select(table).where(condition).order_by(*table.primary_key.columns), None, "patron_id"
        )
        for table, condition in personal_tables().items()
    }


def _plain(table: Table, row: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for column, value in zip(table.columns, row, strict=True):
        key = (table.name, column.name)
        if key in SECRETS:
            plain[f"has_{column.name}"] = value is not None
        elif key in JSON_COLUMNS:
            plain[column.name] = json.loads(value) if value else None
        elif isinstance(column.type, LargeBinary):
            plain[column.name] = _text(value)
        else:
            plain[column.name] = value.isoformat() if isinstance(value, date) else value
    return plain


def _text(kept: bytes | memoryview | None) -> str | None:
    """What a message said: protocols write their messages in UTF-8, or a character an octet."""
    if kept is None:
        return None
    octets = bytes(kept)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text.replace(*_COVERED)


def _exchanges(transaction: Transaction, loans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What was said with partners about the patron's interlibrary loans, as long as it is kept."""
    asked = {(loan["request_id"], loan["partner"]) for loan in loans if loan["request_id"]}
    for request_id, partner in sorted(asked):
        for line in exchanges_of_request(transaction, request_id):
            if line.partner == partner:
                yield _said(line)


def _said(line: Line) -> dict[str, Any]:
    return {
        **line._asdict(),
        "at": line.at.isoformat(),
        "request": _text(line.request),
        "answer": _text(line.answer),
    }


# What the numbers mean

#: Columns that count minor units of the currency of their row, or of its charge or claim.
_AMOUNTS: Final = ("amount", "paid", "written_off", "balance", "fees", "compensations")


def _say_amounts(found: dict[str, list[dict[str, Any]]]) -> None:
    """Amounts as decimals, such as "50.25"."""
    of_charges = {row["id"]: row["currency"] for row in found[charges.name]}
    of_claims = {row["id"]: row["currency"] for row in found[collection_claims.name]}
    for row in chain.from_iterable(found.values()):
        currency = row.get("currency") or of_charges.get(row.get("charge_id"))
        currency = currency or of_claims.get(row.get("claim_id"))
        if currency is None:
            continue
        for name in _AMOUNTS:
            if isinstance(row.get(name), int):
                row[name] = decimal_text(row[name], currency)


_titles: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: select(records.c.id, records.c.title).where(
        records.c.id.in_(key_parameters(size))
    ),
    None,
)
_items: Callable[[Transaction, list[int]], list[Any]] = many_of(
    lambda size: (
        select(items.c.id, items.c.barcode, records.c.title)
        .join(records, records.c.id == items.c.record_id)
        .where(items.c.id.in_(key_parameters(size)))
    ),
    None,
)
_branches: Callable[..., list[Any]] = many(select(branches.c.id, branches.c.name), None)


def _name_things(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    """Writes beside the numbers of items, titles and branches what they are called."""
    copies = {
        number: {"barcode": barcode, "title": title}
        for number, barcode, title in _items(transaction, _numbers(rows, "item_id"))
    }
    known: dict[str, dict[int, Any]] = {
        "item_id": copies,
        "record_id": dict(_titles(transaction, _numbers(rows, "record_id"))),
        "branch_id": dict(_branches(transaction)),
    }
    for row in rows:
        for name, number in list(row.items()):
            kind = "branch_id" if name.endswith("_branch_id") else name
            if kind in known and number is not None:
                row[name.removesuffix("_id")] = known[kind].get(number)


def _numbers(rows: list[dict[str, Any]], name: str) -> list[int]:
    return sorted({row[name] for row in rows if row.get(name) is not None})
