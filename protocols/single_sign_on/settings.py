"""The section ``[single_sign_on]`` of tiro.toml: providers of OpenID Connect for the staff.

[single_sign_on]
after = "/desk"

[[single_sign_on.providers]]
name = "municipality"
issuer = "https://login.example.org"
client_id = "tiro"
client_secret = "..."
accounts = "made"
branch = "DK-900101"
roles_claim = "groups"
roles = { "library-heads" = ["head"], "library" = ["librarian@DK-900101"] }
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from protocols.hosting.validating import written

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/|\Z)")


def _is_safe(address: str) -> str:
    """Codes and secrets go there: over TLS, or to the same machine."""
    if not (address.startswith("https://") or _LOOPBACK.match(address)):
        raise ValueError("must begin with https://")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_is_safe)]


@dataclass(frozen=True)
class Provider:
    """One provider. `name` stands in addresses: ``/sign-on/NAME``; people read `label`.

    `accounts`: who is let in: those ``known`` by an earlier sign-in, at the first one ``matched``
    by `user_name_claim` too, or ``made`` at `branch`. `roles` gives the roles for each value of
    `roles_claim`, as `tiro staff roles` takes them, and who has none is not let in; without it the
    account keeps its own. `privileges_of` says that the claim holds privileges in the profile of
    Danish authorities (see `privileges`), and the scope of those that count.
    `prompt` has the provider ask who it is, where desks are shared (OpenID Connect Core, 3.1.2.1).
    `strong` are the values of `amr` and `acr` that say that more than a password was asked for.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Annotated[str, written(r"^[a-z0-9-]+\Z", "SMALL_LETTERS")]
    issuer: Address
    client_id: str
    label: str = ""
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    accounts: Literal["known", "matched", "made"] = "known"
    branch: str = ""
    user_name_claim: str = "preferred_username"
    roles_claim: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    privileges_of: str = ""
    prompt: Literal["", "login", "select_account"] = ""
    strong: tuple[str, ...] = ("mfa", "otp", "hwk", "swk", "sc")

    def __post_init__(self) -> None:
        if self.accounts == "made" and not self.branch:
            raise ValueError("accounts that are made need a branch")
        if bool(self.roles_claim) != bool(self.roles):
            raise ValueError("roles_claim and roles are said together")
        if self.privileges_of and not self.roles_claim:
            raise ValueError("privileges_of takes a roles_claim")


@dataclass(frozen=True)
class SingleSignOnSettings:
    """`after` is where browsers go when signed in. Where they reach this server is `[http]
    address`."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    after: Annotated[str, written(r"^/([^/\\].*)?\Z", "A_PATH_HERE")] = "/"
    providers: tuple[Provider, ...] = ()
    patience: Annotated[float, Field(gt=0, le=60)] = 10.0

    def __post_init__(self) -> None:
        names = [each.name for each in self.providers]
        if len(set(names)) != len(names):
            raise ValueError("two providers have the same name")
