"""The published interface of FBS as a judge of answers: Swagger 1.2 of FBS itself, and Swagger 2 of
the adapter that browsers ask."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft7Validator

from protocols.fbs.calls import Call

_PLAIN = {"string", "integer", "number", "boolean"}
#: Swagger 1.2 calls an answer without a body so.
_VOID = {"void", "Response"}


class Operation(NamedTuple):
    """What is published of one call: its answer and its statuses."""

    schema: dict[str, Any] | None
    statuses: frozenset[int]
    body: dict[str, Any] | None


class Interface:
    """All operations, by method and path behind ``/external/``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._definitions: dict[str, Any] = {}

    @cached_property
    def operations(self) -> dict[tuple[str, str], Operation]:
        found: dict[tuple[str, str], Operation] = {}
        for file in sorted((self._folder / "swagger").glob("external*.json")):
            document = json.loads(file.read_text(encoding="utf-8"))
            # Models of one name differ between files.
            for name, model in document.get("models", {}).items():
                self._definitions[f"{file.stem}.{name}"] = self._model(model, file.stem)
            for api in document["apis"]:
                for operation in api["operations"]:
                    path = api["path"].removeprefix("/external/")
                    found[operation["method"], path] = self._operation(operation, file.stem)
        return found

    @cached_property
    def adapter(self) -> dict[tuple[str, str], Operation]:
        """Those that the adapter publishes, the words of its paths as our variables."""
        text = (self._folder / "fbs-adapter.yaml").read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        for name, model in document["definitions"].items():
            self._definitions[f"adapter.{name}"] = json.loads(
                json.dumps(model).replace("#/definitions/", "#/definitions/adapter.")
            )
        found = {}
        for path, methods in document["paths"].items():
            ours = path.removeprefix("/external/")
            ours = ours.replace("agencyid", "{agencyid}").replace("patronid", "{patronid}")
            for method, operation in methods.items():
                told = operation["responses"].get(200, {}).get("schema")
                schema = told and json.loads(
                    json.dumps(told).replace("#/definitions/", "#/definitions/adapter.")
                )
                statuses = frozenset(int(each) for each in operation["responses"])
                found[method.upper(), ours] = Operation(schema, statuses, None)
        return found

    def problems(self, call: Call, answer: Any) -> list[str]:
        """What is wrong with an answer of status 200, by either document."""
        found = []
        for document in (self.operations, self.adapter):
            operation = document.get((call.method, call.path))
            if operation is None or operation.schema is None:
                continue
            schema = operation.schema | {"definitions": self._definitions}
            found += [
                f"{'/'.join(map(str, each.absolute_path))}: {each.message}"
                for each in Draft7Validator(schema).iter_errors(answer)
            ]
        return found

    def body_schema(self, call: Call) -> dict[str, Any] | None:
        """What a body of the call may hold; None where it has none."""
        operation = self.operations.get((call.method, call.path))
        if operation is None or operation.body is None:
            return None
        return self._whole(operation.body)

    def _whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with what it refers to in its place."""
        if "$ref" in schema:
            return self._whole(self._definitions[schema["$ref"].removeprefix("#/definitions/")])
        whole = dict(schema)
        if "items" in whole:
            whole["items"] = self._whole(whole["items"])
        if "properties" in whole:
            told = whole["properties"]
            whole["properties"] = {name: self._whole(each) for name, each in told.items()}
        return whole

    def _operation(self, told: dict[str, Any], file: str) -> Operation:
        statuses = {200, *(int(each["code"]) for each in told.get("responseMessages", ()))}
        bodies = [each for each in told["parameters"] if each["paramType"] == "body"]
        body = self._schema(bodies[0], file) if bodies else None
        if told["type"] in _VOID:
            return Operation(None, frozenset(statuses), body)
        return Operation(self._schema(told, file), frozenset(statuses), body)

    def _model(self, model: dict[str, Any], file: str) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {
                name: self._schema(each, file) for name, each in model["properties"].items()
            },
            "required": model.get("required", []),
        }

    def _schema(self, told: dict[str, Any], file: str) -> dict[str, Any]:
        kind = told.get("type") or told.get("$ref")
        if kind == "array":
            return {"type": "array", "items": self._schema(told["items"], file)}
        if kind in _PLAIN:
            return {"type": kind} | ({"enum": told["enum"]} if "enum" in told else {})
        if kind in ("Map", "object"):
            return {"type": "object"}
        return {"$ref": f"#/definitions/{file}.{kind}"}
