"""What an operation answers to somebody who is known: the last of `protocols.api.handlers`, and all
of it at the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from circulation.kernel.rights import Principal
from protocols.api.messages import Answer, Asked, Reply
from protocols.api.operation import Operation, Request
from protocols.api.plain import plain_answer, problem_answer
from protocols.api.problems import Problem
from protocols.hosting.accepting import language_of
from protocols.hosting.answering import Context


class Tried(Exception):
    """Carries the answer of a trial out of its transaction, which is rolled back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def answer_known(
    operation: Operation,
    asked: Asked,
    variables: Mapping[str, str],
    principal: Principal,
    context: Context,
    name: str,
) -> Answer:
    """The answer to somebody who is known already, and may do it: at the command line. The log of
    look-ups calls it by that name. Raises Problem, and Tried where all of it is to be undone."""
    query, body = _read(operation, asked)
    language, if_match = language_of(asked.header("accept-language")), asked.header("if-match")
    request: Request[Any, Any] = Request(
        variables, query, body, language, asked, name, if_match=if_match
    )
    return answered(operation, request, principal, context, plain_answer)


def _read(operation: Operation, asked: Asked) -> tuple[Any, Any]:
    """Query and body. Nothing that checks is loaded where there is nothing to check."""
    if not (operation.query or operation.body or asked.query or asked.body):
        return None, None
    from protocols.api.codec import body_in, query_in

    return query_in(operation.query, asked.query), body_in(operation, asked)


def answered(
    operation: Operation,
    request: Request[Any, Any],
    principal: Principal,
    context: Context,
    answer_of: Callable[[Any, Any, int, tuple[tuple[str, str], ...]], Answer],
) -> Answer:
    """The answer of the operation's handler, whose JSON `answer_of` writes. Raises Problem and
    Tried."""
    value = operation.handler(request, principal, context)
    if isinstance(value, Answer):
        return value
    if isinstance(value, Problem):  # what was written with it stays
        return problem_answer(value, request.language)
    if isinstance(value, Reply):
        answer = answer_of(operation.answer, value.value, value.status, value.headers)
        if value.is_dry:
            raise Tried(answer)
        return answer
    return answer_of(operation.answer, value, operation.status, ())
