"""`tiro workstation`: desks that are registered, their keys and printers."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL

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
@asks("register_workstation")
def add(settings: Settings, name: str, branch: str, as_json: bool) -> None:
    """Register a desk. Its key is printed this once: the browser there keeps it."""
    with asked(settings) as asker:
        answer = asker.ask("register_workstation", workstation=name, branch=branch)
    print_answer(answer, as_json)


@workstation.command("list")
@as_json
@click.pass_obj
@asks("list_workstations")
def list_(settings: Settings, as_json: bool) -> None:
    """List the desks by branch and name."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_workstations"), as_json)


@workstation.command()
@_NAME
@as_json
@click.pass_obj
@asks("renew_workstation_key")
def key(settings: Settings, name: str, as_json: bool) -> None:
    """Print a new key for a desk: the old one is void, and who is signed in there is out."""
    with asked(settings) as asker:
        print_answer(asker.ask("renew_workstation_key", workstation=name), as_json)


@workstation.command()
@_NAME
@click.argument("kind", type=_KINDS)
@click.option("--address", default="", help="Host and port, name of a queue, or MAC address.")
@click.option("--width", type=click.IntRange(20, 120), default=42, show_default=True)
@as_json
@click.pass_obj
@asks("choose_printer")
def printer(
    settings: Settings, name: str, kind: str, address: str, width: int, as_json: bool
) -> None:
    """Say where the slips of a desk are printed."""
    wish = {"kind": kind, "address": address, "width": width}
    with asked(settings) as asker:
        print_answer(asker.ask("choose_printer", workstation=name, **wish), as_json)


@workstation.command()
@_NAME
@as_json
@click.pass_obj
@asks("remove_desk")
def remove(settings: Settings, name: str, as_json: bool) -> None:
    """Take a desk away. Who is signed in there is out."""
    with asked(settings) as asker:
        print_answer(asker.ask("remove_desk", workstation=name), as_json)
