"""A small library asked as discovery systems ask it, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlencode

from catalogue.database import Transaction
from circulation.kernel.organisation import add_agency, add_branch, all_consortia, find_branch
from circulation.kernel.results import Branch
from circulation.kernel.rights import Right, at_command_line
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.identifiers import IDENTIFIERS, IdentifierKey, find_patron
from circulation.patrons.pins import hash_pin
from circulation.patrons.public_ids import public_ids
from circulation.staff.programs import AddedProgram, NewProgram, add_program
from protocols.discovery.daia import Daia
from protocols.discovery.handlers import Paia
from protocols.discovery.messages import Asked, Sent
from protocols.discovery.settings import DiscoverySettings
from protocols.hosting.answering import Services
from protocols.records.naming import record_ids
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import record_of
from tests.postgresql_copies import opened

PIN = "4929"
#: The hash takes its time: it is made once.
PIN_HASH = hash_pin(PIN)
PORTAL = "192.0.2.1"


@dataclass
class Told:
    """An answer, read."""

    status: int
    body: Any
    headers: Mapping[str, str]
    octets: bytes = b""


@dataclass
class Stage:
    """The library, with PAIA and DAIA over it."""

    library: Library
    services: Services
    paia_front: Paia
    daia_front: Daia

    def a_patron(self, card: str | None = None, **details: Any) -> str:
        return a_patron(self.library, card, **{"pin_hash": PIN_HASH} | details)

    def named(self, card: str) -> str:
        """The patron with that card, as PAIA calls them."""
        key = IDENTIFIERS.of(self.library.circulation)

        def work(transaction: Transaction) -> str:
            found = find_patron(transaction, card, key=key)
            assert found is not None
            return public_ids(self.library.circulation, transaction).shown(found)

        return self.library.read(work)

    def edition(self, barcode: str) -> str:
        """The URI of the title of that copy."""
        record = record_of(self.library, barcode)
        name = self.library.read(lambda transaction: record_ids(transaction, [record])[record])
        return f"tiro:title:{name}"

    def log_in(self, card: str, scope: str | None = None, pin: str = PIN) -> str:
        """An access token."""
        form = {"grant_type": "password", "username": card, "password": pin}
        told = self.paia("POST", "auth/login", form | ({"scope": scope} if scope else {}))
        assert told.status == 200, told
        token: str = told.body["access_token"]
        return token

    def of_patron(
        self, verb: str, card: str, path: str = "", body: Any = None, token: str | None = None
    ) -> Told:
        """The answer to a method of PAIA core, with all scopes where no token is given."""
        token = token or self.log_in(card, "read_patron read_fees read_items write_items")
        return self.paia(verb, f"core/{self.named(card)}{path}", body, token=token)

    def paia(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        host: str = PORTAL,
        **query: Any,
    ) -> Told:
        """The answer behind ``/paia/``: auth is sent a form, core JSON; octets go as they are."""
        given = dict(headers or {})
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        octets = body if isinstance(body, bytes) else b""
        if body is not None and not isinstance(body, bytes):
            is_form = path.startswith("auth")
            octets = urlencode(body).encode() if is_form else json.dumps(body).encode()
            kind = "x-www-form-urlencoded" if is_form else "json"
            given.setdefault("content-type", f"application/{kind}")
        asked = self._asked(verb, path, urlencode(query).encode(), octets, given, host)
        return self._answer(self.paia_front.answer, asked)

    def daia(
        self,
        *identifiers: str,
        verb: str = "GET",
        at: str = "",
        headers: Mapping[str, str] | None = None,
        host: str = PORTAL,
        **query: str,
    ) -> Told:
        parameters = {"format": "json"} | ({"id": "|".join(identifiers)} if identifiers else {})
        raw = urlencode(parameters | query).encode()
        return self._answer(
            self.daia_front.answer, self._asked(verb, at, raw, b"", dict(headers or {}), host)
        )

    @staticmethod
    def _asked(
        verb: str, path: str, query: bytes, body: bytes, headers: dict[str, str], host: str
    ) -> Asked:
        parts = tuple(path.split("/")) if path else ()
        return Asked(verb, parts, query, body, headers.get, host, "https://x.example.org/daia")

    @staticmethod
    def _answer(answer: Any, asked: Asked) -> Told:
        replies: SimpleQueue[Sent] = SimpleQueue()
        answer(asked, replies.put)
        sent = replies.get(timeout=30)
        assert replies.empty()
        body = json.loads(sent.body) if sent.media_type.startswith("application/json") else None
        headers = dict(sent.headers) | ({"Content-Type": sent.media_type} if sent.body else {})
        return Told(sent.status, body, headers, sent.body)

    def a_program(self, *rights: Right, at: Branch | None = None) -> AddedProgram:
        branch = at or self.library.main
        new = NewProgram(f"program {self.library.number()}", branch.id, rights)
        return self.library.write(
            lambda transaction: add_program(
                self.library.act(transaction, branch), at_command_line("tests", ""), new
            )
        )

    def another_agency(self, isil: str = "DK-900200") -> Branch:
        """Another library of the consortium, with one branch."""

        def work(transaction: Transaction) -> Branch:
            consortium = all_consortia(transaction)[0]
            agency = add_agency(transaction, consortium.id, isil, "Nabokommunens Biblioteker")
            add_branch(transaction, agency, f"{isil[:-2]}01", "Nabobiblioteket")
            set_up_changed(transaction)
            found = find_branch(transaction, isil=f"{isil[:-2]}01")
            assert found is not None
            return found

        return self.library.write(work)


@contextmanager
def a_stage(url: str, **settings: Any) -> Iterator[Stage]:
    """The library DK-900100, all of whose patrons come by one portal."""
    database = opened(url)
    library = a_library(database)
    IDENTIFIERS.put(library.circulation, IdentifierKey(b"5a" * 16))
    services = Services(
        database,
        library.circulation,
        lambda: library.now,
        lambda deliver: deliver(),
        lambda seconds, release: None,
    )
    given = {"enabled": True, "portals": (PORTAL,)}
    given |= {"requests_per_second": 1e6, "burst": 1_000_000} | settings
    made = DiscoverySettings(**given)
    yield Stage(library, services, Paia(made, services), Daia(made, services))
    services.close()
    database.close()
