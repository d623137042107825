"""One's own account: who one is, passwords, passkeys, sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from circulation.staff.passkeys import Passkey as KnownPasskey
from circulation.staff.sessions import Open
from protocols.api.models.common import Request, Secret

_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
#: What a browser's `PublicKeyCredential.toJSON()` gives.
Credential = Annotated[
    dict[str, Any], Field(description="RegistrationResponseJSON or AuthenticationResponseJSON")
]


class PasswordChange(Request):
    """The password of whoever is signed in, and the one to be."""

    password: Secret
    new: Annotated[str, Field(min_length=1, max_length=128)]


class NewDeskPin(Request):
    """Four to six digits, and the password of whoever is signed in; who has none, since a provider
    vouches for them, has signed in by it within five minutes."""

    password: Secret | None = None
    pin: Annotated[str, Field(min_length=1, max_length=40)]


class NewPasskey(Request):
    """A passkey that has just been made, and what its owner calls it."""

    name: _Name
    credential: Credential


class PasskeyName(Request):
    """What its owner calls it."""

    name: _Name


@dataclass(frozen=True, slots=True)
class PasskeyOptions:
    """What `navigator.credentials.create` is to be called with (WebAuthn, 5.1):
    PublicKeyCredentialCreationOptionsJSON."""

    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PasskeySignIn:
    """What `navigator.credentials.get` is to be called with (WebAuthn, 5.1:
    PublicKeyCredentialRequestOptionsJSON); null where nobody signs in by a passkey here: then `why`
    says so."""

    options: dict[str, Any] | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey; `used` is when somebody was let in by it last."""

    id: str
    name: str
    created: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Those of an account, the oldest first."""

    passkeys: tuple[Passkey, ...]


def passkey_shown(passkey: KnownPasskey) -> Passkey:
    return Passkey(str(passkey.id), passkey.name, passkey.created, passkey.used)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account of whoever is signed in. `has_authenticator`: its codes are taken;
    `recovery_codes` are those that are left; `has_pin`: one that takes a desk over."""

    user: str
    name: str
    email: str
    branch: str
    has_password: bool
    password_changed: datetime | None
    has_authenticator: bool
    recovery_codes: int
    has_pin: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Somebody who is signed in, from where, and how they have shown who they are; `ends` is when,
    if nothing is done."""

    id: str
    address: str
    workstation: str | None
    methods: tuple[str, ...]
    created: datetime
    seen: datetime
    ends: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class OpenSessions:
    """Those of whoever is signed in, the one that was used last first."""

    sessions: tuple[OpenSession, ...]


def session_shown(session: Open, current: bytes) -> OpenSession:
    digest = bytes(session.digest)
    return OpenSession(
        digest.hex()[:32],
        session.address,
        session.workstation,
        tuple(session.methods.split()),
        session.created,
        session.seen,
        session.ends,
        digest == current,
    )
