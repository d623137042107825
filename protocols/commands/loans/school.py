"""`tiro loan class`, `onward`, `back`: a set for a class, the teacher's loan that a pupil has."""

from __future__ import annotations

from typing import TextIO

import click

from protocols.commands.asking.answers import print_answer, print_stack
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


def _pupils_in(file: TextIO) -> list[dict[str, str]]:
    """Card and barcode of each line; raises a mistake of the caller."""
    pupils = []
    for number, line in enumerate(file, start=1):
        words = line.replace(";", " ").replace(",", " ").split()
        if words and len(words) != 2:
            raise click.UsageError(f"line {number}: a card and a barcode, and nothing else")
        pupils += [{"card": words[0], "item": words[1]}] if words else []
    return pupils


@click.command("class")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@at_branch
@as_json
@click.pass_obj
@asks("lend_to_class")
def class_(settings: Settings, file: TextIO, branch: str, as_json: bool) -> None:
    """Lend a class its books: FILE (- for standard input) has a line for each, with the pupil's
    card and the barcode."""
    pupils = _pupils_in(file)
    with asked(settings, branch) as asker:
        print_stack(asker.ask("lend_to_class", pupils=pupils), as_json)


@click.command()
@click.argument("barcode")
@click.argument("patron")
@at_branch
@as_json
@click.pass_obj
@asks("lend_to_pupil")
def onward(settings: Settings, barcode: str, patron: str, branch: str, as_json: bool) -> None:
    """What a teacher has on loan goes to PATRON, a pupil. The loan stays the teacher's."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("lend_to_pupil", item=barcode, card=patron), as_json)


@click.command()
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
@asks("give_back_to_borrower")
def back(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """The teacher has an item back from the pupil; the loan goes on."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("give_back_to_borrower", item=barcode), as_json)


#: For `tiro loan`.
COMMANDS: tuple[click.Command, ...] = (class_, onward, back)
