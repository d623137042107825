"""The section [sip2] of tiro.toml: the port, the limits, and an account for each terminal.

[sip2]
port = 6001

[[sip2.accounts]]
login = "kiosk-1"
password = "$argon2id$..."       # the hash, made by `circulation.pins.hash_pin`
branch = "DK-900101"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from protocols.sip2.text import Charset, Dialect

_EXACT = ConfigDict(extra="forbid")

AccountKind = Literal["self-service", "sorter", "desk"]
Language = Literal["da", "en"]


@dataclass(frozen=True)
class Account:
    """A login, and how its terminals are spoken to."""

    __pydantic_config__ = _EXACT

    #: What the terminal sends in CN and CO; the password stands here as its argon2 hash.
    login: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, Field(pattern=r"^\$argon2(id|i|d)\$")] = field(repr=False)
    #: ISIL of the branch where its terminals stand.
    branch: Annotated[str, Field(min_length=1)]
    #: A message may name another branch of the same agency (AP, else AO) as the place where it
    #: happens: one login for the terminals of many branches.
    any_branch_of_agency: bool = True
    #: A sorter checks in and asks about items, and does nothing else.
    kind: AccountKind = "self-service"

    charset: Charset = "utf-8"
    terminator: Literal["CR", "CRLF"] = "CR"
    #: Of messages to patrons, where the terminal has not named a language (23, 63) that we speak.
    language: Language = "da"
    #: How AH is written: ``20261224    235900`` or ``2026-12-24``.
    due_date: Literal["date-and-time", "day"] = "date-and-time"

    #: Without a PIN (AD) nothing is said or done. Where false, a PIN that is sent is still checked.
    require_patron_pin: bool = False
    #: Name the card of the patron whose loan a check-in (10) has ended.
    show_borrower: bool = True
    #: What a check-in does where somebody waits for the item: sends it to the pickup branch bound
    #: to nobody (route), binds it (bind), or puts it on the hold shelf, too, and tells the patron
    #: (shelve). Where nothing is said, a desk shelves and a machine binds.
    holds: Literal["route", "bind", "shelve"] | None = None
    #: Name the patron for whom an item that was handed in (10) is kept.
    show_hold_patron: bool = False
    #: Send CT in 10 for items that stay here, too: some sorters insist on it.
    always_send_destination: bool = False
    #: Send e-mail, telephone, birth date and category in 64.
    show_personal_details: bool = False
    #: Loans that have happened while the line was down (no block = Y) are taken as they come.
    accept_offline: bool = True

    def dialect(self, delimiter: str) -> Dialect:
        """How frames to and from its terminals are written."""
        return Dialect(self.charset, delimiter, b"\r\n" if self.terminator == "CRLF" else b"\r")


def _with_logins_of_their_own(accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    logins = [account.login for account in accounts]
    twice = sorted({login for login in logins if logins.count(login) > 1})
    if twice:
        raise ValueError(f"more than one account with the login {', '.join(twice)}")
    return accounts


@dataclass(frozen=True)
class Sip2Settings:
    """The whole section. Times are in seconds."""

    __pydantic_config__ = _EXACT

    enabled: bool = True
    port: Annotated[int, Field(ge=0, le=65535)] = 6001
    interface: str = "127.0.0.1"
    accounts: Annotated[tuple[Account, ...], AfterValidator(_with_logins_of_their_own)] = ()

    #: Ends a field. It must be known before the login, so it is the same for all accounts.
    delimiter: Literal["|", "^", "~", "!", "#", ";", "\\"] = "|"
    #: The charset until a login says otherwise.
    charset: Charset = "utf-8"
    #: Answer an SC Status (99) that comes before the login.
    status_before_login: bool = True
    login_tries: Annotated[int, Field(ge=1, le=100)] = 3
    login_timeout: Annotated[float, Field(gt=0)] = 60.0
    #: Terminals send 99 every five to seven minutes to keep a line alive.
    idle_timeout: Annotated[float, Field(gt=0)] = 600.0
    #: Longer frames are thrown away, so that nobody can fill the memory.
    max_frame: Annotated[int, Field(ge=512, le=1_000_000)] = 8192

    #: Told to the terminal in 98: how long to wait for an answer, and how often to try again.
    answer_timeout: Annotated[float, Field(ge=0.1, le=99.8)] = 30.0
    answer_retries: Annotated[int, Field(ge=0, le=998)] = 3

    @cached_property
    def by_login(self) -> Mapping[str, Account]:
        return {account.login: account for account in self.accounts}

    def first_dialect(self) -> Dialect:
        """How frames are read and written before the login."""
        return Dialect(self.charset, self.delimiter)
