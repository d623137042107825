"""Receiving: one scan, and an announced item is in the library, ready to lend or to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from catalogue.changes.fetched import Fetched
from catalogue.database import Statement, Transaction, change, lock, many, many_of, one
from catalogue.items import find_item
from catalogue.records import fetch_records
from catalogue.searching.standard_numbers import StandardNumber, readings, records_with
from circulation.accession.adding import (
    Accessioned,
    NewItem,
    NotAccessioned,
    Obstacle,
    Origin,
    Title,
    accession,
    add_item_of,
    home_of,
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
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import CheckedIn
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
#: Nothing is said of the item at the desk.
_AS_ANNOUNCED = NewItem()
_IN_ORDER = (deliveries.c.announced, delivery_lines.c.id)


@one(DeliveryLine)
def _line_of_barcode(*, barcode: str) -> Statement:
    return select_lines().where(delivery_lines.c.barcode == barcode, *_IS_WAITED_FOR)


@many(DeliveryLine)
def _lines_of_number(*, number: str) -> Statement:
    lines = select_lines().where(delivery_lines.c.number == number, *_IS_WAITED_FOR)
    return lines.order_by(*_IN_ORDER)


@many_of(DeliveryLine)
def _lines_of_records(*, record_ids: Sequence[int]) -> Statement:
    lines = select_lines().where(delivery_lines.c.record_id.in_(record_ids), *_IS_WAITED_FOR)
    return lines.order_by(*_IN_ORDER)


@one(DeliveryLine)
def _line_by_id(*, line_id: int) -> Statement:
    return select_lines().where(delivery_lines.c.id == line_id)


@lock
def _lock_delivery(*, delivery_id: int) -> Statement:
    its = select(deliveries.c.id).where(deliveries.c.id == delivery_id)
    return its.with_for_update(key_share=True)


@change
def _count_one(*, line_id: int) -> Statement:
    counted = delivery_lines.c.received
    is_waited_for = (delivery_lines.c.id == line_id, counted < delivery_lines.c.copies)
    return update(delivery_lines).where(*is_waited_for).values(received=counted + 1)


def receive(
    act: Act,
    *,
    scanned: str,
    item: NewItem = _AS_ANNOUNCED,
    take_unexpected: bool = False,
    fetched: Fetched | None = None,
) -> Received | Unexpected | NotReceived:
    """Receives one item at the desk, by its announced barcode or by the number of its title.

    Of several deliveries that wait for the title, those for the desk's branch go first, then the
    oldest. `item` says what the announcement did not, such as the barcode of an item that came
    without one. What nobody has announced is noted, and with `take_unexpected` accessioned as
    well, with `fetched` as in `circulation.accession.adding`.
    """
    transaction = act.transaction
    scanned = scanned.strip()
    numbers = readings(scanned)
    if not numbers:
        return NotReceived(NotAccessioned(Obstacle.NO_NUMBER))
    line = _line_of_barcode(transaction, barcode=scanned)
    if line is None:
        if find_item(transaction, scanned) is not None:
            return NotReceived(known_barcode=scanned)
        candidates = _candidates(transaction, numbers, act.desk.branch_id)
        open_ones = [each for each in candidates if each.barcode is None]
        if candidates and not open_ones:
            barcodes = tuple(each.barcode for each in candidates if each.barcode is not None)
            return NotReceived(announced_barcodes=barcodes)
    else:
        open_ones = [line]
    for candidate in open_ones:
        answer = _receive(act, candidate, item)
        if answer is not None:
            return answer
    return _unexpected(act, scanned, numbers, item if take_unexpected else None, fetched)


def _candidates(
    transaction: Transaction, numbers: Sequence[StandardNumber], branch_id: int
) -> list[DeliveryLine]:
    """The lines that wait for the title: by its number, else by any record that has the number."""
    found: list[DeliveryLine] = []
    for number in numbers:
        found = found or _lines_of_number(transaction, number=number.value)
    if not found and (known := records_with(transaction, numbers)):
        found = _lines_of_records(transaction, record_ids=known)
    return sorted(found, key=lambda each: each.branch_id != branch_id)


def _receive(act: Act, line: DeliveryLine, item: NewItem) -> Received | NotReceived | None:
    """Receives an item of the line; None where another desk has had the last one."""
    transaction = act.transaction
    _lock_delivery(transaction, delivery_id=line.delivery_id)
    delivery = get_delivery(transaction, delivery_id=line.delivery_id)
    current = _line_by_id(transaction, line_id=line.id)
    if delivery is None or delivery.closed is not None or current is None:
        return None
    if current.received >= current.copies:
        return None
    given = _given(current, item)
    here = find_item(transaction, given.barcode) if given.barcode is not None else None
    if here is None:
        problem = item_problem(transaction, given)
        answer = problem or _add(act, current, given)
        if isinstance(answer, NotAccessioned):
            return NotReceived(answer)
        barcode, checked_in = answer.item.barcode, answer.check_in
    elif current.barcode is None:
        return NotReceived(NotAccessioned(Obstacle.BARCODE_IN_USE, here.barcode))
    else:
        # It was catalogued before it came: here it is.
        barcode = here.barcode
        append_event(act, NewEvent(EventKind.ITEM_RECEIVED, item_id=here.id))
        found = check_in(act, item=barcode)
        assert isinstance(found, CheckedIn)
        checked_in = found
    assert _count_one(transaction, line_id=line.id) == 1
    if delivery.received + 1 == delivery.copies:
        close_delivery(act, delivery.id)
    delivery = get_delivery(transaction, delivery_id=delivery.id)
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


def _add(act: Act, line: DeliveryLine, item: NewItem) -> Accessioned | NotAccessioned:
    set_up = act.circulation.current_set_up(act.transaction)
    home = home_of(act, set_up, line.branch_id)
    if home is None:
        return NotAccessioned(Obstacle.BRANCH_UNKNOWN)
    lock_queue(act.transaction, record_id=line.record_id)
    (record,) = fetch_records(act.transaction, [line.record_id])
    title = Title(record, Origin.OWN)
    return add_item_of(act, set_up, home=home, title=title, item=item, is_received=True)


def _unexpected(
    act: Act,
    scanned: str,
    numbers: Sequence[StandardNumber],
    item: NewItem | None,
    fetched: Fetched | None,
) -> Unexpected:
    """Notes it, once for each branch until it is settled; `item` None: it is not taken in."""
    noted = note_unexpected(act, scanned)
    known = records_with(act.transaction, numbers)
    title = fetch_records(act.transaction, known[:1])[0].title if known else None
    if item is None:
        return Unexpected(noted, scanned, title)
    answer = accession(act, number=scanned, item=item, fetched=fetched)
    if isinstance(answer, NotAccessioned):
        return Unexpected(noted, scanned, title, obstacle=answer)
    took_in(act.transaction, unexpected_id=noted, item_id=answer.item.id)
    return Unexpected(noted, scanned, answer.title, answer)
