"""HTTP calls of channels, blocking, with the standard library: one POST of JSON and its answer."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protocols.hosting.outgoing import http_connection

#: The largest answer of a gateway.
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body read as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class NotReached(Exception):
    """Nothing was sent: there was no connection."""


class HungUp(Exception):
    """The connection broke, or went silent, after the request was handed over."""


def post_json(
    url: str, value: Any, headers: Mapping[str, str], *, timeout: float, ca_file: str | None = None
) -> Answer:
    """Posts JSON to an ``http`` or ``https`` URL. Raises NotReached and HungUp."""
    return post(
        url,
        json.dumps(value, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8"} | dict(headers),
        timeout=timeout,
        ca_file=ca_file,
    )


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout: float, ca_file: str | None = None
) -> Answer:
    """Posts bytes, otherwise like `post_json`."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
    try:
        connection = http_connection(url, timeout, context)
    except OSError as error:
        raise NotReached(str(error)) from error
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotReached(str(error)) from error
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read(_LARGEST))
        except (OSError, http.client.HTTPException) as error:
            raise HungUp(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
