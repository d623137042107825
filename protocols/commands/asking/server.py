"""A running server, asked over HTTP with the caller's token."""

from __future__ import annotations

import json
import os
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import click

from protocols.api.addresses import Address
from protocols.api.near import no_branch_of
from protocols.commands.asking.asker import Asker, Refused, Told, told
from protocols.process.failures import Failure

#: Variables in which the token stands, or the name of a file that holds it: in no argument, which
#: everybody on the machine could read.
TOKEN: Final = "TIRO_TOKEN"  # noqa: S105
TOKEN_FILE: Final = "TIRO_TOKEN_FILE"  # noqa: S105
#: The name of a file with the certificates that are trusted besides those of the system.
CA_FILE: Final = "TIRO_CA_FILE"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_SECONDS: Final = 60.0
#: The longest wait before a request whose outcome is unknown is sent again, in seconds.
_LONGEST_WAIT: Final = 30
#: How often such a request is sent again.
_REPETITIONS: Final = 3


class Server(Asker):
    """A running server; what is done there is done where the token works."""

    wait: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(self, address: str, at: str | None = None) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.UsageError(f"--server {address}: this is no URL such as https://tiro.dk")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise click.UsageError(f"--server {address}: a token goes over https alone")
        self._address = address.rstrip("/")
        self._token = _token()
        self._trusted = _trusted() if parts.scheme == "https" else None
        if at is not None:
            self.must_work_at(at)

    def patron(self, card: str) -> str:
        patron = self.ask("scan", text=card, mode="look").get("patron")
        if patron is None:
            raise click.ClickException("no patron has this identifier")
        return str(patron["id"])

    def must_work_at(self, branch: str) -> None:
        """Raises Failure where the token works at another branch: there it would be done. That
        there is no such branch is a mistake of the caller."""
        session = self.ask("show_session")
        here = (session.get("branch") or {}).get("isil")
        if here == branch:
            return
        branches = self.ask("show_library")["branches"]
        names = {each["isil"]: each["name"] for each in branches}
        if branch not in names:
            raise click.UsageError(no_branch_of(names, branch))
        raise Failure(f"this token works at {here or 'no branch'}, and not at {branch}")

    def send(self, address: Address, variables: dict[str, str], query: str, body: Any) -> Told:
        quoted = {name: quote(value, safe="") for name, value in variables.items()}
        path = f"/api/v1{address.path.format_map(quoted)}{'?' * bool(query)}{query}"
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "Accept-Language": "en",
            "If-Match": "*",
        }
        if address.is_once:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(  # noqa: S310  http or https, as was looked at
            self._address + path, data, headers, method=address.method
        )
        for _ in range(_REPETITIONS if address.is_once else 0):  # by its key it is done once
            try:
                return self._answer_to(request, path)
            except Refused as refused:
                if not refused.is_open:
                    raise
                after = refused.retry_after
                self.wait(min(int(after), _LONGEST_WAIT) if after.isdecimal() else 1)
        return self._answer_to(request, path)

    def _answer_to(self, request: Request, path: str) -> Told:
        with self._told_of(path), self._open(request) as response:
            return told(response.read(), response.headers.get("Link"))

    def _open(self, request: Request) -> Any:
        return urlopen(request, timeout=_SECONDS, context=self._trusted)  # noqa: S310

    @contextmanager
    def _told_of(self, path: str) -> Iterator[None]:
        """Raises Refused for what a server refuses, Failure where there is none."""
        try:
            yield
        except HTTPError as error:
            try:
                problem = json.loads(error.read())
            except ValueError:
                problem = {}
            after = error.headers.get("Retry-After", "")
            raise Refused(error.code, problem, f"{self._address}{path}", after) from error
        except (URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            advice = "See that it runs, and that --server (TIRO_SERVER) names it."
            if isinstance(reason, ssl.SSLCertVerificationError):
                reason = f"its certificate is not trusted ({reason.verify_message})"
                advice = f"{CA_FILE} names a file with the certificate of a CA of your own."
            raise Failure(f"{self._address} cannot be reached: {reason}", advice) from error


def _trusted() -> ssl.SSLContext:
    trusted = ssl.create_default_context()
    if name := os.environ.get(CA_FILE):
        try:
            trusted.load_verify_locations(name)
        except (OSError, ssl.SSLError) as error:
            raise Failure(f"{name}: no certificates can be read there: {error}") from error
    return trusted


def _token() -> str:
    token = os.environ.get(TOKEN)
    if token is None and (name := os.environ.get(TOKEN_FILE)):
        token = Path(name).read_text(encoding="utf-8")
    if token is None or not token.strip():
        raise Failure(
            "no token is there to show to the server",
            f"`tiro token add --bearer` prints one: {TOKEN_FILE} names a file with it, or {TOKEN}"
            " holds it.",
        )
    return token.strip()
