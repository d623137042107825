"""Announcements of deliveries as files: TOML for one order, CSV for any number of them.

    supplier = "Boggrossisten"          supplier,order_number,branch,isbn,copies,price,currency
    order_number = "2026-117"           Bogs,117,DK-900101,9780140449136,2,"199,95",DKK
    branch = "DK-900101"
    expected = 2026-12-01
    [[items]]
    isbn = "9780140449136"
    copies = 2
    price = "199.95"
    currency = "DKK"

Items have isbn (or any other number of the title), copies, barcode, title, author, branch,
material_group, price and currency, department, location, sublocation, section, call_number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from circulation.accession.announcing import AnnouncedDelivery, AnnouncedLine
from circulation.languages.sentences import Sentence, listed
from circulation.ledger.prices import WrongPrice, price_of
from circulation.sections.source import NotToml, Problem, Source, parse

_HEAD = ("supplier", "order_number", "branch", "expected")
_TEXTS = (
    *("title", "author", "material_group"),
    *("department", "location", "sublocation", "section", "call_number"),
)
_ITEM = ("isbn", "copies", "barcode", "branch", "price", "currency", *_TEXTS)


@dataclass
class DeclaredDeliveries:
    """What a file announces, and all that is wrong with it.

    `lines` holds, for each delivery, where it stands in the file and where its items do.
    """

    deliveries: list[AnnouncedDelivery] = field(default_factory=list)
    lines: list[tuple[int, list[int]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def line(self, delivery: int, item: int | None) -> int:
        """The line of an item of a delivery (places from 0), or of the delivery."""
        head, of_items = self.lines[delivery]
        return head if item is None else of_items[item]


def read_toml(text: str) -> DeclaredDeliveries:
    """The one delivery of a TOML document."""
    declared = DeclaredDeliveries()
    try:
        source = parse(text)
    except NotToml as error:
        declared.problems.append(error.args[0])
        return declared
    top = source.document
    source.only((), top, (*_HEAD, "items"))
    head = {name: source.text((), top, name) or "" for name in _HEAD[:3]}
    expected = top.get("expected")
    if expected is not None and (not isinstance(expected, date) or isinstance(expected, datetime)):
        source.must_be(("expected",), "A_DATE", expected)
        expected = None
    items, lines = [], []
    for path, table in source.tables(("items",), top.get("items", [])):
        source.only(path, table, _ITEM)
        given = _texts_of(source, path, table)
        items.append(_item(given, source.line(path), source.problems))
        lines.append(source.line(path))
    declared.problems = sorted(source.problems, key=lambda problem: problem.line or 0)
    declared.deliveries.append(AnnouncedDelivery(**head, lines=tuple(items), expected=expected))
    declared.lines.append((1, lines))
    return declared


def _texts_of(source: Source, path: Any, table: Mapping[str, Any]) -> dict[str, str]:
    """The values as a CSV file would have them."""
    given = {}
    for name, value in table.items():
        if isinstance(value, str):
            given[name] = value
        elif name in ("copies", "isbn", "barcode") and type(value) is int:
            given[name] = str(value)
        elif name in _ITEM:
            source.must_be((*path, name), "A_TEXT", value)
    return given


def read_csv(text: str) -> DeclaredDeliveries:
    """The deliveries of a CSV file, whose first line names the columns.

    Columns are parted by commas or semicolons. Rows of one order may stand anywhere.
    """
    declared = DeclaredDeliveries()
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    orders: dict[tuple[str, ...], tuple[int, list[AnnouncedLine], list[int]]] = {}
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        if not _are_columns(names, declared.problems):
            return declared
        for row in rows:
            if any(value.strip() for value in row):
                if len(row) > len(names):
                    declared.problems.append(Problem(rows.line_num, Sentence("TOO_MANY_COLUMNS")))
                _add_row(dict(zip(names, row, strict=False)), rows.line_num, orders, declared)
    except csv.Error as error:
        declared.problems.append(Problem(rows.line_num, Sentence("NOT_CSV", error=str(error))))
    for key, (line, items, lines) in orders.items():
        supplier, order_number, branch, expected = key
        day = None
        if expected:
            try:
                day = date.fromisoformat(expected)
            except ValueError:
                text = Sentence(
                    "IS_NOT", name="expected", what=Sentence("A_DATE"), value=repr(expected)
                )
                declared.problems.append(Problem(line, text))
        declared.deliveries.append(
            AnnouncedDelivery(supplier, order_number, branch, tuple(items), day)
        )
        declared.lines.append((line, lines))
    return declared


def _are_columns(names: list[str], problems: list[Problem]) -> bool:
    known = {*_HEAD, *_ITEM}
    for name in names:
        if name not in known:
            text = Sentence("NO_SUCH_COLUMN", name=repr(name), known=listed(sorted(known)))
            problems.append(Problem(1, text))
    for name in sorted({*_HEAD[:3], "isbn"} - set(names)):
        problems.append(Problem(1, Sentence("COLUMN_MISSING", name=name)))
    return not problems


def _add_row(
    row: dict[str, str],
    line: int,
    orders: dict[tuple[str, ...], tuple[int, list[AnnouncedLine], list[int]]],
    declared: DeclaredDeliveries,
) -> None:
    row = {name: value.strip() for name, value in row.items()}
    # The branch of a row is that of its item; the first row's is that of the delivery too.
    order = (row.get("supplier", ""), row.get("order_number", ""))
    key = next((each for each in orders if each[:2] == order), None)
    if key is None:
        key = (*order, row.get("branch", ""), row.get("expected", ""))
        orders[key] = (line, [], [])
    elif row.get("expected", "") not in ("", key[3]):
        declared.problems.append(Problem(line, Sentence("EXPECTED_ONCE")))
    _, items, lines = orders[key]
    items.append(_item(row, line, declared.problems))
    lines.append(line)


def _item(row: Mapping[str, str], line: int, problems: list[Problem]) -> AnnouncedLine:
    copies = row.get("copies", "") or "1"
    if not (copies.isascii() and copies.isdecimal() and len(copies) < 10):
        problems.append(Problem(line, Sentence("COPIES_ARE_A_NUMBER", value=repr(copies))))
        copies = "1"
    price = None
    try:
        price = price_of(row.get("price"), row.get("currency") if row.get("price") else None)
    except WrongPrice as error:
        problems.append(Problem(line, Sentence("ITSELF", text=str(error))))
    return AnnouncedLine(
        row.get("isbn", ""),
        int(copies),
        row.get("barcode") or None,
        branch=row.get("branch") or None,
        price=price[0] if price else None,
        currency=price[1] if price else None,
        **{name: row.get(name, "") for name in _TEXTS},
    )
