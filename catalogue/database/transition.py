"""Both forms of statements under one name, until the last of the old form is converted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, overload

from sqlalchemy.sql import ClauseElement

from catalogue.database import positional, statements
from catalogue.database.shapes import Shaped
from catalogue.database.statements import Decorator, Record, Statement
from catalogue.database.transactions import Transaction

P = ParamSpec("P")
R = TypeVar("R")
Body = Callable[P, Statement]


@overload
def one(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, R | None]: ...
@overload
def one(
    expression: ClauseElement, row: Callable[..., R] | None, /, *parameters: str
) -> Callable[..., R | None]: ...
def one(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.one(*given)


@overload
def many(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, list[R]]: ...
@overload
def many(
    expression: ClauseElement, row: Callable[..., R] | None, /, *parameters: str
) -> Callable[..., list[R]]: ...
def many(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.many(*given)


@overload
def scalar(kind: type[R], /) -> Decorator[P, R | None]: ...
@overload
def scalar(expression: ClauseElement, /, *parameters: str) -> Callable[..., Any]: ...
def scalar(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.scalar(*given)


@overload
def change(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], int]: ...
@overload
def change(expression: ClauseElement, /, *parameters: str) -> Callable[..., int]: ...
def change(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.change(*given)


@overload
def send(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], None]: ...
@overload
def send(expression: ClauseElement, /, *parameters: str) -> Callable[..., None]: ...
def send(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.send(*given)


@overload
def send_many(
    body: Callable[[Record], Statement], /
) -> Callable[[Transaction, Iterable[Record]], None]: ...
@overload
def send_many(
    expression: ClauseElement, /, *parameters: str
) -> Callable[[Transaction, Iterable[Sequence[Any]]], None]: ...
def send_many(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.send_many(*given)


@overload
def lock(body: Callable[P, Statement], /) -> Callable[Concatenate[Transaction, P], None]: ...
@overload
def lock(expression: ClauseElement, /, *parameters: str) -> Callable[..., None]: ...
def lock(*given: Any) -> Any:
    form = positional if isinstance(given[0], ClauseElement) else statements
    return form.lock(*given)


@overload
def many_of(row: Callable[..., R] | Shaped[R], /) -> Decorator[P, list[R]]: ...
@overload
def many_of(
    expression: Callable[[int], ClauseElement], row: Callable[..., R] | None, /
) -> Callable[[Transaction, Sequence[Any]], list[R]]: ...
def many_of(*given: Any) -> Any:
    return positional.many_of(*given) if len(given) == 2 else statements.many_of(*given)
