"""The list of off-line acts, worked off at the command line."""

from __future__ import annotations

import click

from protocols.commands.asking.described import described
from protocols.commands.shared.values import at_branch

_CONFLICT = click.argument("conflict", type=int)

COMMANDS = (
    described(
        "settle",
        "settle",
        "Take the act CONFLICT of `tiro list conflicts` off the list: it was dealt with.",
        _CONFLICT,
        at_branch,
        click.option("--reason", default="", help="What was done about it."),
    ),
    described(
        "reopen",
        "reopen_act",
        "Put the act CONFLICT of `tiro list conflicts --settled` on the list again.",
        _CONFLICT,
        at_branch,
    ),
    described(
        "try",
        "try_act_again",
        "Try the open act CONFLICT of `tiro list conflicts` again.",
        _CONFLICT,
        at_branch,
    ),
)
