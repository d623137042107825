"""Debts: what is still owed of what, to the øre, and which reminders have gone out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, columns, many_of, send_many
from circulation.dunning.flow_rows import DUNNING
from circulation.dunning.steps import Step
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.schema import charge_postings, charges, patron_balances
from circulation.moving.keys import Moved
from circulation.moving.kinds.reminders import Act, Subject, acts_of, forget_acts, write_acts
from circulation.moving.lookups import FoundPatron, branches_of, items_of, patrons_of
from circulation.moving.rows import OURS, Arrival, Batch, Kind
from circulation.moving.values import AMOUNT, BRANCH, MOMENT, SMALL, TEXT, TRUTH, coded


class DebtRow(NamedTuple):
    """What a plan may say of a debt. `remaining` is owed still, of `amount`; less than
    nothing is owed to the patron. Without a `branch` it is owed to the home branch of the
    patron. `reminders` went out since it was billed; `collected`: it was handed over to the
    debtor system, which goes on with it."""

    patron: Annotated[str, TEXT]
    kind: Annotated[ChargeKind, coded(ChargeKind)]
    remaining: Annotated[int, AMOUNT]
    created: Annotated[datetime, MOMENT]
    branch: Annotated[int | None, BRANCH] = None
    amount: Annotated[int | None, AMOUNT] = None
    reason: Annotated[str, TEXT] = ""
    item: Annotated[str, TEXT] = ""
    reminders: Annotated[int, SMALL] = 0
    reminded: Annotated[datetime | None, MOMENT] = None
    collected: Annotated[bool, TRUTH] = False


class _Charge(NamedTuple):
    id: int
    patron_id: int
    agency_id: int
    branch_id: int
    kind: str
    currency: str
    amount: int
    paid: int
    written_off: int
    balance: int
    reason: str
    created: datetime


@send_many
def _insert(record: _Charge) -> Statement:
    return insert(charges).values(record._asdict())


class _Said(NamedTuple):
    id: int
    reason: str


@send_many
def _update(record: _Said) -> Statement:
    return update(charges).where(charges.c.id == record.id).values(reason=record.reason)


class _Move(NamedTuple):
    id: int
    amount: int
    paid: int
    balance: int


@send_many
def _move(record: _Move) -> Statement:
    more = {
        name: charges.c[name] + value for name, value in record._asdict().items() if name != "id"
    }
    return update(charges).where(charges.c.id == record.id).values(more)


class _Posting(NamedTuple):
    charge_id: int
    kind: str
    amount: int
    at: datetime
    actor: str
    device: str
    branch_id: int
    reason: str


@send_many
def _insert_posting(record: _Posting) -> Statement:
    return insert(charge_postings).values(record._asdict())


class _Standing(NamedTuple):
    id: int
    patron_id: int | None
    agency_id: int
    branch_id: int
    kind: str
    currency: str
    balance: int


@many_of(_Standing)
def _standing(*, charge_ids: Sequence[int]) -> Statement:
    return select(*columns(_Standing, charges)).where(charges.c.id.in_(charge_ids))


class _Balance(NamedTuple):
    patron_id: int
    agency_id: int
    currency: str
    fees: int
    compensations: int


@many_of(_Balance)
def _balances(*, patron_ids: Sequence[int]) -> Statement:
    its = patron_balances
    return select(*columns(_Balance, its)).where(its.c.patron_id.in_(patron_ids))


@send_many
def _add(record: _Balance) -> Statement:
    its = patron_balances.c
    return (
        update(patron_balances)
        .where(
            its.patron_id == record.patron_id,
            its.agency_id == record.agency_id,
            its.currency == record.currency,
        )
        .values(
            fees=its.fees + record.fees,
            compensations=its.compensations + record.compensations,
        )
    )


@send_many
def _begin(record: _Balance) -> Statement:
    return insert(patron_balances).values(record._asdict())


def store_debts(batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival]) -> None:
    """Writes debts with their postings and the balances of the patrons. Of one that has changed,
    what is owed becomes what the row says; the difference is a posting."""
    transaction, moving = batch.transaction, batch.moving
    both = [*new, *changed]
    owing = patrons_of(batch, both)
    items_of(batch, batch.left(both))
    for each in batch.left(both):
        if (each.row.remaining < 0) is not (each.row.kind is ChargeKind.CREDIT):
            batch.set_aside(each, "a credit is less than nothing, and nothing else is", "remaining")
        elif each.row_id is None and batch.is_ours(_branch(each, owing[id(each)])):
            batch.set_aside(each, OURS, "branch")  # what is owed there is charged here
    new, changed = batch.left(new), batch.left(changed)
    for each in new:
        each.row_id = moving.circulation.ids.next(moving.now)
    made = [_charge(batch, each, owing[id(each)]) for each in new]
    _insert(transaction, made)
    _insert_posting(transaction, [its for each in made for its in _postings(batch, each)])
    _add_to_balances(batch, [(_as_standing(each), each.balance) for each in made])
    _update(transaction, [_Said(each.number, _reason(each.row)) for each in changed])
    _set_balances(batch, {each.number: each.row.remaining for each in changed})
    _remind(batch, new, changed, owing)


def _branch(arrival: Arrival, patron: FoundPatron) -> int:
    branch_id: int | None = arrival.row.branch
    return patron.home_branch_id if branch_id is None else branch_id


def _charge(batch: Batch, arrival: Arrival, patron: FoundPatron) -> _Charge:
    row: DebtRow = arrival.row
    moving, branch_id = batch.moving, _branch(arrival, patron)
    amount = 0 if row.kind is ChargeKind.CREDIT else max(row.amount or 0, row.remaining)
    if row.amount is not None and 0 <= row.amount < row.remaining:
        batch.note(arrival, "more remains than was charged, kept as it is", "remaining")
    return _Charge(
        arrival.number,
        patron.id,
        moving.set_up.branches[branch_id].agency_id,
        branch_id,
        row.kind.value,
        moving.currency,
        amount,
        amount - row.remaining,
        0,
        row.remaining,
        _reason(row),
        row.created,
    )


def _reason(row: DebtRow) -> str:
    return " ".join(filter(None, (row.reason, row.item)))


def _postings(batch: Batch, charge: _Charge) -> list[_Posting]:
    """What was charged, and what was paid of it before it came here."""
    moves = ((PostingKind.CREATION, charge.amount), (PostingKind.PAYMENT, -charge.paid))
    return [
        _posting(batch, charge.id, charge.branch_id, kind, amount, charge.created)
        for kind, amount in moves
        if amount
    ]


def _posting(
    batch: Batch, charge_id: int, branch_id: int, kind: PostingKind, amount: int, at: datetime
) -> _Posting:
    actor = batch.moving.actor
    return _Posting(charge_id, kind.value, amount, at, actor, "", branch_id, batch.moving.source)


def _as_standing(charge: _Charge) -> _Standing:
    return _Standing(*charge[:6], charge.balance)


def _set_balances(batch: Batch, wanted: dict[int, int]) -> None:
    """Has these charges come to what they are to come to."""
    moved: list[_Move] = []
    written: list[_Posting] = []
    added: list[tuple[_Standing, int]] = []
    for each in _standing(batch.transaction, charge_ids=[*wanted]):
        more = wanted[each.id] - each.balance
        if not more:
            continue
        is_charged = more > 0 and each.kind != ChargeKind.CREDIT.value
        kind = PostingKind.CREATION if is_charged else PostingKind.PAYMENT
        moved.append(_Move(each.id, more if is_charged else 0, 0 if is_charged else -more, more))
        written.append(_posting(batch, each.id, each.branch_id, kind, more, batch.moving.now))
        added.append((each, more))
    _move(batch.transaction, moved)
    _insert_posting(batch.transaction, written)
    _add_to_balances(batch, added)


def _add_to_balances(batch: Batch, added: Sequence[tuple[_Standing, int]]) -> None:
    sums: defaultdict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for charge, amount in added:
        if charge.patron_id is not None:
            its = sums[charge.patron_id, charge.agency_id, charge.currency]
            its[ChargeKind(charge.kind).is_compensation] += amount
    more = [_Balance(*key, *amounts) for key, amounts in sorted(sums.items())]
    ids = [*{each.patron_id for each in more}]
    there = {each[:3] for each in _balances(batch.transaction, patron_ids=ids)}
    _add(batch.transaction, [each for each in more if each[:3] in there])
    _begin(batch.transaction, [each for each in more if each[:3] not in there])


def _remind(
    batch: Batch, new: Sequence[Arrival], changed: Sequence[Arrival], owing: dict[int, FoundPatron]
) -> None:
    def subject(arrival: Arrival) -> Subject:
        patron = owing[id(arrival)]
        return Subject(patron.id, _branch(arrival, patron), charge_id=arrival.row_id)

    forget_acts(batch.transaction, [subject(each) for each in changed])
    acts: list[Act] = []
    for each in [*new, *changed]:
        told = [(step, True) for step in _told(batch, each, owing[id(each)])]
        at = each.row.reminded or batch.moving.now
        acts += acts_of(batch.moving, subject(each), told, at)
    write_acts(batch.transaction, acts)


def _told(batch: Batch, arrival: Arrival, patron: FoundPatron) -> Sequence[Step]:
    """The steps of the flow here that the other system has done."""
    row: DebtRow = arrival.row
    if not (row.reminders or row.collected):
        return ()
    set_up = batch.moving.set_up
    case = set_up.case(_branch(arrival, patron), patron.category, "")
    flow = DUNNING.of(set_up).flow(case)
    steps = () if flow is None else flow.of_debts
    if row.reminders > len(steps):
        batch.note(arrival, "more reminders than the flow has steps", "reminders")
    return steps if row.collected else steps[: row.reminders]


def settle_debts(batch: Batch, gone: Sequence[Moved]) -> None:
    """The other system has these debts no more: they were paid or given up there."""
    _set_balances(batch, {each.row_id: 0 for each in gone})


DEBTS = Kind(
    "debts", DebtRow, store_debts, settle_debts, branches=branches_of(charges, "branch_id")
)
