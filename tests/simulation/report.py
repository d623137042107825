"""What must hold after the year, and what it came to."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from catalogue.database import Statement, Transaction, many
from circulation.dunning.schema import collection_claims
from circulation.kernel.events import EventKind
from circulation.kernel.schema import events
from circulation.ledger.money import ChargeKind, amount_text
from circulation.ledger.schema import charge_postings, charges, patron_balances
from circulation.notices.kinds import NoticeKind, NoticeState
from circulation.notices.schema import notices
from tests.simulation.year import Year

_OF_COMPENSATION = [kind.value for kind in ChargeKind if kind.is_compensation]


@many(tuple[int, int])
def _sums() -> Statement:
    return select(charge_postings.c.charge_id, func.sum(charge_postings.c.amount)).group_by(
        charge_postings.c.charge_id
    )


@many(tuple[int, int | None, int, str, str, int, int, int, int])
def _charges() -> Statement:
    return select(
        charges.c.id,
        charges.c.patron_id,
        charges.c.agency_id,
        charges.c.currency,
        charges.c.kind,
        charges.c.amount,
        charges.c.paid,
        charges.c.written_off,
        charges.c.balance,
    )


@many(tuple[int, int, str, int, int])
def _balances() -> Statement:
    return select(
        patron_balances.c.patron_id,
        patron_balances.c.agency_id,
        patron_balances.c.currency,
        patron_balances.c.fees,
        patron_balances.c.compensations,
    )


@many(tuple[int | None, str, str])
def _notices() -> Statement:
    return select(notices.c.patron_id, notices.c.kind, notices.c.state)


@many(tuple[int | None, str, datetime, str | None, str | None])
def _events() -> Statement:
    return (
        select(events.c.patron_id, events.c.kind, events.c.at, events.c.before, events.c.after)
        .where(
            or_(
                *(
                    events.c.kind == kind.value
                    for kind in (
                        EventKind.DEBT_WARNED,
                        EventKind.PATRON_BLOCKED,
                        EventKind.PATRON_UNBLOCKED,
                    )
                )
            ),
            events.c.patron_id.is_not(None),
        )
        .order_by(events.c.id)
    )


@many(tuple[datetime | None, str, int])
def _claims() -> Statement:
    return select(
        collection_claims.c.closed, collection_claims.c.reason, charges.c.balance
    ).select_from(collection_claims.join(charges, charges.c.id == collection_claims.c.charge_id))


def report(year: Year) -> tuple[str, bool]:
    """The report as text, and whether all holds."""
    return year.town.database.read(
        lambda transaction: _report(transaction, year), wide=True
    ).result()


def _report(transaction: Transaction, year: Year) -> tuple[str, bool]:
    checks = {
        "ledger sums agree with charges and balances": _ledger(transaction),
        "nobody was told of one event twice": year.watch.twice,
        "nobody was told of what had come back or was paid, or after death": year.watch.stale,
        "every block had its warning, its message and its lifting": _blocks(transaction),
        "every night: one message a loan, every bill and block warned of": year.watch.nightly,
        "claims follow what is owed": _claims_follow(transaction),
    }
    kinds = Counter((row[1], row[2]) for row in _notices(transaction))
    sums = Counter(row[1] for row in _notices(transaction))
    lines = [f"A year with {len(year.town.cards)} patrons, {year.counts['loans']} loans", ""]
    for name, count in sorted(year.counts.items()):
        if count:
            lines.append(f"{name:44} {count:>9}")
    lines += ["", "messages asked for, and of these withdrawn as they were not so any more"]
    lines += [
        f"  {kind:42} {count:>9} {kinds[kind, NoticeState.WITHDRAWN.value]:>9}"
        for kind, count in sums.most_common()
    ]
    owed = sum(row[3] + row[4] for row in _balances(transaction))
    lines += ["", f"owed at the end: {amount_text(owed, 'DKK')}", "", "seconds"]
    lines += [
        f"  {name:42} {seconds / 1e6:>9.1f}" for name, seconds in year.seconds.most_common(10)
    ]
    lines.append("")
    for name, wrong in checks.items():
        lines.append(f"{'holds' if not wrong else 'DOES NOT HOLD':14} {name}")
        lines += [f"    {each}" for each in wrong[:5]]
    return "\n".join(lines), not any(checks.values())


def _ledger(transaction: Transaction) -> list[str]:
    sums = {row[0]: int(row[1]) for row in _sums(transaction)}
    wrong = []
    of_patrons: Counter[tuple[Any, ...]] = Counter()
    for charge_id, patron_id, agency_id, currency, kind, amount, paid, off, balance in _charges(
        transaction
    ):
        if sums.get(charge_id) != balance or amount - paid - off != balance:
            wrong.append(f"charge {charge_id}: {balance} is shown, {sums.get(charge_id)} posted")
        of_patrons[patron_id, agency_id, currency, kind in _OF_COMPENSATION] += balance
    for patron_id, agency_id, currency, fees, compensations in _balances(transaction):
        key = (patron_id, agency_id, currency)
        if (fees, compensations) != (of_patrons[*key, False], of_patrons[*key, True]):
            wrong.append(f"patron {patron_id}: the balance is not the sum of the charges")
        of_patrons[*key, False] = of_patrons[*key, True] = 0
    wrong += [
        f"patron {key[0]}: charges without a balance" for key, sum_ in of_patrons.items() if sum_
    ]
    return wrong


def _blocks(transaction: Transaction) -> list[str]:
    wrong = []
    told: Counter[tuple[int, str]] = Counter(
        (row[0], row[1]) for row in _notices(transaction) if row[0] is not None
    )
    warned: set[int] = set()
    blocked: Counter[int] = Counter()
    lifted: Counter[int] = Counter()
    for patron_id, kind, _, before, after in _events(transaction):
        if kind == EventKind.DEBT_WARNED.value:
            warned.add(patron_id)
        elif json.loads(before or after)["reason"] != "debt":
            continue
        elif kind == EventKind.PATRON_BLOCKED.value:
            if patron_id not in warned:
                wrong.append(f"patron {patron_id} was blocked and not warned")
            blocked[patron_id] += 1
        else:
            lifted[patron_id] += 1
            warned.discard(patron_id)
    for patron_id in warned | set(blocked):
        written = told[patron_id, NoticeKind.BLOCK_WARNING.value] + told[patron_id, "bill"]
        if not written:
            wrong.append(f"patron {patron_id} was warned, and no message tells so")
    if any(kind == NoticeKind.BLOCKED.value for _, kind in told):
        for patron_id, count in blocked.items():
            if told[patron_id, NoticeKind.BLOCKED.value] < count:
                wrong.append(f"patron {patron_id} was blocked without a message")
        for patron_id, count in lifted.items():
            if told[patron_id, NoticeKind.UNBLOCKED.value] < count:
                wrong.append(f"the block of patron {patron_id} was lifted without a message")
    elif blocked:
        wrong.append("no block has its message")
    return wrong


def _claims_follow(transaction: Transaction) -> list[str]:
    return [
        f"a claim is {'closed' if closed else 'open'} ({reason}) with {balance} owed"
        for closed, reason, balance in _claims(transaction)
        if (closed is None) != (balance > 0)
    ]
