"""Accession: a scanned number becomes an item that is ready to lend, in one transaction.

The record is the library's own, or one that was fetched before (`catalogue.changes.fetched`), or a
brief one with nothing but a title. The item gets what the rules give new items (`item_defaults`), a
barcode, and goes where an item goes that is handed in: to the shelf, or to somebody who waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from catalogue.changes.accession import lock_writing
from catalogue.changes.brief_records import brief_record
from catalogue.changes.fetched import Fetched
from catalogue.database import Transaction
from catalogue.index.collecting import terms_of
from catalogue.items import (
    LONGEST_BARCODE,
    BarcodeInUse,
    Item,
    add_item,
    find_item,
    is_barcode,
    items_of_records,
)
from catalogue.records import Record, fetch_records
from catalogue.searching.standard_numbers import (
    StandardNumber,
    is_miswritten_isbn,
    readings,
    records_with,
)
from circulation.accession.barcode_ranges import NoBarcodes, next_barcode
from circulation.accession.item_defaults import (
    ITEM_DEFAULTS,
    Defaults,
    Place,
    call_number_in,
    resolve_defaults,
    types_in,
)
from circulation.holds.facts import lock_queue
from circulation.items.facts import item_facts
from circulation.kernel.act import Act
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Branch, CheckedIn, Destination
from circulation.kernel.set_up import SetUp
from circulation.kernel.trees import GROUPS
from circulation.loans.off_line import lent_since
from circulation.loans.returns import check_in
from circulation.loans.waiting import try_item
from circulation.records.changes import add_record


class Obstacle(Enum):
    """Why nothing was added. The value is a plain English sentence for staff."""

    NO_NUMBER = "this is no number that can be looked up"
    CHECK_DIGIT_WRONG = "no title has this ISBN, and its check digit is wrong"
    RECORD_UNKNOWN = "no title with this number is in the catalogue, and none was fetched"
    BRANCH_UNKNOWN = "no branch has this ISIL"
    BARCODE_WRONG = "this cannot be a barcode"
    BARCODE_IN_USE = "another item has this barcode"
    NO_BARCODE = "no barcode was given, and there is none to be had from a range"
    MATERIAL_GROUP_UNKNOWN = "no material group has this code"
    TITLE_MISSING = "a brief record needs a title"
    PRICE_WRONG = "a price is zero or more, below the limit, and has a currency"


@dataclass(frozen=True, slots=True)
class NotAccessioned:
    """Nothing was changed. `detail` is the fact behind the obstacle, where there is one."""

    obstacle: Obstacle
    detail: str = ""


class Origin(Enum):
    """Where the record is from."""

    OWN = "in the catalogue already"
    FETCHED = "fetched from another catalogue"
    BRIEF = "made of the title that was given"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a record is made of where nobody has one."""

    title: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is said of an item; None leaves it to the rules, a barcode to the ranges."""

    barcode: str | None = None
    material_group: str | None = None
    price: int | None = None  # minor units of `currency`
    currency: str | None = None
    department: str | None = None
    location: str | None = None
    sublocation: str | None = None
    section: str | None = None
    call_number: str | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Accessioned:
    """The item is there. `check_in` says where it is to be put, and for whom.

    `copies` counts the items that the record had before, of all branches; `others` are further
    records with the same number; `source` is the name of the catalogue it was fetched from.
    """

    item: Item
    title: str
    author: str
    origin: Origin
    source: str
    copies: int
    others: tuple[int, ...]
    check_in: CheckedIn


class Title(NamedTuple):
    """A record chosen for an item, and what else there was to choose."""

    record: Record
    origin: Origin
    source: str = ""
    others: tuple[int, ...] = ()


def accession(
    act: Act,
    *,
    number: str,
    item: NewItem = NewItem(),
    home_branch_id: int | None = None,
    fetched: Fetched | None = None,
    brief: Brief | None = None,
) -> Accessioned | NotAccessioned:
    """Adds an item of the title with this ISBN, ISSN, EAN or control number.

    The item belongs to `home_branch_id`, by default the desk's branch, and is in hand at the desk.
    `fetched` and `brief` are used only where the catalogue has no record with the number, in that
    order; no brief record is made of an ISBN whose check digit is wrong. With RECORD_UNKNOWN the
    caller fetches and calls again.
    """
    numbers = readings(number)
    if not numbers:
        return NotAccessioned(Obstacle.NO_NUMBER)
    set_up = act.circulation.current_set_up(act.transaction)
    home = home_of(act, set_up, home_branch_id)
    if home is None:
        return NotAccessioned(Obstacle.BRANCH_UNKNOWN)
    if brief is not None and not brief.title.strip():
        return NotAccessioned(Obstacle.TITLE_MISSING)
    problem = item_problem(act.transaction, item)
    if problem is not None:
        return problem
    is_miswritten = is_miswritten_isbn(number)
    title = find_or_add_title(
        act,
        numbers,
        own_branches=branches_of(set_up, home.agency_id),
        fetched=fetched,
        brief=None if is_miswritten else brief,
    )
    if title is None and is_miswritten and brief is not None:
        return NotAccessioned(Obstacle.CHECK_DIGIT_WRONG, number)
    if title is None:
        why = "the check digit of this ISBN is wrong" if is_miswritten else number
        return NotAccessioned(Obstacle.RECORD_UNKNOWN, why)
    return add_item_of(act, set_up, home=home, title=title, item=item)


def home_of(act: Act, set_up: SetUp, branch_id: int | None) -> Branch | None:
    """The branch that an item is to belong to, by default the desk's; None where one is unknown."""
    here = set_up.branches.get(act.desk.branch_id)
    return here if here is None or branch_id is None else set_up.branches.get(branch_id)


