"""Signing in: by user name, password and perhaps a code, or by a passkey; patrons by card and PIN.

Nobody learns whether a user name exists: one that nobody has is verified against a decoy, which
takes as long, counts as others do and is told the same. A token is always a new one, and the
session that the browser had before ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.results import Desk, Refused
from circulation.kernel.rights import Kind
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.pin_rules import let_in, look_at_pin_of_nobody
from circulation.patrons.pins import PINS
from circulation.staff.accounts import (
    KeptPassword,
    account_of,
    folded_name,
    lock_account,
    password_of,
)
from circulation.staff.ceremonies import Shown, take_passkey
from circulation.staff.desk_sign_ins import note_desk_sign_in
from circulation.staff.passkeys import passkeys_of
from circulation.staff.passwords import as_hashed, decoy
from circulation.staff.results import NotSignedIn, SignedIn, SignInRefusal
from circulation.staff.second_factors import second_factor_of, take_code
from circulation.staff.sessions import NewSession, begin_session, end_session, session_of
from circulation.staff.settings import USUAL, StaffSettings, staff_settings_of
from circulation.staff.workstations import Workstation, workstation_with
from circulation.staff.wrong_passwords import forget_failures_of, must_wait, note_failure


class Arrival(NamedTuple):
    """Where somebody comes from. `address` is theirs, without a port; `workstation_key` that of the
    desk, `previous_token` that of a session which the new one follows."""

    address: str
    workstation_key: str | None = None
    previous_token: str | None = None


class Credentials(NamedTuple):
    """What somebody signs in with, and where they come from (as `Arrival`): a password, and where
    more is asked for a code or a passkey."""

    user_name: str
    password: str
    address: str
    code: str | None = None
    workstation_key: str | None = None
    previous_token: str | None = None
    passkey: Shown | None = None


class Arrived(NamedTuple):
    """What an agency's rules say of somebody's arrival."""

    arrival: Arrival
    workstation: Workstation | None
    settings: StaffSettings

    @property
    def is_known(self) -> bool:
        """Is it a workstation, or one of the library's own networks?"""
        return self.workstation is not None or self.settings.knows(self.arrival.address)

    @property
    def wants_second_factor(self) -> bool:
        rule = self.settings.second_factor
        return rule == "always" or (rule == "outside" and not self.is_known)

    @property
    def place(self) -> str:
        """What failures count at."""
        if self.workstation is not None:
            return f"workstation {self.workstation.id}"
        return self.arrival.address


class Proof(NamedTuple):
    """How somebody has shown who they are: words of `Session.methods`. `is_limited`: they may only
    set up a second factor. `ends` is how long an earlier sign-in at this desk lasts, where the
    proof is enough because of it."""

    methods: str
    is_limited: bool = False
    ends: datetime | None = None


class _Case(NamedTuple):
    """What is known of a try before the password is looked at."""

    user_name: str
    kept: KeptPassword | None
    arrived: Arrived


def sign_in(act: Act, given: Credentials) -> SignedIn | NotSignedIn:
    """Lets somebody of the staff in. The desk of the act is nobody's yet.

    Raises VerificationNeeded (see `circulation.patrons.pins`), NoPasskeys.
    """
    transaction, circulation, _, now = act
    case = _case(act, given)
    name, place = case.user_name, case.arrived.place
    if must_wait(transaction, name, place, now, is_known=case.arrived.is_known):
        return NotSignedIn(SignInRefusal.MUST_WAIT)
    kept = case.kept if case.kept is not None and case.kept.disabled is None else None
    stored = kept.password_hash if kept else None
    is_right = PINS.of(circulation).check(
        stored or decoy(circulation, name), as_hashed(given.password)
    )
    if kept is None or not is_right:
        return _refused(act, case, SignInRefusal.WRONG)
    second = _second_factor(act, case, kept.id, given)
    if isinstance(second, SignInRefusal):
        is_failure = second is SignInRefusal.CODE_WRONG
        return _refused(act, case, second) if is_failure else NotSignedIn(second)
    forget_failures_of(transaction, name, place)
    is_limited = second is None and case.arrived.wants_second_factor
    methods = " ".join(["password", *([second] if second else [])])
    return let_in_staff(act, kept.id, name, case.arrived, Proof(methods, is_limited))


