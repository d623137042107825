"""`tiro --server`: commands that ask a running server, so that no database and no shell is needed.

Most commands ask the same operations on the database and on a server (`asks`). For the others a row
of `SERVED` says which operation of the HTTP API is the command's; what its parameters are called
there is read from the table of operations. What a row does not say, the server cannot be told: that
is a mistake of the caller, never left out in silence.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import click
from click.core import ParameterSource

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import operations_of
from protocols.commands.asking.server import Server
from protocols.commands.over_http.served import SERVED, Served
from protocols.process.failures import Failure


def over_http(command: click.Command, words: str) -> click.Command:
    """The command, and those below it, asking the server in place of the database."""
    asking = copy.copy(command)
    if isinstance(command, click.Group):
        assert isinstance(asking, click.Group)
        asking.commands = {
            name: over_http(each, f"{words} {name}") for name, each in command.commands.items()
        }
        if not command.invoke_without_command:
            return asking
    if operations_of(command):
        return asking
    rows = SERVED.get(words, ())

    def ask(**values: Any) -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            _answer(rows, words, values)

    asking.callback = ask
    return asking


def _answer(rows: tuple[Served, ...], words: str, values: dict[str, Any]) -> None:
    context = click.get_current_context()
    as_json = bool(values.pop("as_json", False))
    given = {
        name: value
        for name, value in values.items()
        if value is not None
        and value != ()
        and context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    server = Server(context.obj.server)
    row = next((each for each in rows if each.given <= set(given)), None)
    if row is None:
        raise Failure(
            f"tiro {words} as it was called does not work over --server",
            "Run it where tiro.toml names the database; the HTTP API may be able to do it.",
        )
    answers = [_asked(row, server, each) for each in _calls(row, given)]
    print_answer(answers if row.each is not None else answers[0], as_json)


def _calls(row: Served, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row.each is None:
        yield given
    else:
        for value in given[row.each]:
            yield given | {row.each: value}


def _asked(row: Served, server: Server, given: dict[str, Any]) -> Any:
    said = {
        row.names.get(name, name): row.made[name](value) if name in row.made else value
        for name, value in given.items()
        if name not in row.given or value is not True  # that has chosen the row
    }
    answer = server.ask(row.operation, **said)
    while row.goes_on and answer.get("cursor") is not None:
        answer = server.ask(row.operation, **said | {"cursor": answer["cursor"]})
    return answer
