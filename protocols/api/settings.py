"""The section ``[api]`` of tiro.toml.

[api]
cross_origin = ["https://library.example.org"]   # web pages that may call it from a browser
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from protocols.hosting.tls import File
from protocols.hosting.validating import written

Origin = Annotated[str, written(r"^https?://[^/\s]+\Z", "AN_ORIGIN")]


@dataclass(frozen=True)
class ApiSettings:
    """What the API at ``/api/v1`` of the common HTTP port lets callers do."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = True
    #: Origins of other web pages that may call it from a browser.
    cross_origin: tuple[Origin, ...] = ()
    #: Requests a second of one session or token, and of an account with all of its own; and how
    #: many may come at once.
    requests_per_second: Annotated[float, Field(gt=0)] = 50.0
    burst: Annotated[int, Field(ge=1)] = 200
    #: Hours for which the same Idempotency-Key gets the same answer.
    repeats_within_hours: Annotated[int, Field(ge=1, le=24)] = 24
    #: The folder of the journal of `tiro proxy`, where one stands before this library on the same
    #: host: administration then shows it, and flips terminals.
    proxy_journal: File | None = None
    #: Takes names and passwords of staff with each request (HTTP Basic). For trying out alone:
    #: never for an account with a second factor, nor for what a proxy has forwarded.
    basic_authentication: bool = False
