"""Open loans: who has what until when, how often it was renewed, and what they were told.

The reminders that the other system has sent are written as steps of the flow that are done, so that
the next one here is the next one there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import exists, insert, select, update

from catalogue.database import Statement, columns, many, many_of, send_many
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.steps import Does, Step, is_before_due
from circulation.kernel.results import LoanMark
from circulation.loans.schema import loans
from circulation.moving.keys import STEP, Moved, stood_for
from circulation.moving.kinds.items import forget_states
from circulation.moving.kinds.reminders import Act, Subject, acts_of, forget_acts, write_acts
from circulation.moving.kinds.uses import LentThere, note_loans
from circulation.moving.lookups import FoundItem, FoundPatron, branches_of, items_of, patrons_of
from circulation.moving.rows import OURS, Arrival, Batch, Kind, without
from circulation.moving.schema import moved_rows
from circulation.moving.updates import update_planned
from circulation.moving.values import BRANCH, LAST_MOMENT, MOMENT, SMALL, TEXT, coded


class LoanRow(NamedTuple):
    """What a plan may say of a loan. `branch` is where it was lent, by default where the item
    belongs; `reminders` how many were sent since it fell due, the last of them `reminded`."""

    patron: Annotated[str, TEXT]
    item: Annotated[str, TEXT]
    checked_out: Annotated[datetime, MOMENT]
    due: Annotated[datetime, LAST_MOMENT]
    renewals: Annotated[int, SMALL] = 0
    branch: Annotated[int | None, BRANCH] = None
    mark: Annotated[LoanMark | None, coded(LoanMark)] = None
    marked: Annotated[datetime | None, MOMENT] = None
    suspended_until: Annotated[datetime | None, LAST_MOMENT] = None
    recalled: Annotated[datetime | None, MOMENT] = None
    reminders: Annotated[int, SMALL] = 0
    reminded: Annotated[datetime | None, MOMENT] = None


class _Stored(NamedTuple):
    id: int
    item_id: int
    patron_id: int
    branch_id: int
    material_group: str
    checked_out: datetime
    due: datetime
    renewals: int
    mark: str | None
    marked: datetime | None
    suspended_until: datetime | None
    recalled: datetime | None


@send_many
def _insert(record: _Stored) -> Statement:
    return insert(loans).values(record._asdict())


_PLANNED = {
    "item_id": "",
    "patron_id": "",
    "checked_out": "",
    "due": "",
    "branch_id": "branch",
    "renewals": "renewals",
    "mark": "mark",
    "marked": "mark",
    "suspended_until": "suspended_until",
    "recalled": "recalled",
}


class _End(NamedTuple):
    id: int
    checked_in: datetime | None


@send_many
def _end(record: _End) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == record.id, loans.c.checked_in.is_(None))
        .values(checked_in=record.checked_in, checked_in_branch_id=loans.c.branch_id)
    )


class _Followed(NamedTuple):
    id: int
    item_id: int


@many(_Followed)
def _followed(*, branch_ids: Sequence[int], written: datetime, after: int) -> Statement:
    """Open loans that came from no delivery, and were made before this one was written."""
    rows = moved_rows.c
    came = exists().where(rows.row_id == loans.c.id, rows.kind == "loans", rows.gone.is_(None))
    return (
        select(*columns(_Followed, loans))
        .where(
            loans.c.branch_id.in_(branch_ids),
            loans.c.checked_in.is_(None),
            loans.c.checked_out < written,
            loans.c.id > after,
            ~came,
        )
        .order_by(loans.c.id)
        .limit(STEP)
    )


class _Open(NamedTuple):
    id: int
    item_id: int
    patron_id: int | None
    branch_id: int
    checked_out: datetime


@many_of(_Open)
def _open_loans(*, item_ids: Sequence[int]) -> Statement:
    its = select(*columns(_Open, loans)).where(loans.c.item_id.in_(item_ids))
    return its.where(loans.c.checked_in.is_(None))


def store_loans(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Write loans. An item is on loan once: who has it here and not there keeps it, and the row is
    set aside for people to see. A patron who has it here as well, because what the other system
    does is followed, has it once. A loan that was followed to another patron ends, if it is of a
    branch that the other system looks after and was there before the files were written.
    """
    transaction, moving = batch.transaction, batch.moving
    both = [*new, *changed]
    borrowers, lent = patrons_of(batch, both), items_of(batch, both)
    here = _check(batch, both, borrowers, lent)
    left = {*map(id, batch.left(both))}
    batch.doubtful |= {lent[id(each)].id for each in both if id(each) in lent.keys() - left}
    new, changed = without(batch.left(new), here), [*batch.left(changed), *here]
    for each in new:
        each.row_id = moving.circulation.ids.next(moving.now)
    both = [*new, *changed]
    stored = {id(each): _stored(each, borrowers[id(each)], lent[id(each)]) for each in both}
    forget_states(transaction, [stored[id(each)].item_id for each in new])
    _insert(transaction, [stored[id(each)] for each in new])
    those = [stored[id(each)] for each in changed]
    update_planned(batch, loans, those, _PLANNED, open_while="checked_in")
    forget_acts(transaction, [_subject(stored[id(each)]) for each in changed])
    acts: list[Act] = []
    for each in both:
        its = stored[id(each)]
        told = _told(batch, each, its, borrowers[id(each)])
        acts += acts_of(moving, _subject(its), told, each.row.reminded or moving.now)
    write_acts(transaction, acts)
    before = (stored[id(each)] for each in new)
    note_loans(batch, (LentThere(its.item_id, its.checked_out, its.renewals) for its in before))


