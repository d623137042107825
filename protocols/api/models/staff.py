"""Accounts of the staff, roles, workstations, programs, and who has looked at whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from catalogue.database import Transaction
from circulation.kernel.amounts import MAX_AMOUNT_MINOR_UNITS
from circulation.kernel.rights import Right
from circulation.staff.accounts import Account as KnownAccount
from circulation.staff.accounts import roles_of
from circulation.staff.held_roles import words_of
from circulation.staff.programs import Program as KnownProgram
from circulation.staff.roles import BUILT_IN
from circulation.staff.roles import Role as KnownRole
from circulation.staff.workstations import Printer
from circulation.staff.workstations import Workstation as KnownWorkstation
from protocols.api.models.answers import Branch
from protocols.api.models.common import Isil, Paging, Request

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Word = Annotated[str, Field(max_length=200)]
_Roles = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
    Field(max_length=100, description="ROLE, ROLE@ISIL (of a branch or an agency) or ROLE@all"),
]
_Limit = Annotated[
    int, Field(ge=0, le=MAX_AMOUNT_MINOR_UNITS, description="in minor units; null is no bound")
]


class NewAccount(Request):
    """Somebody of the staff. Nobody signs in before there is a password."""

    user: Annotated[str, Field(min_length=1, max_length=64)]
    name: _Name
    branch: Isil
    email: _Word = ""
    language: _Word = ""
    roles: _Roles = ()
    waiving_limit: _Limit | None = None


class AccountChanges(Request):
    """What is to be changed of an account; what is not said stays. `disabled`: they have left."""

    name: _Name | None = None
    branch: Isil | None = None
    email: _Word | None = None
    language: _Word | None = None
    roles: _Roles | None = None
    waiving_limit: _Limit | None = None
    disabled: bool | None = None


class NewPassword(Request):
    """A password for somebody."""

    password: Annotated[str, Field(min_length=1, max_length=128)]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the staff; `disabled` is since when nobody gets in by it."""

    user: str
    name: str
    email: str
    language: str
    branch: str
    roles: tuple[str, ...]
    waiving_limit: int | None
    has_password: bool
    password_changed: datetime | None
    has_second_factor: bool
    created: datetime
    disabled: datetime | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts that the caller administers, by user name."""

    accounts: tuple[Account, ...]


def account_shown(transaction: Transaction, account: KnownAccount) -> Account:
    return Account(
        account.user_name,
        account.name,
        account.email,
        account.language,
        account.branch_isil,
        tuple(words_of(transaction, roles_of(transaction, staff_id=account.id))),
        account.waiving_limit,
        account.has_password,
        account.password_changed,
        bool(account.has_second_factor),
        account.created,
        account.disabled,
    )


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of rights; `built_in` where no library.toml says otherwise."""

    role: str
    name: str
    built_in: bool
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """All roles, by code."""

    roles: tuple[Role, ...]


def role_shown(role: KnownRole) -> Role:
    rights = tuple(sorted(each.value for each in role.rights))
    return Role(role.code, role.name, BUILT_IN.get(role.code) == role, rights)


class PrinterWish(Request):
    """Where slips are printed. `address`: host and port, the name of a queue, or a MAC address;
    `width` is in characters."""

    kind: Literal["none", "escpos", "cups", "cloudprnt"]
    address: Annotated[str, Field(max_length=255)] = ""
    width: Annotated[int, Field(ge=20, le=120)] = 42


class NewWorkstation(Request):
    """A desk to be registered: the branch where it stands."""

    branch: Isil


class NewDesk(Request):
    """What the browser that asks is to be: a desk of that name, at a branch (that of who asks, if
    none is said). `takes_over`: it is one that is registered already, with its branch and printer;
    it gets a new key, and the browser that it was before is none any more."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    branch: Isil | None = None
    takes_over: bool = False


@dataclass(frozen=True, slots=True)
class Workstation:
    """A registered desk; `registered` is when its key was made, null where it has none."""

    name: str
    branch: str
    printer: Printer
    registered: datetime | None


@dataclass(frozen=True, slots=True)
class Workstations:
    """The desks that the caller administers, by branch and name."""

    workstations: tuple[Workstation, ...]


@dataclass(frozen=True, slots=True)
class ThisBrowser:
    """The desk that the browser that asks is registered as; null where it is none."""

    workstation: str | None
    branch: Branch | None


@dataclass(frozen=True, slots=True)
class WorkstationKey:
    """The key of a desk, which is told this once: its browser keeps it."""

    name: str
    branch: str
    key: str


def workstation_shown(each: KnownWorkstation) -> Workstation:
    return Workstation(each.name, each.branch_isil, each.printer, each.registered)


class NewProgram(Request):
    """A bot or a web site. `bearer`: it gets a bearer token as well, and then it expires.

    An app works in the name of others (`acts_for`), who agree to it, and its browsers come back to
    `redirect_uris`; `rights` are what it may ask people of the staff for, and of patrons none.
    """

    branch: Isil
    rights: Annotated[tuple[Right, ...], Field(max_length=100)] = ()
    all_agencies: bool = False
    requests_per_minute: Annotated[int, Field(ge=1, le=10**6)] = 600
    expires: datetime | None = None
    bearer: bool = False
    acts_for: Literal["staff", "patron"] | None = None
    redirect_uris: Annotated[
        tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=20)
    ] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """A bot or a web site, and what it may do."""

    name: str
    client_id: str
    branch: str
    all_agencies: bool
    rights: tuple[str, ...]
    requests_per_minute: int
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    acts_for: str | None
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs that the caller administers, by name; those that were revoked as well."""

    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class ProgramSecret:
    """What a program shows, which is told this once."""

    name: str
    client_id: str
    secret: str
    bearer: str | None


def program_shown(each: KnownProgram) -> Program:
    return Program(
        each.name,
        each.client_id,
        each.branch_isil,
        bool(each.is_of_all),
        tuple(json.loads(each.rights)),
        each.requests_per_minute,
        each.created,
        each.expires,
        each.revoked,
        each.acts_for,
        each.ways_back,
    )


class LookUpsBy(Paging):
    """Whose look-ups: `actor` is the name under which they stand in the log."""

    actor: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class ActorLookUp:
    """What somebody has looked at: a patron, or hits of whom none was opened."""

    at: datetime
    kind: str
    device: str
    branch: str | None
    patron: str | None
    what: str
    context: str
    hits: int | None
    searched: str


@dataclass(frozen=True, slots=True)
class ActorLookUps:
    """The newest first."""

    actor: str
    lines: tuple[ActorLookUp, ...]
