"""What the API can do is a table: each operation says all that the outside may rely on.

Routing, authority, checking, idempotency, OpenAPI and the tests read the table; a handler is a
plain function ``(request, principal, context) -> answer`` that runs inside one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from circulation.kernel.rights import Kind, Principal, Right
from protocols.api.messages import JSON, Asked
from protocols.api.problems import Outcome
from protocols.hosting.answering import Context, Lane

if TYPE_CHECKING:  # what checks requests takes a while to load
    from protocols.api.models.common import Request as Model

Body = TypeVar("Body")
Query = TypeVar("Query")


class Caller(Enum):
    """Whom an operation is for."""

    ANYBODY = "anybody"
    SIGNED_IN = "whoever is signed in"
    STAFF = "staff and programs"
    PATRON = "patrons, each for themselves"

    def admits(self, kind: Kind) -> bool:
        if self is Caller.PATRON:
            return kind is Kind.PATRON
        return self is not Caller.STAFF or kind is not Kind.PATRON


@dataclass(slots=True)
class Request(Generic[Body, Query]):
    """One request to an operation, checked: what its path names, its query and its body.

    `if_match` is what the caller has seen of what is to be changed. Texts are in `language`.
    `token` is that of the caller's session. `name` is what the log of look-ups calls it.
    `admitted` has the patrons whom the gate has let through, and why, by id and right.
    A handler sets `about` to the patron whom the answer tells of, and `is_kept` to False where it
    tells of several and nothing was done: asked again, it is found anew.
    """

    path: Mapping[str, str]
    query: Query
    body: Body
    language: str
    asked: Asked
    name: str
    if_match: str | None = None
    token: str = ""
    about: int | None = None
    is_kept: bool = True
    admitted: dict[tuple[int, Right], Any] = field(default_factory=dict)


#: A request that has only a path.
Plain = Request[None, None]
Handler = Callable[[Any, Principal, Context], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row of the table.

    `answer` is the class of the answer, None where there is nothing to tell (204). `right` is what
    the caller needs at all; the handler asks for the place where it is needed. `outcomes` are the
    problems that it may answer with besides those that every operation may. `is_once`: what it
    does is done once for an Idempotency-Key. `is_sent_on`: a colleague may send what somebody has
    scanned who could not, and says who (Scanned-By). `is_versioned`: it asks for If-Match.
    `media_type` and `answer_type` are those of the body and the answer. `other_answers` are those
    that are no problems, by status. `sets_cookie`: a browser is signed in by
    it, so that no other page may ask for it. `gone_in` is the version that does not have it any
    more, where it was announced that it goes (docs/versions.md).
    """

    method: str
    path: str
    summary: str
    tag: str
    handler: Handler
    answer: Any = None
    body: type[Model] | None = None
    query: type[Model] | None = None
    right: Right | None = None
    caller: Caller = Caller.STAFF
    lane: Lane = Lane.READ
    status: int = 200
    outcomes: tuple[Outcome, ...] = ()
    is_once: bool = False
    is_sent_on: bool = False
    is_versioned: bool = False
    sets_cookie: bool = False
    media_type: str = JSON
    answer_type: str = JSON
    other_answers: tuple[tuple[int, Any], ...] = ()
    gone_in: str = ""

    @property
    def id(self) -> str:
        """Return the handler's name, for the access log; OpenAPI has that of `operation_ids`."""
        return self.handler.__name__

    @property
    def needs_credential(self) -> bool:
        return self.caller is not Caller.ANYBODY

    @property
    def changes(self) -> bool:
        return self.lane in (Lane.SHORT_WRITE, Lane.WRITE)

    @property
    def is_public_look(self) -> bool:
        """Any process of a server answers it, not only the one that makes changes."""
        return not self.needs_credential and not self.changes


def get(path: str, summary: str, handler: Handler, answer: Any, **more: Any) -> Operation:
    """Something is looked at."""
    return Operation(
        method="GET", path=path, summary=summary, handler=handler, answer=answer, **more
    )


def post(
    path: str,
    summary: str,
    handler: Handler,
    answer: Any,
    *,
    lane: Lane = Lane.SHORT_WRITE,
    is_once: bool = True,
    **more: Any,
) -> Operation:
    """Something is done, and once for each Idempotency-Key."""
    return Operation(
        method="POST",
        path=path,
        summary=summary,
        handler=handler,
        answer=answer,
        lane=lane,
        is_once=is_once,
        **more,
    )


#: The beginning of every path.
VERSION: Final = "v1"
