"""The sheet as the database has it: of the rows that stand for one of the other system's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    case,
    cast,
    func,
    literal_column,
    select,
)

from catalogue.database import Statement, Transaction, columns, many, many_of, scalar_one
from catalogue.schema import branches, items, records
from circulation.calendars.due_dates import local_date
from circulation.holds.schema import captures, holds
from circulation.items.schema import former_use, missing_items, transits
from circulation.ledger.schema import charges
from circulation.loans.schema import loans
from circulation.moving.balancing.figures import (
    LOAN_CHECKSUM,
    QUEUE_CHECKSUM,
    UNREAD,
    Figure,
    Sheet,
    checksum,
    queue_checksum,
    summed,
)
from circulation.moving.rows import is_code
from circulation.moving.schema import moved_rows
from circulation.notices.schema import notice_messages
from circulation.patrons.schema import patrons

#: Rows that are read at a time.
_STEP: Final = 5_000


class _Counted(NamedTuple):
    branch: str
    what: str
    number: int
    amount: int


def _of(source: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    its = moved_rows.c
    return its.source == source, its.kind == kind, its.gone.is_(None)


_NOTHING: Final[ColumnElement[int]] = literal_column("0")


def _grouped(
    joined: FromClause,
    branch: ColumnElement[str],
    what: ColumnElement[str],
    conditions: tuple[ColumnElement[bool], ...],
    amount: ColumnElement[int] = _NOTHING,
) -> Statement:
    told = (branch.label("branch"), what.label("what"), func.count().label("number"))
    return (
        select(*told, amount.label("amount"))
        .select_from(joined)
        .where(*conditions)
        .group_by(branch, what)
    )


@many(_Counted)
def _patrons(*, source: str) -> Statement:
    joined = moved_rows.join(patrons, patrons.c.id == moved_rows.c.row_id).join(
        branches, branches.c.id == patrons.c.home_branch_id
    )
    return _grouped(joined, branches.c.isil, patrons.c.category, _of(source, "patrons"))


_ITEMS: Final = moved_rows.join(items, items.c.id == moved_rows.c.row_id).join(
    branches, branches.c.id == items.c.branch_id
)


@many(_Counted)
def _items(*, source: str) -> Statement:
    return _grouped(_ITEMS, branches.c.isil, items.c.material_group, _of(source, "items"))


@many(_Counted)
def _item_states(*, source: str) -> Statement:
    joined = (
        _ITEMS.outerjoin(loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None))
        .outerjoin(captures, captures.c.item_id == items.c.id)
        .outerjoin(transits, transits.c.item_id == items.c.id)
        .outerjoin(missing_items, missing_items.c.item_id == items.c.id)
    )
    state = case(
        (loans.c.id.is_not(None), literal_column("'on loan'")),
        (captures.c.item_id.is_not(None), literal_column("'for a hold'")),
        (transits.c.item_id.is_not(None), literal_column("'transit'")),
        (missing_items.c.item_id.is_not(None), literal_column("'missing'")),
        else_=literal_column("'available'"),
    )
    return _grouped(joined, branches.c.isil, state, _of(source, "items"))


@many(_Counted)
def _holds(*, source: str) -> Statement:
    joined = (
        moved_rows.join(holds, holds.c.id == moved_rows.c.row_id)
        .join(branches, branches.c.id == holds.c.pickup_branch_id)
        .outerjoin(captures, captures.c.hold_id == holds.c.id)
    )
    state = case(
        (captures.c.hold_id.is_(None), literal_column("'waiting'")),
        (captures.c.shelved.is_(None), literal_column("'transit'")),
        else_=literal_column("'shelf'"),
    )
    return _grouped(
        joined, branches.c.isil, state, (*_of(source, "holds"), holds.c.closed.is_(None))
    )


@many(_Counted)
def _debts(*, source: str) -> Statement:
    joined = moved_rows.join(charges, charges.c.id == moved_rows.c.row_id).join(
        branches, branches.c.id == charges.c.branch_id
    )
    owed = cast(func.sum(charges.c.balance), BigInteger)
    return _grouped(joined, branches.c.isil, charges.c.kind, _of(source, "debts"), owed)


#: Written into the statement, so that it stays one and the same.
_OTHER_KINDS: Final[tuple[ColumnElement[str], ...]] = (
    literal_column("'guardians'"),
    literal_column("'uses'"),
)


class _Other(NamedTuple):
    kind: str
    number: int


@many(_Other)
def _others(*, source: str) -> Statement:
    its = moved_rows.c
    counted = select(*columns(_Other, moved_rows, number=func.count()))
    return counted.where(
        its.source == source,
        its.kind.in_(_OTHER_KINDS),
        its.gone.is_(None),
    ).group_by(its.kind)


@scalar_one(int)
def _loans_told(*, source: str) -> Statement:
    those = select(moved_rows.c.row_id).where(*_of(source, "uses"))
    return select(func.coalesce(func.sum(former_use.c.loans), 0)).where(
        former_use.c.item_id.in_(those)
    )


@many(_Other)
def _messages(*, source: str) -> Statement:
    joined = moved_rows.join(notice_messages, notice_messages.c.id == moved_rows.c.row_id)
    kind = notice_messages.c.kind
    counted = select(*columns(_Other, kind=kind, number=func.count())).select_from(joined)
    return counted.where(*_of(source, "messages")).group_by(kind)


class _Loan(NamedTuple):
    key: str
    isil: str
    barcode: str
    patron: str | None
    due: datetime
    mark: str | None


_borrower = moved_rows.alias("borrower")


@many(_Loan)
def _loans_after(*, source: str, after: str) -> Statement:
    is_borrower = (
        (_borrower.c.row_id == loans.c.patron_id)
        & (_borrower.c.kind == "patrons")
        & (_borrower.c.source == source)
    )
    joined = (
        moved_rows.join(loans, loans.c.id == moved_rows.c.row_id)
        .join(items, items.c.id == loans.c.item_id)
        .join(branches, branches.c.id == loans.c.branch_id)
        .outerjoin(_borrower, is_borrower)
    )
    its = {"key": moved_rows.c.key, "patron": _borrower.c.key}
    return (
        select(
            *columns(
                _Loan,
                loans,
                items.join(branches),
                **its,
                barcode=items.c.barcode,
                isil=branches.c.isil,
            )
        )
        .select_from(joined)
        .where(*_of(source, "loans"), loans.c.checked_in.is_(None), moved_rows.c.key > after)
        .order_by(moved_rows.c.key)
        .limit(_STEP)
    )


class _Past(NamedTuple):
    key: str
    isil: str
    checked_out: datetime


@many(_Past)
def _past_after(*, source: str, after: str) -> Statement:
    joined = moved_rows.join(loans, loans.c.id == moved_rows.c.row_id).join(
        branches, branches.c.id == loans.c.branch_id
    )
    its = {"key": moved_rows.c.key, "checked_out": loans.c.checked_out}
    return (
        select(*columns(_Past, branches, **its))
        .select_from(joined)
        .where(*_of(source, "history"), moved_rows.c.key > after)
        .order_by(moved_rows.c.key)
        .limit(_STEP)
    )


class _Waiting(NamedTuple):
    title: str
    key: str


@many(_Waiting)
def _queues(*, source: str) -> Statement:
    """Whoever waits still, title by title in the order of the queue."""
    joined = (
        moved_rows.join(holds, holds.c.id == moved_rows.c.row_id)
        .join(records, records.c.id == holds.c.record_id)
        .outerjoin(items, items.c.id == holds.c.item_id)
        .outerjoin(captures, captures.c.hold_id == holds.c.id)
    )
    title = func.coalesce(items.c.barcode, records.c.control_number)
    order = (holds.c.queue_class, holds.c.priority, holds.c.placed, holds.c.id)
    return (
        select(title.label("title"), moved_rows.c.key)
        .select_from(joined)
        .where(*_of(source, "holds"), holds.c.closed.is_(None), captures.c.hold_id.is_(None))
        .order_by(title, *order)
    )


_COUNTED: Final[tuple[tuple[str, Callable[..., list[_Counted]]], ...]] = (
    ("patrons", _patrons),
    ("items", _items),
    ("item states", _item_states),
    ("holds", _holds),
    ("debts", _debts),
)


def sheet_of_database(
    transaction: Transaction, source: str, timezone: str, *, past_at_branch: bool = False
) -> Sheet:
    """The sheet of what was moved from that source, days as they are in the timezone.

    `past_at_branch`: the source tells at which branch loans were that are over.
    """
    sheet = Sheet()
    for measure, counted in _COUNTED:
        for each in counted(transaction, source=source):
            what = each.what if not each.what or is_code(each.what) else UNREAD
            sheet[Figure(measure, each.branch, what)] += each.number
            if measure == "debts":
                sheet[Figure("remaining", each.branch, what)] += int(each.amount)
    for other in _others(transaction, source=source):
        sheet[Figure(other.kind)] += other.number
    sheet[Figure("uses", "", "loans")] += _loans_told(transaction, source=source)
    for message in _messages(transaction, source=source):
        sheet[Figure("messages", "", message.kind)] += message.number
    for loan in _all_loans(transaction, source):
        due = local_date(loan.due, timezone).isoformat()
        sheet[Figure("loans", loan.isil, loan.mark or "open")] += 1
        sheet[Figure("loans due", loan.isil, due)] += 1
        sheet[LOAN_CHECKSUM] += checksum(loan.barcode, loan.patron or "", due)
    for past in _all_past(transaction, source):
        day = local_date(past.checked_out, timezone).isoformat()
        sheet[Figure("history", past.isil if past_at_branch else "", day)] += 1
    for title, keys in queues_of_database(transaction, source).items():
        sheet[QUEUE_CHECKSUM] += queue_checksum(title, keys)
    return summed(sheet)


def queues_of_database(transaction: Transaction, source: str) -> dict[str, list[str]]:
    """Return the holds that wait, by their keys in the order of the queue; a title by its control
    number, or by the barcode of the item that is waited for."""
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for hold in _queues(transaction, source=source):
        waiting[hold.title].append(hold.key)
    return waiting


class _Named(NamedTuple):
    number: str
    title: str
    control_number: str


@many_of(_Named)
def _records_named(*, numbers: Sequence[str]) -> Statement:
    its = {"number": records.c.control_number}
    return select(*columns(_Named, records, **its)).where(records.c.control_number.in_(numbers))


@many_of(_Named)
def _items_named(*, numbers: Sequence[str]) -> Statement:
    joined = items.join(records, records.c.id == items.c.record_id)
    return (
        select(*columns(_Named, records, number=items.c.barcode))
        .select_from(joined)
        .where(items.c.barcode.in_(numbers))
    )


def name_titles(transaction: Transaction, numbers: Sequence[str]) -> dict[str, str]:
    """Return the title and control number of each title that is known, for people to find it."""
    of_items = _items_named(transaction, numbers=numbers)
    found = {e.number: f"{e.title} ({e.control_number}), item {e.number}" for e in of_items}
    of_records = _records_named(transaction, numbers=numbers)
    return found | {each.number: f"{each.title} ({each.control_number})" for each in of_records}


def _all_loans(transaction: Transaction, source: str) -> Iterator[_Loan]:
    after = ""
    while found := _loans_after(transaction, source=source, after=after):
        yield from found
        after = found[-1].key


def _all_past(transaction: Transaction, source: str) -> Iterator[_Past]:
    after = ""
    while found := _past_after(transaction, source=source, after=after):
        yield from found
        after = found[-1].key
