"""`tiro move branches`, `take-over`, `leave`: which system looks after whom, branch by branch."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings

_BRANCHES = click.argument("branches", nargs=-1, required=True, metavar="BRANCH...")


@click.command()
@as_json
@click.pass_obj
@asks("list_branches_elsewhere")
def branches(settings: Settings, as_json: bool) -> None:
    """List the branches that another system looks after, or did, with the times."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_branches_elsewhere"), as_json)


@click.command()
@_BRANCHES
@as_json
@click.pass_obj
@asks("leave_branch")
def leave(settings: Settings, branches: tuple[str, ...], as_json: bool) -> None:
    """Leave each BRANCH (its ISIL) to another system from now on: it tells patrons, bills them,
    and renews their loans by itself."""
    with asked(settings) as asker:
        for branch in branches:
            answer = asker.ask("leave_branch", branch=branch)
    print_answer(answer, as_json)


@click.command("take-over")
@_BRANCHES
@as_json
@click.pass_obj
@asks("take_branch_over")
def take_over(settings: Settings, branches: tuple[str, ...], as_json: bool) -> None:
    """Look after each BRANCH (its ISIL) here from now on. What came up before is the other system's
    to tell, what comes up later is told here."""
    with asked(settings) as asker:
        for branch in branches:
            answer = asker.ask("take_branch_over", branch=branch)
    print_answer(answer, as_json)


COMMANDS = (branches, leave, take_over)
