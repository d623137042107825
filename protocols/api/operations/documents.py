"""The description of all operations, which is one of them."""

from __future__ import annotations

from typing import Any

from circulation.kernel.rights import Principal
from protocols.api.messages import Answer
from protocols.api.openapi import written
from protocols.api.operation import Caller, Operation, Plain, get
from protocols.hosting.answering import Context


def described(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The operations, and the one that describes them all."""

    def description(request: Plain, principal: Principal, context: Context) -> Answer:
        """OpenAPI 3.1: every operation, what it takes and what it answers. It needs no log-in."""
        return Answer(200, written(table))

    table = (
        *operations,
        get(
            "/openapi.json",
            "What this API can do",
            description,
            dict[str, Any],
            tag="documents",
            caller=Caller.ANYBODY,
        ),
    )
    return table
