"""Operations on the database of the configuration, for somebody with a shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from catalogue.database import Transaction
from circulation.explaining.machines import MACHINES
from circulation.kernel.rights import Principal
from circulation.kernel.set_up import SetUp
from circulation.notices.post import POST, Post
from circulation.patrons.identifiers import IDENTIFIERS, find_patron
from circulation.patrons.public_ids import public_ids
from circulation.staff.lookups import Lookup, note_lookups
from protocols.api.addresses import Address, operation_at
from protocols.api.answering import Tried, answer_known
from protocols.api.messages import JSON, Answer, Asked
from protocols.api.operation import VERSION, Operation
from protocols.api.plain import problem_answer
from protocols.api.problems import Problem
from protocols.commands.asking.asker import Asker, Refused, Told, told
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.settings import Settings
from protocols.hosting.answering import Context

if TYPE_CHECKING:
    from circulation.explaining.sorters import Machine

_HEADERS: Final = {"content-type": JSON, "accept-language": "en", "if-match": "*"}
_LANGUAGE: Final = "en"
_WRONG: Final = 400


@contextmanager
def asked_here(settings: Settings, at: str | None) -> Iterator[Here]:
    """The operations on the database of the configuration, as `asked` gives them."""
    with opened(settings) as library:
        library.circulation.on_demand = True  # one operation after the other, each a transaction
        POST.later(library.circulation, lambda: _post(settings))
        MACHINES.later(library.circulation, lambda: _machines(settings))
        yield Here(library, at)


def _post(settings: Settings) -> Post:
    from protocols.notices.settings import post_of

    configuration = settings.configuration
    return post_of(configuration.notices, configuration.path.parent)


def _machines(settings: Settings) -> Callable[[SetUp], Mapping[str, Machine]]:
    from protocols.sip2.machines import machines_of

    return machines_of(settings.configuration.standards["sip2"])


class Here(Asker):
    """The operations on a library, done at the branch with that ISIL, or nowhere."""

    def __init__(self, library: Library, at: str | None) -> None:
        self._library = library
        self._principal: Principal = library.principal
        if at is not None:
            self._principal = library.principal_at(library.desk(at))

    def patron(self, card: str) -> str:
        circulation = self._library.circulation

        def work(transaction: Transaction) -> str | None:
            found = find_patron(transaction, card, key=IDENTIFIERS.of(circulation))
            return None if found is None else public_ids(circulation, transaction).shown(found)

        shown = self._library.read(work)
        if shown is None:
            raise click.ClickException("no patron has this identifier")
        return shown

    def send(self, address: Address, variables: dict[str, str], query: str, body: Any) -> Told:
        operation = operation_at(address)
        path = operation.path.format_map(variables)
        octets = b"" if body is None else json.dumps(body).encode()
        parts = (VERSION, *path.strip("/").split("/"))
        asked = Asked(operation.method, parts, query.encode(), octets, _HEADERS.get, "", True)
        answer = self._answer(operation, asked, variables)
        if answer.status >= _WRONG:
            raise Refused(answer.status, json.loads(answer.body), path)
        return told(answer.body, dict(answer.headers).get("Link"))

    def _answer(self, operation: Operation, asked: Asked, variables: dict[str, str]) -> Answer:
        library, now = self._library, datetime.now(UTC)  # a scanner may type for hours
        lookups: list[Lookup] = []

        def work(transaction: Transaction) -> Answer:
            lookups.clear()  # of a try before
            context = Context(transaction, library.circulation, now, lookups)
            answer = answer_known(
                operation, asked, variables, self._principal, context, library.command
            )
            if operation.changes:
                note_lookups(transaction, lookups, now)
            return answer

        try:
            answer = library.write(work) if operation.changes else library.read(work)
        except Problem as problem:
            return problem_answer(problem, _LANGUAGE)
        except Tried as tried:
            return tried.answer
        if lookups and not operation.changes:
            library.write(lambda transaction: note_lookups(transaction, lookups, now))
        return answer
