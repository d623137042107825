"""Whom a command asks: the database of the configuration, or the server of `--server`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import click

from protocols.commands.asking.asker import Asker
from protocols.commands.asking.putting_off import put_off
from protocols.commands.shared.settings import Settings

Callback = TypeVar("Callback", bound=Callable[..., Any])
_OPERATIONS: Final = "operations"


def asks(*operations: str) -> Callable[[Callback], Callback]:
    """Says of a command which operations it asks, and that it asks nothing else: so it works over
    `--server` as it does on the database."""

    def say(callback: Callback) -> Callback:
        setattr(callback, _OPERATIONS, operations)
        return callback

    return say


def operations_of(command: click.Command) -> tuple[str, ...]:
    """The operations that a command asks, the one that does its work first."""
    operations: tuple[str, ...] = getattr(command.callback, _OPERATIONS, ())
    return operations


@contextmanager
def asked(settings: Settings, at: str | None = None) -> Iterator[Asker]:
    """Whoever answers, for what is done at the branch with that ISIL; where none is said, where the
    patron or the charge belongs, or where the token works."""
    if settings.server is not None:
        from protocols.commands.asking.server import Server

        yield Server(settings.server, at)
        return
    # The engine, which a command that asks a server has no need of. SQLAlchemy names what makes it
    # asynchronous and finds plug-ins, which is a seventh of what it takes to load.
    put_off("asyncio", {"iscoroutine": "coroutines"})
    put_off("importlib.metadata")
    from protocols.commands.asking.here import asked_here

    with asked_here(settings, at) as here:
        yield here
