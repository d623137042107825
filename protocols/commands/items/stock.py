"""What `tiro item` changes: one item or a whole list of them, each in a request of its own.

A list comes from a file or standard input: a barcode on each line, or CSV whose first column is
`item` and whose others say what each item is to have. What could not be done is told with all that
stands in the way, and keeps nothing else from being done.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TextIO

import click

from circulation.items.levels import LEVELS
from circulation.ledger.money import DEFAULT_CURRENCY
from circulation.ledger.prices import WrongPrice, minor_units
from protocols.commands.asking.answers import Outcome
from protocols.commands.asking.asker import NULL, Asker

#: What is said of an item in words, as columns of CSV have it.
TEXTS: Final = (
    *("barcode", "call_number", "material_group", "part", "float_group", "not_for_loan"),
)
COLUMNS: Final = (*TEXTS, "price", "currency", "at", *LEVELS)
#: In CSV an empty cell leaves things as they are; this takes them away.
NOTHING: Final = "-"


class Line(NamedTuple):
    """An item by its barcode, and what it is to have by the names of `COLUMNS`."""

    item: str
    changes: Mapping[str, str]


def lines_of(
    barcodes: Iterable[str], file: TextIO | None, changes: Mapping[str, str]
) -> list[Line]:
    """The items named by arguments and file, each once; `changes` are for all of them.

    Raises click.UsageError for a file that cannot be read, or has a column that is not one.
    """
    found = {each: Line(each, changes) for each in barcodes}
    try:
        for each in () if file is None else _read(file.read(), changes):
            found.setdefault(each.item, each)
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"the list cannot be read: {error}") from error
    if not found:
        raise click.UsageError("name an item, or a list of them with --file")
    return list(found.values())


def _read(text: str, changes: Mapping[str, str]) -> Iterator[Line]:
    """Cells stand between commas, or semicolons as spreadsheets write them where the comma is the
    decimal point."""
    first, _, _ = text.partition("\n")
    rows = csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",")
    columns: list[str] | None = None
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if columns is None:
            columns = ["item"]
            if cells[0] == "item":
                columns = _columns(cells)
                continue
        given = dict(zip(columns, cells, strict=False))
        item = given.pop("item")
        own = {name: "" if cell == NOTHING else cell for name, cell in given.items() if cell}
        yield Line(item, {**changes, **own})


def _columns(cells: list[str]) -> list[str]:
    unknown = [each for each in cells[1:] if each not in COLUMNS]
    if unknown:
        raise click.UsageError(
            f"there is no column {', '.join(map(repr, unknown))}; there are {', '.join(COLUMNS)}"
        )
    return cells


def changed(asker: Asker, line: Line, *, dry_run: bool) -> Outcome:
    """Changes what is written of an item, and where it belongs."""
    changes: dict[str, Any] = dict(line.changes)
    currency = changes.pop("currency", None)
    try:
        changes |= _price(asker, line.item, changes.pop("price", None), currency)
    except WrongPrice as error:
        wrong = {"field": "price", "rule": "unfit", "text": str(error)}
        return Outcome(line.item, None, {"title": str(error), "errors": [wrong]})
    home = changes.pop("at", None)
    wish = changes | {"home_branch": home, "dry_run": dry_run}
    return Outcome(line.item, *asker.attempt("alter_item", **wish | {"item": line.item}))


def _price(asker: Asker, item: str, amount: str | None, currency: str | None) -> dict[str, Any]:
    """What is said of the price. Raises WrongPrice."""
    if amount is None:
        if currency is not None:
            raise WrongPrice("a price and its currency go together")
        return {}
    if not amount:
        return {"price": NULL}
    if currency is None:
        known, _ = asker.attempt("show_item", item=item)
        price = None if known is None else known["price"]
        currency = DEFAULT_CURRENCY if price is None else price["currency"]
    return {"price": {"amount": minor_units(amount, currency), "currency": currency}}
