"""PINs that are good enough, and what happens when wrong ones are typed.

A wrong PIN counts as a failed try only where somebody tried to get in with it: a check-out, a
renewal, a log-in (`log_in`). A look-up never counts against a patron, and what sends no PIN, or a
blank one, is no try: a kiosk that asks for a card again and again locks nobody out.

Three limits, each within `WINDOW`; an agency may set the first two and the time for its own patrons
(`circulation.patrons.pin_settings`):

* `tries_at_device` for one patron at one device: then no PIN of theirs is believed *there*. This
  is what guessing meets first, and it leaves the patron free to borrow everywhere else: whoever
  types wrong PINs at a kiosk cannot lock somebody else out of the library.
* `tries_in_all` for one patron at all devices together: then no PIN of the patron is believed
  anywhere. It takes several devices at once to get there, each of which has an account of its own
  with the library, so this is an attack and not a prank.
* `DEVICE_LIMIT` for one device and all patrons: then no PIN at all is believed there. This is what
  trying 1234 on card after card meets.

A device is its account and its address without the port: connecting again begins no new count.
A limit reached at a device that many share (a gateway) holds for all behind it.

A lock ends by itself when its tries are older than `WINDOW`; staff can end a patron's at once.
While it lasts the right PIN is refused as well, or guessing could go on. A look-up that sends a
wrong PIN must not become the way around all this: `guesses.GuessGuard` counts, in the memory of the
process and apart from the patron's account, the different wrong PINs that a device has sent with
look-ups. At `GUESS_LIMIT` (no human's typing errors are that many) the device gets no more answers
about that patron's PIN for a while; check-outs and all other devices go on as before.
"""

from __future__ import annotations

from datetime import date, datetime
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    one,
    scalar,
    scalar_one,
    send,
)
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk, Patron, Refusal, Refused
from circulation.languages.sentences import Sentence
from circulation.patrons.facts import PatronFacts, patron_alone
from circulation.patrons.foreign_pins import is_foreign, keep_own_hash
from circulation.patrons.guesses import GUESSES
from circulation.patrons.identifiers import IDENTIFIERS, is_of_national_number
from circulation.patrons.pin_settings import USUAL, PinRules, pin_rules_of
from circulation.patrons.pins import PINS
from circulation.patrons.schema import locked_devices, pin_failures

WINDOW = USUAL.window
DEVICE_LIMIT = 50

MAXIMUM_LENGTH = 32


def pin_problems(
    pin: str,
    *,
    birth_date: date | None = None,
    identifiers: tuple[str, ...] = (),
    phone: str = "",
    rules: PinRules = USUAL,
    longest: int = MAXIMUM_LENGTH,
) -> list[Sentence]:
    """Return each rule that a new PIN breaks. No sentence holds the PIN.

    `identifiers` and `phone` are what others know of the patron: no PIN may be read off them.
    `rules` are those of the patron's agency.
    """
    problems = []
    if not rules.minimum_length <= len(pin) <= longest:
        problems.append(
            Sentence("PIN_LENGTH", shortest=str(rules.minimum_length), longest=str(longest))
        )
    if rules.digits_only and not (pin.isascii() and pin.isdigit()):
        problems.append(Sentence("PIN_DIGITS"))
    if not pin.isprintable() or pin != pin.strip():
        problems.append(Sentence("PIN_BLANKS"))
    if len(set(pin)) == 1:
        problems.append(Sentence("PIN_SAME_CHARACTER"))
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if len(pin) > 1 and (steps == {1} or steps == {-1}):
        problems.append(Sentence("PIN_COUNTS"))
    if birth_date is not None and pin in _dates(birth_date):
        problems.append(Sentence("PIN_BIRTH_DATE"))
    known = ["".join(filter(str.isalnum, text)) for text in (*identifiers, phone)]
    if pin and any(text.endswith(pin) for text in known):
        problems.append(Sentence("PIN_IDENTIFIER"))
    return problems