def sign_in_by_passkey(act: Act, shown: Shown, arrival: Arrival) -> SignedIn | NotSignedIn:
    """Lets in whoever shows a passkey that has asked them for a PIN or a finger: two factors at
    once. Wrong ones are not counted, as nobody guesses a key. Raises NoPasskeys."""
    taken = take_passkey(act, shown)
    if isinstance(taken, SignInRefusal):
        return _passkey_refused(act, taken, None)
    account = account_of(act.transaction, staff_id=taken.passkey.staff_id)
    assert account is not None
    lock_account(act.transaction, user_name=account.user_name)
    kept = password_of(act.transaction, user_name=account.user_name)
    if kept is None or kept.disabled is not None:
        return _passkey_refused(act, SignInRefusal.PASSKEY_WRONG, account.user_name)
    if not taken.is_verified:
        return _passkey_refused(act, SignInRefusal.PASSKEY_UNVERIFIED, account.user_name)
    place = arrived(act, account.agency_id, arrival)
    return let_in_staff(act, account.id, account.user_name, place, Proof("passkey"))


def _passkey_refused(act: Act, refusal: SignInRefusal, user_name: str | None) -> NotSignedIn:
    told = {"why": refusal.name.lower()} | ({"staff": user_name} if user_name else {})
    append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
    return NotSignedIn(refusal)


def refusal_of_password(act: Act, given: Credentials) -> SignInRefusal | None:
    """Why the password is not that of somebody who is signed in already, and does something for
    which it is asked for again; None where it is. A wrong one counts as ever.

    Raises VerificationNeeded.
    """
    case = _case(act, given)
    place, is_known = case.arrived.place, case.arrived.is_known
    if must_wait(act.transaction, case.user_name, place, act.now, is_known=is_known):
        return SignInRefusal.MUST_WAIT
    stored = case.kept.password_hash if case.kept else None
    stored = stored or decoy(act.circulation, case.user_name)
    if PINS.of(act.circulation).check(stored, as_hashed(given.password)):
        return None
    return _refused(act, case, SignInRefusal.WRONG).refusal


def let_in_staff(
    act: Act, staff_id: int, user_name: str, arrived: Arrived, proof: Proof
) -> SignedIn:
    """Signs in somebody of the staff who has shown who they are."""
    transaction, _, _, now = act
    arrival, workstation, settings = arrived
    if arrival.previous_token is not None:
        end_session(transaction, arrival.previous_token)
    new = NewSession(
        methods=proof.methods,
        address=arrival.address,
        expires=proof.ends or now + timedelta(hours=settings.session_hours),
        idle_minutes=settings.idle_minutes,
        staff_id=staff_id,
        workstation_id=workstation.id if workstation else None,
        is_limited=proof.is_limited,
    )
    if workstation is not None and proof.ends is None and not proof.is_limited:
        note_desk_sign_in(transaction, staff_id, workstation.id, now)
    signed_in = _begun(act, new)
    told = {"staff": user_name, "methods": proof.methods, "address": arrival.address}
    theirs = act._replace(desk=signed_in.session.principal.desk)
    append_event(theirs, NewEvent(EventKind.STAFF_SIGNED_IN, after=told))
    return signed_in


class Access(NamedTuple):
    """What a patron is let in to in a realm of its own: so far, and for so long."""

    realm: str
    scope: str
    minutes: int


