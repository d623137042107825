"""What happened, for bots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from protocols.api.models.common import Paging, Request


class EventPaging(Paging):
    """From where on: `after` is the `last` of the answer before, 0 the beginning."""

    after: Annotated[int, Field(ge=0, lt=2**63)] = 0


class StreamAsked(Request):
    """From where on, where the browser does not say it by Last-Event-ID."""

    after: Annotated[int, Field(ge=0, lt=2**63)] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened, and where; nothing of whom it concerns."""

    id: str
    kind: str
    at: datetime
    branch: str | None


@dataclass(frozen=True, slots=True)
class Events:
    """In the order of their ids; `last` is where to go on, also where there is nothing new."""

    last: int
    events: tuple[Event, ...]
