"""The section ``[sru]`` of tiro.toml.

[sru]
databases = ["catalogue", "Default"]
host = "sru.example.org"           # what clients are told; by default, what they wrote
port = 443
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from protocols.hosting.validating import written

DatabaseName = Annotated[str, written(r"^[A-Za-z0-9._:-]+\Z", "DATABASE_NAME")]


@dataclass(frozen=True)
class SruSettings:
    """What SRU serves at ``/sru/<database>`` of the common HTTP port, and within which bounds."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = True
    #: Names of the whole catalogue; case does not matter. ``/sru`` alone means the first.
    databases: Annotated[tuple[DatabaseName, ...], Field(min_length=1)] = ("catalogue", "Default")
    #: The title of the database in Explain.
    title: str = "Library catalogue"
    #: The address that clients are told; empty: the one that they used. Port 443 is https.
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None

    #: Records in a response by default, and at most.
    default_records: Annotated[int, Field(ge=0)] = 10
    maximum_records: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    #: The same for the terms of a scan.
    default_terms: Annotated[int, Field(ge=1)] = 20
    maximum_terms: Annotated[int, Field(ge=1, le=1_000)] = 1_000
    #: The default schema of records.
    default_schema: str = "marcxml"

    def __post_init__(self) -> None:
        if self.default_records > self.maximum_records:
            raise ValueError("default_records is more than maximum_records")
        if self.default_terms > self.maximum_terms:
            raise ValueError("default_terms is more than maximum_terms")
