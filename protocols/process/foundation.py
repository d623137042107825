"""What every command needs of tiro.toml: [database], [circulation], [http], [languages] and
[outgoing].

`protocols.process.configuration` has the whole file. Here nothing is loaded that sends messages,
fetches records or serves: most of what a command takes is loading.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from catalogue.database import Following
from circulation.kernel.engine import Memory
from circulation.kernel.fitting import CLOSED, Between, Checked
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey
from circulation.patrons.seals import Seal
from circulation.sections.renamed import Renamed, take_up
from circulation.staff.site import SITE, Site
from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.destinations import SECTION, OutgoingSettings
from protocols.hosting.networks import LOOPBACK, Network
from protocols.hosting.tls import Tls
from protocols.hosting.validating import WebAddress, Wrong, problem_of, settings_of, written
from protocols.process.languages import LanguageSettings, UsedLanguages

if TYPE_CHECKING:  # what is wrong is told by what is loaded for it
    from protocols.hosting.findings import Finding

T = TypeVar("T", bound="Foundation")
#: Settings that have another name since a minor version ago.
RENAMED: Final[tuple[Renamed, ...]] = ()
PortNumber = Annotated[int, Between(0, 65535)]


class ConfigurationError(Exception):
    """The file cannot be used; `problems` holds a sentence for each thing to put right."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.path = path
        self.problems = problems


