"""The list of off-line acts, worked off at the command line."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.command()
@click.argument("conflict", type=int)
@at_branch
@click.option("--reason", default="", help="What was done about it.")
@as_json
@click.pass_obj
@asks("settle")
def settle(settings: Settings, conflict: int, branch: str, reason: str, as_json: bool) -> None:
    """Take the act CONFLICT of `tiro list conflicts` off the list: it was dealt with."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("settle", conflict=conflict, reason=reason), as_json)


@click.command()
@click.argument("conflict", type=int)
@at_branch
@as_json
@click.pass_obj
@asks("reopen_act")
def reopen(settings: Settings, conflict: int, branch: str, as_json: bool) -> None:
    """Put the act CONFLICT of `tiro list conflicts --settled` on the list again."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("reopen_act", conflict=conflict), as_json)


@click.command("try")
@click.argument("conflict", type=int)
@at_branch
@as_json
@click.pass_obj
@asks("try_act_again")
def try_again(settings: Settings, conflict: int, branch: str, as_json: bool) -> None:
    """Try the open act CONFLICT of `tiro list conflicts` again."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("try_act_again", conflict=conflict), as_json)


COMMANDS = (settle, reopen, try_again)
