"""The section ``[z3950]`` of tiro.toml.

[z3950]
port = 2100
databases = ["catalogue", "Default"]

[[z3950.accounts]]
user = "union-catalogue"
password = "$argon2id$..."       # the hash, made by `circulation.pins.hash_pin`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

_EXACT = ConfigDict(extra="forbid")

Octets = Annotated[int, Field(ge=1_024, le=1 << 30)]


@dataclass(frozen=True, slots=True)
class Account:
    """Who may come in."""

    __pydantic_config__ = _EXACT

    #: What the client sends in Init; the password stands here as its argon2 hash.
    user: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, Field(pattern=r"^\$argon2(id|i|d)\$")] = field(repr=False)
    #: Where not empty, the client must name this group as well.
    group: str = ""


def _with_users_of_their_own(accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    users = [account.user for account in accounts]
    twice = sorted({user for user in users if users.count(user) > 1})
    if twice:
        raise ValueError(f"more than one account of the user {', '.join(twice)}")
    return accounts


@dataclass(frozen=True)
class Z3950Settings:
    """Where Z39.50 is spoken, to whom, and within which bounds."""

    __pydantic_config__ = _EXACT

    enabled: bool = True
    port: Annotated[int, Field(ge=0, le=65_535)] = 2100
    interface: str = "127.0.0.1"

    #: Names under which the whole catalogue is found; the case of letters does not matter. Each
    #: agency and branch is a database of its own besides, under its ISIL.
    databases: Annotated[tuple[str, ...], Field(min_length=1)] = ("catalogue", "Default")
    #: With none, everybody may search, and who names a user may too.
    accounts: Annotated[tuple[Account, ...], AfterValidator(_with_users_of_their_own)] = ()
    #: Refuse who names no user. Who names one must be known wherever there are accounts.
    require_account: bool = False

    #: Seconds without a request before the association is closed.
    idle_timeout: Annotated[float, Field(gt=0)] = 600.0
    #: The most that is offered in Init: octets of records in a response, and of one record.
    preferred_message_size: Octets = 1 << 20
    exceptional_record_size: Octets = 4 << 20
    #: Octets of one request.
    maximum_request_size: Octets = 256 << 10
    #: Result sets one association may keep.
    maximum_result_sets: Annotated[int, Field(ge=2, le=10_000)] = 100

    @cached_property
    def by_user(self) -> Mapping[str, Account]:
        return {account.user: account for account in self.accounts}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of `databases` in lower case."""
        return frozenset(name.lower() for name in self.databases)
