"""Documents of a provider, over HTTP: bounded in time and size, and no redirection is followed."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from protocols.hosting.outgoing import http_connection

_MOST: Final = 1_000_000


class ProviderFailed(Exception):
    """The provider does not answer as it should; the text holds no secret."""


def get_json(
    address: str, patience: float, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The document at the address. Raises ProviderFailed."""
    return _asked("GET", address, None, headers or {}, patience)


def post_form(
    address: str, form: Mapping[str, str], headers: Mapping[str, str], patience: float
) -> dict[str, Any]:
    """What the address answers to the form. Raises ProviderFailed."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _asked("POST", address, urlencode(form), kind | dict(headers), patience)


def _asked(
    method: str, address: str, body: str | None, headers: Mapping[str, str], patience: float
) -> dict[str, Any]:
    try:
        place = urlsplit(address)
    except ValueError:  # a bracket that is not closed
        raise ProviderFailed("the provider names what is no address") from None
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    try:
        connection = http_connection(address, patience)
    except OSError as error:
        raise ProviderFailed(str(error)) from error
    try:
        connection.request(method, path, body, {"Accept": "application/json", **headers})
        response = connection.getresponse()
        data = response.read(_MOST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise ProviderFailed(f"{place.netloc} cannot be asked: {error}") from error
    finally:
        connection.close()
    if response.status != http.client.OK or len(data) > _MOST:
        raise ProviderFailed(f"{place.netloc}{place.path} answers {response.status}")
    try:
        found = json.loads(data)
    except ValueError as error:
        raise ProviderFailed(f"{place.netloc}{place.path} gives no JSON") from error
    if not isinstance(found, dict):
        raise ProviderFailed(f"{place.netloc}{place.path} gives no object")
    return found
