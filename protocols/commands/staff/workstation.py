"""`tiro workstation`: desks that are registered, their keys and printers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.staff.workstations import (
    Workstation,
    add_workstation,
    all_workstations,
    printer_of,
    remove_workstation,
    renew_key,
    set_printer,
    workstation_named,
)
from protocols.api.models.staff import workstation_shown
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import branch_named
from protocols.commands.shared.values import ISIL
from protocols.process.near import did_you_mean

_NAME = click.argument("name")
_KINDS = click.Choice(["none", "escpos", "cups", "cloudprnt"])


@click.group()
def workstation() -> None:
    """Registered desks. Who signs in at one works at its branch, and events name the desk."""


@workstation.command()
@_NAME
@click.option("--at", "branch", type=ISIL, required=True, help="The branch where it stands.")
@as_json
@click.pass_obj
def add(settings: Settings, name: str, branch: str, as_json: bool) -> None:
    """Register a desk. Its key is printed this once: the browser there keeps it."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            key = add_workstation(act, name, branch_named(act.transaction, branch).id)
            return {"name": name, "branch": branch, "key": key}

        say(_done(library, work), as_json)


@workstation.command("list")
@as_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the desks by branch and name."""
    with opened(settings) as library:
        say([asdict(workstation_shown(each)) for each in library.read(all_workstations)], as_json)


@workstation.command()
@_NAME
@as_json
@click.pass_obj
def key(settings: Settings, name: str, as_json: bool) -> None:
    """Print a new key for a desk: the old one is void, and who is signed in there is out."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            return {"name": name, "key": renew_key(act, _named(act.transaction, name))}

        say(_done(library, work), as_json)


@workstation.command()
@_NAME
@click.argument("kind", type=_KINDS)
@click.option("--address", default="", help="Host and port, name of a queue, or MAC address.")
@click.option("--width", type=click.IntRange(20, 120), default=42, show_default=True)
@as_json
@click.pass_obj
def printer(
    settings: Settings, name: str, kind: str, address: str, width: int, as_json: bool
) -> None:
    """Say where the slips of a desk are printed."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            said = printer_of({"kind": kind, "address": address, "width": width})
            set_printer(act, _named(act.transaction, name), said)
            return asdict(workstation_shown(_named(act.transaction, name)))

        say(_done(library, work), as_json)


@workstation.command()
@_NAME
@as_json
@click.pass_obj
def remove(settings: Settings, name: str, as_json: bool) -> None:
    """Take a desk away. Who is signed in there is out."""
    with opened(settings) as library:

        def work(act: Act) -> dict[str, Any]:
            remove_workstation(act, _named(act.transaction, name))
            return {"name": name, "removed": True}

        say(_done(library, work), as_json)


def _done(library: Library, work: Callable[[Act], dict[str, Any]]) -> dict[str, Any]:
    desk = library.principal.desk
    try:
        return library.write(lambda transaction: work(library.act(transaction, desk)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _named(transaction: Transaction, name: str) -> Workstation:
    found = workstation_named(transaction, name=name)
    if found is None:
        near = did_you_mean(name, [each.name for each in all_workstations(transaction)])
        raise click.ClickException(f"there is no workstation {name}.{near}")
    return found
