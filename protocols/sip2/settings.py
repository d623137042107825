"""The section [sip2] of tiro.toml: the ports, the limits, and an account for each terminal.

[sip2]
port = 6001
tls_port = 6443                 # TLS only; with [sip2.tls] the port above takes TLS, too
telnet_port = 6023              # asks for login and password by prompts
https = true                    # POST of XML to /rest/sip2/AGENCY on the port of [http], too

[sip2.tls]                      # see protocols.hosting.tls
certificate = "fullchain.pem"
key = "key.pem"

[sip2.access]                   # see protocols.hosting.fronts
allow = ["192.0.2.0/24"]

[[sip2.accounts]]
login = "kiosk-1"
password = "$argon2id$..."      # the hash, made by `tiro hash`
branch = "DK-900101"
profile = "lyngsoe"             # see terminals/profiles.py; any option of it can be overridden
networks = ["192.0.2.64/26"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter

from circulation.languages.sentences import Sentence
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.networks import is_within
from protocols.hosting.tls import Tls
from protocols.hosting.validating import HASHED
from protocols.sip2.messages import LAYOUTS
from protocols.sip2.terminals.options import AccountKind, Options
from protocols.sip2.terminals.profiles import with_profile
from protocols.sip2.terminals.shaping import shaper_of
from protocols.sip2.wire.text import Charset, Dialect

_EXACT = ConfigDict(extra="forbid")
PortNumber = Annotated[int, Field(ge=0, le=65535)]


@dataclass(frozen=True)
class Account(Options):
    """A login, with all the options of `protocols.sip2.terminals.options` for its terminals."""

    __pydantic_config__ = _EXACT

    #: What the terminal sends in CN and CO; the password is given as its argon2 hash.
    login: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, HASHED] = field(repr=False)
    #: The ISIL of its terminals' branch.
    branch: Annotated[str, Field(min_length=1)]
    #: A message may name another branch of the same agency (AP, else AO) as the place where it
    #: happens, so that terminals of many branches can share one login.
    any_branch_of_agency: bool = True
    #: A sorter only checks in and asks about items.
    kind: AccountKind = "self-service"
    #: The profile whose options were taken.
    profile: str | None = None
    #: Record what its terminals send and get in the folder `record` of the section.
    record: bool = False

    def dialect(self, delimiter: str) -> Dialect:
        """How frames to and from its terminals are written."""
        end = b"\r\n" if self.terminator == "CRLF" else b"\r"
        return Dialect(self.charset, delimiter, end, self.nonprinting_character)

    @cached_property
    def shaper(self) -> Callable[[Any], None] | None:
        """What changes each answer (`protocols.sip2.terminals.shaping`); None if nothing does."""
        return shaper_of(self)

    @cached_property
    def closed(self) -> frozenset[type]:
        """The requests that `closed_messages` names."""
        return frozenset(LAYOUTS[code].message for code in self.closed_messages)

    def is_used_from(self, host: str) -> bool:
        """Is the address one of its networks?"""
        return not self.networks or is_within(self.networks, host)


def _consistent(account: Account) -> Account:
    if "address" in account.login_by and not account.networks:
        raise ValueError(Sentence("NEEDS_NETWORKS"))
    return account


#: An account as it stands in a file or a set-up, with the options of its profile.
AccountOptions = Annotated[Account, BeforeValidator(with_profile), AfterValidator(_consistent)]
_ACCOUNT: TypeAdapter[Account] = TypeAdapter(AccountOptions)


def account_from(options: Mapping[str, Any]) -> Account:
    """The account with these options, over those of its profile. Raises ValidationError."""
    return _ACCOUNT.validate_python(dict(options))


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
    port: PortNumber = 6001
    #: The port for TLS only, and the one that prompts for login and password.
    tls_port: PortNumber | None = None
    telnet_port: PortNumber | None = None
    interface: str = "127.0.0.1"
    #: SIP2 over HTTPS, too: messages in XML, by POST to ``/rest/sip2/AGENCY`` on the port of
    #: [http]. It needs TLS there, or a web server before it that ends TLS (`forwarders` of [http]);
    #: in clear it is spoken on this host alone.
    https: bool = False
    #: The certificate; with one the port above takes TLS and, if allowed here, plain connections.
    tls: Tls | None = None
    access: Access = ANYBODY
    accounts: Annotated[tuple[AccountOptions, ...], AfterValidator(_with_logins_of_their_own)] = ()
    #: The account of terminals that send no login, like those of protocol 1.00, within its
    #: `networks`. An account that logs in by its address comes first.
    default_account: str | None = None
    #: A folder for the recorded conversations (see `recording`).
    record: Path | None = None

    #: The end of a field. It must be known before the login, so it is the same for all accounts.
    delimiter: Literal["|", "^", "~", "!", "#", ";", "\\"] = "|"
    #: The charset until a login says otherwise.
    charset: Charset = "utf-8"
    #: Answer an SC Status (99) before the login, if an account that may be used from there allows
    #: it.
    status_before_login: bool = True
    login_tries: Annotated[int, Field(ge=1, le=100)] = 3
    #: Wrong passwords of one login from one address before that pair must wait: a second, then two,
    #: four and so on, up to a minute. Others do not wait.
    login_failures: Annotated[int, Field(ge=1, le=1000)] = 10
    login_timeout: Annotated[float, Field(gt=0)] = 60.0
    #: Terminals send 99 every five to seven minutes to keep their line open.
    idle_timeout: Annotated[float, Field(gt=0)] = 600.0
    #: How long a message that changes something, and comes again byte for byte, counts as a retry
    #: and gets the same answer. Terminals retry for `answer_timeout` times `answer_retries`; 0
    #: switches this off.
    repeats_within: Annotated[float, Field(ge=0, le=3600)] = 180.0
    #: Longer frames are thrown away, so that nobody can fill the memory.
    max_frame: Annotated[int, Field(ge=512, le=1_000_000)] = 8192

    #: Sent to the terminal in 98: how long to wait for an answer, and how often to try again.
    answer_timeout: Annotated[float, Field(ge=0.1, le=99.8)] = 30.0
    answer_retries: Annotated[int, Field(ge=0, le=998)] = 3

    def __post_init__(self) -> None:
        if self.tls_port is not None and self.tls is None:
            raise ValueError("tls_port needs [sip2.tls]")

    @cached_property
    def by_login(self) -> Mapping[str, Account]:
        return {account.login: account for account in self.accounts}

    def first_dialect(self) -> Dialect:
        """How frames are read and written before the login."""
        return Dialect(self.charset, self.delimiter)
