"""`tiro group`: groups of patrons, as schools have them: a school, its pupils, a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.patrons.changes import patron_fields
from circulation.patrons.groups import add_group, groups_of, join_group, leave_group, members_of
from circulation.patrons.identifiers import identifiers_of, shown_as
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import branch_named
from protocols.commands.shared.values import ISIL


@click.group()
def group() -> None:
    """Groups of patrons: schools, years, classes. GROUP is a number that `group list` shows."""


_GROUP = click.argument("group_id", metavar="GROUP", type=int)
_PATRONS = click.argument("identifiers", metavar="PATRON...", nargs=-1, required=True)


@group.command("list")
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the agency.")
@as_json
@click.pass_obj
def list_groups(settings: Settings, branch: str, as_json: bool) -> None:
    """The groups of an agency, by name, and how many members each has itself."""
    with opened(settings) as library:
        found = library.read(
            lambda transaction: groups_of(
                transaction, agency_id=branch_named(transaction, branch).agency_id
            )
        )
        say([each._asdict() for each in found], as_json)


@group.command()
@click.argument("name")
@click.option("--at", "branch", type=ISIL, required=True, help="A branch of the agency.")
@click.option("--under", "parent_id", type=int, metavar="GROUP", help="The group that it is in.")
@as_json
@click.pass_obj
def add(settings: Settings, name: str, branch: str, parent_id: int | None, as_json: bool) -> None:
    """Add a group: a school, or a class under it."""

    def work(transaction: Transaction) -> int:
        try:
            agency_id = branch_named(transaction, branch).agency_id
            return add_group(transaction, agency_id, name, parent_id=parent_id)
        except ValueError as error:
            raise click.ClickException(str(error)) from error

    with opened(settings) as library:
        say({"group": library.write(work), "name": name}, as_json)


@group.command()
@_GROUP
@_PATRONS
@as_json
@click.pass_obj
def join(settings: Settings, group_id: int, identifiers: tuple[str, ...], as_json: bool) -> None:
    """Make patrons members. It is no error where they are already."""
    _each(settings, group_id, identifiers, as_json, join_group)


@group.command()
@_GROUP
@_PATRONS
@as_json
@click.pass_obj
def leave(settings: Settings, group_id: int, identifiers: tuple[str, ...], as_json: bool) -> None:
    """Take patrons out of a group: they have left the class."""
    _each(settings, group_id, identifiers, as_json, leave_group)


def _each(
    settings: Settings,
    group_id: int,
    identifiers: tuple[str, ...],
    json_wanted: bool,
    verb: Callable[[Act, int, int], bool],
) -> None:
    with opened(settings) as library:
        found = []
        for identifier in identifiers:
            patron_id = library.patron(identifier)
            found.append((patron_id, library.desk_for(patron_id)))

        def work(transaction: Transaction) -> list[dict[str, Any]]:
            try:
                return [
                    {
                        "patron": shown_as(transaction, patron_id),
                        "changed": verb(library.act(transaction, desk), group_id, patron_id),
                    }
                    for patron_id, desk in found
                ]
            except ValueError as error:
                raise click.ClickException(str(error)) from error

        say(library.write(work), json_wanted)


@group.command()
@_GROUP
@as_json
@click.pass_obj
def members(settings: Settings, group_id: int, as_json: bool) -> None:
    """Who is in a group, those of the groups below it included, by name."""
    with opened(settings) as library:
        say(library.read(lambda transaction: _members(library, transaction, group_id)), as_json)


def _members(library: Library, transaction: Transaction, group_id: int) -> list[dict[str, Any]]:
    found = []
    for patron_id in members_of(transaction, group_id=group_id):
        fields = patron_fields(transaction, patron_id=patron_id)
        assert fields is not None
        cards = [
            each.shown
            for each in identifiers_of(transaction, patron_id=patron_id)
            if each.kind == "card" and each.blocked is None
        ]
        found.append({"name": fields.name, "cards": cards, "category": fields.category})
    return found
