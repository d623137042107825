"""`tiro group`: groups of patrons, as schools have them: a school, its pupils, a class."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL


@click.group()
def group() -> None:
    """Groups of patrons: schools, years, classes. GROUP is a number that `group list` shows."""


_GROUP = click.argument("group", metavar="GROUP", type=int)
_PATRONS = click.argument("patrons", metavar="PATRON...", nargs=-1, required=True)


@group.command("list")
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the agency.")
@as_json
@click.pass_obj
@asks("list_groups")
def list_groups(settings: Settings, branch: str, as_json: bool) -> None:
    """The groups of an agency, by name, and how many members each has itself."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("list_groups"), as_json)


@group.command()
@click.argument("name")
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the agency.")
@click.option("--under", metavar="GROUP", help="The group that it is in.")
@as_json
@click.pass_obj
@asks("make_group")
def add(settings: Settings, name: str, branch: str, under: str | None, as_json: bool) -> None:
    """Add a group: a school, or a class under it."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("make_group", name=name, under=under), as_json)


def _moving(operation: str, about: str) -> None:
    @group.command(operation, help=about)
    @_GROUP
    @_PATRONS
    @as_json
    @click.pass_obj
    @asks(operation)
    def command(
        settings: Settings,
        group: int,
        patrons: tuple[str, ...],
        as_json: bool,
    ) -> None:
        with asked(settings) as asker:
            found = [asker.patron(each) for each in patrons]
            answers = [asker.ask(operation, group=group, patron=each) for each in found]
        print_answer(answers, as_json)


_moving("join", "Make patrons members. It is no error where they are already.")
_moving("leave", "Take patrons out of a group: they have left the class.")


@group.command()
@_GROUP
@as_json
@click.pass_obj
@asks("list_members")
def members(settings: Settings, group: int, as_json: bool) -> None:
    """Who is in a group, those of the groups below it included, by name."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_members", group=group), as_json)
