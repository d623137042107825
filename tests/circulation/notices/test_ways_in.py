"""Every type of message has something that has it sent: an event, a day, a text, or the staff.

`WAYS` says what for each type. A type without a way in is a promise that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from circulation.auto_renewals import renew_automatically
from circulation.booking.changes import cancel_booking
from circulation.dunning.steps import Does, Step
from circulation.holds import cancel_hold
from circulation.identifiers import find_patron
from circulation.interlending.asking import Wish, answered, ask
from circulation.interlending.owners import refuse_renewal
from circulation.interlending.rows import InterlibraryLoan
from circulation.jobs import run_job
from circulation.lost import declare_lost
from circulation.notices.incoming import answer_text
from circulation.notices.kinds import NoticeKind
from circulation.notices.outbox import Outgoing
from circulation.notices.writing import BY_STAFF, state_balance, write_to
from circulation.patrons import block_patron, set_pin, unblock_patron
from circulation.reasons import BlockReason
from circulation.results import Renewed
from circulation.undo import cancel_check_in
from tests.builders.bookings import a_booking, a_set, aside, cancel_it, change
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import danish, flow, run_day, run_days
from tests.builders.fees import charge, paid, total
from tests.builders.holds import a_hold, cancel, outcome_of
from tests.builders.interlending import a_borrowed_item, a_partner, again, partner_desk
from tests.builders.notices import EMAIL, MOBILE, gathered, lend, patron_id, rule, sent, write

Way = Callable[[Library, str], None]
WAYS: dict[NoticeKind, Way] = {}


def way(kind: NoticeKind) -> Callable[[Way], Way]:
    def add(found: Way) -> Way:
        WAYS[kind] = found
        return found

    return add


def told(library: Library, card: str, kind: NoticeKind) -> list[Outgoing]:
    """Gathers and sends; gives the messages of that type that went to the patron."""
    gathered(library)
    return [each for each in sent(library) if each.kind is kind]


def a_copy_back(library: Library, card: str, **details: Any) -> str:
    """What the patron waited for was handed in; its barcode."""
    other = a_patron(library)
    barcode = an_item(library, on_loan_to=other, **details)
    a_hold(library, card, barcode)
    library.check_in(barcode)
    return barcode


def job(library: Library, name: str = "notices") -> None:
    run_job(library.circulation, library.database, name, day=library.now.date(), now=library.now)


# Bookings


@way(NoticeKind.BOOKING_IN_PREPARATION)
def _(library: Library, card: str) -> None:
    copies = a_set(library, 2)
    aside(library, a_booking(library, card, copies[0], 5, 9), copies[0])


@way(NoticeKind.BOOKING_CHANGED)
def _(library: Library, card: str) -> None:
    booking = a_booking(library, card, a_set(library, 2)[0], 5, 9)
    change(library, booking, preferred=2)


@way(NoticeKind.BOOKING_DELETED)
def _(library: Library, card: str) -> None:
    cancel_it(library, a_booking(library, card, a_set(library, 2)[0], 5, 9))


@way(NoticeKind.BOOKING_REFUSED)
def _(library: Library, card: str) -> None:
    booking = a_booking(library, card, a_set(library, 2)[0], 5, 9)
    write(
        library,
        lambda transaction: cancel_booking(
            library.circulation,
            transaction,
            desk=library.desk(),
            booking_id=booking.id,
            refused=True,
            why="Sættet er gået i stykker.",
            now=library.now,
        ),
    )


# Loans


@way(NoticeKind.LOAN_MADE)
def _(library: Library, card: str) -> None:
    lend(library, card, an_item(library))


@way(NoticeKind.ITEM_RETURNED)
def _(library: Library, card: str) -> None:
    library.check_in(an_item(library, on_loan_to=card))


@way(NoticeKind.NOT_RENEWABLE)
def _(library: Library, card: str) -> None:
    loan = a_borrowed_item(library, card)
    library.check_out(card, "TEMP-1")
    library.pass_time(days=27)
    assert isinstance(library.renew(card, "TEMP-1"), Renewed)
    asked = again(library, loan)
    write(
        library,
        lambda transaction: refuse_renewal(
            library.circulation, transaction, asked, desk=partner_desk(library), now=library.now
        ),
    )


def _renewed_by_itself(library: Library, card: str, **policy: Any) -> None:
    library.policy(loan_days=28, auto_renew=True, **policy)
    an_item(library, on_loan_to=card)
    library.pass_time(days=28)
    job(library, "renewals")


@way(NoticeKind.RENEWED)
def _(library: Library, card: str) -> None:
    _renewed_by_itself(library, card, renewals=1)


@way(NoticeKind.NOT_RENEWED)
def _(library: Library, card: str) -> None:
    _renewed_by_itself(library, card, renewals=0)


@way(NoticeKind.RECALLED)
def _(library: Library, card: str) -> None:
    library.policy(loan_days=28, recall_days=7)
    a_hold(library, a_patron(library), an_item(library, on_loan_to=card))


def _late(library: Library, card: str, *days: int) -> None:
    danish(library)
    an_item(library, on_loan_to=card, price=12_000, currency="DKK")
    for late in days:
        run_days(library, late)
        sent(library)


@way(NoticeKind.DUE_SOON)
def _(library: Library, card: str) -> None:
    danish(library)
    an_item(library, on_loan_to=card)
    run_days(library, 25)


@way(NoticeKind.OVERDUE)
def _(library: Library, card: str) -> None:
    _late(library, card, 28)
    run_days(library, 1)


@way(NoticeKind.RECALL)
def _(library: Library, card: str) -> None:
    _late(library, card, 28, 14)
    run_days(library, 1)


@way(NoticeKind.BILL)
def _(library: Library, card: str) -> None:
    _late(library, card, 28, 15, 15)
    run_days(library, 1)


@way(NoticeKind.REMINDER)
def _(library: Library, card: str) -> None:
    _late(library, card, 28, 15, 16, 13)
    run_days(library, 1)


@way(NoticeKind.COLLECTION)
def _(library: Library, card: str) -> None:
    _late(library, card, 28, 15, 16, 14, 20)
    run_days(library, 1)


# Holds


@way(NoticeKind.HOLD_READY)
def _(library: Library, card: str) -> None:
    a_copy_back(library, card)


@way(NoticeKind.READY_IN_READING_ROOM)
def _(library: Library, card: str) -> None:
    rule(library, kind=NoticeKind.HOLD_READY, in_reading_room=["rare"])
    a_copy_back(library, card, material_group="rare")


@way(NoticeKind.READY_AT_DESK)
def _(library: Library, card: str) -> None:
    rule(library, kind=NoticeKind.HOLD_READY, at_desk=["game"])
    a_copy_back(library, card, material_group="game")


@way(NoticeKind.HOLD_DELETED)
def _(library: Library, card: str) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    cancel(library, card, a_hold(library, card, barcode).hold)


@way(NoticeKind.HOLD_LAST_COPY_LOST)
def _(library: Library, card: str) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    placed = a_hold(library, card, barcode)
    write(
        library,
        lambda transaction: declare_lost(
            library.circulation, transaction, desk=library.desk(), item=barcode, now=library.now
        ),
    )
    cancel(library, card, placed.hold)


@way(NoticeKind.HOLD_EXPIRED)
def _(library: Library, card: str) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, card, barcode)
    library.pass_time(days=200)
    job(library, "holds")


@way(NoticeKind.CANNOT_BE_OBTAINED)
def _(library: Library, card: str) -> None:
    barcode = an_item(library, title="Njals saga", on_loan_to=a_patron(library))
    placed = a_hold(library, card, barcode)
    write(
        library,
        lambda transaction: cancel_hold(
            library.circulation,
            transaction,
            desk=library.desk(),
            patron=card,
            hold_id=placed.hold.id,
            unobtainable=True,
            now=library.now,
        ),
    )
    assert outcome_of(library, placed.hold) == "unobtainable"


@way(NoticeKind.PICKUP_NEAR)
def _(library: Library, card: str) -> None:
    rule(library, "email", kind=NoticeKind.PICKUP_NEAR, days=2)
    a_copy_back(library, card)
    library.pass_time(days=5)
    job(library)


@way(NoticeKind.INTEREST_NEAR)
def _(library: Library, card: str) -> None:
    rule(library, "email", kind=NoticeKind.INTEREST_NEAR, days=14)
    a_hold(library, card, an_item(library, on_loan_to=a_patron(library)))
    library.pass_time(days=166)
    job(library)


# Money and blocks


@way(NoticeKind.PAYMENT_RECEIVED)
def _(library: Library, card: str) -> None:
    charge(library, card, 5_000)
    paid(library, card, 5_000)


@way(NoticeKind.COMPENSATION_CANCELLED)
def _(library: Library, card: str) -> None:
    _late(library, card, 28, 15, 16)
    library.check_in("I0000002")


@way(NoticeKind.BALANCE)
def _(library: Library, card: str) -> None:
    charge(library, card, 5_000)
    write(
        library,
        lambda transaction: state_balance(
            library.circulation,
            transaction,
            patron_id=patron_id(library, card),
            actor="bo",
            now=library.now,
        ),
    )


@way(NoticeKind.BLOCK_WARNING)
def _(library: Library, card: str) -> None:
    danish(library)
    charge(library, card, 20_000)
    run_day(library)


@way(NoticeKind.BLOCKED)
def _(library: Library, card: str) -> None:
    who = patron_id(library, card)
    write(library, block_patron, who, BlockReason.EXCLUDED, now=library.now)


@way(NoticeKind.UNBLOCKED)
def _(library: Library, card: str) -> None:
    who = patron_id(library, card)
    write(library, block_patron, who, BlockReason.EXCLUDED, now=library.now)
    library.pass_time(minutes=1)
    write(library, unblock_patron, who, BlockReason.EXCLUDED, now=library.now)


# The patron


@way(NoticeKind.WELCOME)
def _(library: Library, card: str) -> None:
    """Being registered is enough."""


@way(NoticeKind.CARD_EXPIRING)
def _(library: Library, card: str) -> None:
    expires = library.now.date() + timedelta(days=9)
    rule(library, "email", kind=NoticeKind.CARD_EXPIRING, days=9)
    a_patron(library, email=EMAIL, expires=expires)
    job(library)


@way(NoticeKind.PIN_CHANGED)
def _(library: Library, card: str) -> None:
    write(library, set_pin, patron_id(library, card), "a hash", now=library.now)


def _text(library: Library, card: str, words: str) -> None:
    write(
        library,
        lambda transaction: answer_text(
            library.circulation,
            transaction,
            name="sms 1",
            sender=MOBILE,
            text=words,
            patrons=[find_patron(transaction, card)],
            channel="sms",
            now=library.now,
        ),
    )


@way(NoticeKind.SMS_RENEWED)
def _(library: Library, card: str) -> None:
    an_item(library, on_loan_to=card)
    library.pass_time(days=20)
    _text(library, card, "FORNY")


@way(NoticeKind.SMS_NOT_UNDERSTOOD)
def _(library: Library, card: str) -> None:
    _text(library, card, "Hvornår lukker I?")


# The staff


def _by_staff(kind: NoticeKind) -> Way:
    def words(library: Library, card: str) -> None:
        write(
            library,
            lambda transaction: write_to(
                library.circulation,
                transaction,
                patron_id=patron_id(library, card),
                text="Kom forbi.",
                kind=kind,
                title="Njals saga",
                actor="bo",
                now=library.now,
            ),
        )

    return words


WAYS |= {kind: _by_staff(kind) for kind in BY_STAFF if kind not in WAYS}


def test_every_type_has_a_way_in() -> None:
    assert set(WAYS) == set(NoticeKind)


@pytest.mark.parametrize("kind", NoticeKind, ids=lambda kind: kind.value)
def test_what_has_a_message_sent(library: Library, kind: NoticeKind) -> None:
    rule(library, "email")
    card = a_patron(library, email=EMAIL, phone=MOBILE)
    WAYS[kind](library, card)
    messages = told(library, card, kind)
    assert messages, kind
    assert messages[0].body


def test_only_words_of_the_staff_are_written_by_staff(sqlite_library: Library) -> None:
    library = sqlite_library
    card = a_patron(library)
    for kind in set(NoticeKind) - set(BY_STAFF):
        with pytest.raises(ValueError, match="not a message that staff write"):
            write(
                library,
                lambda transaction, kind=kind: write_to(
                    library.circulation,
                    transaction,
                    patron_id=patron_id(library, card),
                    text="x",
                    kind=kind,
                    actor="bo",
                    now=library.now,
                ),
            )


def test_a_step_of_dunning_sends_a_statement_by_itself(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.BALANCE)
    flow(library, Step("statement", Does.REMIND, 14, "previous", message="balance"))
    card = a_patron(library, email=EMAIL)
    charge(library, card, 5_000)
    charge(library, card, 2_550)
    library.pass_time(days=13)
    run_day(library)
    assert sent(library) == []
    library.pass_time(days=1)
    run_day(library)
    (message,) = sent(library)
    assert message.kind is NoticeKind.BALANCE
    assert "I alt 75,50 kr." in message.body


def test_who_is_not_renewed_is_told_why_and_once(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    library.policy(loan_days=28, renewals=1, auto_renew=True)
    card = a_patron(library, email=EMAIL)
    wanted = an_item(library, title="Et", on_loan_to=card)
    used_up = an_item(library, title="To", on_loan_to=card)
    library.pass_time(days=14)
    assert isinstance(library.renew(card, used_up), Renewed)
    a_hold(library, a_patron(library), wanted)
    library.pass_time(days=14)
    for _ in range(2):
        job(library, "renewals")
    (message,) = sent(library)
    assert "* Et (Krohn, Johan), afleveres senest" in message.body
    assert "(andre venter)" in message.body
    library.pass_time(days=14)
    for _ in range(2):
        job(library, "renewals")
    (message,) = sent(library)  # of the other one they know
    assert "* To" in message.body
    assert "(kan ikke fornyes flere gange)" in message.body
    assert "* Et" not in message.body


def test_a_renewal_that_will_be_tried_again_is_no_failure(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    library.policy(loan_days=28, renewals=1, auto_renew=True, renewal_window_days=0)
    an_item(library, on_loan_to=a_patron(library, email=EMAIL))
    library.pass_time(days=26, hours=12)
    done = library.write(
        lambda each: renew_automatically(
            library.circulation, each, now=library.now, within=timedelta(days=2)
        )
    )
    assert len(done.refused) == 1
    assert sent(library) == []


def test_what_was_returned_meanwhile_is_not_asked_back(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.NOT_RENEWED)
    card = a_patron(library, email=EMAIL)
    _renewed_by_itself(library, card, renewals=0)
    (loan,) = [each for each in library.events_of("I0000002") if each.loan_id]
    library.check_in("I0000002")
    assert loan.patron_id is not None
    assert sent(library) == []


def test_nobody_lends_what_was_asked_for(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.CANNOT_BE_OBTAINED)
    a_partner(library)
    card = a_patron(library, email=EMAIL)
    loan = write(
        library,
        lambda transaction: ask(
            library.circulation,
            transaction,
            desk=library.desk(),
            patron=card,
            wish=Wish(title="Njals saga", author="Ukendt"),
            now=library.now,
        ),
    )
    assert isinstance(loan, InterlibraryLoan)
    for _ in range(2):  # told again, it changes nothing
        write(
            library,
            lambda transaction: answered(
                library.circulation, transaction, loan.id, will_lend=False, now=library.now
            ),
        )
    (message,) = sent(library)
    assert "* Njals saga (Ukendt)" in message.body


def test_a_return_after_the_bill_is_told_and_the_fee_stands(library: Library) -> None:
    card = a_patron(library, email=EMAIL)
    _late(library, card, 28, 15, 16)
    library.check_in("I0000002")
    (message,) = told(library, card, NoticeKind.COMPENSATION_CANCELLED)
    assert "200,00 kr." in message.body  # the price and the handling
    assert total(library, card) == 23_000
    assert told(library, card, NoticeKind.COMPENSATION_CANCELLED) == []


def test_a_return_that_was_taken_back_cancels_nothing(library: Library) -> None:
    card = a_patron(library, email=EMAIL)
    _late(library, card, 28, 15, 16)
    library.check_in("I0000002")
    write(
        library,
        lambda transaction: cancel_check_in(
            library.circulation,
            transaction,
            desk=library.desk(),
            item="I0000002",
            now=library.now,
        ),
    )
    assert told(library, card, NoticeKind.COMPENSATION_CANCELLED) == []


def test_the_borrower_reads_why_a_booking_is_refused(sqlite_library: Library) -> None:
    library = sqlite_library
    rule(library, "email", kind=NoticeKind.BOOKING_REFUSED)
    card = a_patron(library, email=EMAIL)
    WAYS[NoticeKind.BOOKING_REFUSED](library, card)
    (message,) = told(library, card, NoticeKind.BOOKING_REFUSED)
    assert "Sættet er gået i stykker." in message.body
    assert "Peters jul" in message.body


def test_without_a_rule_for_the_desk_it_is_told_as_ready(library: Library) -> None:
    rule(library, "email", kind=NoticeKind.HOLD_READY, at_desk=["game"])
    card = a_patron(library, email=EMAIL)
    a_copy_back(library, card, material_group="game")
    (message,) = told(library, card, NoticeKind.HOLD_READY)
    assert message.kind is NoticeKind.HOLD_READY
