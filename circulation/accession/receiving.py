"""Receiving: one scan, and an announced item is in the library, ready to lend or to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from catalogue.changes.fetched import Fetched
from catalogue.database import (
    Transaction,
    change,
    key_parameters,
    lock,
    many,
    many_of,
    one,
    scalar,
)
from catalogue.items import find_item
from catalogue.records import fetch_records
from catalogue.searching.standard_numbers import StandardNumber, readings, records_with
from circulation.accession.adding import (
    Accessioned,
    Brief,
    NewItem,
    NotAccessioned,
    Obstacle,
    Origin,
    Title,
    accession,
    add_item_of,
    item_problem,
)
from circulation.accession.deliveries import (
    Delivery,
    DeliveryLine,
    close_delivery,
    get_delivery,
    select_lines,
)
from circulation.accession.schema import deliveries, delivery_lines
from circulation.accession.unexpected import note_unexpected, took_in
from circulation.holds.facts import lock_queue
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.results import CheckedIn, Desk
from circulation.kernel.set_up import VERSION
from circulation.loans.returns import check_in


@dataclass(frozen=True, slots=True)
class Received:
    """The item is in the library. `check_in` says where it is to be put, and for whom.

    `line` and `delivery` are as they stand now; `delivery.closed` is set with the last item.
    """

    barcode: str
    line: DeliveryLine
    delivery: Delivery
    check_in: CheckedIn


@dataclass(frozen=True, slots=True)
class Unexpected:
    """Nobody has announced it. It is on the list of what staff have to settle.

    `accessioned` is given where it was to be taken in all the same and could be, `obstacle` where
    it could not.
    """

    id: int
    scanned: str
    title: str | None  # of the own catalogue
    accessioned: Accessioned | None = None
    obstacle: NotAccessioned | None = None


@dataclass(frozen=True, slots=True)
class NotReceived:
    """Nothing was changed: the item is in the library already, or something is wrong with it."""

    problem: NotAccessioned | None = None
    #: The item with the scanned barcode that is here already.
    known_barcode: str | None = None
    #: The title comes with barcodes stuck on: scan these.
    announced_barcodes: tuple[str, ...] = ()


_IS_WAITED_FOR = (
    delivery_lines.c.received < delivery_lines.c.copies,
    deliveries.c.closed.is_(None),
)
_IN_ORDER = (deliveries.c.announced, delivery_lines.c.id)
_line_of_barcode = one(
    select_lines().where(delivery_lines.c.barcode == bindparam("barcode"), *_IS_WAITED_FOR),
    DeliveryLine,
    "barcode",
)
_lines_of_number = many(
    select_lines()
    .where(delivery_lines.c.number == bindparam("number"), *_IS_WAITED_FOR)
    .order_by(*_IN_ORDER),
    DeliveryLine,
    "number",
)
_lines_of_records = many_of(
    lambda size: (
        select_lines()
        .where(delivery_lines.c.record_id.in_(key_parameters(size)), *_IS_WAITED_FOR)
        .order_by(*_IN_ORDER)
    ),
    DeliveryLine,
)
_line_by_id = one(
    select_lines().where(delivery_lines.c.id == bindparam("line_id")), DeliveryLine, "line_id"
)
_lock_delivery = lock(
    select(deliveries.c.id)
    .where(deliveries.c.id == bindparam("delivery_id"))
    .with_for_update(key_share=True),
    "delivery_id",
)
_count_one = change(
    update(delivery_lines)
    .where(
        delivery_lines.c.id == bindparam("line_id"),
        delivery_lines.c.received < delivery_lines.c.copies,
    )
    .values(received=delivery_lines.c.received + 1),
    "line_id",
)
_set_up_version = scalar(select(VERSION))


def receive(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    scanned: str,
    now: datetime,
    item: NewItem | None = None,
    take_unexpected: bool = False,
    fetched: Fetched | None = None,
    brief: Brief | None = None,
) -> Received | Unexpected | NotReceived:
    """Receives one item at the desk, by its announced barcode or by the number of its title.

    Of several deliveries that wait for the title, those for the desk's branch go first, then the
    oldest. `item` says what the announcement did not, such as the barcode of an item that came
    without one. What nobody has announced is noted, and with `take_unexpected` accessioned as
    well, with `fetched` and `brief` as in `circulation.accession.adding`.
    """
    item = item or NewItem()
    scanned = scanned.strip()
    numbers = readings(scanned)
    if not numbers:
        return NotReceived(NotAccessioned(Obstacle.NO_NUMBER))
    line = _line_of_barcode(transaction, scanned)
    if line is None:
        if find_item(transaction, scanned) is not None:
            return NotReceived(known_barcode=scanned)
        candidates = _candidates(transaction, numbers, desk.branch_id)
        open_ones = [each for each in candidates if each.barcode is None]
        if candidates and not open_ones:
            barcodes = tuple(each.barcode for each in candidates if each.barcode is not None)
            return NotReceived(announced_barcodes=barcodes)
    else:
        open_ones = [line]
    for candidate in open_ones:
        answer = _receive(circulation, transaction, desk, candidate, item, now)
        if answer is not None:
            return answer
    return _unexpected(
        circulation,
        transaction,
        desk,
        scanned,
        numbers,
        now,
        item if take_unexpected else None,
        fetched,
        brief,
    )


def _candidates(
    transaction: Transaction, numbers: Sequence[StandardNumber], branch_id: int
) -> list[DeliveryLine]:
    """The lines that wait for the title: by its number, else by any record that has the number."""
    found: list[DeliveryLine] = []
    for number in numbers:
        found = found or _lines_of_number(transaction, number.value)
    if not found and (known := records_with(transaction, numbers)):
        found = _lines_of_records(transaction, known)
    return sorted(found, key=lambda each: each.branch_id != branch_id)


def _receive(
    circulation: Circulation,
    transaction: Transaction,
    desk: Desk,
    line: DeliveryLine,
    item: NewItem,
    now: datetime,
) -> Received | NotReceived | None:
    """Receives an item of the line; None where another desk has had the last one."""
    _lock_delivery(transaction, line.delivery_id)
    delivery = get_delivery(transaction, line.delivery_id)
    current = _line_by_id(transaction, line.id)
    if delivery is None or delivery.closed is not None or current is None:
        return None
    if current.received >= current.copies:
        return None
    given = _given(current, item)
    here = find_item(transaction, given.barcode) if given.barcode is not None else None
    if here is None:
        problem = item_problem(transaction, given)
        answer = problem or _add(circulation, transaction, desk, current, given, now)
        if isinstance(answer, NotAccessioned):
            return NotReceived(answer)
        barcode, checked_in = answer.item.barcode, answer.check_in
    elif current.barcode is None:
        return NotReceived(NotAccessioned(Obstacle.BARCODE_IN_USE, here.barcode))
    else:
        # It was catalogued before it came: here it is.
        barcode = here.barcode
        write_event(transaction, EventKind.ITEM_RECEIVED, desk, now, item_id=here.id)
        found = check_in(Act(transaction, circulation, desk, now), item=barcode)
        assert isinstance(found, CheckedIn)
        checked_in = found
    assert _count_one(transaction, line.id) == 1
    if delivery.received + 1 == delivery.copies:
        close_delivery(transaction, delivery.id, desk=desk, now=now)
    delivery = get_delivery(transaction, delivery.id)
    assert delivery is not None
    return Received(barcode, current._replace(received=current.received + 1), delivery, checked_in)


def _given(line: DeliveryLine, said: NewItem) -> NewItem:
    """What is said at the desk overrides what was announced; the rules decide on the rest."""

    def either(name: str) -> str | None:
        value: str | None = getattr(said, name)
        return value if value is not None else getattr(line, name) or None

    return NewItem(
        barcode=line.barcode or said.barcode,
        material_group=either("material_group"),
        price=said.price if said.price is not None else line.price,
        currency=said.currency if said.price is not None else line.currency,
        department=either("department"),
        location=either("location"),
        sublocation=either("sublocation"),
        section=either("section"),
        call_number=either("call_number"),
        part=said.part,
    )


def _add(
    circulation: Circulation,
    transaction: Transaction,
    desk: Desk,
    line: DeliveryLine,
    item: NewItem,
    now: datetime,
) -> Accessioned | NotAccessioned:
    set_up = circulation.set_up(transaction, _set_up_version(transaction))
    home = set_up.branches.get(line.branch_id)
    if home is None or desk.branch_id not in set_up.branches:
        return NotAccessioned(Obstacle.BRANCH_UNKNOWN)
    lock_queue(transaction, record_id=line.record_id)
    (record,) = fetch_records(transaction, [line.record_id])
    return add_item_of(
        circulation,
        transaction,
        set_up,
        desk=desk,
        home=home,
        title=Title(record, Origin.OWN),
        item=item,
        now=now,
        is_received=True,
    )


def _unexpected(
    circulation: Circulation,
    transaction: Transaction,
    desk: Desk,
    scanned: str,
    numbers: Sequence[StandardNumber],
    now: datetime,
    item: NewItem | None,
    fetched: Fetched | None,
    brief: Brief | None,
) -> Unexpected:
    """Notes it, once for each branch until it is settled; `item` None: it is not taken in."""
    noted = note_unexpected(transaction, desk, scanned, now)
    known = records_with(transaction, numbers)
    title = fetch_records(transaction, known[:1])[0].title if known else None
    if item is None:
        return Unexpected(noted, scanned, title)
    answer = accession(
        circulation,
        transaction,
        desk=desk,
        number=scanned,
        now=now,
        item=item,
        fetched=fetched,
        brief=brief,
    )
    if isinstance(answer, NotAccessioned):
        return Unexpected(noted, scanned, title, obstacle=answer)
    took_in(transaction, noted, answer.item.id)
    return Unexpected(noted, scanned, answer.title, answer)
