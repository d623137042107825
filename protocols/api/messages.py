"""A request over HTTP as it came, and the answer as it goes: values without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
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


class Answer(NamedTuple):
    """What goes: `headers` are those besides the ones that every answer has."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


class Reply(NamedTuple):
    """What a handler gives where it has more to say than its answer: another status, headers."""

    value: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
