"""Answers as JSON has them, of whatever class they are.

A server has the JSON of an answer written by what is made of its class for that
(`protocols.api.codec`), which takes longer to make than a command takes for all the rest.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from protocols.api.messages import PROBLEM, Answer
from protocols.api.problems import Problem


def plain(value: Any) -> Any:
    """What JSON can hold of it: the same document as that of a server. Raises TypeError."""
    if value is None or isinstance(value, str | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, date):  # and datetime
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(name): plain(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    raise TypeError(f"answers hold no {type(value).__name__}")


def plain_answer(
    kind: Any, value: Any, status: int, headers: tuple[tuple[str, str], ...]
) -> Answer:
    """The answer of a handler as JSON; where it has no class it has nothing to tell."""
    octets = b"" if kind is None else _octets(plain(value))
    return Answer(status, octets, headers=headers)


def problem_answer(problem: Problem, language: str) -> Answer:
    """A problem as JSON, without what is not said."""
    document = _said(plain(problem.document(language)))
    headers = (("Content-Language", language), *problem.headers)
    return Answer(problem.outcome.status, _octets(document), PROBLEM, headers)


def _octets(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _said(document: Any) -> Any:
    if isinstance(document, list):
        return [_said(each) for each in document]
    if isinstance(document, dict):
        return {name: _said(each) for name, each in document.items() if each is not None}
    return document
