"""Queries and bodies in; JSON and JSONP out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from circulation.languages.sentences import Sentence
from protocols.discovery.messages import JAVASCRIPT, JSON, Answer, Asked, Sent
from protocols.discovery.problems import Denied, Fault, unfit
from protocols.hosting.validating import problem_of

M = TypeVar("M", bound=BaseModel)

_CALLBACK: Final = re.compile(r"[A-Za-z0-9_]{1,100}")
_FORM: Final = "application/x-www-form-urlencoded"
_CHARSETS: Final = ("", "utf-8", "utf8")
#: Parameters of a query that are read.
_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a query (PAIA 2.4, DAIA query parameters). `parameters` has the last of
    each name. `problem` is told where they cannot be read."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    callback: str | None = None
    is_suppressing: bool = False
    problem: Denied | None = None


def query_in(query: bytes) -> Query:
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
        )
    except (UnicodeDecodeError, ValueError):
        return Query(problem=Denied(Fault.MALFORMED, Sentence("NO_UTF8")))
    given = dict(pairs)
    callback = given.get("callback")
    is_suppressing = "suppress_response_codes" in given
    if callback is not None and not _CALLBACK.fullmatch(callback):
        problem = unfit("callback", Sentence("CALLBACK_CHARACTERS"))
        return Query(given, None, is_suppressing, problem)
    return Query(given, callback, is_suppressing)


def token_in(asked: Asked, query: Query) -> str | None:
    """The access token: in the header or the query (PAIA 2.2). Raises Denied where both have one
    (RFC 6750, 2)."""
    scheme, _, rest = (asked.header("authorization") or "").strip().partition(" ")
    shown = rest.strip() if scheme.lower() == "bearer" else ""
    sent = query.parameters.get("access_token", "").strip()
    if shown and sent:
        raise Denied(Fault.MALFORMED, Sentence("TOKEN_TWICE"))
    return shown or sent or None


def body_in(model: type[M], asked: Asked, *, may_be_form: bool) -> M:
    """The body as its model has it. Raises Denied: 400 for what cannot be read, 422 for what does
    not fit (PAIA 2.6, 2.7)."""
    kind, charset = _media_type(asked.header("content-type") or "")
    if charset not in _CHARSETS:
        raise Denied(Fault.MALFORMED, Sentence("BODY_UTF8"))
    is_form = kind == _FORM or (
        not kind and may_be_form and not asked.body.lstrip().startswith(b"{")
    )
    if is_form and not may_be_form:
        raise Denied(Fault.MALFORMED, Sentence("BODY_AS_JSON"))
    if not is_form and kind not in ("", "application/json"):
        raise Denied(Fault.MALFORMED, Sentence("BODY_TYPE_UNKNOWN"))
    given = _form(asked.body) if is_form else _json(asked.body)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(each) for each in found["loc"])
        raise unfit(place, problem_of(found, unknown="NO_SUCH_FIELD_HERE")) from None


def _media_type(header: str) -> tuple[str, str]:
    kind, *parameters = (part.strip().lower() for part in header.split(";"))
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "charset":
            return kind, value.strip().strip('"')
    return kind, ""


def _json(body: bytes) -> Any:
    try:
        given = json.loads(body.decode())
    except UnicodeDecodeError:
        raise Denied(Fault.MALFORMED, Sentence("BODY_UTF8")) from None
    except json.JSONDecodeError as error:
        where = Sentence("NOT_JSON", line=error.lineno, column=error.colno)
        raise Denied(Fault.MALFORMED, where) from None
    except (ValueError, RecursionError):  # a number of many digits, or arrays without an end
        raise Denied(Fault.MALFORMED, Sentence("CANNOT_BE_USED")) from None
    if not isinstance(given, dict):
        raise Denied(Fault.MALFORMED, Sentence("BODY_OBJECT"))
    return given


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
        )
    except (UnicodeDecodeError, ValueError):
        raise Denied(Fault.MALFORMED, Sentence("FORM_UNREADABLE")) from None
    return dict(pairs)


def sent(answer: Answer, query: Query) -> Sent:
    """An answer as it goes: with status 200 where that was asked for, wrapped in a call where one
    was named."""
    status = 200 if query.is_suppressing and answer.value is not None else answer.status
    if answer.value is None:
        return Sent(status, b"", "", answer.headers)
    # What is not ASCII is escaped, so that it is a script wherever it is JSON.
    body = json.dumps(answer.value, separators=(",", ":")).encode()
    if query.callback is None:
        return Sent(status, body, JSON, answer.headers)
    # The comment keeps a name from being read as the beginning of a file of another kind.
    wrapped = b"/**/%b(%b);" % (query.callback.encode(), body)
    return Sent(status, wrapped, JAVASCRIPT, answer.headers)
