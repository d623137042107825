"""`tiro hash`: the hash of a password, for terminals and partners."""

from __future__ import annotations

import sys

import click

from circulation.patrons.pins import hash_pin


@click.command("hash")
def hashing() -> None:
    """Print the argon2 hash of a password, as set-up and configuration hold it.

    The password is asked for, or read from standard input; it is never an argument.
    """
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.ClickException("the password is empty: nothing was hashed")
    click.echo(hash_pin(password))
