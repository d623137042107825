"""`tiro --server`: commands that ask a running server, so that no database and no shell is needed.

A row of `SERVED` says which operation of the HTTP API is the command's; what its parameters are
called there is read from the table of operations. What a row does not say, the server cannot be
told: that is a mistake of the caller, never left out in silence.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import click
from click.core import ParameterSource

from protocols.commands.over_http.client import Server, print_answer
from protocols.commands.over_http.served import SERVED, Served
from protocols.process.failures import Failure


def over_http(command: click.Command, words: str, server: str) -> click.Command:
    """The command, and those below it, asking that server in place of the database."""
    asking = copy.copy(command)
    if isinstance(command, click.Group):
        assert isinstance(asking, click.Group)
        asking.commands = {
            name: over_http(each, f"{words} {name}", server)
            for name, each in command.commands.items()
        }
        if not command.invoke_without_command:
            return asking
    rows = SERVED.get(words, ())

    def ask(**values: Any) -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is None:
            _answer(rows, words, Server(server), values)

    asking.callback = ask
    return asking


def _answer(rows: tuple[Served, ...], words: str, server: Server, values: dict[str, Any]) -> None:
    context = click.get_current_context()
    as_json = bool(values.pop("as_json", False))
    given = {
        name: value
        for name, value in values.items()
        if value is not None
        and value != ()
        and context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    row = next((each for each in rows if each.given <= set(given)), None)
    if row is None:
        raise Failure(
            f"tiro {words} as it was called does not work over --server",
            "Run it where tiro.toml names the database; the HTTP API may be able to do it.",
        )
    answers = [_shown(server.ask(row, each)) for each in _calls(row, given)]
    print_answer(answers if row.each is not None else answers[0], as_json)


def _calls(row: Served, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row.each is None:
        yield given
    else:
        for value in given[row.each]:
            yield given | {row.each: value}


def _shown(answer: Any) -> Any:
    """A list that is all of an answer is printed without its name."""
    if isinstance(answer, dict) and len(answer) == 1:
        [alone] = answer.values()
        return alone if isinstance(alone, list) else answer
    return answer
