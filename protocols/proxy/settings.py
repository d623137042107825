"""The file proxy.toml: where terminals connect, the two systems, and every terminal.

journal = "journal"             # a folder, beside this file
key = "..."                     # 64 hexadecimal digits: secrets are kept as digests under it

[listen]
port = 6001
interface = "0.0.0.0"
[listen.tls]                    # see protocols.hosting.tls
certificate = "fullchain.pem"
key = "key.pem"

[old]
host = "sip2.old.example.org"
port = 6001
account = { login = "proxy", password = "..." }     # what it writes back with
[new]
host = "127.0.0.1"
port = 6443
tls = { authority = "tiro-ca.pem" }
follow = { login = "proxy-follows", password = "..." }
judge = { login = "proxy-judges", password = "..." }

[[terminals]]
login = "kiosk-1"               # CN of its 93
networks = ["192.0.2.7"]        # where it is called from; alone, without a login, by its address
branch = "DK-900101"            # its ISIL in the new system
charset = "cp850"               # in which it writes, if not that of most (charset, above)
mode = "old"                    # until it is flipped for the first time
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from circulation.kernel.results import DEFAULT_TIMEZONE
from circulation.languages.installed import default_language, named
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.logs import Form
from protocols.hosting.networks import Network, narrowest
from protocols.hosting.tls import File, Tls
from protocols.hosting.validating import adapter_of, problem_of, written
from protocols.sip2.wire.text import Charset, Dialect

_EXACT: Final = ConfigDict(extra="forbid")
PortNumber = Annotated[int, Field(ge=0, le=65535)]
System = Literal["old", "new"]
Mode = Literal["old", "shadow", "new with write-back", "new"]
SYSTEMS: Final[tuple[System, System]] = ("old", "new")
MODES: Final[tuple[Mode, ...]] = ("old", "shadow", "new with write-back", "new")


class ProxyUnusable(Exception):
    """The file cannot be used; `problems` holds a sentence for each thing to put right."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Login:
    """What the proxy itself logs in with (93)."""

    __pydantic_config__ = _EXACT

    login: Annotated[str, Field(min_length=1, max_length=255)]
    password: Annotated[str, Field(max_length=255)] = field(repr=False)


@dataclass(frozen=True)
class TowardsTls:
    """How a system is verified: by the authorities of the host, or those of a PEM file.

    `name` is what its certificate must say, if not the host; `certificate` and `key` are ours.
    """

    __pydantic_config__ = _EXACT

    authority: File | None = None
    certificate: File | None = None
    key: File | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        for path in (self.authority, self.certificate, self.key):
            if path is not None and not path.is_file():
                raise ValueError(f"{path} is no file")


@dataclass(frozen=True)
class SystemSettings:
    """A library system that is asked over SIP2. Times are in seconds.

    `lines`: connections of the proxy's own, beside one for each terminal. `retry_from` and
    `retry_to`: how long to wait before it is tried again, doubled each time.
    """

    __pydantic_config__ = _EXACT

    host: Annotated[str, Field(min_length=1)]
    port: PortNumber = 6001
    tls: TowardsTls | None = None
    #: What it is told with what the other one did; without it nothing is written there.
    account: Login | None = None
    connect_timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    #: Silence after which the outcome is unknown.
    answer_timeout: Annotated[float, Field(gt=0, le=300)] = 20.0
    lines: Annotated[int, Field(ge=1, le=64)] = 4
    retry_from: Annotated[float, Field(gt=0)] = 1.0
    retry_to: Annotated[float, Field(gt=0)] = 60.0
    #: Checksums in what the proxy itself sends.
    error_detection: bool = True
    #: Its institution id (AO) in what the proxy itself sends; else that of the terminal's message.
    institution: str | None = None


@dataclass(frozen=True)
class DialectSettings:
    """How the old system speaks SIP2, where the standard leaves it free; `tiro probe` finds it out.

    `leaves_out` names optional fields of its answers that it never sends, such as ``24.BV``.
    `hold_counts`: whether 64 counts holds that are ready and those that wait apart.
    """

    __pydantic_config__ = _EXACT

    leaves_out: tuple[
        Annotated[str, written(r"^[0-9]{2}\.[A-Z][A-Z0-9]\Z", "ANSWER_FIELD")], ...
    ] = ()
    hold_counts: Literal["one", "two"] = "two"


@dataclass(frozen=True)
class OldSettings(SystemSettings):
    """The system that is left."""

    dialect: DialectSettings = DialectSettings()
    #: When it is silent, terminals in its care are answered by the proxy, and it is told later.
    answer_for_it: bool = True


@dataclass(frozen=True)
class NewSettings(SystemSettings):
    """The system that is moved into: a Tiro.

    `follow` is an account with ``follows = true`` there and `judge` one with ``judges = true``.
    """

    follow: Login | None = None
    judge: Login | None = None
    #: Exchanges that may wait to be judged; what comes on top is not judged.
    judge_queue: Annotated[int, Field(ge=1, le=100_000)] = 1000


@dataclass(frozen=True)
class ListenSettings:
    """Where terminals connect."""

    __pydantic_config__ = _EXACT

    port: PortNumber = 6001
    interface: str = "127.0.0.1"
    tls: Tls | None = None
    access: Access = ANYBODY
    #: Longer messages are thrown away, so that nobody can fill the memory.
    max_frame: Annotated[int, Field(ge=512, le=1_000_000)] = 8192
    idle_timeout: Annotated[float, Field(gt=0)] = 900.0
    #: How long the same bytes of the same terminal count as asked again, and not as asked anew.
    repeats_within: Annotated[float, Field(ge=0, le=3600)] = 180.0


