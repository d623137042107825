"""The section ``[z3950]`` of tiro.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import ConfigDict, Field

Octets = Annotated[int, Field(ge=1_024, le=1 << 30)]


@dataclass(frozen=True, slots=True)
class Z3950Settings:
    """Where Z39.50 is spoken, to whom, and within which bounds."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = True
    port: Annotated[int, Field(ge=0, le=65_535)] = 2100
    interface: str = "127.0.0.1"

    #: Names under which the catalogue is found; the case of letters does not matter.
    databases: Annotated[tuple[str, ...], Field(min_length=1)] = ("catalogue", "Default")
    #: User names and passwords. With none, everybody may search, and who names a user may too.
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)

    #: Seconds without a request before the association is closed.
    idle_timeout: Annotated[float, Field(gt=0)] = 600.0
    #: The most that is offered in Init: octets of records in a response, and of one record.
    preferred_message_size: Octets = 1 << 20
    exceptional_record_size: Octets = 4 << 20
    #: Octets of one request.
    maximum_request_size: Octets = 256 << 10
    #: Result sets one association may keep.
    maximum_result_sets: Annotated[int, Field(ge=2, le=10_000)] = 100
