"""The states of a terminal's connection, and what leads from one to the next."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    AWAITING_LOGIN = "awaiting login"
    READY = "ready"
    CLOSING = "closing"


class Event(Enum):
    LOGIN_ACCEPTED = "login accepted"
    LOGIN_REFUSED = "login refused"
    LOGIN_REFUSED_TOO_OFTEN = "login refused too often"
    DEADLINE_PASSED = "deadline passed"
    FAREWELL_SAID = "farewell said"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.AWAITING_LOGIN, Event.LOGIN_ACCEPTED): State.READY,
    (State.AWAITING_LOGIN, Event.LOGIN_REFUSED): State.AWAITING_LOGIN,
    (State.AWAITING_LOGIN, Event.LOGIN_REFUSED_TOO_OFTEN): State.CLOSING,
    (State.AWAITING_LOGIN, Event.DEADLINE_PASSED): State.CLOSING,
    (State.READY, Event.LOGIN_ACCEPTED): State.READY,
    (State.READY, Event.LOGIN_REFUSED): State.AWAITING_LOGIN,
    (State.READY, Event.LOGIN_REFUSED_TOO_OFTEN): State.CLOSING,
    (State.READY, Event.DEADLINE_PASSED): State.CLOSING,
    (State.CLOSING, Event.DEADLINE_PASSED): State.CLOSING,
    (State.AWAITING_LOGIN, Event.FAREWELL_SAID): State.CLOSING,
    (State.READY, Event.FAREWELL_SAID): State.CLOSING,
}
