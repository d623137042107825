"""Taking note of what suppliers say they will send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from catalogue.changes.accession import lock_writing
from catalogue.changes.fetched import Fetched
from catalogue.database import Moment, Transaction, scalar, send
from catalogue.items import find_item
from catalogue.searching.standard_numbers import is_miswritten_isbn, readings, records_with
from circulation.accession.adding import Brief, branches_of, find_or_add_title
from circulation.accession.deliveries import DeliveryLine, find_delivery
from circulation.accession.schema import deliveries, delivery_lines
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import Branch, Desk
from circulation.kernel.set_up import VERSION
from circulation.kernel.trees import GROUPS

MOST_COPIES = 1_000


@dataclass(frozen=True, slots=True)
class AnnouncedLine:
    """One line as the supplier gives it. `branch` is an ISIL, None for that of the delivery.

    `title` and `author` are for a brief record, where nobody has a better one.
    """

    number: str
    copies: int = 1
    barcode: str | None = None
    title: str = ""
    author: str = ""
    branch: str | None = None
    material_group: str = ""  # empty: as the rules say
    price: int | None = None  # minor units of `currency`
    currency: str | None = None
    department: str = ""
    location: str = ""
    sublocation: str = ""
    section: str = ""
    call_number: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncedDelivery:
    supplier: str
    order_number: str
    branch: str  # an ISIL
    lines: tuple[AnnouncedLine, ...]
    expected: date | None = None


class LineProblem(NamedTuple):
    """What is wrong with a line (its place from 0), or with the delivery (None)."""

    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NotAnnounced:
    """Nothing was changed: all that is wrong."""

    problems: tuple[LineProblem, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    delivery_id: int
    lines: int
    copies: int
    new_titles: int


_insert_delivery = scalar(
    insert(deliveries)
    .values(
        supplier=bindparam("new_supplier"),
        order_number=bindparam("new_order_number"),
        branch_id=bindparam("new_branch_id"),
        expected=bindparam("new_expected", type_=deliveries.c.expected.type),
        announced=bindparam("new_announced", type_=Moment),
    )
    .returning(deliveries.c.id),
    "new_supplier",
    "new_order_number",
    "new_branch_id",
    "new_expected",
    "new_announced",
)
_NEW_LINE = tuple(
    name for name in DeliveryLine._fields if name not in ("id", "title", "author", "received")
)
_insert_line = send(
    insert(delivery_lines).values(
        {
            delivery_lines.c[name]: bindparam(f"new_{name}", type_=delivery_lines.c[name].type)
            for name in _NEW_LINE
        }
    ),
    *(f"new_{name}" for name in _NEW_LINE),
)
_line_of_barcode = scalar(
    select(delivery_lines.c.id).where(delivery_lines.c.barcode == bindparam("barcode")), "barcode"
)
_set_up_version = scalar(select(VERSION))


def announce(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk | None,
    delivery: AnnouncedDelivery,
    fetched: Mapping[str, Fetched],
    now: datetime,
) -> Announced | NotAnnounced:
    """Takes note of a delivery, all of it or nothing.

    Titles that the catalogue does not have are added: as `fetched` has them (by the number of the
    line), else brief ones of the line's title.
    """
    lock_writing(transaction)
    set_up = circulation.set_up(transaction, _set_up_version(transaction))
    by_isil = {branch.isil: branch for branch in set_up.branches.values()}
    problems = list(_delivery_problems(transaction, delivery, by_isil))
    problems += _line_problems(transaction, delivery, by_isil, fetched)
    if problems:
        return NotAnnounced(tuple(problems))
    main = by_isil[delivery.branch]
    delivery_id = _insert_delivery(
        transaction, delivery.supplier, delivery.order_number, main.id, delivery.expected, now
    )
    new_titles = 0
    for line in delivery.lines:
        home = by_isil[line.branch or delivery.branch]
        numbers = readings(line.number)
        is_new = not records_with(transaction, numbers)
        title = find_or_add_title(
            transaction,
            numbers,
            desk=desk,
            own_branches=branches_of(set_up, home.agency_id),
            fetched=fetched.get(line.number),
            brief=Brief(line.title, line.author) if line.title.strip() else None,
            now=now,
        )
        assert title is not None, "nobody else writes records meanwhile"
        new_titles += is_new
        values = {
            "delivery_id": delivery_id,
            "record_id": title.record.id,
            "number": numbers[0].value,
            "branch_id": home.id,
        }
        _insert_line(
            transaction, *(values.get(name, getattr(line, name, None)) for name in _NEW_LINE)
        )
    copies = sum(line.copies for line in delivery.lines)
    write_event(
        transaction,
        EventKind.DELIVERY_ANNOUNCED,
        desk,
        now,
        after={"delivery": delivery_id, "order": delivery.order_number, "copies": copies},
    )
    return Announced(delivery_id, len(delivery.lines), copies, new_titles)


def _delivery_problems(
    transaction: Transaction, delivery: AnnouncedDelivery, by_isil: Mapping[str, Branch]
) -> list[LineProblem]:
    problems = []
    for name in ("supplier", "order_number"):
        if not getattr(delivery, name).strip():
            problems.append(LineProblem(None, f"{name} is missing"))
    if delivery.branch not in by_isil:
        problems.append(LineProblem(None, f"there is no branch {delivery.branch}"))
    if not delivery.lines:
        problems.append(LineProblem(None, "nothing is announced"))
    if find_delivery(transaction, delivery.order_number, delivery.supplier):
        text = f"order {delivery.order_number} of {delivery.supplier} is announced already"
        problems.append(LineProblem(None, text))
    return problems


def _line_problems(
    transaction: Transaction,
    delivery: AnnouncedDelivery,
    by_isil: Mapping[str, Branch],
    fetched: Mapping[str, Fetched],
) -> list[LineProblem]:
    groups = {node.code for node in GROUPS.all(transaction)}
    barcodes: set[str] = set()
    problems = []
    for place, line in enumerate(delivery.lines):
        found = []
        numbers = readings(line.number)
        if not numbers:
            found.append(f"{line.number!r} is no number that can be looked up")
        elif not (
            line.number in fetched or line.title.strip() or records_with(transaction, numbers)
        ):
            found.append(f"nobody has a record of {line.number}, and the line has no title")
        elif not (line.number in fetched or records_with(transaction, numbers)) and (
            is_miswritten_isbn(line.number)
        ):
            found.append(f"the check digit of ISBN {line.number} is wrong")
        if line.branch is not None and line.branch not in by_isil:
            found.append(f"there is no branch {line.branch}")
        if line.material_group and line.material_group not in groups:
            found.append(f"there is no material group {line.material_group}")
        if not 1 <= line.copies <= MOST_COPIES:
            found.append(f"there are 1 to {MOST_COPIES} copies in a line, not {line.copies}")
        if line.barcode is not None:
            if line.copies != 1:
                found.append("a line with a barcode is one item")
            if line.barcode in barcodes or _line_of_barcode(transaction, line.barcode):
                found.append(f"barcode {line.barcode} is announced already")
            elif find_item(transaction, line.barcode) is not None:
                found.append(f"there is an item with barcode {line.barcode} already")
            barcodes.add(line.barcode)
        problems += [LineProblem(place, text) for text in found]
    return problems


def unknown_numbers(transaction: Transaction, delivery: AnnouncedDelivery) -> list[str]:
    """The numbers of lines that the catalogue has no record of: what is worth fetching."""
    wanted = dict.fromkeys(line.number for line in delivery.lines)
    return [
        number
        for number in wanted
        if (numbers := readings(number)) and not records_with(transaction, numbers)
    ]
