"""The section ``[operations]`` of tiro.toml.

[operations]
enabled = true          # off by default
port = 9464             # /metrics, /health and /ready over HTTP
interface = "127.0.0.1"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from protocols.hosting.access import ANYBODY, Access
from protocols.hosting.tls import Tls


@dataclass(frozen=True)
class OperationsSettings:
    """A port of its own: not everybody who may reach the others needs to see what it tells.

    `patience` is how long the database may take, in seconds; a reactor that is later than
    `lag_seconds` makes the process unhealthy.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    enabled: bool = False
    port: Annotated[int, Field(ge=0, le=65535)] = 9464
    interface: str = "127.0.0.1"
    access: Access = ANYBODY
    tls: Tls | None = None
    patience: Annotated[float, Field(gt=0, le=60)] = 2.0
    lag_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
