"""From a request as it came to one that is checked, and from answers to JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_origin
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from circulation.languages.sentences import Sentence
from protocols.api.messages import FORM, JSON, PROBLEM, Answer, Asked
from protocols.api.operation import Operation
from protocols.api.problems import FieldError, Outcome, Problem, malformed
from protocols.hosting.validating import adapter_of, problem_of

#: There are a few parameters; a request with more than this is none.
_MOST_PARAMETERS: Final = 50
#: U+0000 as JSON writes it; a backslash that is itself escaped begins nothing.
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
#: What an Accept that takes our answers names, if it names anything.
_ACCEPTED: Final = ("*/*", "application/*", JSON, PROBLEM, "text/event-stream")


@lru_cache(maxsize=256)
def takes_json(accept: str | None) -> bool:
    """Would the caller take an answer of ours?"""
    if not accept or not accept.strip():
        return True
    kinds = (each.partition(";")[0].strip().lower() for each in accept.split(","))
    return any(kind in _ACCEPTED for kind in kinds)


def query_in(model: type[BaseModel] | None, query: bytes) -> Any:
    """The query as its model has it. Raises Problem."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except (UnicodeDecodeError, ValueError):
        raise malformed("query", "query", Sentence("NO_UTF8")) from None
    if model is None:
        if pairs:
            raise malformed(pairs[0][0], "extra_forbidden", Sentence("NO_PARAMETER"))
        return None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if _no_text(value):
            raise malformed(name, "control_character", Sentence("NO_TEXT"))
        if name in given and not _is_list(model, name):
            raise malformed(name, "repeated", Sentence("SAID_ONCE"))
        if _is_list(model, name):
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return model.model_validate(given, strict=False)
    except ValidationError as error:
        raise _wrong(error) from None


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is tuple


def _no_text(value: str) -> bool:
    return "\x00" in value


def body_in(operation: Operation, asked: Asked) -> Any:
    """The body as the operation's model has it. Raises Problem."""
    model = operation.body
    if model is None:
        if asked.body.strip():
            raise malformed("body", "extra_forbidden", Sentence("NO_BODY"))
        return None
    kind = (asked.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != operation.media_type:
        raise Problem(Outcome.UNSUPPORTED_MEDIA_TYPE)
    if operation.media_type == FORM:
        return query_in(model, asked.body)
    if asked.header("content-encoding") not in (None, "", "identity"):
        raise Problem(Outcome.UNSUPPORTED_MEDIA_TYPE, Sentence("NOT_COMPRESSED"))
    if b"\\u0000" in asked.body and _NUL.search(asked.body):
        raise malformed("body", "control_character", Sentence("NO_NUL"))
    try:
        return model.__pydantic_validator__.validate_json(asked.body, strict=True)
    except ValidationError as error:
        raise _wrong(error) from None


def _wrong(error: ValidationError) -> Problem:
    found = [_field_error(each) for each in error.errors(include_url=False, include_input=False)]
    first = found[0]
    whole = Sentence("AT", path=first.field, text=first.text)
    outcome = Outcome.NOT_JSON if first.rule == "json_invalid" else Outcome.MALFORMED
    return Problem(outcome, whole, errors=found[:20])


def _field_error(detail: ErrorDetails) -> FieldError:
    """Never what was found there, which may be a password."""
    field = ".".join(str(each) for each in detail["loc"]) or "body"
    return FieldError(field, detail["type"], problem_of(detail, unknown="NO_SUCH_FIELD_HERE"))


def answer_of(kind: Any, value: Any, status: int, headers: tuple[tuple[str, str], ...]) -> Answer:
    """The answer of a handler as JSON."""
    if kind is None:
        return Answer(status, headers=headers)
    return Answer(status, adapter_of(kind).dump_json(value), JSON, headers)


def is_text(parts: Mapping[str, str]) -> bool:
    """Are the variable parts of a path texts, and not too long?"""
    return all(part.isprintable() and len(part) <= 200 for part in parts.values())
