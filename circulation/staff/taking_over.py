"""A quick change of person: at a registered desk a short PIN takes the screen over.

It is enough only for who has signed in at that very desk, on that day, with all that is asked for,
and for no longer than that sign-in would have lasted. After three wrong ones it is enough no more.
Whatever is missing is told in the same words as a wrong PIN and takes as long, so that nobody
learns who has a PIN, or who is at work.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, change, scalar, send
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.languages.sentences import several
from circulation.patrons.pin_rules import pin_problems
from circulation.patrons.pin_settings import PinRules
from circulation.patrons.pins import PINS, hash_pin
from circulation.staff.accounts import Account, folded_name, lock_account, password_of
from circulation.staff.desk_sign_ins import DeskSignIn, desk_sign_in, set_wrong_pins
from circulation.staff.passwords import WeakPassword
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.schema import staff_pins
from circulation.staff.signing_in import Arrival, Arrived, Proof, arrived, let_in_staff
from circulation.staff.wrong_passwords import forget_failures_of, must_wait, note_failure

#: Digits of a PIN: fewer than any password has characters, so that one field can take both.
SHORTEST, LONGEST = 4, 6
WRONG_PINS: Final = 3
_RULES: Final = PinRules(minimum_length=SHORTEST, digits_only=True)


@scalar(str)
def _pin_hash(*, staff_id: int) -> Statement:
    return select(staff_pins.c.pin_hash).where(staff_pins.c.staff_id == staff_id)


@send
def _insert(*, staff_id: int, pin_hash: str) -> Statement:
    return insert(staff_pins).values(locals())


@change
def _forget(*, staff_id: int) -> Statement:
    return delete(staff_pins).where(staff_pins.c.staff_id == staff_id)


def has_pin(transaction: Transaction, staff_id: int) -> bool:
    """May they have one to be asked for?"""
    return _pin_hash(transaction, staff_id=staff_id) is not None


def set_pin(act: Act, account: Account, pin: str) -> None:
    """Gives the account a PIN in place of the one before. Raises WeakPassword."""
    problems = pin_problems(pin, rules=_RULES, longest=LONGEST)
    if problems:
        raise WeakPassword(several(problems))
    _forget(act.transaction, staff_id=account.id)
    _insert(act.transaction, staff_id=account.id, pin_hash=hash_pin(pin))
    _write(act, account.user_name, {"fields": ["pin"]})


def remove_pin(act: Act, account: Account) -> bool:
    """False where there was none."""
    removed = bool(_forget(act.transaction, staff_id=account.id))
    if removed:
        _write(act, account.user_name, {"fields": ["pin"]})
    return removed


def take_over(act: Act, user_name: str, pin: str, arrival: Arrival) -> SignedIn | NotSignedIn:
    """Lets somebody in at the desk of `arrival`, in place of who was there before.

    Refused with PIN_WRONG or MUST_WAIT. Raises VerificationNeeded.
    """
    transaction, circulation, _, now = act
    name = folded_name(user_name)
    counted = f"{name}\0pin"  # so that nobody is kept from signing in by their password
    lock_account(transaction, user_name=name)
    kept = password_of(transaction, user_name=name)
    place = arrived(act, kept.agency_id if kept else None, arrival)
    if must_wait(transaction, counted, place.place, now, is_known=place.is_known):
        return NotSignedIn(SignInRefusal.MUST_WAIT)
    stored = None if kept is None else _pin_hash(transaction, staff_id=kept.id)
    pins = PINS.of(circulation)
    is_right = pins.check(stored or pins.decoy(counted), pin)
    if place.workstation is None or kept is None or kept.disabled is not None:
        return _refused(act, None, counted, place)
    before = desk_sign_in(transaction, staff_id=kept.id, workstation_id=place.workstation.id)
    ends = before.signed_in + timedelta(hours=place.settings.session_hours) if before else now
    if before is None or not is_right or not _is_enough(act, before, place) or ends <= now:
        if before is not None and not is_right:
            set_wrong_pins(
                transaction,
                staff_id=kept.id,
                workstation_id=place.workstation.id,
                wrong_pins=before.wrong_pins + 1,
            )
        return _refused(act, name, counted, place)
    forget_failures_of(transaction, counted, place.place)
    set_wrong_pins(transaction, staff_id=kept.id, workstation_id=place.workstation.id, wrong_pins=0)
    return let_in_staff(act, kept.id, name, place, Proof("pin", ends=ends))


def _is_enough(act: Act, before: DeskSignIn, place: Arrived) -> bool:
    """Was it on this day, and were there not too many wrong ones?"""
    assert place.workstation is not None
    set_up, branch_id = act.circulation.current_set_up(act.transaction), place.workstation.branch_id
    is_today = set_up.day(before.signed_in, branch_id) == set_up.day(act.now, branch_id)
    return is_today and before.wrong_pins < WRONG_PINS


def _refused(act: Act, user_name: str | None, counted: str, place: Arrived) -> NotSignedIn:
    note_failure(act.transaction, counted, place.place, act.now)
    told: dict[str, Any] = {"why": "pin_wrong", "at": place.place}
    if user_name is not None:
        told["staff"] = user_name
    append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
    return NotSignedIn(SignInRefusal.PIN_WRONG)


def _write(act: Act, user_name: str, told: dict[str, Any]) -> None:
    append_event(act, NewEvent(EventKind.STAFF_CHANGED, after={"staff": user_name} | told))
