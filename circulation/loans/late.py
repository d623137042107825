"""Off-line acts that arrive late: their place in the history of their item.

An act that happened before others of its item that are known already changes the history alone:
rows, events and fees become those of the order of time. The item stays where the newest act put it;
no hold is filled, no route is found, and no patron is notified.

The history is read from the events of the item since the moment of the act, and from the loans
that these name. A return without a loan is an event (`ITEM_SEEN`) that names no patron, so nothing
more of a patron is kept for this. Events stay: an end that moves is cancelled by one event and
written again by another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, literal_column, select, update

from catalogue.database import Statement, change, columns, many, many_of, send
from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.events import Event, EventKind, NewEvent, append_event, select_events
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, ChargedFee, Loan, Refusal, Refused
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.loans.ending import Ending, charge_end, uncharge_end, uncharge_renewal
from circulation.loans.facts import OpenLoan
from circulation.loans.off_line import OffLineReport, Reported, is_same_second, take_report
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loan_conflicts, loans
from circulation.patrons.facts import card_of
from circulation.patrons.schema import patrons

#: Two reports of one act: a machine may miss the answer to a loan that was made, and
#: report it again by its own clock.
SAME_ACT: Final = timedelta(minutes=10)

_MOVES: Final = (EventKind.CHECKED_OUT, EventKind.CHECKED_IN, EventKind.ITEM_SEEN)
_CANCELS: Final = (
    EventKind.CHECK_OUT_CANCELLED,
    EventKind.CHECK_IN_CANCELLED,
    EventKind.RENEWAL_CANCELLED,
)
_KINDS: Final = (*_MOVES, EventKind.RENEWED, *_CANCELS)
#: What is charged again is recorded at another moment than what is taken back: fees find what an
#: event has charged by its moment.
_TAKEN_BACK: Final = timedelta(microseconds=2)
_AGAIN: Final = timedelta(microseconds=1)


class PastLoan(NamedTuple):
    """A loan of an item, open or ended, as its row holds it; a loan that was cut has no patron."""

    id: int
    checked_out: datetime
    due: datetime
    renewals: int
    branch_id: int
    patron_id: int | None
    card: str | None
    name: str | None
    agency_id: int | None
    co_patron_id: int | None
    mark: str | None
    marked: datetime | None
    suspended_until: datetime | None
    recalled: datetime | None
    billed: datetime | None
    checked_in: datetime | None

    def loan(self) -> Loan:
        """Return the loan as answers show it."""
        return Loan(self.id, self.checked_out, self.due, self.renewals)

    def as_open(self) -> OpenLoan:
        """Return the loan as it was before it ended. Only for a loan with a patron."""
        assert self.patron_id is not None
        name, agency_id = self.name or "", self.agency_id or 0
        return OpenLoan(*self[:-1])._replace(name=name, agency_id=agency_id)  # type: ignore[arg-type]


@many(Event)
def _acts_since(*, item_id: int, since: datetime) -> Statement:
    is_wanted = events.c.kind.in_([literal_column(f"'{kind.value}'") for kind in _KINDS])
    chosen = select_events(events.c.item_id == item_id, events.c.at >= since, is_wanted)
    return chosen.order_by(events.c.at, events.c.id)


@many_of(PastLoan)
def past_loans(*, loan_ids: Sequence[int]) -> Statement:
    """Return loans by id."""
    names = {"card": card_of(loans.c.patron_id), "name": patrons.c.name}
    return (
        select(*columns(PastLoan, loans, **names, agency_id=patrons.c.agency_id))
        .select_from(loans.outerjoin(patrons, patrons.c.id == loans.c.patron_id))
        .where(loans.c.id.in_(loan_ids))
    )


@change
def _move_end(*, loan_id: int, checked_in: datetime, checked_in_branch_id: int | None) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_not(None))
        .values(checked_in=checked_in, checked_in_branch_id=checked_in_branch_id)
    )


@change
def set_due(*, loan_id: int, due: datetime, renewals: int) -> Statement:
    """Set the due date and the number of renewals of a loan, open or ended."""
    return update(loans).where(loans.c.id == loan_id).values(due=due, renewals=renewals)


@send
def _forget_conflict(*, loan_id: int, happened: datetime) -> Statement:
    """Delete what the rules had against a renewal that was never made."""
    table = loan_conflicts.c
    return delete(loan_conflicts).where(
        table.loan_id == loan_id,
        table.happened == happened,
        table.act == literal_column(f"'{Reported.RENEWAL.value}'"),
        table.settled.is_(None),
    )


def is_later(moment: datetime, act: datetime) -> bool:
    """Return whether a moment is after that of an act, which machines tell in whole seconds."""
    return moment > act and not is_same_second(act, moment)


class NextMove(NamedTuple):
    """The first move of an item after a late act: a loan that began, or a return (`event`)."""

    at: datetime
    loan_id: int | None
    event: Event | None


class Place(NamedTuple):
    """The place of an off-line act in the history of its item.

    `acts` are those since its second that were not undone, `loans` what they name. `next` is the
    first move after it; without one the act is the newest. `covering` is the loan, ended since,
    in which it falls.
    """

    acts: tuple[Event, ...]
    loans: Mapping[int, PastLoan]
    next: NextMove | None
    covering: PastLoan | None

    def find_end(self, loan_id: int) -> Event | None:
        """Return the event by which a loan ended."""
        ends = [each for each in self.acts if each.kind is EventKind.CHECKED_IN]
        return next((each for each in reversed(ends) if each.loan_id == loan_id), None)

    def find_loan_begun(self, at: datetime, patron_id: int) -> PastLoan | None:
        """Return the loan to the patron, or to one who was cut from it, of the same second."""
        second = at.replace(microsecond=0)
        for loan in self.loans.values():
            is_same = loan.checked_out.replace(microsecond=0) == second
            if is_same and loan.patron_id in (None, patron_id):
                return loan
        return None

    def has_return_at(self, at: datetime) -> bool:
        """Return whether a return of the same second is known."""
        second = at.replace(microsecond=0)
        return any(
            each.at.replace(microsecond=0) == second
            for each in self.acts
            if each.kind is EventKind.ITEM_SEEN or is_return(each)
        )

    def renewals_after(self, loan_id: int, at: datetime) -> list[Event]:
        """Return the renewals of a loan that are later than the act."""
        renewed = [each for each in self.acts if each.kind is EventKind.RENEWED]
        return [each for each in renewed if each.loan_id == loan_id and is_later(each.at, at)]


def is_return(event: Event) -> bool:
    """Return whether the item was handed in, and not lent to another, to end a loan."""
    return event.kind is EventKind.CHECKED_IN and "ended_by_loan" not in event.after


def find_place(act: Act, item: ItemFacts, loan: OpenLoan | None, at: datetime) -> Place | None:
    """Return the place of an off-line act of `at`; None where nothing later is known."""
    is_open_later = loan is not None and is_later(loan.checked_out, at)
    if not is_open_later and (item.last_act is None or at >= item.last_act):
        return None
    since = at.replace(microsecond=0)
    found = _acts_since(act.transaction, item_id=item.id, since=since)
    undone = {each.cause for each in found if each.kind in _CANCELS}
    acts = tuple(each for each in found if each.id not in undone and each.kind not in _CANCELS)
    ids = {each.loan_id for each in acts if each.loan_id is not None}
    ids |= set() if loan is None else {loan.id}
    known = {each.id: each for each in past_loans(act.transaction, loan_ids=sorted(ids))}
    if loan is not None and not is_open_later:
        return Place(acts, known, None, None)
    covering = [
        each
        for each in known.values()
        if each.checked_in is not None
        and not is_later(each.checked_out, at)
        and is_later(each.checked_in, at)
    ]
    return Place(
        acts,
        known,
        _next_move(acts, known, at),
        max(covering, key=lambda each: (each.checked_out, each.id), default=None),
    )


def _next_move(
    acts: Sequence[Event], known: Mapping[int, PastLoan], at: datetime
) -> NextMove | None:
    moves = [
        NextMove(each.checked_out, each.id, None)
        for each in known.values()
        if is_later(each.checked_out, at)
    ]
    begun_later = {each.loan_id for each in moves}
    moves += [
        NextMove(each.at, None, each)
        for each in acts
        if each.kind in (EventKind.CHECKED_IN, EventKind.ITEM_SEEN)
        and is_later(each.at, at)
        and (each.loan_id is None or each.loan_id not in begun_later)
    ]
    return min(moves, key=lambda each: (each.at, each.loan_id is None), default=None)


class History(NamedTuple):
    """The history of an item that a late act changes: what every step of that needs."""

    act: Act
    set_up: SetUp
    item: ItemFacts
    place: Place

    def at_branch_of(self, event: Event) -> History:
        """Return the same for an event that is written again: it stays at its branch."""
        branch = self.set_up.branches.get(event.branch_id or 0)
        if branch is None:
            return self
        desk = self.act.desk._replace(branch_id=branch.id, agency_id=branch.agency_id)
        return self._replace(act=self.act._replace(desk=desk))

    def cancel(self, event: Event, kind: EventKind) -> None:
        """Note that an event is no longer so. It is counted on its day no more."""
        new = NewEvent(
            kind,
            item_id=self.item.id,
            patron_id=event.patron_id,
            loan_id=event.loan_id,
            cause=event.id,
            before=event.after,
            after={**event.before, "late": True},
            at=event.at,
            is_silent=True,
        )
        append_event(self.at_branch_of(event).act, new, self.set_up)

    def take_back_end(self, loan: PastLoan) -> Event | None:
        """Take back what the end of a loan has charged, and its event; the row keeps its end."""
        ended = self.place.find_end(loan.id)
        if ended is not None:
            uncharge_end(self._taking_back(), self.set_up, ended)
            self.cancel(ended, EventKind.CHECK_IN_CANCELLED)
        return ended

    def take_back_renewals(self, loan: PastLoan, at: datetime, *, is_for_good: bool) -> PastLoan:
        """Take back the renewals of a loan that are later than `at`, and return it as it was then.

        Those that are taken back for good and were made off line go to the list of off-line acts.
        """
        renewed = self.place.renewals_after(loan.id, at)
        if not renewed:
            return loan
        for each in reversed(renewed):
            uncharge_renewal(self._taking_back(), self.set_up, each)
            self.cancel(each, EventKind.RENEWAL_CANCELLED)
            _forget_conflict(self.act.transaction, loan_id=loan.id, happened=each.at)
        before = renewed[0].before
        due, renewals = datetime.fromisoformat(before["due"]), before["renewals"]
        must_touch_one(set_due(self.act.transaction, loan_id=loan.id, due=due, renewals=renewals))
        for each in renewed if is_for_good else ():
            if each.recorded is not None and loan.card is not None:
                refused = Refused(
                    (Refusal(Reason.ITEM_NOT_ON_LOAN),),
                    self.item.item(self.set_up.branches[self.item.home_branch_id]),
                )
                take_report(
                    self.act,
                    OffLineReport(
                        Reported.RENEWAL,
                        self.item.barcode,
                        loan.card,
                        refused,
                        each.at,
                        find_promised_due(each),
                    ),
                )
        return loan._replace(due=due, renewals=renewals)

    def end(
        self, loan: PastLoan, at: datetime, here: Branch, after: Mapping[str, Any]
    ) -> tuple[ChargedFee, ...]:
        """Charge for the end of a loan at that moment, and write its event."""
        act = self.act._replace(now=self.act.now + _AGAIN)
        charged: tuple[ChargedFee, ...] = ()
        if loan.patron_id is not None:
            charged = charge_end(Ending(act, self.set_up, self.item, loan.as_open(), at, here))
        new = NewEvent(
            EventKind.CHECKED_IN,
            self.item.id,
            loan.patron_id,
            loan.id,
            after={**after, "late": True},
            at=at,
            is_silent=True,
        )
        append_event(act, new, self.set_up)
        return charged

    def end_again(self, loan: PastLoan, ended: Event) -> None:
        """Have a loan end as its event says, after the loan itself was changed."""
        branches = self.set_up.branches
        here = branches.get(ended.branch_id or 0, branches[loan.branch_id])
        self.at_branch_of(ended).end(loan, ended.at, here, ended.after)

    def move_end(
        self, loan: PastLoan, at: datetime, here: Branch, after: Mapping[str, Any]
    ) -> tuple[Event | None, tuple[ChargedFee, ...]]:
        """Have a loan that has ended end earlier. Return its former end, and what it costs now."""
        ended = self.take_back_end(loan)
        loan = self.take_back_renewals(loan, at, is_for_good=True)
        must_touch_one(
            _move_end(
                self.act.transaction,
                loan_id=loan.id,
                checked_in=at,
                checked_in_branch_id=here.id,
            )
        )
        return ended, self.end(loan, at, here, after)

    def note_seen(self, at: datetime, after: Mapping[str, Any], cause: int | None = None) -> None:
        """Note that the item was handed in without a loan."""
        new = NewEvent(
            EventKind.ITEM_SEEN,
            self.item.id,
            cause=cause,
            after={**after, "late": True},
            at=at,
            is_silent=True,
        )
        append_event(self.act, new, self.set_up)

    def _taking_back(self) -> Act:
        return self.act._replace(now=self.act.now + _TAKEN_BACK)


def find_promised_due(renewed: Event) -> datetime | None:
    """Return the due date that a patron was given when an off-line renewal was made."""
    due = renewed.after.get("told")
    return None if due is None else datetime.fromisoformat(due)
