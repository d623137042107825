"""The methods of PAIA as a table: verb and address, scopes, what does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from circulation.kernel.act import Act
from circulation.kernel.rights import Principal
from circulation.patrons.identifiers import PatronPlace
from circulation.staff.sessions import Session
from protocols.discovery.identifiers import Uris
from protocols.discovery.messages import Asked
from protocols.discovery.settings import DiscoverySettings
from protocols.hosting.answering import Context, Lane

#: Tokens of PAIA are good here alone (`circulation.staff.tokens.digest_of`).
REALM: Final = "paia"
#: The scopes that a token may have (2.2), and those that it has where none were asked for (4.1).
USUAL_SCOPES: Final = ("read_patron", "read_fees", "read_items", "write_items")
SCOPES: Final = (*USUAL_SCOPES, "update_patron_email", "change_password")


class Base(Enum):
    """The two base URLs, behind ``/paia``."""

    CORE = "core"
    AUTH = "auth"


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that may be answered, as handlers get it. Of a log-in there is no session."""

    asked: Asked
    body: Any
    language: str
    settings: DiscoverySettings
    uris: Uris
    token: str = ""
    session: Session | None = None
    place: PatronPlace | None = None

    @property
    def patron(self) -> PatronPlace:
        """Whose token it is."""
        assert self.place is not None
        return self.place

    @property
    def principal(self) -> Principal:
        assert self.session is not None
        return self.session.principal

    @property
    def is_vouched_for(self) -> bool:
        """Has a program shown itself, and the patron not?"""
        return self.session is not None and self.session.program_id is not None

    def act(self, context: Context) -> Act:
        return context.act(self.principal.desk)


class Given(NamedTuple):
    """What a handler answers; `scope` is that of a token that it has given."""

    value: Any
    scope: str | None = None


Handler = Callable[[Asking, Context], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`path` is what stands behind the patron (core) or the base (auth); its last part in braces is
    any. One of `scopes` is enough. Without a handler it is known and not supported. `is_open`: it
    takes no access token."""

    base: Base
    verb: str
    path: str
    handler: Handler | None = None
    scopes: tuple[str, ...] = ()
    lane: Lane = Lane.READ
    body: type[BaseModel] | None = None
    is_open: bool = False

    @property
    def name(self) -> str:
        """As logs and measures call it."""
        patron = "/{patron}" if self.base is Base.CORE else ""
        return f"paia {self.verb} {self.base.value}{patron}{'/' * bool(self.path)}{self.path}"
