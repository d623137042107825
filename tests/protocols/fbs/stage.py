"""A small library asked as FBS is asked, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
from protocols.fbs.handlers import Fbs
from protocols.fbs.messages import Answer, Asked
from protocols.fbs.settings import FbsSettings
from protocols.hosting.answering import Services
from protocols.records.naming import record_ids
from tests.builders.circulation import Library, a_library, a_patron
from tests.builders.holds import record_of
from tests.postgresql_copies import opened

#: What a web site of the library needs.
RIGHTS = (Right.VIEW_PATRONS, Right.EDIT_PATRONS, Right.LEND, Right.TAKE_FEES, Right.BOOK)
PIN = "4929"
#: The hash takes its time: it is made once.
PIN_HASH = hash_pin(PIN)
AGENCY = "DK-900100"
PERSON, CHILD = "0101801928", "0503186419"


@dataclass
class Told:
    """An answer, read."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Stage:
    """The library, FBS over it, and the sessions of web sites."""

    library: Library
    services: Services
    fbs: Fbs
    tokens: Path
    sites: dict[str, str] = field(default_factory=dict)

    def a_site(
        self, *rights: Right, at: Branch | None = None, is_of_all: bool = False
    ) -> AddedProgram:
        """A program that may ask what a web site asks, or has these rights alone."""
        name = f"site {self.library.number()}"
        branch = at or self.library.main
        new = NewProgram(
            name, branch.id, rights or RIGHTS, is_of_all=is_of_all, requests_per_minute=1_000_000
        )

        def work(transaction: Transaction) -> AddedProgram:
            act = self.library.act(transaction, branch)
            return add_program(act, at_command_line("tests", ""), new)

        return self.library.write(work)

    def log_in(self, site: AddedProgram, agency: str = AGENCY) -> str:
        """The key of a session."""
        told = self.ask(
            "POST",
            f"v1/{agency}/authentication/login",
            {"username": site.client_id, "password": site.secret},
        )
        assert told.status == 200, told
        key: str = told.body["sessionKey"]
        return key

    @property
    def session(self) -> str:
        """The session of the library's own site."""
        if "own" not in self.sites:
            self.sites["own"] = self.log_in(self.a_site())
        return self.sites["own"]

    def a_patron(self, card: str | None = None, **details: Any) -> str:
        return a_patron(self.library, card, **{"pin_hash": PIN_HASH} | details)

    def number(self, card: str) -> int:
        """The patron with that card, as FBS numbers them."""
        key = IDENTIFIERS.of(self.library.circulation)

        def work(transaction: Transaction) -> int:
            found = find_patron(transaction, card, key=key)
            assert found is not None
            return public_ids(self.library.circulation, transaction).number(found)

        return self.library.read(work)

    def record_of(self, barcode: str) -> str:
        """What the title of that copy is called."""
        record = record_of(self.library, barcode)
        return self.library.read(lambda transaction: record_ids(transaction, [record])[record])

    def a_token(
        self, patron: str | None = None, *, agency: str = AGENCY, person: str | None = None
    ) -> str:
        """A bearer token that the file lists."""
        token = f"token-number-{self.library.number()}"
        lines = [f'token = "{token}"', f'agency = "{agency}"']
        lines += [f'patron = "{patron}"'] if patron else []
        lines += [f'person = "{person}"'] if person else []
        with self.tokens.open("a", encoding="utf-8") as file:
            file.write("\n".join(["[[tokens]]", *lines, ""]))
        return token

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        session: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Told:
        """The answer to a call behind ``/external/``. A body of bytes goes as it is."""
        given = dict(headers or {})
        if session is not None:
            given["x-session"] = session
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        octets = b""
        if body is not None:
            octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        asked = Asked(
            method,
            tuple(path.split("/")),
            urlencode(query, doseq=True).encode(),
            octets,
            given.get,
            "192.0.2.1",
        )
        replies: SimpleQueue[Answer] = SimpleQueue()
        self.fbs.answer(asked, replies.put)
        answer = replies.get(timeout=30)
        assert replies.empty()
        told = json.loads(answer.body) if answer.body else None
        return Told(answer.status, told, dict(answer.headers))

    def of_patron(self, method: str, card: str, path: str, body: Any = None, **query: Any) -> Told:
        """The same of a patron, by the library's own site: `path` has ``{}`` in place of the
        library and the patron."""
        its = path.format(AGENCY, self.number(card))
        return self.ask(method, its, body, session=self.session, **query)

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
def a_stage(url: str, folder: Path, **settings: Any) -> Iterator[Stage]:
    """The library DK-900100, where people can register on the web and tokens are in a file."""
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
    tokens = folder / "tokens.toml"
    tokens.touch()
    given = {"enabled": True, "tokens": tokens, "category": "adult"}
    given |= {"requests_per_second": 1e6, "burst": 1_000_000} | settings
    yield Stage(library, services, Fbs(FbsSettings(**given), services, at_once), tokens)
    services.close()
    database.close()


def at_once(work: Any, done: Any) -> None:
    """What takes threads in a server is done here."""
    try:
        found = work()
    except Exception as error:
        done(None, error)
    else:
        done(found, None)
