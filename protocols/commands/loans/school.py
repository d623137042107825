"""`tiro loan class`, `onward`, `back`: a set for a class, the teacher's loan that a pupil has."""

from __future__ import annotations

from typing import Any, TextIO

import click

from circulation.kernel.results import Refused
from circulation.loans.batches import BatchTooLarge, check_out_pairs
from circulation.loans.onward import LentOnward, end_onward_loan, lend_onward
from protocols.commands.loans.answers import say_all, say_one
from protocols.commands.shared.library import as_json, opened
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


def pairs_in(file: TextIO) -> list[tuple[str, str]]:
    """Card and barcode of each line; raises a mistake of the caller."""
    pairs = []
    for number, line in enumerate(file, start=1):
        words = line.replace(";", " ").replace(",", " ").split()
        if words and len(words) != 2:
            raise click.UsageError(f"line {number}: a card and a barcode, and nothing else")
        pairs += [(words[0], words[1])] if words else []
    return pairs


@click.command("class")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@at_branch
@as_json
@click.pass_obj
def class_(settings: Settings, file: TextIO, branch: str, as_json: bool) -> None:
    """Lend a class its books: FILE (- for standard input) has a line for each, with the pupil's
    card and the barcode."""
    pairs = pairs_in(file)
    with opened(settings) as library:
        try:
            answers = library.perform(branch, check_out_pairs, pairs=pairs)
        except BatchTooLarge as error:
            raise click.ClickException(str(error)) from error
        say_all(library, [item for _, item in pairs], answers, as_json)


@click.command()
@click.argument("barcode")
@click.argument("patron")
@at_branch
@as_json
@click.pass_obj
def onward(settings: Settings, barcode: str, patron: str, branch: str, as_json: bool) -> None:
    """What a teacher has on loan goes to PATRON, a pupil. The loan stays the teacher's."""
    with opened(settings) as library:
        answer = library.perform(branch, lend_onward, item=barcode, to=patron)
        _say_onward(barcode, answer, as_json)


@click.command()
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
def back(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """The teacher has an item back from the pupil; the loan goes on."""
    with opened(settings) as library:
        answer = library.perform(branch, end_onward_loan, item=barcode)
        _say_onward(barcode, answer, as_json)


def _say_onward(barcode: str, answer: LentOnward | Refused, json_wanted: bool) -> None:
    facts: dict[str, Any] = {"item": barcode}
    if isinstance(answer, LentOnward):
        facts |= {
            "title": answer.item.title,
            "due": answer.loan.due,
            "borrower": answer.borrower.name,
            "holder": answer.holder.name if answer.holder else None,
        }
    say_one(facts, answer, json_wanted)


#: For `tiro loan`.
COMMANDS: tuple[click.Command, ...] = (class_, onward, back)
