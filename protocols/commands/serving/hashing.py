"""`tiro hash`: the hash of a password, for terminals and partners."""

from __future__ import annotations

import click

from circulation.patrons.pins import hash_pin
from protocols.commands.shared.asking import secret
from protocols.commands.shared.saying import as_json, tell


@click.command("hash")
@as_json
def hashing(as_json: bool) -> None:
    """Print the argon2 hash of a password, as set-up and configuration hold it.

    The password is asked for, or read from standard input; it is never an argument.
    """
    hashed = hash_pin(secret("password"))
    tell(hashed, {"hash": hashed}, as_json)