def _check(
    batch: Batch,
    arrivals: Sequence[Arrival],
    borrowers: dict[int, FoundPatron],
    lent: dict[int, FoundItem],
) -> list[Arrival]:
    """Sets aside what cannot be; gives new rows whose loan is here, and stands for no other row."""
    left = batch.left(arrivals)
    ids = [*{lent[id(each)].id for each in left}]
    there = {each.item_id: each for each in _open_loans(batch.transaction, item_ids=ids)}
    known = {each.id for each in there.values()}
    known &= {*stood_for(batch.transaction, row_ids=[*known], kind="loans")}
    stale = _stale(batch, left, borrowers, lent, there, known)
    _end(batch.transaction, [_End(each, batch.moving.now) for each in stale])
    there = {item_id: each for item_id, each in there.items() if each.id not in stale}
    holding = {item_id: each.id for item_id, each in there.items()}
    here = []
    for each in left:
        item, open_loan = lent[id(each)], there.get(lent[id(each)].id)
        if open_loan is not None and open_loan.patron_id != borrowers[id(each)].id:
            open_loan = None
        branch_id = item.branch_id if each.row.branch is None else each.row.branch
        if open_loan is not None:
            branch_id = open_loan.branch_id  # the other system may take it for another's
        if each.row_id is None and batch.is_ours(branch_id):
            _leave(batch, each, is_here=open_loan is not None)
            continue
        if each.row_id is None and open_loan is not None and open_loan.id not in known:
            each.row_id = open_loan.id
            known.add(open_loan.id)
            here.append(each)
        own = -id(each) if each.row_id is None else each.row_id
        if holding.setdefault(item.id, own) != own:
            batch.set_aside(each, "the item is on loan already", "item")
        elif each.row.due < each.row.checked_out:
            batch.note(each, "due before it was lent, kept as it is", "due")
    return here


def _stale(
    batch: Batch,
    arrivals: Sequence[Arrival],
    borrowers: dict[int, FoundPatron],
    lent: dict[int, FoundItem],
    there: dict[int, _Open],
    known: set[int],
) -> set[int]:
    """Return loans that were followed, of items that the delivery has as lent to other patrons."""
    found = set()
    for each in arrivals:
        loan = there.get(lent[id(each)].id)
        if loan is None or loan.id in known or each.row_id is not None or batch.written is None:
            continue
        is_other = loan.patron_id != borrowers[id(each)].id
        if is_other and batch.is_theirs(loan.branch_id) and loan.checked_out < batch.written:
            found.add(loan.id)
    return found


def _leave(batch: Batch, arrival: Arrival, *, is_here: bool) -> None:
    """A new loan of a branch that we look after was made here, and told to the other system: as it
    is here it stays. One that is not here may have ended, or people must see to it."""
    if is_here:
        batch.keep(arrival)
    else:
        batch.set_aside(arrival, OURS, "branch")


def _stored(arrival: Arrival, borrower: FoundPatron, item: FoundItem) -> _Stored:
    row: LoanRow = arrival.row
    return _Stored(
        arrival.number,
        item.id,
        borrower.id,
        item.branch_id if row.branch is None else row.branch,
        item.material_group,
        row.checked_out,
        row.due,
        row.renewals,
        None if row.mark is None else row.mark.value,
        row.marked or (None if row.mark is None else row.due),
        row.suspended_until,
        row.recalled,
    )


def _subject(stored: _Stored) -> Subject:
    return Subject(stored.patron_id, stored.branch_id, stored.id, stored.renewals)


def _told(
    batch: Batch, arrival: Arrival, stored: _Stored, borrower: FoundPatron
) -> list[tuple[Step, bool]]:
    """What the other system has told: of the flow here, the first so many steps that tell of an
    overdue loan; those before it fell due are passed over."""
    row: LoanRow = arrival.row
    if not row.reminders:
        return []
    told: list[tuple[Step, bool]] = []
    left = row.reminders
    for step in _steps(batch, stored, borrower):
        is_told = not is_before_due(step)
        if is_told and not left:
            return told
        left -= is_told
        told.append((step, is_told))
    if left:
        batch.note(arrival, "more reminders than the flow has steps", "reminders")
    return told


def _steps(batch: Batch, stored: _Stored, borrower: FoundPatron) -> Sequence[Step]:
    """What tells of the loan, without the bill, which is a debt and comes as one."""
    set_up = batch.moving.set_up
    case = set_up.case(stored.branch_id, borrower.category, stored.material_group)
    flow = DUNNING.of(set_up).flow(case)
    return () if flow is None else [each for each in flow.of_loans if each.does is not Does.BILL]


def end_loans(batch: Batch, gone: Sequence[Moved]) -> None:
    """The other system has these loans no more: the items were handed in there."""
    _end(batch.transaction, [_End(each.row_id, batch.moving.now) for each in gone])


def end_lacking(batch: Batch, is_counted_only: bool) -> int:
    """End loans that were followed and that the delivery lacks: the items were handed in there.

    Those of branches that we look after stay, and so do those of items whose rows were set aside.

    Returns:
        The number of such loans.
    """
    ids = [each.id for each in batch.moving.set_up.branches.values() if batch.is_theirs(each.id)]
    if not ids or batch.written is None:
        return 0
    number, after, is_last = 0, 0, False
    while not is_last:
        found = _followed(batch.transaction, branch_ids=ids, written=batch.written, after=after)
        is_last = len(found) < STEP
        after = found[-1].id if found else after
        ended = [each.id for each in found if each.item_id not in batch.doubtful]
        number += len(ended)
        if not is_counted_only:
            _end(batch.transaction, [_End(each, batch.moving.now) for each in ended])
    return number


LOANS = Kind("loans", LoanRow, store_loans, end_loans, branches_of(loans, "branch_id"), end_lacking)
