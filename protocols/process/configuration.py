"""One TOML file -> frozen dataclasses; every error of the file is reported at once, by name.

    [database]
    url = "sqlite:///tiro.sqlite"      # relative to the folder of this file
    replica = "postgresql://..."       # for searches; see catalogue/database/replicas.py
    [server]
    processes = 4                      # more than one: on PostgreSQL, under a supervisor
    [http]
    port = 8080
    address = "https://library.example.org"     # where browsers reach it
    [circulation]
    identifier_key = "..."             # hexadecimal: national numbers are hashed under it
    seal_key = "..."                   # hexadecimal: Digital Post reads them again with it
    [accession]                        # see protocols.records.accession_settings
    deadline = 5.0
    [languages]                        # see protocols.process.languages
    default = "da"
    [notices]                          # see protocols.notices.settings
    region = "DK"
    [sip2]                             # a section for each protocol folder, its own `settings`
    port = 6001

A key that nobody reads is an error: a misspelt setting must not go unnoticed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from catalogue.database import Following
from circulation.kernel.engine import Memory
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.seals import Seal
from circulation.sections.positions import lines_of
from circulation.staff.site import SITE, Site
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.logs import Form
from protocols.hosting.networks import Network
from protocols.hosting.standard import Standard
from protocols.hosting.tls import Tls
from protocols.hosting.validating import WebAddress, adapter_of, problem_of, written
from protocols.notices.settings import NoticeSettings
from protocols.process.languages import LanguageSettings, UsedLanguages
from protocols.records.accession_settings import AccessionSettings

PortNumber = Annotated[int, Field(ge=0, le=65535)]


class ConfigurationError(Exception):
    """The file cannot be used; `problems` holds a sentence for each thing to put right."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = problems


def _database_url(url: str) -> str:
    """One of the two kinds of database that there are; the rest may be a password."""
    if re.match(r"sqlite:///.|postgres(ql)?://", url):
        return url
    scheme, colon, _ = url.partition("://")
    found = f"is of the kind {scheme!r}" if colon and scheme.isascii() else "is neither"
    raise ValueError(f"must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, and {found}")


@dataclass(frozen=True)
class DatabaseSettings:
    """Where everything is kept: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.

    It may name several hosts (``postgresql://tiro@a,b/tiro``): whichever takes changes is meant.
    `patience`: seconds that a request waits for a lock that another program holds, and for a
    database that has just gone, before it is refused as a failure that passes.
    `replica`: a streaming replica, which answers searches as long as it is no more than
    `replica_lag_seconds` behind.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    url: Annotated[str, AfterValidator(_database_url)] = "sqlite:///tiro.sqlite"
    patience: Annotated[float, Field(ge=0.1, le=600)] = 15.0
    replica: (
        Annotated[str, written(r"^postgres(ql)?://", "postgresql://USER:PASSWORD@HOST/NAME")] | None
    ) = None
    replica_lag_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 1.0

    def __post_init__(self) -> None:
        if self.replica is not None and self.url.startswith("sqlite:"):
            raise ValueError("replica is for PostgreSQL; SQLite has none")

    @property
    def following(self) -> Following | None:
        """The replica as the engine is told of it."""
        if self.replica is None:
            return None
        return Following(self.replica, self.replica_lag_seconds)


@dataclass(frozen=True)
class ServerSettings:
    """How many processes serve, and how they end.

    `drain_seconds` is how long a process that is replaced gives its conversations to end: a SIP2
    terminal is told with the answer to its next message. One that shows no sign of life for
    `hung_seconds` is killed and replaced.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    processes: Annotated[int, Field(ge=1, le=256)] = 1
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    hung_seconds: Annotated[float, Field(ge=15, le=3600)] = 60.0


@dataclass(frozen=True)
class HttpSettings:
    """The port that all protocols over HTTP share; ``enabled = false`` switches it off.

    `address` is where browsers reach it, such as ``https://library.example.org``: passkeys are made
    for it and for no other.
    `wrong_lengths_from` are the networks whose clients may declare a wrong Content-Length (see
    `protocols.hosting.http_channel`): those that count characters, or a line end that they do not
    send.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = True
    port: PortNumber = 8080
    interface: str = "127.0.0.1"
    address: WebAddress | None = None
    access: Access = ANYBODY
    tls: Tls | None = None
    wrong_lengths_from: tuple[Network, ...] = ()


@dataclass(frozen=True)
class LoggingSettings:
    """How much is written to standard error, and in which form (`protocols.hosting.logs`).

    Requests that take `slow_ms` or longer have a line that says why; 0: none has.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Form = "text"
    slow_ms: Annotated[float, Field(ge=0)] = 1000.0


