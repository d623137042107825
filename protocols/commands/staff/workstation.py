"""`tiro workstation`: desks that are registered, their keys and printers."""

from __future__ import annotations

import click

from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import ISIL

workstation = Noun(
    "workstation",
    help="Registered desks. Who signs in at one works at its branch, and events name the desk.",
)
_NAME = click.argument("workstation", metavar="NAME")

workstation.ask(
    "add",
    "register_workstation",
    "Register a desk. Its key is printed this once: the browser there keeps it.",
    _NAME,
    click.option("--at", "branch", type=ISIL, required=True, help="The branch where it stands."),
    place="",
)
workstation.ask("list", "list_workstations", "List the desks by branch and name.")
workstation.ask(
    "key",
    "renew_workstation_key",
    "Print a new key for a desk: the old one is void, and who is signed in there is out.",
    _NAME,
)
workstation.ask(
    "printer",
    "choose_printer",
    "Say where the slips of a desk are printed.",
    _NAME,
    click.argument("kind", type=click.Choice(["none", "escpos", "cups", "cloudprnt"])),
    click.option("--address", default="", help="Host and port, name of a queue, or MAC address."),
    click.option("--width", type=click.IntRange(20, 120), default=42, show_default=True),
)
workstation.ask("remove", "remove_desk", "Take a desk away. Who is signed in there is out.", _NAME)
