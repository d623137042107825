"""The section ``[accession]`` of tiro.toml: catalogues that records are fetched from.

[accession]
deadline = 5.0                     # seconds in which they answer together

[[accession.targets]]              # asked in this order
name = "Union catalogue"
kind = "z3950"
host = "z3950.example.org"
port = 210
database = "Default"

[[accession.targets]]
name = "National library"
kind = "sru"
url = "https://sru.example.org/catalogue"
schema = "marcxml"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from catalogue.index.describing import FORMATS
from catalogue.searching.standard_numbers import NumberKind

_EXACT = ConfigDict(extra="forbid")
Seconds = Annotated[float, Field(gt=0, le=120)]
Word = Annotated[str, Field(min_length=1, max_length=255)]


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError(f"there are the formats {', '.join(sorted(FORMATS))}")
    return name


def _known_numbers(queries: Any) -> Any:
    kinds = [kind.value for kind in NumberKind]
    if isinstance(queries, Mapping):
        unknown = [name for name in queries if name not in kinds]
        if unknown:
            raise ValueError(f"there are the numbers {', '.join(kinds)}, not {unknown[0]}")
    return queries


@dataclass(frozen=True)
class TargetSettings:
    """One catalogue to ask. `host`, `port` and `database` are for Z39.50, `url` is for SRU."""

    __pydantic_config__ = _EXACT

    #: What people call it; it appears in answers.
    name: Word
    kind: Literal["z3950", "sru"]
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 210
    database: Word = "Default"
    url: str = ""
    #: Z39.50: the record syntax that is asked for.
    syntax: Literal["usmarc", "unimarc", "danmarc", "xml"] = "usmarc"
    #: SRU: the record schema. Z39.50 in XML: the schema (an URI), or an element set instead.
    schema: str = ""
    #: SRU: the version that is spoken.
    version: Literal["1.1", "1.2", "2.0"] = "1.2"
    #: The format of the records, where they do not say so themselves.
    format: Annotated[str, AfterValidator(_known_format)] = "marc21"
    user: str | None = None
    password: str = field(default="", repr=False)
    group: str | None = None
    timeout: Seconds = 5.0
    #: How a number of each kind (isbn, issn, ean, number) is searched: attributes of Z39.50
    #: (``@attr 1=7``), or an index of CQL (``bath.isbn``). By default as the profiles say.
    queries: Annotated[Mapping[str, Word], BeforeValidator(_known_numbers)] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        if self.kind == "z3950" and not self.host:
            raise ValueError("a target of kind z3950 needs a host")
        parts = urlsplit(self.url)
        if self.kind == "sru" and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("a target of kind sru needs an url that begins with http or https")


def _with_names_of_their_own(targets: tuple[TargetSettings, ...]) -> tuple[TargetSettings, ...]:
    names = [target.name for target in targets]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"more than one target is called {', '.join(twice)}")
    return targets


@dataclass(frozen=True)
class AccessionSettings:
    """Where records come from that the catalogue does not have."""

    __pydantic_config__ = _EXACT

    #: Targets are asked together; after this many seconds the first in order among those that have
    #: answered counts.
    deadline: Seconds = 5.0
    targets: Annotated[tuple[TargetSettings, ...], AfterValidator(_with_names_of_their_own)] = ()