def _dates(day: date) -> set[str]:
    return {day.strftime(form) for form in ("%d%m", "%m%d", "%Y", "%d%m%y", "%y%m%d", "%d%m%Y")}


# Failed tries


@send
def _insert_failure(*, patron_id: int, device: str, expires: datetime) -> Statement:
    return insert(pin_failures).values(locals())


def _here(device: str) -> ColumnElement[bool]:
    return pin_failures.c.device == device


class _Failures(NamedTuple):
    everywhere: int
    here: int


@one(_Failures)
def _counts(*, device: str, patron_id: int, now: datetime) -> Statement:
    return select(
        *columns(_Failures, everywhere=func.count(), here=func.count().filter(_here(device)))
    ).where(pin_failures.c.patron_id == patron_id, pin_failures.c.expires > now)


@scalar_one(int)
def _count_device(*, device: str, now: datetime) -> Statement:
    return (
        select(func.count())
        .select_from(pin_failures)
        .where(_here(device), pin_failures.c.expires > now)
    )


@scalar(datetime)
def _device_lock(*, device: str) -> Statement:
    return select(locked_devices.c.until).where(locked_devices.c.device == device)


@send
def _unlock_device(*, device: str) -> Statement:
    return delete(locked_devices).where(locked_devices.c.device == device)


@send
def _lock_device(*, device: str, until: datetime) -> Statement:
    return insert(locked_devices).values(device=device, until=until)


@change
def _forget_of_patron(*, patron_id: int) -> Statement:
    return delete(pin_failures).where(pin_failures.c.patron_id == patron_id)


@change
def _forget_failures(*, now: datetime) -> Statement:
    return delete(pin_failures).where(pin_failures.c.expires <= now)


@send
def _forget_locks(*, now: datetime) -> Statement:
    return delete(locked_devices).where(locked_devices.c.until <= now)


def check_pin(act: Act, patron: PatronFacts, pin: str | None) -> Refusal | None:
    """Why the PIN does not let the patron in; a wrong one is counted, so this is for writing verbs.

    None where it does, or where none was given (`pin` None) and the desk asks for none.
    Raises VerificationNeeded.
    """
    transaction, circulation, desk, now = act
    if not pin:
        return _not_let_in(patron, pin, desk)
    if not desk.clientele.serves(patron.agency_id):
        return _refuse_stranger(patron)
    if patron.pin_alarms and _is_locked(act, patron):
        return Refusal(Reason.PIN_LOCKED)
    if patron.pin_hash is None:
        return Refusal(Reason.PIN_WRONG)  # nothing to guess
    if PINS.of(circulation).check(patron.pin_hash, pin):
        if is_foreign(patron.pin_hash):
            own = PINS.of(circulation).own_hash(patron.pin_hash, pin)
            if own is not None:
                keep_own_hash(transaction, patron_id=patron.id, foreign=patron.pin_hash, own=own)
        return None
    device, rules = _name(desk), _rules_of(circulation, transaction, patron)
    _insert_failure(transaction, patron_id=patron.id, device=device, expires=now + rules.window)
    if _count_device(transaction, device=device, now=now) >= DEVICE_LIMIT:
        _unlock_device(transaction, device=device)
        _lock_device(transaction, device=device, until=now + WINDOW)
    append_event(act, NewEvent(EventKind.PIN_REFUSED, patron_id=patron.id))
    return Refusal(Reason.PIN_WRONG)


def look_at_pin(act: Act, patron: PatronFacts, pin: str | None) -> Refusal | None:
    """The same for look-ups: nothing is written, and nothing counts against the patron."""
    _, circulation, desk, now = act
    if not pin:
        return _not_let_in(patron, pin, desk)
    if not desk.clientele.serves(patron.agency_id):
        return _refuse_stranger(patron)
    if patron.pin_alarms and _is_locked(act, patron):
        return Refusal(Reason.PIN_LOCKED)
    stored = patron.pin_hash or PINS.of(circulation).decoy(str(patron.id))
    return _guessed(circulation, _name(desk), patron.id, stored, pin, now)


