"""What has each type of message sent: an event, a day, a text, or the staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from circulation.booking.changes import cancel_booking
from circulation.closures.closing import close_branch
from circulation.holds.changing import cancel_hold
from circulation.interlending.owners import refuse_renewal
from circulation.jobs.running import run_job
from circulation.kernel.act import Act
from circulation.kernel.reasons import BlockReason
from circulation.kernel.results import UNATTENDED, Renewed
from circulation.loans.lost import declare_lost
from circulation.notices.claiming import Outgoing
from circulation.notices.incoming import answer_text
from circulation.notices.kinds import NoticeKind
from circulation.notices.writing import BY_STAFF, Words, state_balance, write_to
from circulation.patrons.blocks import block_patron, unblock_patron
from circulation.patrons.identifiers import find_patron
from circulation.patrons.registering import set_pin
from tests.builders.bookings import a_booking, a_set, aside, cancel_it, change
from tests.builders.circulation import Library, a_patron, an_item
from tests.builders.dunning import danish, run_day, run_days
from tests.builders.fees import charge, paid
from tests.builders.holds import a_hold, cancel, outcome_of
from tests.builders.interlending import a_borrowed_item, again, partner_desk
from tests.builders.notices import EMAIL, MOBILE, act, gathered, lend, patron_id, rule, sent, write

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
    run_job(library.circulation, library.database, name, day=library.today, now=library.now)


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
            library.act(transaction),
            booking_id=booking.id,
            refused=True,
            why="Sættet er gået i stykker.",
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
            Act(transaction, library.circulation, partner_desk(library), library.now), asked
        ),
    )


def renewed_by_itself(library: Library, card: str, **policy: Any) -> None:
    library.policy(loan_days=28, auto_renew=True, **policy)
    an_item(library, on_loan_to=card)
    library.pass_time(days=28)
    job(library, "renewals")


@way(NoticeKind.RENEWED)
def _(library: Library, card: str) -> None:
    renewed_by_itself(library, card, renewals=1)


@way(NoticeKind.NOT_RENEWED)
def _(library: Library, card: str) -> None:
    renewed_by_itself(library, card, renewals=0)


@way(NoticeKind.RECALLED)
def _(library: Library, card: str) -> None:
    library.policy(loan_days=28, recall_days=7)
    a_hold(library, a_patron(library), an_item(library, on_loan_to=card))


def late(library: Library, card: str, *days: int) -> None:
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
    late(library, card, 28)
    run_days(library, 1)


@way(NoticeKind.RECALL)
def _(library: Library, card: str) -> None:
    late(library, card, 28, 14)
    run_days(library, 1)


@way(NoticeKind.BILL)
def _(library: Library, card: str) -> None:
    late(library, card, 28, 15, 15)
    run_days(library, 1)


@way(NoticeKind.REMINDER)
def _(library: Library, card: str) -> None:
    late(library, card, 28, 15, 16, 13)
    run_days(library, 1)


@way(NoticeKind.COLLECTION)
def _(library: Library, card: str) -> None:
    late(library, card, 28, 15, 16, 14, 20)
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
        lambda transaction: declare_lost(library.act(transaction), item=barcode),
    )
    cancel(library, card, placed.hold)


@way(NoticeKind.HOLD_UNFILLABLE)
def _(library: Library, card: str) -> None:
    barcode = an_item(library, on_loan_to=a_patron(library))
    a_hold(library, card, barcode)
    write(
        library,
        lambda transaction: declare_lost(library.act(transaction), item=barcode),
    )
    for _ in range(2):  # told once
        job(library, "unfillable-holds")


@way(NoticeKind.DATES_MOVED)
def _(library: Library, card: str) -> None:
    lend(library, card, an_item(library))
    day = library.today + timedelta(days=28)
    closed = {"branch": library.main.isil, "first": day, "last": day, "reason": ""}
    write(library, lambda transaction: close_branch(library.act(transaction), **closed))


@way(NoticeKind.HOLD_DELAYED)
def _(library: Library, card: str) -> None:
    library.policy(loan_days=28, lend_wanted_copies={"desk": "allow"})
    barcode = an_item(library)
    a_hold(library, card, barcode)
    library.check_out(a_patron(library), barcode)


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
            library.act(transaction), patron=card, hold_id=placed.hold.id, unobtainable=True
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
    late(library, card, 28, 15, 16)
    library.check_in("I0000002")


@way(NoticeKind.BALANCE)
def _(library: Library, card: str) -> None:
    charge(library, card, 5_000)
    write(
        library,
        lambda transaction: state_balance(
            library.act(transaction, UNATTENDED), patron_id=patron_id(library, card), actor="bo"
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
    act(library, block_patron, who, BlockReason.EXCLUDED)


@way(NoticeKind.UNBLOCKED)
def _(library: Library, card: str) -> None:
    who = patron_id(library, card)
    act(library, block_patron, who, BlockReason.EXCLUDED)
    library.pass_time(minutes=1)
    act(library, unblock_patron, who, BlockReason.EXCLUDED)


# The patron


@way(NoticeKind.WELCOME)
def _(library: Library, card: str) -> None:
    """Being registered is enough."""


@way(NoticeKind.CARD_EXPIRING)
def _(library: Library, card: str) -> None:
    expires = library.today + timedelta(days=9)
    rule(library, "email", kind=NoticeKind.CARD_EXPIRING, days=9)
    a_patron(library, email=EMAIL, expires=expires)
    job(library)


@way(NoticeKind.PIN_CHANGED)
def _(library: Library, card: str) -> None:
    act(library, set_pin, patron_id(library, card), "a hash")


def _text(library: Library, card: str, words: str) -> None:
    write(
        library,
        lambda transaction: answer_text(
            library.act(transaction, UNATTENDED),
            name="sms 1",
            sender=MOBILE,
            text=words,
            patrons=[find_patron(transaction, card)],
            channel="sms",
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
                library.act(transaction, UNATTENDED),
                Words(text="Kom forbi.", title="Njals saga"),
                patron_id=patron_id(library, card),
                kind=kind,
                actor="bo",
            ),
        )

    return words


WAYS |= {kind: _by_staff(kind) for kind in BY_STAFF if kind not in WAYS}
