"""OpenAPI 3.1 out of the table of operations: what is written there is all that there is to say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from inspect import getdoc
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from circulation.kernel.reasons import BlockReason
from circulation.patrons.kinds import Consent
from circulation.patrons.public_ids import PATTERN
from protocols.api.messages import JSON, PROBLEM
from protocols.api.once import HEADER, LONGEST
from protocols.api.operation import Caller, Operation
from protocols.api.operation_ids import operation_id
from protocols.api.problems import Outcome, ProblemDocument
from protocols.api.signing_in import AS, SCANNED_BY
from protocols.hosting.validating import adapter_of

_REFERENCE: Final = "#/components/schemas/{model}"
_VARIABLE: Final = re.compile(r"\{([a-z_]+)\}")
#: What stands in the variable parts of paths.
_NUMBER: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}
_PUBLIC_ID: Final = {"type": "string", "pattern": PATTERN}
_ANY: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_VARIABLES: Final = {
    "patron": _PUBLIC_ID,
    "guardian": _PUBLIC_ID,
    "hold": _NUMBER,
    "title": _NUMBER,
    "conflict": _NUMBER,
    "contact": _NUMBER,
    "address": _NUMBER,
    "reason": {"type": "string", "enum": [each.name for each in BlockReason]},
    "consent": {"type": "string", "enum": [each.value for each in Consent]},
}
#: Headers of many operations; both name an account as `Session.account` does, percent-encoded.
_HEADERS: Final = {
    AS: "Refused where not this account, but another is signed in by now.",
    SCANNED_BY: "The account of the colleague who made the scan: events name both.",
}
#: What the answer of any operation may be.
_ALWAYS: Final = (
    Outcome.NOT_ACCEPTABLE,
    Outcome.MALFORMED,
    Outcome.TOO_MANY_REQUESTS,
    Outcome.FAULT,
    Outcome.UNAVAILABLE,
    Outcome.OUTCOME_UNKNOWN,
)
_DESCRIPTION: Final = """\
One door for desks, web sites and bots. Amounts are in minor units, times in UTC (RFC 3339), and
numbers of things are texts that say nothing. Fields are added in the course of time: ignore what
you do not know. Refusals are problems (RFC 9457) with all reasons at once."""


def outcomes_of(operation: Operation) -> tuple[Outcome, ...]:
    """Every problem that the operation may be answered with."""
    found = [*_ALWAYS, *operation.outcomes]
    if operation.caller is not Caller.ANYBODY:
        found += [Outcome.RIGHT_MISSING, Outcome.ANOTHER_SIGNED_IN]
    if operation.media_type == JSON:  # anybody's, too: a token that is none is refused
        found.append(Outcome.NOT_SIGNED_IN)
    if operation.body is not None:
        found += [Outcome.UNSUPPORTED_MEDIA_TYPE, Outcome.TOO_LARGE]
        if operation.media_type == JSON:
            found.append(Outcome.NOT_JSON)
    if operation.method not in ("GET", "HEAD"):
        found.append(Outcome.OTHER_ORIGIN)
    if operation.is_once:
        found += [Outcome.KEY_MISSING, Outcome.KEY_REUSED]
    if operation.is_sent_on:
        found.append(Outcome.DONE_BY_ANOTHER)
    if operation.is_versioned:
        found += [Outcome.VERSION_MISSING, Outcome.CHANGED_MEANWHILE]
    if _VARIABLE.search(operation.path):
        found.append(Outcome.NOT_FOUND)
    return tuple(each for each in Outcome if each in found)


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """The document."""
    table = tuple(operations)
    schemas = _Schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        path = paths.setdefault("/api/v1" + operation.path, {})
        path[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tiro",
            "version": version("tiro-ils").partition(".dev")[0],
            "description": _DESCRIPTION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.all,
            "parameters": _headers(),
            "responses": _problems(schemas),
            "securitySchemes": _SECURITY,
        },
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in table)],
    }


_SECURITY: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-tiro"},
    "token": {"type": "http", "scheme": "bearer"},
}


class _Schemas:
    """The schemas of all models, each by its name."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        mode: Literal["validation", "serialization"]
        wanted: dict[tuple[str, str], tuple[Any, Any, TypeAdapter[Any]]] = {}
        for each in operations:
            if each.body is not None:
                wanted[repr(each.body), "in"] = (each.body, "validation", adapter_of(each.body))
            for answer in (each.answer, *(kind for _, kind in each.other_answers)):
                if answer is not None:
                    mode = "serialization"
                    wanted[repr(answer), "out"] = (answer, mode, adapter_of(answer))
        problem = (ProblemDocument, "serialization", adapter_of(ProblemDocument))
        wanted[repr(ProblemDocument), "out"] = problem
        found, together = TypeAdapter.json_schemas(
            [(repr(kind), mode, adapter) for kind, mode, adapter in wanted.values()],
            ref_template=_REFERENCE,
        )
        self._of = found
        self.all: dict[str, Any] = together.get("$defs", {})

    def of(self, kind: Any, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
        return self._of[repr(kind), mode]


def _described(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "description": " ".join((getdoc(operation.handler) or "").split()),
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": _responses(operation, schemas),
        "security": [] if not operation.needs_credential else [{"session": []}, {"token": []}],
        "x-right": None if operation.right is None else operation.right.value,
        "x-caller": operation.caller.value,
    }
    if operation.gone_in:
        said |= {"deprecated": True, "x-gone-in": operation.gone_in}
    if operation.body is not None:
        schema = schemas.of(operation.body, "validation")
        said["requestBody"] = {
            "required": True,
            "content": {operation.media_type: {"schema": schema}},
        }
    return said


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _VARIABLES.get(name, _ANY),
        }
        for name in _VARIABLE.findall(operation.path)
    ]
    if operation.query is not None:
        schema = operation.query.model_json_schema(ref_template=_REFERENCE)
        required = schema.get("required", ())
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": _plain(each)}
            for name, each in schema["properties"].items()
        ]
    if operation.needs_credential:
        found.append({"$ref": f"#/components/parameters/{AS}"})
    if operation.is_sent_on:
        found.append({"$ref": f"#/components/parameters/{SCANNED_BY}"})
    if operation.is_once:
        text = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"}
        found.append({"name": HEADER, "in": "header", "required": True, "schema": text})
    if operation.is_versioned:
        tag = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"}
        found.append({"name": "if-match", "in": "header", "required": True, "schema": tag})
    return found


