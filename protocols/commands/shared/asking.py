"""What must not be an argument, which all users of a machine can see: asked for, or read."""

from __future__ import annotations

import sys

import click


def secret(what: str) -> str:
    """A PIN or password: typed twice where a terminal is there, else a line of standard input.

    Raises ClickException where there is none.
    """
    if sys.stdin.isatty():
        typed: str = click.prompt(what, hide_input=True, confirmation_prompt=True, err=True)
        return typed
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.ClickException(f"the {what} is empty: it is the first line of standard input")
    return line
