"""A request over HTTP as it came, and the answer as it goes: values without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
EVENT_STREAM: Final = "text/event-stream"
PROBLEM: Final = "application/problem+json"


class Asked(NamedTuple):
    """What came: `path` behind ``/api``, in its parts; `query` and `body` as they were sent.

    `header` gives the last header of a name in lower case, None where there is none. `host` is the
    address of who asks, `is_secure` tells that they came over TLS.
    """

    method: str
    path: tuple[str, ...]
    query: bytes
    body: bytes
    header: Callable[[str], str | None]
    host: str
    is_secure: bool


class Stream(NamedTuple):
    """An answer that does not end by itself: of which branch, after which event it begins, the
    lists of which it tells at once, and who listens."""

    branch_id: int
    after: int
    missed: Sequence[str]
    listener: str = ""


class Answer(NamedTuple):
    """What goes: `headers` are those besides the ones that every answer has."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    stream: Stream | None = None


class Reply(NamedTuple):
    """What a handler gives where it has more to say than its answer: another status, headers.

    `is_dry`: it was only tried, and all that was written is undone.
    """

    value: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    is_dry: bool = False
