"""How a passkey is made and shown: the two ceremonies of WebAuthn (level 3, 7.1 and 7.2).

What the authenticator signs holds a challenge that is kept here, taken once and good for a few
minutes, the page's origin, and the host (RP ID): what was signed for another site, or was heard
and sent again, is of no use. The library `webauthn` checks it; without it there are no passkeys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from importlib import import_module
from secrets import token_bytes
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert

from catalogue.database import Statement, change, send
from circulation.kernel.act import Act
from circulation.staff.accounts import Account
from circulation.staff.passkeys import (
    MOST,
    Passkey,
    add_passkey,
    note_use,
    passkey_with,
    passkeys_of,
)
from circulation.staff.results import SignInRefusal
from circulation.staff.schema import passkey_challenges
from circulation.staff.site import Site

#: How long there is to touch the authenticator.
LASTS: Final = timedelta(minutes=5)


class NoPasskeys(ValueError):
    """There are none here; the text says why."""


class Shown(NamedTuple):
    """A passkey that was shown at a site: `credential` is AuthenticationResponseJSON (WebAuthn,
    5.1), as `PublicKeyCredential.toJSON()` of a browser gives it."""

    credential: Mapping[str, Any]
    site: Site


class Taken(NamedTuple):
    """A passkey that was shown as it should be. `is_verified`: the authenticator has asked its
    owner for a PIN or a finger, so that it counts for two factors."""

    passkey: Passkey
    is_verified: bool


@send
def _keep(*, digest: bytes, staff_id: int | None, expires: datetime) -> Statement:
    return insert(passkey_challenges).values(locals())


@change
def _take(*, digest: bytes, staff_id: int | None, now: datetime) -> Statement:
    its = passkey_challenges.c
    meant = its.digest == digest, its.staff_id.is_not_distinct_from(staff_id), its.expires > now
    return delete(passkey_challenges).where(*meant)


@change
def forget_challenges(*, now: datetime) -> Statement:
    """Deletes those that were never answered; gives how many."""
    return delete(passkey_challenges).where(passkey_challenges.c.expires <= now)


def begin_registration(act: Act, account: Account, site: Site) -> dict[str, Any]:
    """What the browser is told to make one (PublicKeyCredentialCreationOptionsJSON): one that the
    authenticator finds by itself, so that nobody has to say who they are.

    Raises NoPasskeys.
    """
    webauthn, structs = _library(), import_module("webauthn.helpers.structs")
    known = passkeys_of(act.transaction, staff_id=account.id)
    if len(known) >= MOST:
        raise NoPasskeys(f"there are {MOST} passkeys already: remove one")
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Tiro",
        user_name=account.user_name,
        user_id=_handle(account.id),
        user_display_name=account.name,
        challenge=_challenge(act, account.id),
        timeout=int(LASTS.total_seconds() * 1000),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=bytes(each.credential_id)) for each in known
        ],
    )
    return _as_json(options)


def finish_registration(
    act: Act, account: Account, name: str, credential: Mapping[str, Any], site: Site
) -> int | None:
    """The id of the new passkey; None where the answer (RegistrationResponseJSON) is not to what
    was begun, which then has to be begun anew. Raises NoPasskeys."""
    webauthn = _library()
    challenge = _challenge_in(credential)
    if challenge is None or not _is_ours(act, challenge, account.id):
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.address,
        )
    except _failures():
        return None
    if passkey_with(act.transaction, credential_id=made.credential_id) is not None:
        return None
    key, count = made.credential_public_key, made.sign_count
    return add_passkey(act, account, name, made.credential_id, key, count)


def begin_showing(act: Act, site: Site) -> dict[str, Any]:
    """What the browser is told to ask for one (PublicKeyCredentialRequestOptionsJSON). It names no
    passkeys, so that nobody learns who has any. Raises NoPasskeys."""
    options = _library().generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(act, None),
        timeout=int(LASTS.total_seconds() * 1000),
    )
    return _as_json(options)


def take_passkey(act: Act, shown: Shown) -> Taken | SignInRefusal:
    """Whose passkey it is. Refused with PASSKEY_WRONG, whatever is wrong, and with PASSKEY_COPIED
    where its counter has not gone on. Raises NoPasskeys."""
    webauthn = _library()
    credential, site = shown
    challenge = _challenge_in(credential)
    if challenge is None or not _is_ours(act, challenge, None):
        return SignInRefusal.PASSKEY_WRONG
    try:
        parsed = webauthn.helpers.parse_authentication_credential_json(dict(credential))
        kept = passkey_with(act.transaction, credential_id=parsed.raw_id)
        if kept is None or parsed.response.user_handle not in (None, _handle(kept.staff_id)):
            return SignInRefusal.PASSKEY_WRONG
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.address,
            credential_public_key=bytes(kept.public_key),
            credential_current_sign_count=0,  # what it counts is compared in the database
        )
    except _failures():
        return SignInRefusal.PASSKEY_WRONG
    count = verified.new_sign_count
    if not note_use(act.transaction, passkey_id=kept.id, sign_count=count, now=act.now):
        return SignInRefusal.PASSKEY_COPIED
    return Taken(kept, verified.user_verified)


def _challenge(act: Act, staff_id: int | None) -> bytes:
    """A new one, for whoever makes a passkey, or with None for anybody who shows one."""
    forget_challenges(act.transaction, now=act.now)
    challenge = token_bytes(32)
    _keep(act.transaction, digest=_digest(challenge), staff_id=staff_id, expires=act.now + LASTS)
    return challenge


def _is_ours(act: Act, challenge: bytes, staff_id: int | None) -> bool:
    """Was it given out for that, lately, and not answered yet? It is answered now."""
    taken = _take(act.transaction, digest=_digest(challenge), staff_id=staff_id, now=act.now)
    return bool(taken)


def _challenge_in(credential: Mapping[str, Any]) -> bytes | None:
    """The challenge that an answer says it is to."""
    helpers = import_module("webauthn.helpers")
    try:
        data = helpers.base64url_to_bytes(credential["response"]["clientDataJSON"])
        found: bytes = helpers.parse_client_data_json(data).challenge
    except _failures():
        return None
    return found


def _as_json(options: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(_library().options_to_json(options))
    return said


def _library() -> Any:
    """The library, which an installation may do without."""
    try:
        return import_module("webauthn")
    except ImportError:
        raise NoPasskeys("passkeys take the library webauthn, the extra `passkeys`") from None


def _failures() -> tuple[type[Exception], ...]:
    """What it raises for answers that are not as they should be."""
    known: type[Exception] = import_module("webauthn.helpers.exceptions").WebAuthnException
    return known, ValueError, LookupError, TypeError


def _digest(challenge: bytes) -> bytes:
    return blake2b(challenge, digest_size=32).digest()


def _handle(staff_id: int) -> bytes:
    """What authenticators keep an account by; it says nothing of its owner (WebAuthn, 14.6.1)."""
    return blake2b(f"tiro staff {staff_id}".encode(), digest_size=16).digest()
