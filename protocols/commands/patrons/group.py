"""`tiro group`: groups of patrons, as schools have them: a school, its pupils, a class."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import ISIL

group = Noun(
    "group",
    help="Groups of patrons: schools, years, classes. GROUP is a number that `group list` shows.",
)

_GROUP = click.argument("group", metavar="GROUP", type=int)
_PATRONS = click.argument("patrons", metavar="PATRON...", nargs=-1, required=True)
_AT = click.option("--at", "branch", type=ISIL, required=True, help="A branch of the agency.")


def _move(operation: str, about: str) -> None:
    def move(asker: Asker, group: int, patrons: tuple[str, ...]) -> list[Any]:
        found = [asker.patron(each) for each in patrons]
        return [asker.ask(operation, group=group, patron=each) for each in found]

    group.ask(operation, operation, about, _GROUP, _PATRONS, work=move)


group.ask(
    "list",
    "list_groups",
    "The groups of an agency, by name, and how many members each has itself.",
    _AT,
)
group.ask(
    "add",
    "make_group",
    "Add a group: a school, or a class under it.",
    click.argument("name"),
    _AT,
    click.option("--under", metavar="GROUP", help="The group that it is in."),
)
_move("join", "Make patrons members. It is no error where they are already.")
_move("leave", "Take patrons out of a group: they have left the class.")
group.ask(
    "members",
    "list_members",
    "Who is in a group, those of the groups below it included, by name.",
    _GROUP,
)