def sign_in_patron(
    act: Act,
    *,
    card: str,
    pin: str,
    address: str,
    device: str = "",
    access: Access | None = None,
) -> SignedIn | Refused:
    """Lets a patron in, to what is theirs, or to a part of it. Wrong PINs count for the `device`,
    which is the address where nothing is said.

    Refused with PIN_MISSING, PIN_WRONG or PIN_LOCKED, for a card that nobody has as well.
    Raises VerificationNeeded.
    """
    transaction, circulation, _, now = act
    theirs = act._replace(desk=Desk(Kind.PATRON.value, device or address, 0, 0))
    if find_patron(transaction, card, key=IDENTIFIERS.of(circulation)) is None:
        return Refused((look_at_pin_of_nobody(theirs, card, pin),))
    found = let_in(theirs, patron=card, pin=pin)
    if isinstance(found, Refused):
        return found
    if access is not None:
        return give_access(act, found.id, access, address)
    settings = staff_settings_of(circulation.current_set_up(transaction), found.agency_id)
    new = NewSession(
        methods="pin",
        address=address,
        expires=now + timedelta(minutes=settings.patron_session_minutes),
        idle_minutes=settings.patron_idle_minutes,
        patron_id=found.id,
    )
    return _begun(act, new)


def give_access(
    act: Act, patron_id: int, access: Access, address: str, program_id: int | None = None
) -> SignedIn:
    """A session of a patron who has shown who they are, or for whom a program vouches."""
    new = NewSession(
        methods="pin" if program_id is None else "program",
        address=address,
        expires=act.now + timedelta(minutes=access.minutes),
        idle_minutes=None,
        patron_id=patron_id,
        program_id=program_id,
        scope=access.scope,
    )
    return _begun(act, new, access.realm)


def arrived(act: Act, agency_id: int | None, arrival: Arrival) -> Arrived:
    """What the rules of the agency say of it; None is that of nobody."""
    transaction, circulation, _, _ = act
    key = arrival.workstation_key
    workstation = None if key is None else workstation_with(transaction, key)
    settings = USUAL
    if agency_id is not None:
        settings = staff_settings_of(circulation.current_set_up(transaction), agency_id)
    return Arrived(arrival, workstation, settings)


def _case(act: Act, given: Credentials) -> _Case:
    name = folded_name(given.user_name)
    lock_account(act.transaction, user_name=name)
    kept = password_of(act.transaction, user_name=name)
    arrival = Arrival(given.address, given.workstation_key, given.previous_token)
    return _Case(name, kept, arrived(act, kept.agency_id if kept else None, arrival))


def _second_factor(
    act: Act, case: _Case, staff_id: int, given: Credentials
) -> str | SignInRefusal | None:
    """The word for the second factor that was shown; None where none is needed, or none is there
    and may be set up: in the library, or anywhere where no network of the library is known."""
    kept, came = second_factor_of(act.transaction, staff_id=staff_id), case.arrived
    is_set_up = kept is not None and kept.sealed is not None
    if not is_set_up and not passkeys_of(act.transaction, staff_id=staff_id):
        if came.wants_second_factor and came.settings.known_networks and not came.is_known:
            return SignInRefusal.NO_SECOND_FACTOR
        return None
    if given.passkey is not None:
        taken = take_passkey(act, given.passkey)
        if isinstance(taken, SignInRefusal):
            return taken
        return "passkey" if taken.passkey.staff_id == staff_id else SignInRefusal.PASSKEY_WRONG
    if came.settings.second_factor == "outside" and came.is_known:
        return None
    if not given.code:
        return SignInRefusal.CODE_NEEDED
    return take_code(act, staff_id, kept, given.code) or SignInRefusal.CODE_WRONG


def _refused(act: Act, case: _Case, refusal: SignInRefusal) -> NotSignedIn:
    """Counts the try. The event names an account only: what else was typed may be a password."""
    note_failure(act.transaction, case.user_name, case.arrived.place, act.now)
    told: dict[str, Any] = {"why": refusal.name.lower(), "at": case.arrived.place}
    if case.kept is not None:
        told["staff"] = case.user_name
    append_event(act, NewEvent(EventKind.STAFF_REFUSED, after=told))
    return NotSignedIn(refusal)


def _begun(act: Act, new: NewSession, realm: str = "") -> SignedIn:
    token = begin_session(act.transaction, new, act.now, realm)
    session = session_of(act.circulation, act.transaction, token, act.now, realm)
    assert session is not None
    return SignedIn(token, session)
