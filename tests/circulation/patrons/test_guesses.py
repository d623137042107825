"""What is remembered of PINs that are guessed by look-ups."""

from __future__ import annotations

from circulation.patrons.guesses import GUESS_LIMIT, SPRAY_LIMIT, WINDOW, GuessGuard
from tests.builders.circulation import NOON

WRONG = "0000"


def test_guessing_by_look_ups_is_stopped_where_it_is_done() -> None:
    guard = GuessGuard()
    for number in range(GUESS_LIMIT):
        assert not guard.is_stopped("kiosk", 1, NOON)
        for _ in range(3):
            guard.note("kiosk", 1, str(number), NOON)
    assert guard.is_stopped("kiosk", 1, NOON)
    assert not guard.is_stopped("kiosk", 2, NOON)
    assert not guard.is_stopped("desk", 1, NOON)
    assert not guard.is_stopped("kiosk", 1, NOON + WINDOW)
    for patron in range(SPRAY_LIMIT):
        guard.note("kiosk", patron + 10, WRONG, NOON)
    assert guard.is_stopped("kiosk", 9_999, NOON)


def test_guesses_are_remembered_within_bounds() -> None:
    guard = GuessGuard(remembered=10)
    for patron in range(100):
        guard.note("kiosk", patron, WRONG, NOON)
    assert len(guard._tries) == 10
