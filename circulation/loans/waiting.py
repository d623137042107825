"""Off-line acts that wait for a card or an item: tried again in the order of time.

They are tried when a patron or a card is registered, when an item is added, after another off-line
act with the same item, at the end of a load of a move, once a day, and when staff ask for it.

An attempt that no person asks for does no act that was not believed when it was reported: one of a
patron who is not served there, or who did not give the PIN. Nor does it lend to a patron of another
agency than that of the terminal. Both are for staff who may serve the patron.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, literal_column, select, update

from catalogue.database import Statement, change, columns, lock, many, one, send
from circulation.kernel.act import Act
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedIn, CheckedOut, Refusal, Refused, Renewed
from circulation.loans.lending import check_out
from circulation.loans.off_line import ActState, Reported, Source
from circulation.loans.renewals import renew
from circulation.loans.returns import check_in
from circulation.loans.schema import loan_conflicts
from circulation.loans.wishes import LoanWish, OffLineReturn, RenewalWish, Reporting
from circulation.patrons.identifiers import IDENTIFIERS, find_patron, is_hashed, place_of_patron

#: Acts tried in one transaction; the daily job tries the rest.
STEP: Final = 50
#: Why an act was not believed when it was reported.
_NOT_BELIEVED: Final = (
    Reason.PATRON_NOT_SERVED,
    Reason.PIN_MISSING,
    Reason.PIN_WRONG,
    Reason.PIN_LOCKED,
)


class Waiting(NamedTuple):
    """An off-line act that is open, as it was reported."""

    id: int
    patron_id: int | None
    branch_id: int
    noted: datetime
    reasons: str
    act: str
    item_barcode: str
    patron_identifier: str | None
    happened: datetime
    due: datetime | None
    returned: datetime | None
    source: str
    amount: str | None
    line_key: str | None
    state: str

    @property
    def reporting(self) -> Reporting:
        """Return how it became known, for the verb that does it."""
        return Reporting(self.source, self.noted)

    def find_doubts(self) -> list[Reason]:
        """Return why the act was not believed when it was reported."""
        names = self.reasons.split(",")
        doubts = [each for each in _NOT_BELIEVED if each.name in names]
        # The national number of a patron who is not served is answered as an unknown one.
        if self.patron_id is not None and Reason.PATRON_UNKNOWN.name in names:
            doubts.append(Reason.PATRON_UNKNOWN)
        return doubts


#: Does an open act. Return why it cannot be done, or the id of the loan: 0 where there is none.
Trier = Callable[[Act, Waiting], Refused | int]
#: What other folders do: payments.
TRIERS: Registry[tuple[Reported, Trier]] = Registry("loans.waiting:TRIERS")

_IS_OPEN: Final = (
    loan_conflicts.c.settled.is_(None),
    loan_conflicts.c.state == literal_column(f"'{ActState.OPEN.value}'"),
    loan_conflicts.c.act.is_not(None),
    loan_conflicts.c.happened.is_not(None),
)


def _open(*conditions: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    table = loan_conflicts.c
    chosen = select(*columns(Waiting, loan_conflicts)).where(*_IS_OPEN, *conditions)
    return chosen.order_by(table.happened, table.id)


@many(Waiting)
def _of_item(*, barcode: str) -> Statement:
    return _open(loan_conflicts.c.item_barcode == barcode).limit(STEP)


@many(Waiting)
def _of_card(*, card: str) -> Statement:
    return _open(loan_conflicts.c.patron_identifier == card).limit(STEP)


@many(Waiting)
def _some_open(*, skip: int, at_most: int) -> Statement:
    return _open().offset(skip).limit(at_most)


@lock
def _lock(*, act_id: int) -> Statement:
    """Lock an act that is open: it is not tried twice at once, nor while it is settled."""
    of_act = select(loan_conflicts.c.id).where(loan_conflicts.c.id == act_id, *_IS_OPEN)
    return of_act.with_for_update(key_share=True)


@one(Waiting)
def find_waiting(*, act_id: int) -> Statement:
    """Return an act of the list that is open."""
    return select(*columns(Waiting, loan_conflicts)).where(loan_conflicts.c.id == act_id, *_IS_OPEN)


@one(Waiting)
def waiting_line(*, line_key: str) -> Statement:
    """Return the open act of a line of a file."""
    return select(*columns(Waiting, loan_conflicts)).where(
        loan_conflicts.c.line_key == line_key, *_IS_OPEN
    )


#: A loan says by itself whose it is, for as long as it may.
@change
def _set_done(*, act_id: int, settled: datetime, loan_id: int | None) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.id == act_id, *_IS_OPEN)
        .values(
            settled=settled,
            tried=settled,
            loan_id=loan_id,
            state=ActState.DONE.value,
            patron_id=None,
            patron_identifier=None,
        )
    )


@send
def _set_tried(*, act_id: int, tried: datetime, reasons: str) -> Statement:
    return (
        update(loan_conflicts)
        .where(loan_conflicts.c.id == act_id)
        .values(tried=tried, reasons=reasons)
    )


def _lend(act: Act, waiting: Waiting) -> Refused | int:
    wish = LoanWish(
        waiting.patron_identifier or "",
        waiting.item_barcode,
        no_block=True,
        happened=waiting.happened,
        due=waiting.due,
        reporting=waiting.reporting,
    )
    return _loan_of(check_out(act, wish))


def _renew(act: Act, waiting: Waiting) -> Refused | int:
    wish = RenewalWish(
        waiting.patron_identifier or "",
        waiting.item_barcode,
        no_block=True,
        happened=waiting.happened,
        due=waiting.due,
        reporting=waiting.reporting,
    )
    return _loan_of(renew(act, wish))


def _take_back(act: Act, waiting: Waiting) -> Refused | int:
    return _loan_of(
        check_in(
            act,
            item=waiting.item_barcode,
            returned=waiting.returned,
            off_line=OffLineReturn(waiting.happened, waiting.noted),
        )
    )


def _loan_of(answer: CheckedOut | Renewed | CheckedIn | Refused) -> Refused | int:
    if isinstance(answer, Refused):
        return answer
    return 0 if answer.loan is None else answer.loan.id


_OF_LOANS: Final[Mapping[Reported, Trier]] = {
    Reported.CHECK_OUT: _lend,
    Reported.RENEWAL: _renew,
    Reported.CHECK_IN: _take_back,
}


def try_act(act: Act, waiting: Waiting, *, is_asked_for: bool = False) -> Refused | None:
    """Do an open act, at its branch. Return why it cannot be done.

    One that is not open any more is left alone. `is_asked_for`: a person asks for it who may serve
    its patron.
    """
    _lock(act.transaction, act_id=waiting.id)
    if find_waiting(act.transaction, act_id=waiting.id) is None:
        return None
    reported = Reported(waiting.act)
    trier = {**dict(TRIERS.members), **_OF_LOANS}[reported]
    follows = waiting.source == Source.PROXY.value
    branch = act.circulation.current_set_up(act.transaction).branches[waiting.branch_id]
    doubts = [] if is_asked_for else _find_doubts(act, waiting, branch)
    if doubts:
        return Refused(tuple(map(Refusal, doubts)))
    desk = act.desk._replace(branch_id=branch.id, agency_id=branch.agency_id, follows=follows)
    there = act._replace(desk=desk)
    found = trier(there, waiting)
    if isinstance(found, Refused):
        reasons = ",".join(reason.name for reason in found.reasons)
        _set_tried(act.transaction, act_id=waiting.id, tried=act.now, reasons=reasons)
        return found
    _set_done(act.transaction, act_id=waiting.id, settled=act.now, loan_id=found or None)
    return None


def _find_doubts(act: Act, waiting: Waiting, branch: Branch) -> list[Reason]:
    """Return why an act is left to staff: it was not believed, or a terminal has lent to a patron
    of another agency, whose PIN cannot be checked now."""
    doubts = waiting.find_doubts()
    card = waiting.patron_identifier
    if doubts or not card or waiting.source != Source.SIP2.value:
        return doubts
    patron_id = find_patron(act.transaction, card)
    if patron_id is None:
        return []
    place = place_of_patron(act.transaction, patron_id=patron_id)
    if place is None or place.agency_id == branch.agency_id:
        return []
    return [Reason.PATRON_UNKNOWN if is_hashed(card) else Reason.PATRON_NOT_SERVED]


def try_item(act: Act, barcode: str) -> int:
    """Try the open acts with an item in the order of time. Return how many were done."""
    return _try_all(act, lambda: _of_item(act.transaction, barcode=barcode))


def try_card(act: Act, card: str) -> int:
    """Try the open acts with a card, and what waits for their items then."""
    stored = IDENTIFIERS.of(act.circulation).stored(card)
    barcodes = {each.item_barcode for each in _of_card(act.transaction, card=stored)}
    done = _try_all(act, lambda: _of_card(act.transaction, card=stored))
    return done + sum(try_item(act, barcode) for barcode in sorted(barcodes) if barcode)


def try_one(act: Act, act_id: int) -> Refused | None:
    """Try an act of the list for a person who may serve its patron, and what waits for it. Return
    why it cannot be done."""
    waiting = find_waiting(act.transaction, act_id=act_id)
    if waiting is None:
        return None
    refused = try_act(act, waiting, is_asked_for=True)
    if refused is None and waiting.item_barcode:
        try_item(act, waiting.item_barcode)
    return refused


class Tried(NamedTuple):
    """A part of the open acts that was tried; `skip` are the open ones before the next part, None
    where that was the last."""

    done: int
    skip: int | None


def try_some(act: Act, skip: int = 0, *, at_most: int = STEP) -> Tried:
    """Try open acts of all branches in the order of time, but for the first `skip`."""
    found = _some_open(act.transaction, skip=skip, at_most=at_most)
    done = sum(try_act(act, waiting) is None for waiting in found)
    return Tried(done, skip + len(found) - done if len(found) == at_most else None)


def _try_all(act: Act, read: Callable[[], Sequence[Waiting]]) -> int:
    """Try them until none can be done, for one may wait for another; at most a step or two."""
    done, is_more = 0, True
    while is_more and done < STEP:
        is_more = False
        for waiting in read():
            if try_act(act, waiting) is None:
                done, is_more = done + 1, True
    return done
