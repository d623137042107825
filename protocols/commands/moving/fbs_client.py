"""A client of the external API of FBS: what an old system tells of one patron after another.

One connection that is kept, so many requests a second, log-in again where a session is over,
patience with a system that is busy. Nothing that stands in a request or an answer is in an error:
it may be a card, a national number or a secret.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

_MOST: Final = 10_000_000
_TRIES: Final = 5
#: Statuses of a system that is busy, or not there for a moment.
_LATER: Final = (429, 500, 502, 503, 504)
_LONGEST_WAIT: Final = 120.0


class FbsFailed(Exception):
    """The other system does not answer as it should; the text holds no secret."""


@dataclass(frozen=True)
class Access:
    """Where the old system is, and who asks it."""

    address: str
    agency: str
    user: str
    password: str = field(repr=False)


class FbsClient:
    """`sleep` waits so many seconds, `clock` gives monotonic ones."""

    def __init__(
        self,
        access: Access,
        a_second: float,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        patience: float = 30.0,
    ) -> None:
        self._access = access
        self._pause = 1.0 / a_second
        self._sleep, self._clock = sleep, clock
        self._next = clock()
        place = urlsplit(access.address)
        self._prefix = place.path.rstrip("/")
        if place.scheme == "https":
            context = ssl.create_default_context()
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                place.netloc, timeout=patience, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(place.netloc, timeout=patience)
        self._session = ""

    def patron_id(self, identifier: str) -> int | None:
        """The number of the patron with that card, national number or login; None for nobody.
        Raises FbsFailed."""
        found = self._asked("POST", "{}/patrons/preauthenticated/v10", identifier)
        is_there = isinstance(found, dict) and found.get("authenticateStatus") == "VALID"
        number = found.get("patronId") if is_there else None
        return number if isinstance(number, int) and number > 0 else None

    def patron(self, number: int) -> dict[str, Any] | None:
        """Who it is; None for nobody. Raises FbsFailed."""
        found = self._asked("GET", f"{{}}/patrons/{number}/v4")
        told = found.get("patron") if isinstance(found, dict) else None
        return told if isinstance(told, dict) else None

    def loans(self, number: int) -> list[dict[str, Any]]:
        return self._listed(f"{{}}/patrons/{number}/loans/v2")

    def reservations(self, number: int) -> list[dict[str, Any]]:
        return self._listed(f"v1/{{}}/patrons/{number}/reservations/v2")

    def fees(self, number: int) -> list[dict[str, Any]]:
        """What is owed, and what no web site takes money for."""
        query = "includepaid=false&includenonpayable=true"
        return self._listed(f"{{}}/patron/{number}/fees/v2?{query}")

    def close(self) -> None:
        self._connection.close()

    def _listed(self, path: str) -> list[dict[str, Any]]:
        found = self._asked("GET", path)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise FbsFailed(f"{_shown(path)} gives no list")
        return found

    def _asked(self, method: str, path: str, text: str | None = None) -> Any:
        """The answer, read; an empty one is None. A body is a bare text, as clients send it."""
        has_logged_in = False
        for number in range(_TRIES):
            if not self._session:
                self._log_in()
                has_logged_in = True
            try:
                headers = {"X-Session": self._session}
                status, data, after = self._sent(method, path, text, headers)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                self._wait_before(number, 0.0, f"cannot be asked: {type(error).__name__}")
                continue
            if status == 401 and not has_logged_in:
                self._session = ""
            elif status in _LATER:
                self._wait_before(number, after, f"answers {status}")
            elif status == 404:
                return None
            elif status not in (200, 204):
                raise FbsFailed(f"{_shown(path)} answers {status}")
            else:
                return _read(data, path)
        raise FbsFailed(f"{_shown(path)} was asked {_TRIES} times in vain")

    def _log_in(self) -> None:
        told = {"username": self._access.user, "password": self._access.password}
        path = "v1/{}/authentication/login"
        try:
            status, data, _ = self._sent("POST", path, json.dumps(told), {})
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise FbsFailed(f"the log-in cannot be asked: {type(error).__name__}") from None
        found = _read(data, path) if status == 200 else None
        key = found.get("sessionKey") if isinstance(found, dict) else None
        if not isinstance(key, str) or not key:
            raise FbsFailed(f"the log-in answers {status}: is it the right user, password, agency?")
        self._session = key

    def _sent(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes, float]:
        """Status, body, and after how many seconds it may be asked again."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._pause
        whole = f"{self._prefix}/{path.format(quote(self._access.agency, safe=''))}"
        octets = None if body is None else body.encode()
        given = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        self._connection.request(method, whole, octets, given)
        response = self._connection.getresponse()
        data = response.read(_MOST + 1)
        if len(data) > _MOST:
            raise FbsFailed(f"{_shown(path)} gives more than {_MOST} bytes")
        after = response.headers.get("Retry-After", "")
        return response.status, data, float(after) if after.isdigit() else 0.0

    def _wait_before(self, number: int, after: float, why: str) -> None:
        if number + 1 == _TRIES:
            raise FbsFailed(f"the other system {why}, again and again")
        self._sleep(min(after or 2.0**number, _LONGEST_WAIT))


def _read(data: bytes, path: str) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        raise FbsFailed(f"{_shown(path)} gives no JSON") from None


def _shown(path: str) -> str:
    """An address for an error: without the number of a patron."""
    parts = path.partition("?")[0].split("/")
    return "/".join("{}" if each.isdigit() else each for each in parts)
