"""A small library asked through the API without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from queue import SimpleQueue
from typing import Any

import pytest

import protocols.api.handlers
from catalogue.database import Database
from circulation.kernel.rights import Kind, Principal, Reach, Right
from circulation.patrons.identifiers import find_patron
from circulation.patrons.public_ids import public_ids
from circulation.staff.site import SITE, Site
from protocols.api.authentication import Credential
from protocols.api.handlers import Api
from protocols.api.messages import Answer, Asked, Stream
from protocols.api.settings import ApiSettings
from protocols.api.signing_in import Known, known_by
from protocols.hosting.answering import Context, Services
from tests.builders.circulation import Library, a_library
from tests.postgresql_copies import opened

_KEYS = count(1)


@dataclass
class Told:
    """An answer, read."""

    status: int
    body: Any
    headers: Mapping[str, str]
    media_type: str

    @property
    def codes(self) -> list[str]:
        """The reasons of a refusal."""
        return [each["code"] for each in self.body["reasons"]]


@dataclass
class Stage:
    """The library, the API over it, and who is known by which token."""

    library: Library
    services: Services
    api: Api
    callers: dict[str, Principal] = field(default_factory=dict)

    def a_caller(self, *rights: Right, agency: int | None = None, **more: Any) -> str:
        """The token of a member of the staff who has these rights (all, if none is named) at an
        agency, the library's own where none is given."""
        home = self.library.main.agency_id if agency is None else agency
        reach = Reach(agencies=frozenset({home}))
        grants = dict.fromkeys(rights or tuple(Right), reach)
        token = f"token-{next(_KEYS)}"
        given = {
            "kind": Kind.STAFF,
            "id": len(self.callers) + 1,
            "name": token,
            "agency_id": home,
            "branch_id": self.library.main.id if agency is None else 0,
            "device": f"desk of {token}",
            "grants": grants,
        } | more
        self.callers[token] = Principal(**given)
        return token

    def a_patron_caller(self, card: str) -> str:
        """The token of a patron who is signed in."""
        found = self.library.read(lambda transaction: find_patron(transaction, card))
        assert found is not None
        return self.a_caller(kind=Kind.PATRON, id=found, name="patron", grants={})

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        is_secure: bool = False,
    ) -> Told:
        """The answer; `key` None sends no Idempotency-Key, else a new one is made up."""
        given = {"accept-language": "en"}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        if key is not None and method == "POST":
            given["idempotency-key"] = key or f"key-{next(_KEYS)}"
        octets = b""
        if body is not None:
            given["content-type"] = "application/json"
            octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        given |= headers or {}
        where, _, query = path.partition("?")
        parts = ("v1", *where.strip("/").split("/"))
        asked = Asked(method, parts, query.encode(), octets, given.get, host, is_secure)
        replies: SimpleQueue[Answer] = SimpleQueue()
        self.api.answer(asked, replies.put)
        answer = replies.get(timeout=30)
        assert replies.empty()
        told = json.loads(answer.body) if answer.body else None
        return Told(answer.status, told, dict(answer.headers), answer.media_type)

    def stream(self, path: str, *, token: str, last: int | None) -> Stream:
        """What begins a stream of events."""
        given = {"authorization": f"Bearer {token}"}
        if last is not None:
            given["last-event-id"] = str(last)
        parts = ("v1", *path.strip("/").split("/"))
        asked = Asked("GET", parts, b"", b"", given.get, "127.0.0.1", False)
        replies: SimpleQueue[Answer] = SimpleQueue()
        self.api.answer(asked, replies.put)
        stream = replies.get(timeout=30).stream
        assert stream is not None
        return stream

    def public_id(self, card: str) -> str:
        """The patron with that card, as answers name them."""

        def work(transaction: Any) -> str:
            found = find_patron(transaction, card)
            assert found is not None
            return public_ids(self.library.circulation, transaction).shown(found)

        return self.library.read(work)


@contextmanager
def a_stage(
    url: str,
    settings: ApiSettings | None = None,
    make: Callable[[Database], Library] = a_library,
) -> Iterator[Stage]:
    """A library whose callers are those of `Stage.a_caller`."""
    database = opened(url)
    library = make(database)
    SITE.put(library.circulation, Site("https://tiro.example"))
    services = Services(
        database,
        library.circulation,
        lambda: library.now,
        lambda deliver: deliver(),
        lambda seconds, release: None,
    )
    stage = Stage(library, services, Api(settings or ApiSettings(), services))

    def somebody(context: Context, credential: Credential | None) -> Known:
        if credential is None or credential.secret not in stage.callers:
            return known_by(context, credential)
        return Known(stage.callers[credential.secret])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocols.api.handlers, "known_by", somebody)
        yield stage
    services.close()
    database.close()
