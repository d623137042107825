"""Eight desks at the same few items and titles: what holds afterwards, on either database.

No deadlock and no lost race reaches a caller: each verb answers, with a result or a refusal.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from catalogue.database import Statement, Transaction, many
from circulation.holds.changing import cancel_hold
from circulation.holds.placing import place_holds
from circulation.holds.results import HoldsPlaced, Wanted
from circulation.holds.schema import captures, holds
from circulation.holds.wishes import HoldWish
from circulation.items.schema import transits
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.results import CheckedIn, CheckedOut, Desk, Refused, Renewed
from circulation.kernel.schema import events
from circulation.loans.lending import check_out
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.schema import loans
from circulation.loans.undo import cancel_check_out
from circulation.loans.wishes import LoanWish, RenewalWish
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.holds import a_copy, record_of

DESKS = 8
ROUNDS = 20


@many(tuple[int, int])
def _open_loans() -> Statement:
    return (
        select(loans.c.item_id, func.count())
        .where(loans.c.checked_in.is_(None))
        .group_by(loans.c.item_id)
    )


@many(tuple[int, int, datetime | None])
def _loans() -> Statement:
    return select(loans.c.id, loans.c.item_id, loans.c.checked_in)


@many(tuple[int, str, int | None, int | None, int | None])
def _events() -> Statement:
    return select(
        events.c.id, events.c.kind, events.c.loan_id, events.c.hold_id, events.c.item_id
    ).order_by(events.c.id)


@many(tuple[int, int, int, datetime | None])
def _holds() -> Statement:
    return select(holds.c.id, holds.c.patron_id, holds.c.record_id, holds.c.closed)


@many(tuple[int, int, datetime | None])
def _captured() -> Statement:
    return select(captures.c.item_id, captures.c.hold_id, captures.c.released)


@many(tuple[int])
def _in_transit() -> Statement:
    return select(transits.c.item_id)


VERBS: list[Callable[..., Any]] = [
    check_out,
    check_out,
    check_in,
    check_in,
    renew,
    place_holds,
    cancel_hold,
    cancel_check_out,
]


def at_a_desk(library: Library, number: int, cards: list[str], barcodes: list[str]) -> Counter[str]:
    """What one desk does, and how often each answer came."""
    rng, circulation, now = random.Random(number), library.circulation, library.now
    branch = rng.choice([library.main, library.other])
    desk = Desk(f"desk {number}", "a machine", branch.agency_id, branch.id)
    records = {barcode: record_of(library, barcode) for barcode in barcodes}
    placed: list[tuple[str, int]] = []
    answers: Counter[str] = Counter()
    for _ in range(ROUNDS):
        card, item = rng.choice(cards), rng.choice(barcodes)
        asked: dict[str, Any] = {}
        verb = rng.choice(VERBS)
        if verb in (check_out, renew):
            asked |= {"patron": card, "item": item}
        elif verb is place_holds:
            asked |= {"patron": card, "wanted": [Wanted(records[item])]}
        elif verb is cancel_hold:
            if not placed:
                continue
            owner, hold_id = placed.pop(rng.randrange(len(placed)))
            asked |= {"patron": owner, "hold_id": hold_id}
        else:
            asked |= {"item": item}

        def work(transaction: Transaction, verb: Any = verb, asked: Any = asked) -> Any:
            wish: Any = {check_out: LoanWish, renew: RenewalWish, place_holds: HoldWish}.get(verb)
            act = Act(transaction, circulation, desk, now)
            return verb(act, **asked) if wish is None else verb(act, wish(**asked))

        answer = library.write(work)
        if isinstance(answer, HoldsPlaced):
            placed += [(card, each.hold.id) for each in answer.holds]
        answers[type(answer).__name__] += 1
    return answers


def test_eight_desks_at_the_same_items(library: Library) -> None:
    cards = [a_patron(library) for _ in range(4)]
    barcodes = [an_item(library) for _ in range(2)]
    barcodes += [a_copy(library, barcodes[0]), a_copy(library, barcodes[0], home=library.other)]
    answers: Counter[str] = Counter()
    problems: list[BaseException] = []

    def run(number: int) -> None:
        try:
            answers.update(at_a_desk(library, number, cards, barcodes))
        except BaseException as error:
            problems.append(error)

    desks = [threading.Thread(target=run, args=(number,)) for number in range(DESKS)]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert problems == []
    for kind in (CheckedOut, CheckedIn, Renewed, HoldsPlaced, Refused):
        assert answers[kind.__name__] or kind is Renewed, answers
    library.read(_invariants)


def _invariants(transaction: Transaction) -> None:
    assert all(count == 1 for _, count in _open_loans(transaction))
    on_loan = {item_id for item_id, _ in _open_loans(transaction)}
    in_transit = {row[0] for row in _in_transit(transaction)}
    bound = {row[0] for row in _captured(transaction) if row[2] is None}
    assert not on_loan & in_transit
    assert not on_loan & bound

    kinds: dict[int, list[str]] = defaultdict(list)
    of_holds: dict[int, list[str]] = defaultdict(list)
    for _, kind, loan_id, hold_id, _ in _events(transaction):
        if loan_id is not None:
            kinds[loan_id].append(kind)
        if hold_id is not None:
            of_holds[hold_id].append(kind)
    for loan_id, _, checked_in in _loans(transaction):
        told = kinds[loan_id]
        assert told[0] == EventKind.CHECKED_OUT.value
        ended = told.count(EventKind.CHECKED_IN.value)
        assert ended == (checked_in is not None), told

    open_holds: Counter[tuple[int, int]] = Counter()
    for hold_id, patron_id, record_id, closed in _holds(transaction):
        told = of_holds[hold_id]
        closings = told.count(EventKind.HOLD_CLOSED.value)
        reopened = told.count(EventKind.HOLD_REOPENED.value)
        assert closings - reopened == (closed is not None), told
        if closed is None:
            open_holds[patron_id, record_id] += 1
    assert all(count == 1 for count in open_holds.values())
    assert len(bound) == sum(1 for row in _captured(transaction) if row[2] is None)