def branches_of(set_up: SetUp, agency_id: int) -> frozenset[int]:
    """The branches of an agency, by id."""
    return frozenset(each.id for each in set_up.branches.values() if each.agency_id == agency_id)


def item_problem(transaction: Transaction, item: NewItem) -> NotAccessioned | None:
    """What is wrong with what is said of a new item."""
    barcode = item.barcode
    if barcode is not None:
        if not is_barcode(barcode):
            return NotAccessioned(Obstacle.BARCODE_WRONG, barcode[:LONGEST_BARCODE])
        if find_item(transaction, barcode) is not None:
            return NotAccessioned(Obstacle.BARCODE_IN_USE, barcode)
    if item.material_group and item.material_group not in {
        node.code for node in GROUPS.all(transaction)
    }:
        return NotAccessioned(Obstacle.MATERIAL_GROUP_UNKNOWN, item.material_group)
    has_wrong_price = not 0 <= (item.price or 0) <= MAX_AMOUNT_MINOR_UNITS
    if (item.price is None) != (item.currency is None) or has_wrong_price:
        return NotAccessioned(Obstacle.PRICE_WRONG)
    return None


def find_or_add_title(
    act: Act,
    numbers: tuple[StandardNumber, ...],
    *,
    own_branches: frozenset[int],
    fetched: Fetched | None,
    brief: Brief | None,
) -> Title | None:
    """The title with the first of the numbers that is known, its queue locked; None for none.

    Of several records one that `own_branches` have items of goes first, then the oldest.
    """
    transaction = act.transaction
    title = _own_title(transaction, numbers, own_branches)
    if title is not None or (fetched is None and brief is None):
        return title
    lock_writing(transaction)
    title = _own_title(transaction, numbers, own_branches)  # another desk may have been quicker
    if title is not None:
        return title
    if fetched is not None:
        data, record_format, origin = fetched.data, fetched.record_format, Origin.FETCHED
    else:
        assert brief is not None
        data = brief_record(brief.title, brief.author, numbers[0])
        record_format, origin = "marc21", Origin.BRIEF
    added = add_record(act, data, record_format=record_format)
    lock_queue(transaction, record_id=added)
    (record,) = fetch_records(transaction, [added])
    return Title(record, origin, fetched.source if fetched is not None else "")


