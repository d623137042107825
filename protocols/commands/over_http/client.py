"""A running server, asked over HTTP with the caller's token."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

import click

from protocols.commands.over_http.served import Served
from protocols.process.failures import Failure

#: Variables in which the token stands, or the name of a file that holds it: in no argument, which
#: everybody on the machine could read.
TOKEN: Final = "TIRO_TOKEN"  # noqa: S105
TOKEN_FILE: Final = "TIRO_TOKEN_FILE"  # noqa: S105
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_SECONDS: Final = 60.0
_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")
_NEXT: Final = re.compile(r'<([^>]+)>; rel="next"')
_GONE: Final = 401
_REFUSED: Final = 409


class Told(NamedTuple):
    """What a server has answered."""

    body: Any
    following: str | None


class Server:
    """A running server, asked with the caller's token."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise click.UsageError(f"--server {address}: this is no URL such as https://tiro.dk")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise click.UsageError(f"--server {address}: a token goes over https alone")
        self._address = address.rstrip("/")
        self._token = _token()

    def ask(self, row: Served, given: dict[str, Any]) -> Any:
        """The answer of the operation. Raises Failure, and ends the command where the rules
        refuse."""
        from protocols.api.operations import OPERATIONS

        [operation] = [each for each in OPERATIONS if each.id == row.operation]
        said = self._said(row, given)
        variables = set(_VARIABLE.findall(operation.path))
        path = _VARIABLE.sub(lambda found: quote(str(said[found[1]]), safe=""), operation.path)
        rest = {name: value for name, value in said.items() if name not in variables}
        model = operation.body or operation.query
        known = set() if model is None else set(model.model_fields)
        if unknown := sorted(set(rest) - known):
            raise click.UsageError(f"over --server this cannot be said: {', '.join(unknown)}")
        if operation.body is None:
            query = f"?{urlencode(rest, doseq=True)}" if rest else ""
            return self._all(operation.method, f"/api/v1{path}{query}")
        answer = self._send(operation.method, f"/api/v1{path}", rest).body
        while row.goes_on and answer.get("cursor") is not None:
            more = rest | {"cursor": answer["cursor"]}
            answer = self._send(operation.method, f"/api/v1{path}", more).body
        return answer

    def _said(self, row: Served, given: dict[str, Any]) -> dict[str, Any]:
        """What the operation is told, by its own names."""
        said = {name: each() if callable(each) else each for name, each in row.said.items()}
        for name, value in given.items():
            if name in row.given and value is True:
                continue  # it has chosen the row
            if name == row.here:
                self._must_work_at(value)
            elif name == row.card:
                said["patron"] = self._patron(value)
            else:
                made = row.made.get(name, _plain)
                said[row.names.get(name, name)] = made(value)
        return said

    def _must_work_at(self, branch: str) -> None:
        """Raises Failure where the token works at another branch: there it would be done."""
        session = self._send("GET", "/api/v1/sessions/current").body
        here = (session.get("branch") or {}).get("isil")
        if here != branch:
            raise Failure(f"this token works at {here or 'no branch'}, and not at {branch}")

    def _patron(self, card: str) -> str:
        wish = {"text": card, "mode": "look"}
        scanned = self._send("POST", "/api/v1/desk/scan", wish).body
        patron = scanned.get("patron")
        if patron is None:
            raise click.ClickException("no patron has this identifier")
        return str(patron["id"])

    def _all(self, method: str, address: str) -> Any:
        """An answer with all of its pages in one."""
        told = self._send(method, address)
        body = told.body
        while told.following is not None:
            told = self._send(method, told.following)
            for name, value in told.body.items():
                if isinstance(value, list):
                    body[name] += value
        return body

    def _send(self, method: str, address: str, body: Any = None) -> Told:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "Accept-Language": "en",
            "If-Match": "*",
        }
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(  # noqa: S310  http or https, as was looked at
            self._address + address, data, headers, method=method
        )
        with _told_of(self._address), urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            found = _NEXT.search(response.headers.get("Link") or "")
            octets = response.read()
        return Told(json.loads(octets) if octets else None, found[1] if found else None)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


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


@contextmanager
def _told_of(address: str) -> Iterator[None]:
    """Tells what a server refuses as a command does."""
    try:
        yield
    except HTTPError as error:
        try:
            problem = json.loads(error.read())
        except ValueError:
            problem = {}
        if error.code == _REFUSED and problem.get("reasons"):
            _print_refusal(problem["reasons"])
        words = " ".join(filter(None, (problem.get("title"), problem.get("detail"))))
        advice = "The token is wrong or has expired." if error.code == _GONE else ""
        raise Failure(words or f"{address} answers {error.code}", advice) from error
    except (URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise Failure(f"{address} cannot be reached: {reason}") from error


def _print_refusal(reasons: list[dict[str, Any]]) -> None:
    as_json = bool(click.get_current_context().params.get("as_json"))
    codes, texts = ([each[name] for each in reasons] for name in ("code", "text"))
    print_answer({"refused": codes, "why": texts}, as_json)
    raise click.exceptions.Exit(1)


def print_answer(answer: Any, as_json: bool) -> None:
    """Prints an answer; that something was done, where there is nothing else to tell."""
    from protocols.commands.shared.library import say

    if answer is None:
        answer = {"done": True}
    say(answer, as_json)
