"""A row of the table of calls: where it is, who may ask it of whom, what does it, and the shape
that its version gives to the internal answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from circulation.kernel.results import Branch
from circulation.kernel.rights import Principal, Right
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.lookups import Seen
from protocols.fbs.settings import FbsSettings
from protocols.fbs.shapes import Shape
from protocols.hosting.answering import Context, Lane


class Asker(Enum):
    """Who may ask a call: what they have to show."""

    #: Nothing: it is how a session begins.
    ANYBODY = "anybody"
    #: A session, or any bearer token: nothing of a person is told.
    LIBRARY = "a session or a bearer token of the library"
    #: A session with the right for this patron, or the bearer token of that patron and nobody else.
    PATRON = "a session, or the bearer token of the patron"
    #: A session with the right, or the bearer token of somebody who has shown a national number.
    PERSON = "a session, or the bearer token of a person"
    #: A session with the right: it is believed what it says of patrons and payments.
    SITE = "a session"


class Agency(NamedTuple):
    """The library of a call, and its branches by name."""

    id: int
    isil: str
    branches: tuple[Branch, ...]

    def branch(self, isil: str) -> Branch | None:
        return next((each for each in self.branches if each.isil == isil), None)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `person` is the national number that the owner of a bearer token has shown,
    `is_site` tells that it is a session, which `digest` names. `token` is that of a session of
    Tiro's own."""

    principal: Principal
    is_site: bool
    person: str | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    digest: bytes = b""


#: That a session has looked at something of a patron's.
Look = tuple[bytes, int | None, Seen]


@dataclass(slots=True)
class Request:
    """One call that may be asked, as handlers get it."""

    call: Call
    agency: Agency
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: Any
    settings: FbsSettings
    patron: PatronPlace | None = None
    #: What is looked at by it, and was not before.
    looks: list[Look] = field(default_factory=list)

    @property
    def place(self) -> PatronPlace:
        """The patron of a call that is about one."""
        assert self.patron is not None
        return self.patron

    @property
    def principal(self) -> Principal:
        return self.caller.principal


#: An internal answer that a call has not.
MISSING: Final = object()

Handler = Callable[[Request, Context], Any]


class Undone(Exception):
    """Carries an answer out of a transaction that is rolled back."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` is what stands behind ``/external/``; of its parts those in braces are variable.
    ``{agencyid}`` is the library, ``{patronid}`` a patron whom the caller must be allowed to see.

    `reads` is how its body is read. `names` are the parameters of the query, those in `lists` may
    be repeated, and `wanted` must be there. `absent` is the internal answer where there is no such
    patron, or makes it of the request; without one that is status 404. `status` is that of an
    answer.
    """

    method: str
    path: str
    handler: Handler
    shape: Shape | None = None
    asker: Asker = Asker.PATRON
    right: Right | None = Right.VIEW_PATRONS
    lane: Lane = Lane.READ
    reads: Callable[[bytes], Any] | None = None
    names: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    absent: Any = MISSING
    status: int = 200

    @property
    def name(self) -> str:
        """As logs and measures call it."""
        return f"{self.method} {self.path}"

    @property
    def is_about_patron(self) -> bool:
        return "{patronid}" in self.path
