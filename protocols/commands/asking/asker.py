"""Whoever answers a command: the operations of the HTTP API, on the database or on a server.

A command says what it wants by the names of the operation, and prints the answer as it is: so it
does the same, and tells the same, whether `--server` stands before it or not.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from datetime import date
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import parse_qs, urlencode

import click

from protocols.api.addresses import Address, addresses
from protocols.commands.asking.answers import print_answer
from protocols.process.failures import LOOK_FIRST, Failure

_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")
_NEXT: Final = re.compile(r'<[^>?]+\?([^>]+)>; rel="next"')
_OUTCOME_UNKNOWN: Final = "urn:tiro:problem:outcome_unknown"
_UNKNOWN, _FORBIDDEN, _MISSING, _REFUSED, _MALFORMED = 401, 403, 404, 409, 422


#: Said where something is to be nothing from now on; what is None is not said at all.
NULL: Final = object()


class Refused(Exception):
    """The answer is a problem."""

    def __init__(
        self, status: int, problem: dict[str, Any], what: str, retry_after: str = ""
    ) -> None:
        super().__init__(status, what)
        self.status = status
        self.problem = problem
        self.what = what
        #: The seconds to wait before the request is sent again; empty if the server named none.
        self.retry_after = retry_after

    @property
    def is_open(self) -> bool:
        """Whether it is not known what became of the request."""
        return self.problem.get("type") == _OUTCOME_UNKNOWN


class Told(NamedTuple):
    """What was answered, and the query of the next page, where there is one."""

    body: Any
    following: str | None


def told(octets: bytes, link: str | None) -> Told:
    found = _NEXT.search(link or "")
    return Told(json.loads(octets) if octets else None, found[1] if found else None)


class Asker(ABC):
    """Operations, asked by their names.

    `next_cursor` is where the page ended that was asked for last; None where that was no page, or
    the last one.
    """

    next_cursor: str | None = None

    def ask(self, name: str, /, **said: Any) -> Any:
        """The answer of the operation, with all of its pages in one unless a `limit` is said.

        What is None is not said. Raises click.UsageError for what the operation does not know or
        take, Failure for what cannot be done; the command ends where the rules refuse.
        """
        try:
            return self._answer_of(name, said)
        except Refused as refused:
            fail(refused.status, refused.problem, refused.what)

    def _answer_of(self, name: str, said: dict[str, Any]) -> Any:
        self.next_cursor = None
        address = addresses()[name]
        given = {each: _plain(value) for each, value in said.items() if value is not None}
        variables = {each: str(given.pop(each)) for each in _VARIABLE.findall(address.path)}
        if unknown := sorted(set(given) - set(address.fields)):
            raise click.UsageError(f"this cannot be said: {', '.join(unknown)}")
        if address.has_body:
            return self.send(address, variables, "", given).body
        query = urlencode({each: _word(value) for each, value in given.items()}, doseq=True)
        answer, following = self.send(address, variables, query, None)
        while following is not None and "limit" not in given:
            more, following = self.send(address, variables, following, None)
            for each, value in more.items():
                if isinstance(value, list):
                    answer[each] += value
        self.next_cursor = None if following is None else parse_qs(following)["cursor"][0]
        return answer

    def attempt(self, name: str, /, **said: Any) -> tuple[Any, dict[str, Any] | None]:
        """The answer, or None and the problem where that is in what was asked for: one of several
        things cannot be done, and the others go on."""
        try:
            return self._answer_of(name, said), None
        except Refused as refused:
            return None, refused.problem

    @abstractmethod
    def patron(self, card: str) -> str:
        """The patron with that card, as operations name them; a mistake of the caller where nobody
        has it."""

    @abstractmethod
    def send(self, address: Address, variables: dict[str, str], query: str, body: Any) -> Told:
        """The answer. Raises Refused."""


def _plain(value: Any) -> Any:
    if value is NULL:
        return None
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _is_of_set_up(field: str) -> bool:
    """Does the field name something of the set-up, and not of the stock or of people?"""
    return field in ("roles", "at") or field.endswith(("branch", "home"))


def _mistake(error: dict[str, Any]) -> str:
    """What is wrong with a field, which says by itself where it is of the set-up or of all."""
    field, text = error["field"], str(error["text"])
    return text if field == "body" or _is_of_set_up(field) else f"{field}: {text}"


def fail(status: int, problem: dict[str, Any], what: str) -> NoReturn:
    """Tells of a problem as commands do."""
    if status == _REFUSED and problem.get("reasons"):
        as_json = bool(click.get_current_context().params.get("as_json"))
        codes, texts = ([each[name] for each in problem["reasons"]] for name in ("code", "text"))
        limits = [each["limit"] for each in problem["reasons"] if each.get("limit") is not None]
        limit = {"limit": limits[0]} if limits else {}
        print_answer({"refused": codes, "why": texts} | limit, as_json)
        raise click.exceptions.Exit(1)
    if problem.get("type") == _OUTCOME_UNKNOWN:
        raise Failure(problem["title"], LOOK_FIRST)
    words = " ".join(filter(None, (problem.get("title"), problem.get("detail"))))
    if status == _MISSING:
        words = problem.get("detail") or f"{words} ({what})"
    if status == _MALFORMED:
        errors = problem.get("errors", ())
        words = "; ".join(map(_mistake, errors)) or problem.get("detail") or words
        if all(each["rule"] != "unknown" or _is_of_set_up(each["field"]) for each in errors):
            raise click.UsageError(words)
    advice = ""
    if status == _UNKNOWN:
        advice = "The token is wrong or has expired: `tiro token add --bearer` prints a new one."
    elif status == _FORBIDDEN and problem.get("right"):
        advice = (
            f"It takes the right {problem['right']}: `tiro token list` shows whose token has it."
        )
    raise Failure(words or f"{what} answers {status}", advice)
