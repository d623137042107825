"""One TOML file -> frozen dataclasses; every error of the file is reported at once, by name.

    [database]
    url = "sqlite:///tiro.sqlite"      # relative to the folder of this file
    replica = "postgresql://..."       # for searches; see catalogue/database/replicas.py
    [server]
    processes = 4                      # more than one: under a supervisor
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
    [holdings]                         # see protocols.holdings.settings
    every = 2.0
    [notices]                          # see protocols.notices.settings
    region = "DK"
    [outgoing]                         # see protocols.hosting.destinations
    allow = ["192.168.4.0/24:9100"]    # private addresses that it may connect to
    [sip2]                             # a section for each protocol folder, its own `settings`
    port = 6001

A key that nobody reads is an error: a misspelt setting must not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from protocols.holdings.settings import HoldingsSettings
from protocols.hosting.destinations import SECTION, OutgoingSettings
from protocols.hosting.logs import Form
from protocols.hosting.standard import Standard
from protocols.notices.settings import NoticeSettings
from protocols.process.foundation import (
    CirculationSettings,
    ConfigurationError,
    DatabaseSettings,
    Foundation,
    HttpSettings,
    checked,
    loaded,
    unknown_sections,
)
from protocols.process.languages import UsedLanguages
from protocols.records.accession_settings import AccessionSettings


@dataclass(frozen=True)
class ServerSettings:
    """How many processes serve, and how they end.

    Of several with one SQLite file one makes all changes, and the others answer what only looks in
    the catalogue, over Z39.50 and HTTP. `drain_seconds` is how long a process that is replaced
    gives its conversations to end: a SIP2 terminal is told with the answer to its next message. One
    that shows no sign of life for `hung_seconds` is killed and replaced.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    processes: Annotated[int, Field(ge=1, le=256)] = 1
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    hung_seconds: Annotated[float, Field(ge=15, le=3600)] = 60.0


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
class Configuration(Foundation):
    """A whole tiro.toml. `standards` holds the settings of each protocol folder by its name."""

    logging: LoggingSettings = field(default_factory=LoggingSettings)
    standards: Mapping[str, Any] = field(default_factory=dict)
    accession: AccessionSettings = field(default_factory=AccessionSettings)
    holdings: HoldingsSettings = field(default_factory=HoldingsSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    server: ServerSettings = ServerSettings()


SECTIONS: dict[str, Any] = {
    "languages": UsedLanguages,  # the first, since others name languages
    "accession": AccessionSettings,
    "circulation": CirculationSettings,
    "database": DatabaseSettings,
    "holdings": HoldingsSettings,
    "http": HttpSettings,
    "logging": LoggingSettings,
    "notices": NoticeSettings,
    SECTION: OutgoingSettings,
    "server": ServerSettings,
}


def load_configuration(path: Path, standards: Mapping[str, Standard]) -> Configuration:
    """Reads the file at `path`; raises ConfigurationError with all that is wrong in it."""
    return loaded(path, lambda table: configuration_from(table, path, standards))


def configuration_from(
    table: Mapping[str, Any], path: Path, standards: Mapping[str, Standard]
) -> Configuration:
    """A configuration from a parsed file; `path` is where it stands, for relative names."""
    sections = SECTIONS | {name: standard.settings for name, standard in standards.items()}
    problems = unknown_sections(table, sections)
    settings, wrong = checked(table, path, sections)
    problems += wrong
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
        holdings=settings.pop("holdings"),
        notices=settings.pop("notices"),
        server=settings.pop("server"),
        outgoing=settings.pop(SECTION),
        standards=settings,
    )
