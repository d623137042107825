"""Signing in: by user name, password and perhaps a code; patrons by card and PIN.

Nobody learns whether a user name exists: one that nobody has is verified against a decoy, which
takes as long, counts as others do and is told the same. A token is always a new one, and the
session that the browser had before ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Desk, Refused
from circulation.kernel.rights import Kind
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.pin_rules import let_in, look_at_pin_of_nobody
from circulation.patrons.pins import PINS
from circulation.staff.accounts import KeptPassword, folded_name, lock_account, password_of
from circulation.staff.passwords import as_hashed, decoy
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.second_factors import second_factor_of, take_code
from circulation.staff.sessions import NewSession, begin_session, end_session, session_of
from circulation.staff.settings import USUAL, StaffSettings, staff_settings_of
from circulation.staff.workstations import Workstation, workstation_with
from circulation.staff.wrong_passwords import forget_failures_of, must_wait, note_failure


class Credentials(NamedTuple):
    """What somebody signs in with. `address` is theirs, without a port; `workstation_key` that of
    the desk, `previous_token` that of a session which this one follows."""

    user_name: str
    password: str
    address: str
    code: str | None = None
    workstation_key: str | None = None
    previous_token: str | None = None


class _Case(NamedTuple):
    """What is known of a try before the password is looked at. `place` is what failures count at:
    a workstation or an address."""

    user_name: str
    place: str
    workstation: Workstation | None
    kept: KeptPassword | None
    settings: StaffSettings
    is_known: bool


def sign_in(act: Act, given: Credentials) -> SignedIn | NotSignedIn:
    """Lets somebody of the staff in. The desk of the act is nobody's yet.

    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    transaction, circulation, _, now = act
    case = _case(act, given)
    name, place = case.user_name, case.place
    if must_wait(transaction, name, place, now, is_known=case.is_known):
        return NotSignedIn(SignInRefusal.MUST_WAIT)
    kept = case.kept if case.kept is not None and case.kept.disabled is None else None
    stored = kept.password_hash if kept else None
    is_right = PINS.of(circulation).check(
        stored or decoy(circulation, name), as_hashed(given.password)
    )
    if kept is None or not is_right:
        return _refused(act, case, SignInRefusal.WRONG)
    second = _second_factor(act, case, kept.id, given.code)
    if isinstance(second, SignInRefusal):
        is_failure = second is SignInRefusal.CODE_WRONG
        return _refused(act, case, second) if is_failure else NotSignedIn(second)
    forget_failures_of(transaction, name, place)
    if given.previous_token is not None:
        end_session(transaction, given.previous_token)
    new = NewSession(
        methods=" ".join(["password", *([second] if second else [])]),
        address=given.address,
        expires=now + timedelta(hours=case.settings.session_hours),
        idle_minutes=case.settings.idle_minutes,
        staff_id=kept.id,
        workstation_id=case.workstation.id if case.workstation else None,
        is_limited=second is None and _wants_second_factor(case),
    )
    signed_in = _begun(act, new)
    told = {"staff": name, "methods": new.methods, "address": given.address}
    theirs = act._replace(desk=signed_in.session.principal.desk)
    append_event(theirs, NewEvent(EventKind.STAFF_SIGNED_IN, after=told))
    return signed_in


def sign_in_patron(act: Act, *, card: str, pin: str, address: str) -> SignedIn | Refused:
    """Lets a patron in, to what is theirs.

    Refused with PIN_MISSING, PIN_WRONG or PIN_LOCKED, for a card that nobody has as well.
    Raises VerificationNeeded.
    """
    transaction, circulation, _, now = act
    theirs = act._replace(desk=Desk(Kind.PATRON.value, address, 0, 0))
    if find_patron(transaction, card, key=IDENTIFIERS.of(circulation)) is None:
        return Refused((look_at_pin_of_nobody(theirs, card, pin),))
    found = let_in(theirs, patron=card, pin=pin)
    if isinstance(found, Refused):
        return found
    settings = staff_settings_of(circulation.current_set_up(transaction), found.agency_id)
    new = NewSession(
        methods="pin",
        address=address,
        expires=now + timedelta(minutes=settings.patron_session_minutes),
        idle_minutes=settings.patron_idle_minutes,
        patron_id=found.id,
    )
    return _begun(act, new)


def _case(act: Act, given: Credentials) -> _Case:
    transaction, circulation, _, _ = act
    name = folded_name(given.user_name)
    key = given.workstation_key
    workstation = None if key is None else workstation_with(transaction, key)
    lock_account(transaction, user_name=name)
    kept = password_of(transaction, user_name=name)
    settings = USUAL
    if kept is not None:
        settings = staff_settings_of(circulation.current_set_up(transaction), kept.agency_id)
    is_known = workstation is not None or settings.knows(given.address)
    place = f"workstation {workstation.id}" if workstation else given.address
    return _Case(name, place, workstation, kept, settings, is_known)


def _wants_second_factor(case: _Case) -> bool:
    rule = case.settings.second_factor
    return rule == "always" or (rule == "outside" and not case.is_known)


def _second_factor(
    act: Act, case: _Case, staff_id: int, code: str | None
) -> str | SignInRefusal | None:
    """The word for the second factor that was shown; None where none is needed, or none is there
    and may be set up: in the library, or anywhere where no network of the library is known."""
    kept = second_factor_of(act.transaction, staff_id=staff_id)
    if kept is None or kept.sealed is None:
        if _wants_second_factor(case) and case.settings.known_networks and not case.is_known:
            return SignInRefusal.NO_SECOND_FACTOR
        return None
    if case.settings.second_factor == "outside" and case.is_known:
        return None
    if not code:
        return SignInRefusal.CODE_NEEDED
    return take_code(act, staff_id, kept, code) or SignInRefusal.CODE_WRONG


def _refused(act: Act, case: _Case, refusal: SignInRefusal) -> NotSignedIn:
    """Counts the try. The event names an account only: what else was typed may be a password."""
    note_failure(act.transaction, case.user_name, case.place, act.now)
    told: dict[str, Any] = {"why": refusal.name.lower(), "at": case.place}
    if case.kept is not None:
        told["staff"] = case.user_name
    append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
    return NotSignedIn(refusal)


def _begun(act: Act, new: NewSession) -> SignedIn:
    token = begin_session(act.transaction, new, act.now)
    session = session_of(act.circulation, act.transaction, token, act.now)
    assert session is not None
    return SignedIn(token, session)
