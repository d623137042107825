"""What is known here of the patrons of a sample, in the same words; and both side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

from catalogue.database import Statement, Transaction, columns, many, one, scalars
from catalogue.schema import branches, items, records
from circulation.calendars.due_dates import local_date
from circulation.holds.schema import captures, holds
from circulation.ledger.schema import charges
from circulation.loans.schema import loans
from circulation.moving.balancing.samples import (
    Sample,
    Told,
    address_told,
    debt_told,
    loan_told,
)
from circulation.moving.keys import moved
from circulation.moving.schema import moved_rows
from circulation.patrons.addresses import addresses_of
from circulation.patrons.blocks import blocks_of
from circulation.patrons.changes import patron_fields
from circulation.patrons.consents import consents_of
from circulation.patrons.identifiers import identifiers_of, national_digits
from circulation.patrons.kinds import IdentifierKind
from circulation.patrons.schema import patron_guardians, patrons


class Compared(NamedTuple):
    """A line of a sample. `differs`: the plan tells of it, and here it is something else."""

    what: str
    files: str
    here: str
    differs: bool


@scalars(str)
def _isil(*, branch_id: int) -> Statement:
    return select(branches.c.isil).where(branches.c.id == branch_id)


class _Note(NamedTuple):
    note: str


@one(_Note)
def _note(*, patron_id: int) -> Statement:
    return select(*columns(_Note, patrons)).where(patrons.c.id == patron_id)


class _Loan(NamedTuple):
    barcode: str
    due: datetime
    renewals: int
    mark: str | None


@many(_Loan)
def _loans(*, patron_id: int) -> Statement:
    joined = loans.join(items, items.c.id == loans.c.item_id)
    return (
        select(*columns(_Loan, loans, items))
        .select_from(joined)
        .where(loans.c.patron_id == patron_id, loans.c.checked_in.is_(None))
    )


class _Hold(NamedTuple):
    title: str
    state: str
    isil: str


@many(_Hold)
def _holds(*, patron_id: int) -> Statement:
    joined = (
        holds.join(records, records.c.id == holds.c.record_id)
        .join(branches, branches.c.id == holds.c.pickup_branch_id)
        .outerjoin(items, items.c.id == holds.c.item_id)
        .outerjoin(captures, captures.c.hold_id == holds.c.id)
    )
    state: ColumnElement[str] = case(
        (captures.c.hold_id.is_(None), literal_column("'waiting'")),
        (captures.c.shelved.is_(None), literal_column("'transit'")),
        else_=literal_column("'shelf'"),
    )
    title = func.coalesce(items.c.barcode, records.c.control_number)
    its: Select[tuple[object, ...]] = select(*columns(_Hold, branches, title=title, state=state))
    return its.select_from(joined).where(holds.c.patron_id == patron_id, holds.c.closed.is_(None))


class _Debt(NamedTuple):
    kind: str
    created: datetime
    balance: int


@many(_Debt)
def _debts(*, patron_id: int) -> Statement:
    return select(*columns(_Debt, charges)).where(
        charges.c.patron_id == patron_id, charges.c.balance != 0
    )


@scalars(str)
def _guardians(*, patron_id: int, source: str) -> Statement:
    its = moved_rows.c
    joined = patron_guardians.join(moved_rows, its.row_id == patron_guardians.c.guardian_id)
    return (
        select(its.key)
        .select_from(joined)
        .where(
            patron_guardians.c.patron_id == patron_id, its.source == source, its.kind == "patrons"
        )
    )


def compare(
    transaction: Transaction, sample: Sample, source: str, timezone: str
) -> list[Compared] | None:
    """Line by line; None where the patron is not here."""
    found = moved(transaction, keys=[sample.key], source=source, kind="patrons")
    if not found or found[0].gone is not None:
        return None
    here = [*_told_here(transaction, found[0].row_id, source, timezone)]
    return [*_beside(sample, Counter(sample.told), Counter(here))]


def _beside(sample: Sample, files: Counter[Told], here: Counter[Told]) -> Iterator[Compared]:
    """Equal ones first, then of each thing what is left, one beside the other."""
    for what in dict.fromkeys(told.what for told in [*files, *here]):
        ours = Counter({each: n for each, n in files.items() if each.what == what and each.text})
        theirs = Counter({each: n for each, n in here.items() if each.what == what and each.text})
        for told in (ours & theirs).elements():
            yield Compared(what, told.text, told.text, False)
        left = [each.text for each in (ours - theirs).elements()]
        right = [each.text for each in (theirs - ours).elements()]
        for number in range(max(len(left), len(right))):
            said, known = (each[number] if number < len(each) else "" for each in (left, right))
            yield Compared(what, said, known, what in sample.given)


def _told_here(
    transaction: Transaction, patron_id: int, source: str, timezone: str
) -> Iterator[Told]:
    fields, note = (
        patron_fields(transaction, patron_id=patron_id),
        _note(transaction, patron_id=patron_id),
    )
    assert fields is not None
    assert note is not None
    yield Told("name", fields.name)
    yield Told("home", *_isil(transaction, branch_id=fields.home_branch_id))
    for name in ("category", "email", "language", "municipality", "phone"):
        yield Told(name, getattr(fields, name))
    yield Told("note", note.note)
    for name in ("birth_date", "expires"):
        day = getattr(fields, name)
        yield Told(name, day.isoformat() if day else "")
    for address in addresses_of(transaction, patron_id):
        yield Told("address", address_told(*address[2:8]))
    for each in identifiers_of(transaction, patron_id=patron_id):
        is_national = each.kind == IdentifierKind.NATIONAL_ID.value
        if not is_national and not national_digits(each.shown):
            yield Told("number", each.shown)
    yield from (Told("block", b.reason.value) for b in blocks_of(transaction, patron_id=patron_id))
    yield from (Told("consent", each.value) for each in consents_of(transaction, patron_id))
    for key in _guardians(transaction, patron_id=patron_id, source=source):
        yield Told("guardian", key)
    for loan in _loans(transaction, patron_id=patron_id):
        due = local_date(loan.due, timezone).isoformat()
        yield Told("loan", loan_told(loan.barcode, due, loan.renewals, loan.mark))
    for hold in _holds(transaction, patron_id=patron_id):
        yield Told("hold", f"{hold.title}: {hold.state}, {hold.isil}")
    for debt in _debts(transaction, patron_id=patron_id):
        made = local_date(debt.created, timezone).isoformat()
        yield Told("debt", debt_told(debt.kind, made, debt.balance))
