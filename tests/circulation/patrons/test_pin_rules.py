"""PINs: which are good enough, and what wrong ones do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.accounts.status import patron_status
from circulation.kernel.events import EventKind
from circulation.kernel.reasons import Reason
from circulation.kernel.results import UNATTENDED, CheckedOut, Desk, PatronStatus, Refused, Renewed
from circulation.patrons.guesses import GUESS_LIMIT, GUESSES
from circulation.patrons.identifiers import find_patron
from circulation.patrons.pin_rules import (
    DEVICE_LIMIT,
    WINDOW,
    forget_old_failures,
    pin_problems,
    unlock_pin,
)
from circulation.patrons.pin_settings import USUAL
from tests.builders.circulation import Library, a_patron, an_item, events_of_patron
from tests.builders.pins import hashed

WRONG = "0000"


@pytest.fixture
def library(sqlite_library: Library) -> Library:
    """One kind of database; stacks with a wrong PIN are tried on both."""
    return sqlite_library


@pytest.fixture(scope="module")
def pin_hash() -> str:
    return hashed("2580")


@pytest.fixture
def card(library: Library, pin_hash: str) -> str:
    return a_patron(library, pin_hash=pin_hash)


def at_device(library: Library, name: str) -> None:
    home = library.desk()
    desk = Desk("kiosk", name, home.agency_id, home.branch_id)
    library.desk = lambda branch=None: desk  # type: ignore[method-assign,assignment]


def borrow(library: Library, card: str, pin: str | None) -> Reason | None:
    answer = library.check_out(card, an_item(library), pin=pin)
    if isinstance(answer, CheckedOut):
        return None
    (reason,) = answer.reasons
    return reason


def look(library: Library, card: str, pin: str | None) -> Reason | None:
    answer = library.read(
        lambda transaction: patron_status(library.act(transaction), patron=card, pin=pin)
    )
    if isinstance(answer, PatronStatus):
        return None
    (reason,) = answer.reasons
    return reason


def patron_id(library: Library, card: str) -> int:
    found = library.read(lambda transaction: find_patron(transaction, card))
    assert found is not None
    return found


def test_the_device_is_locked_for_the_patron_and_no_other_is(library: Library, card: str) -> None:
    at_device(library, "one")
    for _ in range(USUAL.tries_at_device):
        assert borrow(library, card, WRONG) is Reason.PIN_WRONG
    assert borrow(library, card, "2580") is Reason.PIN_LOCKED
    assert look(library, card, "2580") is Reason.PIN_LOCKED
    at_device(library, "two")
    assert borrow(library, card, "2580") is None
    at_device(library, "one")
    library.now += WINDOW + timedelta(seconds=1)
    assert borrow(library, card, "2580") is None
    number = patron_id(library, card)
    events = library.read(lambda transaction: events_of_patron(transaction, patron_id=number))
    assert [event.kind for event in events].count(EventKind.PIN_REFUSED) == USUAL.tries_at_device


def test_a_new_connection_is_no_new_device(library: Library, card: str) -> None:
    for port in range(USUAL.tries_at_device):
        at_device(library, f"192.0.2.7:{port}")
        assert borrow(library, card, WRONG) is Reason.PIN_WRONG
    at_device(library, "192.0.2.7:999")
    assert borrow(library, card, "2580") is Reason.PIN_LOCKED


def test_many_devices_together_lock_the_patron_until_staff_help(
    library: Library, card: str
) -> None:
    for number in range(USUAL.tries_in_all):
        at_device(library, f"device {number // (USUAL.tries_at_device - 1)}")
        assert borrow(library, card, WRONG) is Reason.PIN_WRONG
    at_device(library, "at home")
    assert borrow(library, card, "2580") is Reason.PIN_LOCKED
    number = patron_id(library, card)
    assert library.write(
        lambda transaction: unlock_pin(library.act(transaction, UNATTENDED), number)
    )
    assert not library.write(
        lambda transaction: unlock_pin(library.act(transaction, UNATTENDED), number)
    )
    assert borrow(library, card, "2580") is None


def test_one_pin_on_card_after_card_locks_the_device(library: Library, pin_hash: str) -> None:
    at_device(library, "street")
    for _ in range(DEVICE_LIMIT):
        assert borrow(library, a_patron(library, pin_hash=pin_hash), WRONG) is Reason.PIN_WRONG
    fresh = a_patron(library, pin_hash=pin_hash)
    assert borrow(library, fresh, "2580") is Reason.PIN_LOCKED
    assert look(library, fresh, "2580") is Reason.PIN_LOCKED
    assert borrow(library, fresh, None) is None  # where no PIN is asked for, none is missed
    at_device(library, "desk")
    assert borrow(library, fresh, "2580") is None


def test_look_ups_and_missing_pins_never_lock_anybody_out(library: Library, card: str) -> None:
    for _ in range(USUAL.tries_in_all + 1):
        assert look(library, card, WRONG) is Reason.PIN_WRONG
        assert look(library, card, "") is Reason.PIN_MISSING
        assert borrow(library, card, "") is Reason.PIN_MISSING
        assert look(library, card, None) is None
    assert look(library, card, "2580") is None
    assert borrow(library, card, "2580") is None


def test_renewals_count_too(library: Library, card: str) -> None:
    barcode = an_item(library, on_loan_to=card)
    library.pass_time(days=20)
    for number in range(USUAL.tries_at_device):
        answer = (
            library.renew_all(card, pin=WRONG)
            if number % 2
            else library.renew(card, barcode, pin=WRONG)
        )
        assert isinstance(answer, Refused)
        assert answer.reasons == (Reason.PIN_WRONG,)
    assert library.renew(card, barcode, pin="2580").reasons == (Reason.PIN_LOCKED,)  # type: ignore[union-attr]
    library.now += WINDOW
    assert isinstance(library.renew(card, barcode, pin="2580"), Renewed)


def test_tries_that_count_no_more_are_forgotten(library: Library, card: str) -> None:
    for _ in range(3):
        borrow(library, card, WRONG)

    def forget() -> int:
        return library.write(lambda transaction: forget_old_failures(transaction, library.now))

    assert forget() == 0
    library.now += WINDOW
    assert (forget(), forget()) == (3, 0)


def test_guessing_by_look_ups_does_not_stop_the_patron(library: Library, card: str) -> None:
    at_device(library, "one")
    number = patron_id(library, card)
    for guess in range(GUESS_LIMIT):
        GUESSES.of(library.circulation).note("kiosk at one", number, str(guess), library.now)
    assert look(library, card, "2580") is Reason.PIN_LOCKED
    assert borrow(library, card, "2580") is None
    at_device(library, "two")
    assert look(library, card, "2580") is None


@pytest.mark.parametrize("pin", ["2580", "7193", "correct horse", "90417", "æøå9"])
def test_good_pins(pin: str) -> None:
    assert pin_problems(pin, birth_date=date(1990, 3, 14), phone="+45 20 11 22 33") == []


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        ("", "4 to 32"),
        ("258", "4 to 32"),
        ("2" * 33, "4 to 32"),
        ("1111", "one character"),
        ("1234", "count up"),
        ("9876", "count up or down"),
        ("1403", "date of birth"),
        ("140390", "date of birth"),
        ("1990", "date of birth"),
        ("2233", "telephone"),
        ("4916", "national number"),
        (" 2580", "blanks"),
        ("25\x0080", "typed"),
    ],
)
def test_bad_pins(pin: str, words: str) -> None:
    found = pin_problems(
        pin,
        birth_date=date(1990, 3, 14),
        phone="+45 20 11 22 33",
        identifiers=("P0000001", "251248-4916"),
    )
    assert any(words in sentence for sentence in found), found
