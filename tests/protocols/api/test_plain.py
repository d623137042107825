"""At the command line an answer is the document that a server gives, of whatever class it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from circulation.staff.workstations import Printer
from protocols.api.messages import Answer
from protocols.api.operations import OPERATIONS
from protocols.api.plain import plain, plain_answer
from protocols.api.problems import ProblemDocument
from protocols.hosting.validating import adapter_of

MOMENT = datetime(2026, 12, 1, 6, 30, 0, 250_000, UTC)
PLAIN_VALUES: Mapping[Any, Any] = {
    str: 'Ærø "2"\n\x1f',
    int: 7,
    float: 1.5,
    bool: True,
    datetime: MOMENT,
    date: date(2026, 12, 1),
    object: ["a", 1],
    Any: {"a": [None, 2.5]},
    NoneType: None,
    Printer: Printer(),
}
ANSWERS = sorted(
    {
        kind
        for operation in OPERATIONS
        for kind in (operation.answer, *(each for _, each in operation.other_answers))
        if is_dataclass(kind)
    }
    | {ProblemDocument},
    key=lambda kind: (kind.__module__, kind.__name__),
)


def a_value(kind: Any) -> Any:
    """One that is of the kind, with as much in it as there can be."""
    origin, args = get_origin(kind), get_args(kind)
    if kind in PLAIN_VALUES:
        return PLAIN_VALUES[kind]
    if origin is Annotated:
        return a_value(args[0])
    if origin in (Union, UnionType, Literal):
        return args[0] if origin is Literal else a_value(args[0])
    if origin is tuple:
        return tuple(map(a_value, args[:1] * 2 if args[1:] == (...,) else args))
    if origin in (list, Sequence):
        return [a_value(args[0])]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {a_value(args[0]): a_value(args[1])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{each.name: a_value(hints[each.name]) for each in fields(kind)})


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_answer_is_the_document_of_a_server(kind: Any) -> None:
    value = a_value(kind)
    assert plain(value) == json.loads(adapter_of(kind).dump_json(value))


@pytest.mark.parametrize(
    "moment",
    [
        MOMENT,
        MOMENT.replace(microsecond=0),
        MOMENT.astimezone(timezone(timedelta(hours=1))),
        MOMENT.replace(tzinfo=None),
    ],
    ids=str,
)
def test_moments_are_written_as_a_server_writes_them(moment: datetime) -> None:
    assert plain(moment) == json.loads(adapter_of(datetime).dump_json(moment))


def test_what_no_answer_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        plain({"secret": b"no text"})


def test_an_operation_without_an_answer_tells_nothing() -> None:
    assert plain_answer(None, None, 204, ()) == Answer(204)