@dataclass(frozen=True)
class CirculationSettings:
    """`identifier_key`: 32 to 128 hexadecimal digits under which national numbers are hashed.

    Without it none are accepted; with another one those stored are not found any more.
    `seal_key`: 64 hexadecimal digits under which they are kept besides, for Digital Post.
    `any_day`: daily jobs may be run for days that have not come, as if they had: for trying only.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    identifier_key: (
        Annotated[
            str,
            written(r"^([0-9a-fA-F]{2}){16,64}\Z", "32 to 128 hexadecimal digits, an even number"),
        ]
        | None
    ) = None
    seal_key: Annotated[str, written(r"^[0-9a-fA-F]{64}\Z", "64 hexadecimal digits")] | None = None
    any_day: bool = False

    def __post_init__(self) -> None:
        if self.seal_key is not None and self.identifier_key is None:
            raise ValueError("seal_key needs identifier_key")

    @property
    def identifiers(self) -> IdentifierKey:
        """The keys as the engine is given them."""
        key = None if self.identifier_key is None else bytes.fromhex(self.identifier_key)
        seal = None if self.seal_key is None else Seal(bytes.fromhex(self.seal_key))
        return IdentifierKey(key, seal)


@dataclass(frozen=True)
class Configuration:
    """A whole tiro.toml. `standards` holds the settings of each protocol folder by its name."""

    path: Path
    database: DatabaseSettings
    http: HttpSettings
    logging: LoggingSettings
    standards: Mapping[str, Any]
    circulation: CirculationSettings = CirculationSettings()
    accession: AccessionSettings = field(default_factory=AccessionSettings)
    languages: LanguageSettings = field(default_factory=LanguageSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    server: ServerSettings = ServerSettings()

    @property
    def memories(self) -> dict[Memory[Any], Any]:
        """What the engine is to remember from the beginning."""
        address = self.http.address
        site = None if address is None else Site(address)
        return {IDENTIFIERS: self.circulation.identifiers, SITE: site}

    @property
    def database_url(self) -> str:
        """The database's URL, a relative SQLite path taken from the folder of the file."""
        kind, separator, rest = self.database.url.partition(":///")
        if kind != "sqlite" or not separator:
            return self.database.url
        return f"sqlite:///{(self.path.parent / rest).absolute()}"


SECTIONS: dict[str, Any] = {
    "languages": UsedLanguages,  # the first, since others name languages
    "accession": AccessionSettings,
    "circulation": CirculationSettings,
    "database": DatabaseSettings,
    "http": HttpSettings,
    "logging": LoggingSettings,
    "notices": NoticeSettings,
    "server": ServerSettings,
}


def load_configuration(path: Path, standards: Mapping[str, Standard]) -> Configuration:
    """Reads the file at `path`; raises ConfigurationError with all that is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(path, [f"cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path, [f"is not TOML: {error}"]) from error
    try:
        return configuration_from(table, path, standards)
    except ConfigurationError as error:
        raise ConfigurationError(path, with_lines(error.problems, text)) from error


#: How a problem begins: with its section, and mostly with the key in that.
_PLACE = re.compile(r"\[(?P<section>[^\]]+)\](?: (?P<key>[\w.-]+))?:")


def with_lines(problems: list[str], text: str) -> list[str]:
    """Problems with the line of the key, or of the nearest table around it, at their ends."""
    lines = lines_of(text.replace("\r\n", "\n"))
    said = []
    for problem in problems:
        place = _PLACE.match(problem)
        steps = [*place["section"].split("."), *(place["key"] or "").split(".")] if place else []
        path = tuple(int(step) if step.isdecimal() else step for step in steps if step)
        while path and path not in lines:
            path = path[:-1]
        said.append(f"{problem} (line {lines[path]})" if path else problem)
    return said


def configuration_from(
    table: Mapping[str, Any], path: Path, standards: Mapping[str, Standard]
) -> Configuration:
    """A configuration from a parsed file; `path` is where it stands, for relative names."""
    sections = SECTIONS | {name: standard.settings for name, standard in standards.items()}
    problems = [
        f"[{name}]: no such section; there are {', '.join(sorted(sections))}"
        for name in table
        if name not in sections
    ]
    settings: dict[str, Any] = {}
    for name, kind in sections.items():
        try:
            settings[name] = adapter_of(kind).validate_python(
                table.get(name, {}), context={"folder": path.parent}
            )
        except ValidationError as error:
            problems += [_sentence(name, detail) for detail in error.errors()]
    if {"database", "server"} <= settings.keys():
        problems += [
            f"[server] processes: {problem}"
            for problem in too_many_processes(settings["database"], settings["server"].processes)
        ]
    if problems:
        raise ConfigurationError(path, problems)
    return Configuration(
        path=path,
        database=settings.pop("database"),
        http=settings.pop("http"),
        logging=settings.pop("logging"),
        circulation=settings.pop("circulation"),
        accession=settings.pop("accession"),
        languages=settings.pop("languages"),
        notices=settings.pop("notices"),
        server=settings.pop("server"),
        standards=settings,
    )


def too_many_processes(database: DatabaseSettings, processes: int) -> list[str]:
    """What stands against so many processes on the database, in a sentence."""
    if processes > 1 and database.url.startswith("sqlite:"):
        return ["SQLite serves one process; more than one need PostgreSQL ([database] url)"]
    return []


def _sentence(section: str, detail: Any) -> str:
    """One problem in words; never the value itself, which may be a password."""
    place = ".".join(str(part) for part in detail["loc"])
    said = problem_of(detail)
    return f"[{section}] {place}: {said}" if place else f"[{section}]: {said}"
