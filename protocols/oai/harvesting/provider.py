"""A repository that is asked: its requests, and when it says to come again. It blocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self, TypeVar
from urllib.parse import urlencode

from protocols.hosting.web_client import WebClient, WebError
from protocols.oai.harvesting.answers import (
    MOST_OCTETS,
    Identified,
    Page,
    Unreadable,
    read_identify,
    read_page,
)
from protocols.oai.harvesting.settings import SourceSettings

T = TypeVar("T")

#: Statuses of a server that is busy, or not there for a moment.
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
#: The longest that somebody may have us wait, in seconds.
_LONGEST_AFTER: Final = 86_400.0


class Unavailable(Exception):
    """There is no answer now; the text says why. `wait` is in seconds, where it is known."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


class Provider:
    """One repository, over one connection. `clock` is for dates in Retry-After."""

    def __init__(self, settings: SourceSettings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._client = WebClient(
            timeout=settings.timeout,
            most=MOST_OCTETS,
            user=settings.user,
            password=settings.password,
            ca_file=None if settings.ca_file is None else str(settings.ca_file),
        )

    def identify(self) -> Identified:
        """What repository it is. Raises Unavailable, and Refusal."""
        return self._read(read_identify, verb="Identify")

    def first_page(self, since: datetime | None, *, has_seconds: bool) -> Page:
        """The beginning of a list: all, or what has changed since. Raises Unavailable, Refusal."""
        arguments = {"metadataPrefix": self._settings.prefix}
        if self._settings.set:
            arguments["set"] = self._settings.set
        if since is not None:
            form = "%Y-%m-%dT%H:%M:%SZ" if has_seconds else "%Y-%m-%d"
            arguments["from"] = since.astimezone(UTC).strftime(form)
        return self._read(read_page, verb="ListRecords", **arguments)

    def next_page(self, token: str) -> Page:
        """How the list goes on. Raises Unavailable, and Refusal."""
        return self._read(read_page, verb="ListRecords", resumptionToken=token)

    def _read(self, read: Callable[[bytes], T], **arguments: str) -> T:
        url = self._settings.url
        query = urlencode({**arguments, **self._settings.arguments})
        try:
            got = self._client.get(f"{url}{'&' if '?' in url else '?'}{query}")
        except WebError as error:
            raise Unavailable(str(error)) from error
        if got.status in _LATER:
            raise Unavailable(f"it answers {got.status}", self._wait(got.after))
        try:
            return read(got.data)
        except Unreadable as error:
            if got.status != 200:
                raise Unavailable(f"it answers {got.status}") from None
            raise Unavailable(str(error)) from error

    def _wait(self, after: str) -> float | None:
        """The seconds that Retry-After asks for: a number of them, or a date."""
        after = after.strip()
        try:
            seconds = (
                float(int(after))
                if after.isascii() and after.isdigit()
                else (parsedate_to_datetime(after) - self._clock()) / timedelta(seconds=1)
            )
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 1.0), _LONGEST_AFTER)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
