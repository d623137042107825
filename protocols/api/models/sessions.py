"""Signing in, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from protocols.api.models.account import Credential
from protocols.api.models.answers import Branch
from protocols.api.models.common import Card, Request, Secret


class SignIn(Request):
    """A passkey alone; or a name and a password, with a code of the authenticator or a passkey
    where one is asked for. `passkey` is AuthenticationResponseJSON, the answer to what
    `POST /sessions/passkey` has given. Or a name and a `pin`, which is enough at a registered
    workstation for who has signed in there today; whoever was there before is signed out.

    `give` says what is given: a `cookie` for browsers, or a `token` for Authorization.
    `workstation_key` is what the registration of the workstation has printed; the browser keeps it.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    password: Secret | None = None
    code: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    passkey: Credential | None = None
    pin: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    give: Literal["cookie", "token"] = "cookie"
    workstation_key: Secret | None = None


class PatronSignIn(Request):
    """A card and its PIN."""

    card: Card
    pin: Secret
    give: Literal["cookie", "token"] = "cookie"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in (`kind`: staff, patron, program), what they may do at all, and until when if
    they do nothing.

    `account` names who that is for as long as there is the account: a request whose header
    `Signed-In-As` says it is refused where another has signed in meanwhile.
    `workstation` is the registered desk, or else the address (`is_registered` says which).
    `token` is told once, where one was asked for. `is_limited`: a second factor has to be set up
    before anything else.
    """

    kind: str
    name: str
    account: str
    branch: Branch | None
    workstation: str
    rights: tuple[str, ...]
    waiving_limit: int | None
    language: str
    is_limited: bool
    ends: datetime
    is_registered: bool = False
    token: str | None = None
