"""Lists of operations: all of it, or a page and where the next begins."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asker import Asker

F = TypeVar("F", bound=Callable[..., Any])


CURSOR = click.option(
    "--cursor", metavar="WORD", help="Go on where a page has ended: it was printed there."
)


def paged(command: F) -> F:
    """The options of a list: how much of it, and from where."""
    limit = click.option(
        "--limit", type=click.IntRange(1, 1_000), help="So many lines at most.  [default: all]"
    )
    return limit(CURSOR(command))


def print_page(asker: Asker, answer: Any, as_json: bool) -> None:
    """Prints a list; where that was a page, to standard error where the next begins."""
    print_answer(answer, as_json)
    if asker.next_cursor is None:
        return
    following = {"cursor": asker.next_cursor}
    words = json.dumps(following) if as_json else f"\nmore: --cursor {asker.next_cursor}"
    click.echo(words, err=True)
