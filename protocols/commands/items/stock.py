"""What `tiro item` changes: one item or a whole list of them, each in a transaction of its own.

A list comes from a file or standard input: a barcode on each line, or CSV whose first column is
`item` and whose others say what each item is to have. What could not be done is told with all that
stands in the way, and keeps nothing else from being done.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TextIO

import click

from catalogue.database import Transaction
from catalogue.items import Item, find_item
from circulation.fees.terms import FeeTerms
from circulation.items.changes import KEEP, ItemChange, ItemUnfit, Keep, change_item
from circulation.items.places import LEVELS, UnknownPlace, place_item
from circulation.items.removal import ItemNeeded, remove_item
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk, Refused
from circulation.kernel.set_up import all_branches
from circulation.ledger.prices import WrongPrice, minor_units
from protocols.commands.shared.library import DEVICE, Library
from protocols.commands.shared.unknown import no_branch, no_item
from protocols.commands.shared.wording import money

#: What is said of an item in words, as columns of CSV have it.
TEXTS: Final = ("barcode", "call_number", "material_group", "part", "float_group")
COLUMNS: Final = (*TEXTS, "price", "currency", "at", *LEVELS)
#: In CSV an empty cell leaves things as they are; this takes them away.
NOTHING: Final = "-"


class Line(NamedTuple):
    """An item by its barcode, and what it is to have by the names of `COLUMNS`."""

    item: str
    changes: Mapping[str, str]


#: What is done with an item, in a transaction: the facts of it, or NotDone.
Act = Callable[[Library, Transaction, Line, Item, Desk], dict[str, Any]]


class NotDone(Exception):
    """Nothing was done with an item: each reason as a code and a sentence."""

    def __init__(self, reasons: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.reasons = tuple(reasons)


class _NotMeant(Exception):
    """Carries the answer of a dry run out of its transaction, which is rolled back."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__()
        self.facts = facts


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


def each_of(
    library: Library,
    lines: Iterable[Line],
    act: Act,
    *,
    dry_run: bool,
) -> Iterator[dict[str, Any]]:
    """Does it with each item; facts of each, with `why` where nothing was done."""
    for line in lines:

        def work(transaction: Transaction, line: Line = line) -> dict[str, Any]:
            item = find_item(transaction, line.item)
            if item is None:
                raise NotDone([(Reason.ITEM_UNKNOWN.name, no_item(transaction, line.item))])
            home = library.circulation.current_set_up(transaction).branches[item.branch_id]
            desk = Desk(library.actor, DEVICE, home.agency_id, home.id)
            facts = act(library, transaction, line, item, desk)
            if dry_run:
                raise _NotMeant(facts)
            return facts

        try:
            yield library.write(work)
        except _NotMeant as dry:
            yield dry.facts
        except NotDone as error:
            codes, sentences = zip(*error.reasons, strict=True)
            yield {
                "item": line.item,
                "done": "nothing",
                "refused": list(codes),
                "why": list(sentences),
            }


def withdraw_one(why: str) -> Act:
    """Takes an item out of the stock."""

    def act(
        library: Library, transaction: Transaction, line: Line, item: Item, desk: Desk
    ) -> dict[str, Any]:
        done = remove_item(library.act(transaction, desk), item=item.barcode, why=why)
        assert done is not None
        if isinstance(done, ItemNeeded):
            raise NotDone((need.name, need.value) for need in done.needs)
        return {
            "item": item.barcode,
            "done": "withdrawn",
            "title": done.item.title,
            "record": item.record_id,
            "was_last": done.is_last,
        }

    return act


def change_one(
    library: Library, transaction: Transaction, line: Line, item: Item, desk: Desk
) -> dict[str, Any]:
    """Changes what is written of an item, and where it belongs."""
    problems: list[tuple[str, str]] = []
    texts: dict[str, Any] = {name: line.changes.get(name, KEEP) for name in TEXTS}
    levels: dict[str, Any] = {name: line.changes[name] for name in LEVELS if name in line.changes}
    branch = line.changes.get("at")
    try:
        price = _price(item, line.changes)
    except WrongPrice as error:
        price = KEEP
        problems.append(("PRICE_WRONG", str(error)))
    try:
        placed = place_item(
            library.act(transaction, desk), item=item.barcode, branch=branch, **levels
        )
        if isinstance(placed, Refused) and branch is not None:
            problems.append((Reason.BRANCH_UNKNOWN.name, no_branch(transaction, branch)))
    except UnknownPlace as error:
        problems.append(("PLACE_UNKNOWN", str(error)))
    try:
        change = ItemChange(price=price, **texts)
        change_item(library.act(transaction, desk), item.barcode, change)
    except ItemUnfit as error:
        problems += [("ITEM_UNFIT", each) for each in error.problems]
    if problems:
        raise NotDone(problems)
    barcode = line.changes.get("barcode", item.barcode)
    written = find_item(transaction, barcode)
    assert written is not None
    done = "unchanged" if written == item else "changed"
    return {"item": item.barcode, "done": done, **facts_of(transaction, written)}


def _price(item: Item, changes: Mapping[str, str]) -> tuple[int, str] | Keep | None:
    if "price" not in changes:
        if "currency" in changes:
            raise WrongPrice("a price and its currency go together")
        return KEEP
    if not changes["price"]:
        return None
    currency = changes.get("currency") or item.currency or FeeTerms().currency
    return minor_units(changes["price"], currency), currency


def facts_of(transaction: Transaction, item: Item) -> dict[str, Any]:
    """What is written of an item."""
    isils = {branch.id: branch.isil for branch in all_branches(transaction)}
    return {
        "barcode": item.barcode,
        "record": item.record_id,
        "home": isils[item.branch_id],
        "placement": [each for level in LEVELS if (each := getattr(item, level))],
        "call_number": item.call_number,
        "material_group": item.material_group,
        "part": item.part,
        "float_group": item.float_group,
        "price": money(item.price, item.currency),
        "currency": item.currency,
    }
