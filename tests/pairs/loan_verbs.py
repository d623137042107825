"""Loans, holds and bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from circulation.booking.bookings import BookingWish, place_booking
from circulation.booking.changes import (
    BookingChanges,
    cancel_booking,
    change_booking,
    extend_booking,
)
from circulation.booking.delivering import deliver_booking, lend_booking_onward, return_booking
from circulation.booking.preparing import put_back, set_aside
from circulation.holds.absences import Absence, set_absence
from circulation.holds.changing import cancel_hold, change_hold, pause_hold
from circulation.holds.pick_list import begin_fetching, give_up_fetching, note_not_found
from circulation.holds.placing import place_holds
from circulation.holds.recalls import cancel_recall, recall
from circulation.holds.reordering import Move, move_hold
from circulation.holds.results import Wanted
from circulation.holds.wishes import HoldChange, HoldWish
from circulation.loans.batches import (
    check_in_stack,
    check_out_pairs,
    check_out_stack,
    renew_stack,
)
from circulation.loans.lending import check_out
from circulation.loans.lost import (
    claim_returned,
    declare_lost,
    find,
    resume,
    suspend,
    withdraw_claim,
)
from circulation.loans.onward import end_onward_loan, lend_onward
from circulation.loans.renewals import renew, renew_all
from circulation.loans.returns import check_in
from circulation.loans.undo import cancel_check_in, cancel_check_out
from circulation.loans.wishes import LoanWish, RenewalWish
from tests.pairs.nouns import (
    BOOKED,
    BOOKING,
    CHARGE,
    HOLD,
    IN_HOUSE,
    ITEM,
    ON_LOAN,
    PATRON,
    PROFILE,
    WEEK,
    WITH_HOLD,
    Verb,
    card_of,
)
from tests.pairs.states import ItemState

VERBS: Final = (
    Verb(
        "check_out",
        frozenset({ITEM, HOLD, PATRON}),
        (check_out,),
        lambda act, scene, side: check_out(act, LoanWish(card_of(scene, side), scene.item)),
        IN_HOUSE,
    ),
    Verb(
        "check_out_no_block",
        frozenset({ITEM, HOLD, PATRON}),
        (check_out,),
        lambda act, scene, side: check_out(
            act, LoanWish(scene.waiting, scene.item, no_block=True, happened=act.now)
        ),
    ),
    Verb(
        "check_out_stack",
        frozenset({ITEM, HOLD, PATRON}),
        (check_out_stack,),
        lambda act, scene, side: check_out_stack(
            act, patron=card_of(scene, side), barcodes=[scene.copy, scene.item]
        ),
        IN_HOUSE,
    ),
    Verb(
        "check_out_pairs",
        frozenset({ITEM, HOLD, PATRON}),
        (check_out_pairs,),
        lambda act, scene, side: check_out_pairs(
            act, pairs=[(scene.waiting, scene.item), (scene.borrower, scene.copy)]
        ),
        IN_HOUSE,
    ),
    Verb(
        "check_in",
        frozenset({ITEM, HOLD, CHARGE}),
        (check_in,),
        lambda act, scene, side: check_in(act, item=scene.item),
    ),
    Verb(
        "check_in_stack",
        frozenset({ITEM, HOLD, CHARGE}),
        (check_in_stack,),
        lambda act, scene, side: check_in_stack(act, barcodes=[scene.copy, scene.item]),
    ),
    Verb(
        "renew",
        frozenset({ITEM, HOLD, CHARGE}),
        (renew,),
        lambda act, scene, side: renew(act, RenewalWish(scene.borrower, scene.item)),
        ON_LOAN,
    ),
    Verb(
        "renew_all",
        frozenset({ITEM, HOLD, CHARGE}),
        (renew_all,),
        lambda act, scene, side: renew_all(act, patron=scene.borrower),
        ON_LOAN,
    ),
    Verb(
        "renew_stack",
        frozenset({ITEM, HOLD, CHARGE}),
        (renew_stack,),
        lambda act, scene, side: renew_stack(act, barcodes=[scene.copy, scene.item]),
        ON_LOAN,
    ),
    Verb(
        "claim_returned",
        frozenset({ITEM}),
        (claim_returned,),
        lambda act, scene, side: claim_returned(act, item=scene.item),
        ON_LOAN,
    ),
    Verb(
        "withdraw_claim",
        frozenset({ITEM}),
        (withdraw_claim,),
        lambda act, scene, side: withdraw_claim(act, item=scene.item),
        frozenset({ItemState.CLAIMED}),
    ),
    Verb(
        "declare_lost",
        frozenset({ITEM, CHARGE}),
        (declare_lost,),
        lambda act, scene, side: declare_lost(act, item=scene.item),
    ),
    Verb(
        "find",
        frozenset({ITEM, CHARGE}),
        (find,),
        lambda act, scene, side: find(act, item=scene.item),
        frozenset({ItemState.LOST}),
    ),
    Verb(
        "suspend",
        frozenset({ITEM, HOLD}),
        (suspend,),
        lambda act, scene, side: suspend(act, item=scene.item, until=act.now.date() + WEEK),
        ON_LOAN,
    ),
    Verb(
        "resume",
        frozenset({ITEM, HOLD}),
        (resume,),
        lambda act, scene, side: resume(act, item=scene.item),
        ON_LOAN,
    ),
    Verb(
        "lend_onward",
        frozenset({ITEM, PATRON}),
        (lend_onward,),
        lambda act, scene, side: lend_onward(act, item=scene.item, to=scene.waiting),
        ON_LOAN,
    ),
    Verb(
        "end_onward_loan",
        frozenset({ITEM}),
        (end_onward_loan,),
        lambda act, scene, side: end_onward_loan(act, item=scene.item),
        frozenset({ItemState.ONWARD}),
    ),
    Verb(
        "cancel_check_out",
        frozenset({ITEM, HOLD}),
        (cancel_check_out,),
        lambda act, scene, side: cancel_check_out(act, item=scene.item),
        frozenset({ItemState.JUST_LENT}),
    ),
    Verb(
        "cancel_check_in",
        frozenset({ITEM, HOLD}),
        (cancel_check_in,),
        lambda act, scene, side: cancel_check_in(act, item=scene.item),
        frozenset({ItemState.JUST_RETURNED}),
    ),
    Verb(
        "place_holds",
        frozenset({ITEM, HOLD, PATRON}),
        (place_holds,),
        lambda act, scene, side: place_holds(
            act, HoldWish(scene.waiting, [Wanted(scene.record_id)])
        ),
    ),
    Verb(
        "place_hold_on_item",
        frozenset({ITEM, HOLD, PATRON}),
        (place_holds,),
        lambda act, scene, side: place_holds(
            act, HoldWish(card_of(scene, side), [Wanted(item=scene.item)])
        ),
    ),
    Verb(
        "change_hold",
        frozenset({HOLD}),
        (change_hold,),
        lambda act, scene, side: change_hold(
            act, HoldChange(scene.waiting, scene.hold_id, pickup_branch="DK-900102")
        ),
        WITH_HOLD,
    ),
    Verb(
        "pause_hold",
        frozenset({HOLD}),
        (pause_hold,),
        lambda act, scene, side: pause_hold(
            act, patron=scene.waiting, hold_id=scene.hold_id, first=act.now.date()
        ),
        WITH_HOLD,
    ),
    Verb(
        "cancel_hold",
        frozenset({HOLD, ITEM}),
        (cancel_hold,),
        lambda act, scene, side: cancel_hold(act, patron=scene.waiting, hold_id=scene.hold_id),
        WITH_HOLD,
    ),
    Verb(
        "begin_fetching",
        frozenset({HOLD, ITEM}),
        (begin_fetching,),
        lambda act, scene, side: begin_fetching(act, item=scene.item),
        frozenset({ItemState.WANTED}),
    ),
    Verb(
        "note_not_found",
        frozenset({HOLD, ITEM}),
        (note_not_found,),
        lambda act, scene, side: note_not_found(act, item=scene.item),
        frozenset({ItemState.WANTED}),
    ),
    Verb(
        "give_up_fetching",
        frozenset({HOLD, ITEM}),
        (give_up_fetching,),
        lambda act, scene, side: give_up_fetching(act, item=scene.item),
        frozenset({ItemState.WANTED}),
    ),
    Verb(
        "recall",
        frozenset({HOLD, ITEM}),
        (recall,),
        lambda act, scene, side: recall(act, item=scene.item),
        ON_LOAN,
    ),
    Verb(
        "cancel_recall",
        frozenset({HOLD, ITEM}),
        (cancel_recall,),
        lambda act, scene, side: cancel_recall(act, item=scene.item),
        frozenset({ItemState.RECALLED}),
    ),
    Verb(
        "move_hold",
        frozenset({HOLD}),
        (move_hold,),
        lambda act, scene, side: move_hold(act, Move(scene.second_hold_id, 1, "urgent")),
        frozenset({ItemState.WANTED}),
    ),
    Verb(
        "set_absence",
        frozenset({PROFILE, HOLD}),
        (set_absence,),
        lambda act, scene, side: set_absence(
            act, scene.waiting_id, Absence(act.now.date(), act.now.date() + side * WEEK)
        ),
    ),
    Verb(
        "place_booking",
        frozenset({BOOKING, PATRON}),
        (place_booking,),
        lambda act, scene, side: place_booking(
            act,
            BookingWish(
                scene.waiting,
                act.now.date() + WEEK * 3,
                act.now.date() + WEEK * 4,
                item=scene.item,
                preferred=2,
            ),
        ),
        BOOKED,
    ),
    Verb(
        "change_booking",
        frozenset({BOOKING}),
        (change_booking,),
        lambda act, scene, side: change_booking(
            act, booking_id=scene.booking_id, changes=BookingChanges(preferred=1 + side)
        ),
        BOOKED,
    ),
    Verb(
        "extend_booking",
        frozenset({BOOKING}),
        (extend_booking,),
        lambda act, scene, side: extend_booking(
            act, booking_id=scene.booking_id, last=act.now.date() + timedelta(9 + side)
        ),
        BOOKED,
    ),
    Verb(
        "cancel_booking",
        frozenset({BOOKING}),
        (cancel_booking,),
        lambda act, scene, side: cancel_booking(act, booking_id=scene.booking_id),
        BOOKED,
    ),
    Verb(
        "set_aside",
        frozenset({BOOKING, ITEM}),
        (set_aside,),
        lambda act, scene, side: set_aside(
            act, booking_id=scene.booking_id, barcodes=[scene.copy if side else scene.item]
        ),
        frozenset({ItemState.BOOKED}),
    ),
    Verb(
        "put_back",
        frozenset({BOOKING, ITEM}),
        (put_back,),
        lambda act, scene, side: put_back(act, item=scene.item),
        frozenset({ItemState.ASIDE}),
    ),
    Verb(
        "deliver_booking",
        frozenset({BOOKING, ITEM}),
        (deliver_booking,),
        lambda act, scene, side: deliver_booking(
            act, booking_id=scene.booking_id, barcodes=[scene.item]
        ),
        BOOKED,
    ),
    Verb(
        "lend_booking_onward",
        frozenset({BOOKING}),
        (lend_booking_onward,),
        lambda act, scene, side: lend_booking_onward(
            act, booking_id=scene.booking_id, pairs=[(scene.item, scene.waiting)]
        ),
        BOOKED,
    ),
    Verb(
        "return_booking",
        frozenset({BOOKING, ITEM}),
        (return_booking,),
        lambda act, scene, side: return_booking(
            act, booking_id=scene.booking_id, barcodes=[scene.item], is_all=True
        ),
        BOOKED,
    ),
)
