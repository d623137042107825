"""One's own account: passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from circulation.staff.passkeys import Passkey as KnownPasskey
from protocols.api.models.common import Request

_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
#: What a browser's `PublicKeyCredential.toJSON()` gives.
Credential = Annotated[
    dict[str, Any], Field(description="RegistrationResponseJSON or AuthenticationResponseJSON")
]


class NewPasskey(Request):
    """A passkey that has just been made, and what its owner calls it."""

    name: _Name
    credential: Credential


class PasskeyName(Request):
    """What its owner calls it."""

    name: _Name


@dataclass(frozen=True, slots=True)
class PasskeyOptions:
    """What `navigator.credentials` is to be called with (WebAuthn, 5.1):
    PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON."""

    options: dict[str, Any]


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
