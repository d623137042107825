"""What is done once a day about bookings, deposits and themes."""

from __future__ import annotations

from circulation.booking.closing import close_bookings_over
from circulation.booking.placements import move_placements
from circulation.kernel.jobs import Doing, Job, Step


def _bookings(doing: Doing) -> Step:
    ended, goes_on = close_bookings_over(doing.act, day=doing.day, after=doing.after)
    return Step({"bookings ended": ended}, goes_on)


def _placements(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    sent, goes_on = move_placements(doing.act, set_up, day=doing.day, after=doing.after)
    return Step({"items sent on": sent}, goes_on)


JOBS = (
    Job("bookings", "end bookings whose last day is past", _bookings),
    Job("placements", "send deposits and themes to their next station, or home", _placements),
)