_HOUR: Final = r"([01]\d|2[0-3]):[0-5]\d"


@dataclass(frozen=True)
class ReconcileSettings:
    """How often the two systems are compared.

    `hours` are those of the night in which everything is compared once, by the clocks of the
    house; empty: it is compared on command alone.
    """

    __pydantic_config__ = _EXACT

    #: An item or a patron is compared after a system was told of an act.
    after_acts: bool = True
    #: To both systems together.
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 5.0
    hours: Annotated[str, written(rf"^({_HOUR}-{_HOUR})?\Z", "HOURS_OF_NIGHT")] = "22:00-05:00"
    #: A loan that is clearly wrong in one system is put right there.
    corrects: bool = True


@dataclass(frozen=True)
class MetricsSettings:
    """Where Prometheus asks: GET /metrics; without a port, nowhere."""

    __pydantic_config__ = _EXACT

    port: PortNumber | None = None
    interface: str = "127.0.0.1"


@dataclass(frozen=True)
class TerminalSettings:
    """A machine, or all that share a login at a branch."""

    __pydantic_config__ = _EXACT

    login: Annotated[str, Field(min_length=1, max_length=255)]
    branch: Annotated[str, Field(min_length=1)]
    networks: tuple[Network, ...] = ()
    #: In which it writes, where it is another than that of most.
    charset: Charset | None = None
    mode: Mode = "old"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is no time zone such as {DEFAULT_TIMEZONE}") from None
    return name


@dataclass(frozen=True)
class LoggingSettings:
    """How much is written to standard error, and in which form (`protocols.hosting.logs`)."""

    __pydantic_config__ = _EXACT

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Form = "text"


@dataclass(frozen=True)
class ProxySettings:
    """The whole file."""

    __pydantic_config__ = _EXACT

    journal: File
    key: Annotated[str, written(r"^[0-9a-fA-F]{64}\Z", "HEXADECIMAL")] = field(repr=False)
    old: OldSettings
    new: NewSettings | None = None
    listen: ListenSettings = ListenSettings()
    metrics: MetricsSettings = MetricsSettings()
    reconcile: ReconcileSettings = ReconcileSettings()
    logging: LoggingSettings = LoggingSettings()
    #: Where the terminals are: dates that the proxy itself tells are by its clocks.
    timezone: Annotated[str, AfterValidator(_zone)] = DEFAULT_TIMEZONE
    #: Differences that somebody has accepted, to be kept under version control with this file.
    accepted: Annotated[File, Field(validate_default=True)] = Path("accepted-differences.toml")
    #: Megabytes of the journal after which the state is kept anew: a start reads about as much.
    keep_state_after: Annotated[float, Field(gt=0)] = 32.0
    #: What the proxy itself says on a screen, where the patron's language is not known.
    language: Annotated[str, AfterValidator(named)] = field(default_factory=default_language)
    terminals: tuple[TerminalSettings, ...] = ()
    #: In which terminals write: what the proxy itself says to them is written so.
    charset: Charset = "utf-8"
    #: For terminals that are not listed.
    others: Literal["old", "refused"] = "old"

    def __post_init__(self) -> None:
        logins = [each.login for each in self.terminals]
        twice = sorted({each for each in logins if logins.count(each) > 1})
        if twice:
            raise ValueError(f"more than one terminal with the login {', '.join(twice)}")
        if self.new is None and any(each.mode != "old" for each in self.terminals):
            raise ValueError("a terminal's mode needs [new]")

    def by_login(self, login: str) -> TerminalSettings | None:
        return next((each for each in self.terminals if each.login == login), None)

    def by_address(self, host: str) -> TerminalSettings | None:
        """The terminal with the narrowest network that the host is in; None if two are equal."""
        found = [
            (bits, each)
            for each in self.terminals
            if (bits := narrowest(each.networks, host)) is not None
        ]
        best = max((bits for bits, _ in found), default=None)
        best_of_them = [each for bits, each in found if bits == best]
        return best_of_them[0] if len(best_of_them) == 1 else None

    def dialect(self, terminal: TerminalSettings | None) -> Dialect:
        """In which a terminal is written to; None: one that is not listed."""
        own = None if terminal is None else terminal.charset
        return Dialect(own or self.charset)

    @property
    def can_be_compared(self) -> bool:
        """Are there accounts to ask both systems with?"""
        new = self.new
        has_new = new is not None and (new.account is not None or new.judge is not None)
        return has_new and self.old.account is not None

    def system(self, name: System) -> SystemSettings | None:
        return self.old if name == "old" else self.new


def settings_from(table: dict[str, Any], path: Path) -> ProxySettings:
    """The settings in a parsed file; `path` is where it stands, for relative names."""
    try:
        found: ProxySettings = adapter_of(ProxySettings).validate_python(
            table, context={"folder": path.parent.absolute()}
        )
    except ValidationError as error:
        raise ProxyUnusable(path, [_sentence(each) for each in error.errors()]) from error
    return found


def load_settings(path: Path) -> ProxySettings:
    """Reads proxy.toml. Raises ProxyUnusable with all that is wrong in it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProxyUnusable(path, [f"cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProxyUnusable(path, [f"is not TOML: {error}"]) from error
    return settings_from(table, path)


def _sentence(detail: Any) -> str:
    """One problem in words; never the value itself, which may be a password."""
    place = ".".join(str(part) for part in detail["loc"])
    said = problem_of(detail)
    return f"{place}: {said}" if place else said
