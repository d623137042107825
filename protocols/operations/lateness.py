"""How late the reactor is: a timer that should fire every half second says how late it fired.
Whatever holds the reactor up, be it a handler, the garbage collector or a busy processor, makes
every answer just as late.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from protocols.hosting.measuring import Lag

EVERY: Final = 0.5


def watch_lateness(
    lag: Lag,
    call_later: Callable[[float, Callable[[], None]], Any],
    seconds: Callable[[], float] = perf_counter,
) -> Callable[[], None]:
    """Notes it from now on, until the function that is returned is called."""
    is_over = False

    def look(wanted: float) -> None:
        if is_over:
            return
        now = seconds()
        lag.note(now - wanted)
        set_timer(now)

    def set_timer(now: float) -> None:
        call_later(EVERY, lambda: look(now + EVERY))

    def end() -> None:
        nonlocal is_over
        is_over = True

    set_timer(seconds())
    return end