def _headers() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 400, "pattern": "^[!-~]+$"}
    return {
        name: {"name": name, "in": "header", "description": said, "schema": text}
        for name, said in _HEADERS.items()
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not there is not null."""
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(options) == 1:
        schema = {name: each for name, each in schema.items() if name != "anyOf"} | options[0]
    return {name: each for name, each in schema.items() if name not in ("title", "default")}


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    said: dict[str, Any] = {}
    done: dict[str, Any] = {"description": "done"}
    if operation.answer is not None:
        schema = schemas.of(operation.answer, "serialization")
        done["content"] = {operation.answer_type: {"schema": schema}}
    said[str(operation.status)] = done
    by_status = {outcome.status for outcome in outcomes_of(operation)}
    for status in sorted(by_status):
        said[str(status)] = {"$ref": f"#/components/responses/{status}"}
    for status, kind in operation.other_answers:
        content = {"application/json": {"schema": schemas.of(kind, "serialization")}}
        said[str(status)] = {"description": "refused", "content": content}
    return said


def _problems(schemas: _Schemas) -> dict[str, Any]:
    """The refusals by their status."""
    content = {PROBLEM: {"schema": schemas.of(ProblemDocument, "serialization")}}
    said: dict[str, Any] = {}
    for status in sorted({each.status for each in Outcome}):
        titles = [each.title("en") for each in Outcome if each.status == status]
        said[str(status)] = {"description": " ".join(titles), "content": content}
        if status in (429, 503):
            after = {"schema": {"type": "integer", "minimum": 1}}
            said[str(status)]["headers"] = {"Retry-After": after}
    return said


@cache
def written(operations: tuple[Operation, ...]) -> bytes:
    """The document as it is served and committed."""
    text = json.dumps(openapi(operations), indent=2, ensure_ascii=False, sort_keys=True)
    return text.encode() + b"\n"
