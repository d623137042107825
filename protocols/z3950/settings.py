"""The section ``[z3950]`` of tiro.toml.

[z3950]
port = 2100
databases = ["catalogue", "Default"]

[[z3950.accounts]]
user = "union-catalogue"
password = "$argon2id$..."       # the hash, made by `circulation.patrons.pins.hash_pin`
branch = "DK-710100"             # the ISIL of its branch; needed for what follows
may_update = true                # records: insert, replace, delete (Extended Services)
may_order = true                 # holds for patrons (ItemOrder)
may_keep_sets = true             # persistent result sets
patron = "P0000001"              # who orders if the request names nobody
record_charset = "marc-8"        # of its MARC records; by default the setting of that name
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.tls import Tls
from protocols.hosting.validating import HASHED

_EXACT = ConfigDict(extra="forbid")

RecordCharset = Literal["utf-8", "marc-8", "iso-8859-1"]
Octets = Annotated[int, Field(ge=1_024, le=1 << 30)]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in."""

    __pydantic_config__ = _EXACT

    #: What the client sends in Init; the password is given as its argon2 hash.
    user: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, HASHED] = field(repr=False)
    #: If not empty, the client must name this group as well.
    group: str = ""
    #: What it may do by extended services: change records, place holds.
    may_update: bool = False
    may_order: bool = False
    #: Whether its result sets may outlive their association.
    may_keep_sets: bool = False
    #: The ISIL of the branch in whose name it acts.
    branch: str = ""
    #: The card of the patron for orders that name nobody.
    patron: str = ""
    #: The character set of its MARC records, if it differs from the general one.
    record_charset: RecordCharset | None = None


def _checked(accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    users = [account.user for account in accounts]
    twice = sorted({user for user in users if users.count(user) > 1})
    if twice:
        raise ValueError(f"more than one account of the user {', '.join(twice)}")
    for account in accounts:
        if (account.may_update or account.may_order) and not account.branch:
            raise ValueError(f"the account {account.user} needs a branch for what it may do")
    return accounts


@dataclass(frozen=True)
class Z3950Settings:
    """Where, with whom and within which bounds Z39.50 is spoken."""

    __pydantic_config__ = _EXACT

    enabled: bool = True
    port: Annotated[int, Field(ge=0, le=65_535)] = 2100
    interface: str = "127.0.0.1"
    access: Access = ANYBODY
    tls: Tls | None = None

    #: Names of the whole catalogue; case does not matter. Each agency and branch is also a database
    #: of its own, under its ISIL.
    databases: Annotated[tuple[str, ...], Field(min_length=1)] = ("catalogue", "Default")
    #: Without any, everybody may search, whether or not they name a user.
    accounts: Annotated[tuple[Account, ...], AfterValidator(_checked)] = ()
    #: Refuse clients that name no user. If there are accounts, a user who is named must be one of
    #: them.
    require_account: bool = False

    #: The character set of MARC records: ``utf-8``, ``marc-8``, ``iso-8859-1`` (danMARC2). A format
    #: that lacks it uses UTF-8. One that the client negotiates, or that its account names, comes
    #: first.
    record_charset: RecordCharset = "utf-8"

    #: Seconds without a request before the association is closed.
    idle_timeout: Annotated[float, Field(gt=0)] = 600.0
    #: The largest sizes agreed to in Init: octets of the records in a response, and of one record.
    preferred_message_size: Octets = 1 << 20
    exceptional_record_size: Octets = 4 << 20
    #: The largest request, in octets.
    maximum_request_size: Octets = 256 << 10
    #: Result sets one association may keep.
    maximum_result_sets: Annotated[int, Field(ge=2, le=10_000)] = 100

    @cached_property
    def by_user(self) -> Mapping[str, Account]:
        return {account.user: account for account in self.accounts}

    @cached_property
    def offers_extended_services(self) -> bool:
        return any(
            account.may_update or account.may_order or account.may_keep_sets
            for account in self.accounts
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of `databases` in lower case."""
        return frozenset(name.lower() for name in self.databases)