def look_at_pin_of_nobody(act: Act, identifier: str, pin: str) -> Refusal:
    """What `look_at_pin` says for an identifier of nobody, to callers who must not learn that.

    It takes as long as for somebody, and whoever guesses is stopped as they would be there.
    """
    _, circulation, desk, now = act
    if not pin:
        return Refusal(Reason.PIN_MISSING)
    digest = blake2b(
        IDENTIFIERS.of(circulation).stored(identifier).encode("utf-8", "surrogatepass")
    )
    nobody = -1 - int.from_bytes(digest.digest()[:7])  # the number of no patron
    stored = PINS.of(circulation).decoy(str(nobody))
    refused = _guessed(circulation, _name(desk), nobody, stored, pin, now)
    assert refused is not None
    return refused


def _guessed(
    circulation: Circulation, device: str, number: int, stored: str, pin: str, now: datetime
) -> Refusal | None:
    if GUESSES.of(circulation).is_stopped(device, number, now):
        return Refusal(Reason.PIN_LOCKED)
    if PINS.of(circulation).check(stored, pin):
        return None
    GUESSES.of(circulation).note(device, number, pin, now)
    return Refusal(Reason.PIN_WRONG)


def _not_let_in(patron: PatronFacts, pin: str | None, desk: Desk) -> Refusal | None:
    """Why a patron who gave no PIN is not let in; an empty one says that it is asked for."""
    if not desk.clientele.serves(patron.agency_id):
        return _refuse_stranger(patron)
    if pin is not None or not desk.clientele.knows(patron.agency_id):
        return Refusal(Reason.PIN_MISSING)
    return None


def _refuse_stranger(patron: PatronFacts) -> Refusal:
    """Return why a patron who is not served here is refused. Their national number is answered as
    an unknown one: it would tell where a person is registered."""
    is_hidden = is_of_national_number(patron.identifier)
    return Refusal(Reason.PATRON_UNKNOWN if is_hidden else Reason.PATRON_NOT_SERVED)


def unlock_pin(act: Act, patron_id: int) -> bool:
    """Staff end the lock of a patron; False where no failed try was counted."""
    transaction = act.transaction
    if not _forget_of_patron(transaction, patron_id=patron_id):
        return False
    append_event(act, NewEvent(EventKind.PIN_UNLOCKED, patron_id=patron_id))
    return True


def forget_old_failures(transaction: Transaction, now: datetime) -> int:
    """Deletes the tries that count no more; gives how many."""
    _forget_locks(transaction, now=now)
    return _forget_failures(transaction, now=now)


def _name(desk: Desk) -> str:
    return f"{desk.actor} at {desk.machine}"


def _rules_of(circulation: Circulation, transaction: Transaction, patron: PatronFacts) -> PinRules:
    set_up = circulation.set_up(transaction, patron.set_up_version)
    return pin_rules_of(set_up, patron.agency_id)


def _is_locked(act: Act, patron: PatronFacts) -> bool:
    transaction, circulation, desk, now = act
    device, rules = _name(desk), _rules_of(circulation, transaction, patron)
    everywhere, here = _counts(transaction, device=device, patron_id=patron.id, now=now) or (0, 0)
    if here >= rules.tries_at_device or everywhere >= rules.tries_in_all:
        return True
    until = _device_lock(transaction, device=device)
    return until is not None and until > now


def let_in(act: Act, *, patron: str, pin: str | None) -> Patron | Refused:
    """The patron, where the desk may deal with them: before a verb that asks for no PIN itself.

    Refused with PATRON_UNKNOWN, PATRON_NOT_SERVED, PIN_MISSING, PIN_WRONG or PIN_LOCKED. A wrong
    PIN counts as a failed try, so this is for transactions that may write.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    transaction, circulation, _, now = act
    facts = patron_alone(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    wrong = check_pin(act, facts, pin)
    return Refused((wrong,)) if wrong else facts.patron()