def check_database_url(url: str) -> str:
    """Return the URL. Raise ValueError unless it is of one of the two kinds of database."""
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
    `direct`: PostgreSQL itself, where `url` is that of a pool (pgbouncer): for what needs a session
    of its own, such as a backup.
    `replica`: a streaming replica, which answers searches as long as it is no more than
    `replica_lag_seconds` behind.
    """

    __pydantic_config__ = CLOSED

    url: Annotated[str, Checked(check_database_url)] = "sqlite:///tiro.sqlite"
    direct: Annotated[str, written(r"^postgres(ql)?://", "A_POSTGRESQL_ADDRESS")] | None = None
    patience: Annotated[float, Between(0.1, 600)] = 15.0
    replica: Annotated[str, written(r"^postgres(ql)?://", "A_POSTGRESQL_ADDRESS")] | None = None
    replica_lag_seconds: Annotated[float, Between(0.1, 3600)] = 1.0

    def __post_init__(self) -> None:
        if self.replica is not None and self.url.startswith("sqlite:"):
            raise ValueError("replica is for PostgreSQL; SQLite has none")
        if self.direct is not None and self.url.startswith("sqlite:"):
            raise ValueError("direct is for PostgreSQL behind a pool; SQLite has none")

    @property
    def following(self) -> Following | None:
        """The replica as the engine is told of it."""
        if self.replica is None:
            return None
        return Following(self.replica, self.replica_lag_seconds)


@dataclass(frozen=True)
class HttpSettings:
    """The port that all protocols over HTTP share; ``enabled = false`` switches it off.

    `address` is where browsers reach it, such as ``https://library.example.org``: passkeys are made
    for it and for no other.
    `wrong_lengths_from` are the networks whose clients may declare a wrong Content-Length (see
    `protocols.hosting.http_channel`): those that count characters, or a line end that they do not
    send.
    """

    __pydantic_config__ = CLOSED

    enabled: bool = True
    port: PortNumber = 8080
    interface: str = "127.0.0.1"
    address: WebAddress | None = None
    access: Access = ANYBODY
    tls: Tls | None = None
    wrong_lengths_from: tuple[Network, ...] = ()
    #: Web servers before this one: they are believed who asks, and whether by https, so they must
    #: set X-Forwarded-For and X-Forwarded-Proto anew.
    forwarders: tuple[Network, ...] = LOOPBACK


@dataclass(frozen=True)
class CirculationSettings:
    """`identifier_key`: 32 to 128 hexadecimal digits under which national numbers are hashed.

    Without it none are accepted; with another one those stored are not found any more.
    `seal_key`: 64 hexadecimal digits under which they are kept besides, for Digital Post.
    `any_day`: daily jobs may be run for days that have not come, as if they had: for trying only.
    """

    __pydantic_config__ = CLOSED

    identifier_key: (
        Annotated[
            str,
            written(r"^([0-9a-fA-F]{2}){16,64}\Z", "HEXADECIMAL_EVEN"),
        ]
        | None
    ) = None
    seal_key: Annotated[str, written(r"^[0-9a-fA-F]{64}\Z", "HEXADECIMAL")] | None = None
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
class Foundation:
    """These sections of the file at `path`."""

    path: Path
    database: DatabaseSettings
    http: HttpSettings
    circulation: CirculationSettings = CirculationSettings()
    languages: LanguageSettings = field(default_factory=LanguageSettings)
    outgoing: OutgoingSettings = field(default_factory=OutgoingSettings)

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

    @property
    def session_url(self) -> str:
        """The same for what needs a session of its own, which no pool gives."""
        return self.database.direct or self.database_url


_SECTIONS: Final[dict[str, Any]] = {
    "languages": UsedLanguages,  # the first, since others name languages
    "circulation": CirculationSettings,
    "database": DatabaseSettings,
    "http": HttpSettings,
    SECTION: OutgoingSettings,
}
_PROTOCOLS: Final = Path(__file__).parents[1]
#: Further sections, besides those of the protocols.
_OTHERS: Final = ("accession", "holdings", "logging", "notices", "server")


def load_foundation(path: Path) -> Foundation:
    """Reads what every command needs of the file at `path`; the other sections are as they are
    where the file says nothing.

    What is wrong in those is told by the commands that need them. Raises ConfigurationError.
    """
    return loaded(path, lambda table: _foundation_of(table, path))


def loaded(path: Path, of: Callable[[dict[str, Any]], T]) -> T:
    """What `of` makes of the file. Raises ConfigurationError, with lines."""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(path, [f"cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path, [f"is not TOML: {error}"]) from error
    try:
        return of(renamed_taken_up(table))
    except ConfigurationError as error:
        raise ConfigurationError(path, with_lines(error.problems, text)) from error


def renamed_taken_up(table: dict[str, Any]) -> dict[str, Any]:
    """The file as this version names its keys."""
    take_up(table, RENAMED)
    return table


def renamed_findings(path: Path) -> list[Finding]:
    """A warning for each key of the file that has another name by now; none of a file that cannot
    be read, which is said elsewhere."""
    from protocols.hosting.findings import warning

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [warning(f"{path}: {met}") for met in take_up(table, RENAMED)]


#: How a problem begins: with its section, and mostly with the key in that.
_PLACE = re.compile(r"\[(?P<section>[^\]]+)\](?: (?P<key>[\w.-]+))?:")


def with_lines(problems: list[str], text: str) -> list[str]:
    """Problems with the line of the key, or of the nearest table around it, at their ends."""
    from circulation.sections.positions import lines_of

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


def _foundation_of(table: Mapping[str, Any], path: Path) -> Foundation:
    problems = []
    if not all(name in _SECTIONS or name in _OTHERS or _is_of_ours(name) for name in table):
        from protocols.hosting.installed import installed

        problems = unknown_sections(table, [*_SECTIONS, *_OTHERS, *installed("tiro.protocols")])
    settings, wrong = checked(table, path, _SECTIONS)
    if problems + wrong:
        raise ConfigurationError(path, problems + wrong)
    return Foundation(path=path, **settings)


def _is_of_ours(section: str) -> bool:
    """Is there such a protocol in this package? What is installed besides is told by the metadata
    of all packages, which takes longer to read than all the settings."""
    return section.isidentifier() and (_PROTOCOLS / section / "listener.py").exists()


def unknown_sections(table: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """A sentence for each section that does not exist."""
    names = sorted(known)
    return [
        f"[{name}]: no such section; there are {', '.join(names)}"
        for name in table
        if name not in names
    ]


def checked(
    table: Mapping[str, Any], path: Path, sections: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The settings of these sections, and what is wrong in them."""
    settings: dict[str, Any] = {}
    problems: list[str] = []
    for name, kind in sections.items():
        try:
            settings[name] = settings_of(kind, table.get(name, {}), path.parent)
        except Wrong as wrong:
            problems += [_sentence(name, detail) for detail in wrong.details]
    return settings, problems


def _sentence(section: str, detail: Any) -> str:
    """One problem in words; never the value itself, which may be a password."""
    place = ".".join(str(part) for part in detail["loc"])
    said = problem_of(detail)
    return f"[{section}] {place}: {said}" if place else f"[{section}]: {said}"
