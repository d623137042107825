"""What hinders holds that somebody wants, and what they could expect: decided before anything is
written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from catalogue.changes.former_records import present_id
from catalogue.database import Transaction
from catalogue.items import find_item
from circulation.calendars.due_dates import local_date
from circulation.holds.absences import absence_of
from circulation.holds.copies import copies_of_record, copies_on_order
from circulation.holds.eligibility import (
    Located,
    could_come,
    date_refusals,
    is_for_many,
    patron_hold_refusals,
    pickup_branch_of,
    target_refusals,
)
from circulation.holds.facts import HoldFacts, holds_of_patron_on, holds_of_record, lock_queues
from circulation.holds.kinds import HoldKind
from circulation.holds.lists import queued
from circulation.holds.of_patron import number_of_holds
from circulation.holds.results import Wanted
from circulation.holds.wishes import PLACING, HoldsCase, HoldsSight, HoldWish
from circulation.kernel.act import Act
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, ChargedFee, Patron, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.patrons.contacts import preferences_of
from circulation.patrons.facts import PatronFacts, lock_patron, patron_alone
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin


class Case(NamedTuple):
    """Who wants what where, as far as it is known; `own` are the holds that they have on it, of so
    many in all."""

    act: Act
    wish: HoldWish
    set_up: SetUp
    borrower: PatronFacts
    pickup: Branch
    located: list[Located]
    own: list[HoldFacts]
    number: int
    today: date  # at the pickup branch
    terms: LoanTerms
    interest_until: date


class Charging(NamedTuple):
    """What features have seen of holds that may be placed."""

    holds: HoldsCase
    seen: list[HoldsSight]

    def follow(self) -> list[ChargedFee]:
        """They were placed; gives what the borrower was charged."""
        return [fee for sight in self.seen for fee in sight.follow(self.holds)]


class Accepted(NamedTuple):
    """What can be placed, and what hinders it by itself and was passed over."""

    located: Located
    overridden: list[Refusal]


@dataclass(frozen=True, slots=True)
class HoldProspect:
    """What a hold could expect that was placed now: its number in the queue, 1 for the next, and an
    estimate of the days, None where nothing is known of any copy. `refusals` are all that the rules
    say against it."""

    patron: Patron
    pickup_branch: Branch
    number_in_queue: int | None
    days: int | None
    refusals: tuple[Refusal, ...]


def judge_hold(act: Act, wish: HoldWish) -> HoldProspect | Refused:
    """What `place_holds` would say of the one thing that is wanted, and what it would lead to. A
    look: nothing is locked or written. Refused where there is no such patron, branch or title."""
    act = act._replace(transaction=act.transaction.looking())
    case = known_case(act, wish)
    if isinstance(case, Refused):
        return case
    [located] = case.located
    if located.record_id is None:
        return Refused(tuple(_refusals(case, located, ())[0]), patron=case.borrower.patron())
    accepted, refused = sorted_out(case)
    common, _ = common_refusals(case, len(accepted))
    of_target = [refusal for _, several in refused for refusal in several]
    hold = _as_if_placed(case, located.record_id, located)
    queue = [*holds_of_record(act.transaction, record_id=located.record_id), hold]
    expected = queued(act.transaction, case.set_up, hold, act.now, queue)
    return HoldProspect(
        case.borrower.patron(),
        case.pickup,
        expected.number_in_queue,
        expected.days,
        tuple(dict.fromkeys(common + of_target)),
    )


def _as_if_placed(case: Case, record_id: int, located: Located) -> HoldFacts:
    """The hold as it would stand."""
    absence = absence_of(case.act.transaction, patron_id=case.borrower.id)
    told: dict[str, Any] = dict.fromkeys(HoldFacts._fields) | {
        "id": case.act.circulation.ids.next(case.act.now),
        "record_id": record_id,
        "item_id": located.item_id,
        "item_barcode": located.wanted.item,
        "part": located.wanted.part,
        "patron_id": case.borrower.id,
        "patron_category": case.borrower.category,
        "patron_agency_id": case.borrower.agency_id,
        "pickup_branch_id": case.pickup.id,
        "is_forced": False,
        "queue_class": case.wish.queue_class,
        "priority": case.wish.priority,
        "placed": case.act.now,
        "activates": case.wish.activates,
        "interest_until": case.interest_until,
        "absent_from": absence and absence.first,
        "absent_until": absence and absence.last,
        "is_set_served": False,
    }
    return HoldFacts(**told)


def known_case(act: Act, wish: HoldWish) -> Case | Refused:
    """Locks the patron and the queues, then reads what is to be known."""
    transaction, circulation, _, now = act
    patron = IDENTIFIERS.of(circulation).stored(wish.patron)
    lock_patron(transaction, identifier=patron)
    located = _locate_under_locks(transaction, wish.wanted)
    borrower = patron_alone(transaction, identifier=patron, now=now)
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(act, borrower, wish.pin):
        return Refused((wrong,))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    chosen = preferences_of(transaction, borrower.id)
    pickup = pickup_branch_of(set_up, borrower, wish.pickup_branch)
    if wish.pickup_branch is None and chosen.pickup_branch_id is not None:
        pickup = set_up.branches[chosen.pickup_branch_id]
    if pickup is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=borrower.patron())
    today = local_date(now, pickup.timezone)
    terms = set_up.terms(pickup.id, borrower.category, "")
    titles = [each.record_id for each in located if each.record_id is not None]
    own = holds_of_patron_on(transaction, patron_id=borrower.id, record_ids=titles)
    is_limited = terms.max_holds is not None
    number = number_of_holds(transaction, patron_id=borrower.id) if is_limited else 0
    interest = timedelta(days=chosen.interest_days or terms.interest_days)
    begins = max(today, wish.activates or today)
    until = wish.interest_until or begins + min(interest, date.max - begins)
    return Case(act, wish, set_up, borrower, pickup, located, own, number, today, terms, until)


def sorted_out(
    case: Case,
) -> tuple[list[Accepted], list[tuple[Wanted, tuple[Refusal, ...]]]]:
    """What can be placed, and what cannot with the reasons."""
    accepted: list[Accepted] = []
    refused: list[tuple[Wanted, tuple[Refusal, ...]]] = []
    for each in case.located:
        found, left = _refusals(case, each, [before.located for before in accepted])
        if left:
            refused.append((each.wanted, tuple(found)))
        else:
            accepted.append(Accepted(each, found))
    return accepted, refused


def common_refusals(case: Case, accepted: int) -> tuple[list[Refusal], Charging]:
    """What hinders all of them alike, and what they would cost."""
    wish, today, counted = case.wish, case.today, case.set_up.counted_at(case.pickup.id)
    is_parallel = wish.kind is HoldKind.PARALLEL
    number = max(accepted, 1) if is_parallel else len(wish.wanted)
    refusals = date_refusals(wish.activates, case.interest_until, today) + patron_hold_refusals(
        case.borrower, case.terms, case.number, number, today, counted
    )
    times = min(accepted, 1) if is_parallel else accepted
    holds = HoldsCase(
        case.act, case.set_up, case.borrower, case.pickup, times, wish.fee_acknowledged
    )
    charging = Charging(
        holds, [sight for look in PLACING.members if (sight := look(holds)) is not None]
    )
    for sight in charging.seen:
        refusals += sight.refusals(holds)
    return refusals, charging


def _locate_under_locks(transaction: Transaction, wanted: Sequence[Wanted]) -> list[Located]:
    """What is wanted, the queues of its records locked: looked for again until no record was
    merged or deleted, and no item moved, while we waited for the locks."""
    located: list[Located] = []
    while (found := [_locate(transaction, each) for each in wanted]) != located:
        located = found
        records = (each.record_id for each in found)
        lock_queues(transaction, (each for each in records if each is not None))
    return located


def _locate(transaction: Transaction, wanted: Wanted) -> Located:
    if wanted.item is None:
        found = None if wanted.record_id is None else present_id(transaction, wanted.record_id)
        return Located(wanted, found, None)
    item = find_item(transaction, wanted.item)
    return Located(wanted, item.record_id if item else None, item.id if item else None)


def _refusals(
    case: Case, located: Located, before: Sequence[Located]
) -> tuple[list[Refusal], list[Refusal]]:
    """What hinders a hold on this, and what of it is not passed over; `before` has what is to be
    placed with it."""
    transaction = case.act.transaction
    if located.record_id is None:
        is_item = located.wanted.item is not None
        unknown = [Refusal(Reason.ITEM_UNKNOWN if is_item else Reason.RECORD_UNKNOWN)]
        return unknown, unknown
    same = [
        each
        for each in before
        if (each.record_id, each.wanted.part) == (located.record_id, located.wanted.part)
    ]
    if is_for_many(case.borrower):
        item_id = located.item_id
        same = [each for each in same if item_id is not None and each.item_id == item_id]
    if same:
        twice = [Refusal(Reason.ALREADY_ON_HOLD)]
        return twice, twice
    copies = copies_of_record(transaction, record_id=located.record_id)
    about = (case.borrower, case.own, case.pickup.id, case.set_up)
    refusals = target_refusals(located, copies, *about)
    if Refusal(Reason.NOT_HOLDABLE) in refusals and located.item_id is None:
        # None of its copies will do, but one on order may.
        copies += copies_on_order(transaction, located.record_id)
        refusals = target_refusals(located, copies, *about)
    left = case.wish.overriding.left_of(refusals)
    if Refusal(Reason.NOT_HOLDABLE) in refusals and not left:
        can_come = could_come(located, copies, case.borrower, case.pickup.id, case.set_up)
        left = [] if can_come else refusals
    return refusals, left
