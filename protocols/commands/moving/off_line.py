"""`tiro off-line`: what desks have done while the line was down, done here once, in order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.results import Desk
from circulation.moving.off_line.block_list import Barred, all_barred_cards
from circulation.moving.off_line.files import NotOffLine, OffLine, Origin, read_off_line
from circulation.moving.off_line.playing import Outcome, Played, in_order, play
from circulation.moving.reports import new_file
from circulation.staff.lookups import Seen
from protocols.commands.moving.off_line_acts import COMMANDS
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.saying import as_json, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, at_branch
from protocols.process.failures import Failure

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
#: What nobody has to look at.
_FINE = (Outcome.DONE, Outcome.BEFORE)


@click.group("off-line")
def off_line() -> None:
    """Off-line lending: files of Koha's (.koc) and Evergreen's programs, and a list for them."""


for _command in COMMANDS:
    off_line.add_command(_command)


@off_line.command("play")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@at_branch
@click.option(
    "--from",
    "others",
    type=(_FILE, ISIL),
    multiple=True,
    metavar="FILE ISIL",
    help="A further file, of another branch.",
)
@click.option(
    "--fast",
    "clocks",
    type=(_FILE, float),
    multiple=True,
    metavar="FILE SECONDS",
    help="The clock of that file's desk was so many seconds fast; less than 0: slow.",
)
@click.option("--dry-run", is_flag=True, help="Say what would become of each line, and undo it.")
@as_json
@click.pass_obj
def play_files(
    settings: Settings,
    files: tuple[Path, ...],
    branch: str,
    others: tuple[tuple[Path, str], ...],
    clocks: tuple[tuple[Path, float], ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Do here what the FILES say, all lines of all desks in the order of time.

    A line that was done before is not done again, however often its file is played. A line that
    happened before acts that are known already takes its place among them. A loan against the
    rules, and a line whose card or item is unknown, go on the list of off-line acts (`tiro list
    conflicts`); open ones are tried again when the card or item exists. The command ends with 1
    where anything is for people to look at.
    """
    of_file = dict.fromkeys(files, branch) | dict(others)
    fast = dict(clocks)
    with opened(settings) as library:
        lines: list[tuple[OffLine, Desk]] = []
        for path, isil in of_file.items():
            desk = library.desk(isil)
            lines += [(each, desk) for each in _read(library, path, desk, fast.get(path, 0.0))]
        played = _play(library, lines, dry_run)
    facts = [_facts(each) for each in played]
    counts = Counter(each.outcome.value for each in played)
    wrong = [each for each in played if each.outcome not in _FINE]
    if as_json:
        say({"dry_run": dry_run, "counts": dict(counts), "lines": facts}, True)
    else:
        say([_facts(each) for each in wrong] if wrong else dict(counts), False)
    if wrong:
        raise click.exceptions.Exit(1)


def _read(library: Library, path: Path, desk: Desk, fast: float) -> list[OffLine]:
    set_up = library.read(library.circulation.current_set_up)
    origin = Origin(desk.branch_id, set_up.branches[desk.branch_id].timezone, fast)
    try:
        return read_off_line(path, origin)
    except NotOffLine as error:
        raise Failure(str(error), "Nothing was done: leave that file out.") from error


class _Undone(Exception):
    """Ends the transaction of a dry run."""


def _play(library: Library, lines: list[tuple[OffLine, Desk]], dry_run: bool) -> list[Played]:
    desks = {id(line): desk for line, desk in lines}
    ordered = in_order(line for line, _ in lines)

    def one(transaction: Transaction, line: OffLine) -> Played:
        return play(transaction, library.circulation, desks[id(line)], line, library.now)

    if not dry_run:
        return [library.write(lambda t, line=line: one(t, line)) for line in ordered]  # type: ignore[misc]
    found: list[Played] = []

    def tried(transaction: Transaction) -> None:
        found[:] = [one(transaction, line) for line in ordered]
        raise _Undone

    try:
        library.write(tried)
    except _Undone:
        return found
    raise AssertionError("it was not undone")


def _facts(played: Played) -> dict[str, Any]:
    line = played.line
    return {
        "file": line.file,
        "line": line.number,
        "command": None if line.command is None else line.command.value,
        "happened": line.happened,
        "item": line.item,
        "outcome": played.outcome.value,
        "why": played.why,
        "loan": played.loan_id,
    }


@off_line.command("block-list")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@at_branch
@as_json
@click.pass_obj
def block_list(settings: Settings, file: Path, branch: str, as_json: bool) -> None:
    """Write the cards that are not to be lent to into FILE, for programs that work off line.

    A card a line, and a letter behind a blank, as Evergreen's programs read it: L lost, B barred,
    E expired.
    """
    with opened(settings) as library:
        desk = library.desk(branch)

        def work(transaction: Transaction) -> list[Barred]:
            day = library.today(desk)
            agency_id, set_up = desk.agency_id, library.circulation.current_set_up(transaction)
            served = sorted(set_up.agreements.served_at(agency_id))
            found = [*all_barred_cards(transaction, agency_id=agency_id, day=day, served=served)]
            library.looked_at(transaction, Seen.LIST, hits=len(found))
            return found

        found = library.write(work)
    with new_file(file) as listed:  # whoever fetches it gets all of it, or the last one
        listed.writelines(f"{each.card} {each.why}\n" for each in found)
    say({"file": str(file), "cards": len(found)}, as_json)
