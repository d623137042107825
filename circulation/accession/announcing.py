"""Taking note of what suppliers say they will send."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import insert, select

from catalogue.changes.accession import lock_writing
from catalogue.changes.fetched import Fetched
from catalogue.database import Statement, Transaction, scalar, scalar_one, send_many
from catalogue.items import find_item
from catalogue.searching.standard_numbers import is_miswritten_isbn, readings, records_with
from circulation.accession.adding import Brief, branches_of, find_or_add_title
from circulation.accession.deliveries import DeliveryLine, deliveries_of_order
from circulation.accession.schema import deliveries, delivery_lines
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Branch
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


@scalar_one(int)
def _insert_delivery(
    *,
    supplier: str,
    order_number: str,
    branch_id: int,
    expected: date | None,
    announced: datetime,
) -> Statement:
    return insert(deliveries).values(locals()).returning(deliveries.c.id)


@send_many
def _insert_lines(line: DeliveryLine) -> Statement:
    own = {name for name in line._fields if name in delivery_lines.c} - {"id"}
    return insert(delivery_lines).values({name: getattr(line, name) for name in own})


@scalar(int)
def _line_of_barcode(*, barcode: str) -> Statement:
    return select(delivery_lines.c.id).where(delivery_lines.c.barcode == barcode)


def announce(
    act: Act, *, delivery: AnnouncedDelivery, fetched: Mapping[str, Fetched]
) -> Announced | NotAnnounced:
    """Takes note of a delivery, all of it or nothing.

    Titles that the catalogue does not have are added: as `fetched` has them (by the number of the
    line), else brief ones of the line's title.
    """
    transaction = act.transaction
    lock_writing(transaction)
    set_up = act.circulation.current_set_up(transaction)
    by_isil = {branch.isil: branch for branch in set_up.branches.values()}
    problems = list(_delivery_problems(transaction, delivery, by_isil))
    problems += _line_problems(transaction, delivery, by_isil, fetched)
    if problems:
        return NotAnnounced(tuple(problems))
    delivery_id = _insert_delivery(
        transaction,
        supplier=delivery.supplier,
        order_number=delivery.order_number,
        branch_id=by_isil[delivery.branch].id,
        expected=delivery.expected,
        announced=act.now,
    )
    new_titles, lines = 0, []
    for line in delivery.lines:
        home = by_isil[line.branch or delivery.branch]
        numbers = readings(line.number)
        new_titles += not records_with(transaction, numbers)
        title = find_or_add_title(
            act,
            numbers,
            own_branches=branches_of(set_up, home.agency_id),
            fetched=fetched.get(line.number),
            brief=Brief(line.title, line.author) if line.title.strip() else None,
        )
        assert title is not None, "nobody else writes records meanwhile"
        said = asdict(line) | {"number": numbers[0].value, "branch_id": home.id}
        del said["branch"]
        record_id = title.record.id
        lines.append(
            DeliveryLine(id=0, delivery_id=delivery_id, record_id=record_id, received=0, **said)
        )
    _insert_lines(transaction, lines)
    copies = sum(line.copies for line in delivery.lines)
    told = {"delivery": delivery_id, "order": delivery.order_number, "copies": copies}
    append_event(act, NewEvent(EventKind.DELIVERY_ANNOUNCED, after=told))
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
    known = deliveries_of_order(transaction, order_number=delivery.order_number)
    if any(each.supplier == delivery.supplier for each in known):
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
        found = list(_number_problems(transaction, line, line.number in fetched))
        if line.branch is not None and line.branch not in by_isil:
            found.append(f"there is no branch {line.branch}")
        if line.material_group and line.material_group not in groups:
            found.append(f"there is no material group {line.material_group}")
        if not 1 <= line.copies <= MOST_COPIES:
            found.append(f"there are 1 to {MOST_COPIES} copies in a line, not {line.copies}")
        if line.barcode is not None:
            found += _barcode_problems(transaction, line, line.barcode, barcodes)
            barcodes.add(line.barcode)
        problems += [LineProblem(place, text) for text in found]
    return problems


def _number_problems(
    transaction: Transaction, line: AnnouncedLine, is_fetched: bool
) -> Iterator[str]:
    numbers = readings(line.number)
    if not numbers:
        yield f"{line.number!r} is no number that can be looked up"
    elif not is_fetched and not records_with(transaction, numbers):
        if not line.title.strip():
            yield f"nobody has a record of {line.number}, and the line has no title"
        elif is_miswritten_isbn(line.number):
            yield f"the check digit of ISBN {line.number} is wrong"


def _barcode_problems(
    transaction: Transaction, line: AnnouncedLine, barcode: str, before: Collection[str]
) -> Iterator[str]:
    """`before` are the barcodes of the lines before this."""
    if line.copies != 1:
        yield "a line with a barcode is one item"
    if barcode in before or _line_of_barcode(transaction, barcode=barcode):
        yield f"barcode {barcode} is announced already"
    elif find_item(transaction, barcode) is not None:
        yield f"there is an item with barcode {barcode} already"


def unknown_numbers(transaction: Transaction, delivery: AnnouncedDelivery) -> list[str]:
    """The numbers of lines that the catalogue has no record of: what is worth fetching."""
    wanted = dict.fromkeys(line.number for line in delivery.lines)
    return [
        number
        for number in wanted
        if (numbers := readings(number)) and not records_with(transaction, numbers)
    ]
