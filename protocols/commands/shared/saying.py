"""How commands say what they found: to people, or to programs, which ask for it by an option."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from protocols.commands.shared.tables import print_if_it_fits
from protocols.commands.shared.wording import for_people, plain

#: What is made belongs to a load that nobody is told of.
silent = click.option(
    "--silent",
    "silent_batch",
    metavar="BATCH",
    help="Of a load from another system: tell nobody of it.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(facts: Any, json_wanted: bool) -> None:
    """Prints facts: a dict as lines of name and value, a list of dicts one after the other.

    On a terminal that is wide enough a list is a table. How values are said is the business of
    `protocols.commands.shared.wording`.
    """
    if json_wanted:
        click.echo(json.dumps(plain(facts), ensure_ascii=False, indent=2))
        return
    facts = for_people(facts)
    if facts == []:
        click.echo("none")
    if isinstance(facts, list) and print_if_it_fits([_written(each) for each in facts]):
        return
    for number, each in enumerate(facts if isinstance(facts, list) else [facts]):
        if number:
            click.echo()
        for name, value in _written(each).items():
            gap = " " * max(1, 14 - len(name))
            click.echo(f"{click.style(name + ':', bold=True)}{gap}{value}")


def say_answer(answer: Any) -> None:
    """Prints an answer as the operation of the HTTP API gives it, for programs."""
    from protocols.hosting.validating import adapter_of  # loads pydantic

    shown = adapter_of(type(answer)).dump_python(answer, mode="json")
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def tell(words: str, facts: Mapping[str, Any], json_wanted: bool) -> None:
    """Prints words to people, facts to programs."""
    if json_wanted:
        say(facts, True)
    else:
        click.echo(words)


def _written(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: _words(value) for name, value in facts.items() if value not in (None, "", [], {})}


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    if isinstance(value, dict):
        return " ".join(f"{name}={_words(each)}" for name, each in value.items() if each)
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