def _own_title(
    transaction: Transaction, numbers: tuple[StandardNumber, ...], own: frozenset[int]
) -> Title | None:
    while found := records_with(transaction, numbers):
        best = found[0]
        if len(found) > 1:
            held = items_of_records(transaction, found)
            best = min(
                found,
                key=lambda each: (not any(i.branch_id in own for i in held[each]), each),
            )
        lock_queue(transaction, record_id=best)
        records = fetch_records(transaction, [best])
        if records:  # it was not merged or deleted while we waited
            others = tuple(each for each in found if each != best)
            return Title(records[0], Origin.OWN, others=others)
    return None


def add_item_of(
    act: Act,
    set_up: SetUp,
    *,
    home: Branch,
    title: Title,
    item: NewItem,
    is_received: bool = False,
) -> Accessioned | NotAccessioned:
    """Adds an item to a title, and checks it in at the desk. `item` has no problems."""
    transaction, record = act.transaction, title.record
    place = Place(home.agency_id, home.id)
    given = _given(transaction, set_up, record, place, item)
    barcode = item.barcode
    if barcode is None:
        try:
            barcode = next_barcode(transaction, place)
        except NoBarcodes as error:
            return NotAccessioned(Obstacle.NO_BARCODE, str(error))
    before = items_of_records(transaction, [record.id])[record.id]
    try:
        item_id = add_item(
            transaction,
            barcode=barcode,
            record_id=record.id,
            branch_id=home.id,
            now=act.now,
            part=item.part,
            **given._asdict(),
        )
    except BarcodeInUse:
        return NotAccessioned(Obstacle.BARCODE_IN_USE, barcode)
    kind = EventKind.ITEM_RECEIVED if is_received else EventKind.ITEM_ADDED
    told = {"barcode": barcode, "record": record.id, "home": home.id}
    append_event(act, NewEvent(kind, item_id=item_id, after=told))
    checked_in = _check_in(act, set_up, barcode)
    return Accessioned(
        Item(item_id, barcode, record.id, home.id, part=item.part, **given._asdict()),
        record.title,
        record.author,
        title.origin,
        title.source,
        len(before),
        title.others,
        checked_in,
    )


def _check_in(act: Act, set_up: SetUp, barcode: str) -> CheckedIn:
    """Check the new item in at the desk, unless an off-line act that waited for it has lent it."""
    if not try_item(act, barcode) or lent_since(act.transaction, barcode=barcode) is None:
        checked_in = check_in(act, item=barcode)
        assert isinstance(checked_in, CheckedIn)
        return checked_in
    facts = item_facts(act.transaction, barcode=barcode)
    assert facts is not None
    here, home = set_up.branches[act.desk.branch_id], set_up.branches[facts.home_branch_id]
    to_shelf = Destination.SHELF_HERE
    return CheckedIn(facts.item(home), to_shelf, here, False, None, None, False, is_past=True)


def _given(
    transaction: Transaction, set_up: SetUp, record: Record, place: Place, item: NewItem
) -> Defaults:
    """What the item is given: what is said of it, else what the rules say."""
    rows = ITEM_DEFAULTS.read(transaction)
    types: tuple[str, ...] = ()
    if any(row.material_type is not None for row in rows):
        types = types_in(terms_of(record.format, record.data)[0])
    defaults, point = resolve_defaults(
        rows, place, set_up.groups, material_group=item.material_group, types=types
    )
    call_number = item.call_number
    if call_number is None and point is not None:
        call_number = call_number_in(record.format, record.data, point)
    if item.price is not None:
        defaults = defaults._replace(price=item.price, currency=item.currency)
    said = {
        name: value
        for name in ("department", "location", "sublocation", "section")
        if (value := getattr(item, name)) is not None
    }
    return defaults._replace(call_number=call_number or "", **said)
