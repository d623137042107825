"""`tiro receiving`: deliveries announced by suppliers, and received with one scan an item."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from protocols.commands.accession.accession import where_put
from protocols.commands.accession.fetching import as_told, fetched_by, targets_of
from protocols.commands.asking.answers import Outcome, print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.asking.pages import paged
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, flag
from protocols.process.failures import Failure

if TYPE_CHECKING:
    from circulation.accession.announcing import AnnouncedDelivery, AnnouncedLine
    from circulation.accession.delivery_files import DeclaredDeliveries
    from protocols.records.record_sources import Targets

#: A delivery, perhaps a line of it, in the fields of a problem.
_PLACE: Final = re.compile(r"deliveries\.([0-9]+)(?:\.lines\.([0-9]+))?")


receiving = Noun("receiving", help="Announced deliveries, and what comes of them.")


@receiving.command("announce")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
@click.pass_obj
@asks("announce_deliveries", "list_unknown_numbers")
def announce_file(settings: Settings, file: Path, as_json: bool) -> None:
    """Take note of the deliveries of FILE (.csv, or TOML), all of them or none.

    Titles that the catalogue does not have are fetched from the targets of [accession], else made
    of the titles in the file.
    """
    from circulation.accession.delivery_files import read_csv, read_toml

    text = file.read_text(encoding="utf-8", errors="replace")
    declared = (read_csv if file.suffix.lower() == ".csv" else read_toml)(text)
    if declared.problems:
        _refuse(file, [f"{line or 1}: {what}" for line, what in declared.problems])
    wish = [_delivery(each) for each in declared.deliveries]
    with asked(settings) as asker, targets_of(settings) as targets:
        fetched = _fetched(asker, targets, wish)
        answer, problem = asker.attempt("announce_deliveries", deliveries=wish, fetched=fetched)
    if problem is not None:
        _refuse(file, _problems(declared, problem))
    print_answer(answer, as_json)


def _delivery(announced: AnnouncedDelivery) -> dict[str, Any]:
    """A delivery as the operation takes it."""
    return {
        "supplier": announced.supplier,
        "order": announced.order_number,
        "branch": announced.branch,
        "expected": announced.expected,
        "lines": [_line_wish(each) for each in announced.lines],
    }


def _line_wish(line: AnnouncedLine) -> dict[str, Any]:
    texts = ("title", "author", "department", "location", "sublocation", "section")
    price = None if line.price is None else {"amount": line.price, "currency": line.currency}
    return {
        "number": line.number,
        "copies": line.copies,
        "barcode": line.barcode,
        "branch": line.branch,
        "material_group": line.material_group,
        "price": price,
        "call_number": line.call_number,
        **{name: getattr(line, name) for name in texts},
    }


def _fetched(asker: Asker, targets: Targets, wish: list[dict[str, Any]]) -> dict[str, Any]:
    """The records of titles that the catalogue does not have, by their numbers."""
    if not targets:
        return {}
    unknown, _ = asker.attempt("list_unknown_numbers", deliveries=wish)
    numbers = [] if unknown is None else unknown["numbers"]
    outcomes = {number: fetched_by(targets, number).fetched for number in numbers}
    return {number: as_told(each) for number, each in outcomes.items() if each is not None}


def _problems(declared: DeclaredDeliveries, problem: dict[str, Any]) -> list[str]:
    """What is wrong, by the lines of the file."""
    found = []
    for each in problem.get("errors", ()):
        place = _PLACE.match(each["field"])
        line = 1
        if place is not None:
            line = declared.line(int(place[1]), None if place[2] is None else int(place[2]))
        found.append(f"{line}: {each['text']}")
    return found or [f"1: {problem.get('detail', problem['title'])}"]


def _refuse(file: Path, problems: list[str]) -> None:
    raise Failure("\n".join(f"{file}:{problem}" for problem in problems), "Nothing was announced.")


@receiving.command("receive")
@click.argument("scanned", nargs=-1, metavar="[BARCODE|ISBN]...")
@click.option("--branch", required=True, type=ISIL, help="Where the items are in hand.")
@click.option("--barcode", help="Of the one item, where it came without.")
@click.option("--take-unexpected", is_flag=True, help="Accession what nobody has announced.")
@as_json
@click.pass_obj
@asks("receive")
def receive_items(
    settings: Settings,
    scanned: tuple[str, ...],
    branch: str,
    barcode: str | None,
    take_unexpected: bool,
    as_json: bool,
) -> None:
    """Receive items, each with one scan; without arguments, line by line as a scanner types them.

    A barcode for an item that came without one may follow after a tab.
    """
    if barcode is not None and len(scanned) != 1:
        raise click.UsageError("--barcode goes with exactly one number")
    is_good = True
    with asked(settings, branch) as asker, targets_of(settings) as targets:
        for number, own in [(each, barcode) for each in scanned] if scanned else _scans():
            wish = {"item": {"barcode": own}, "take_unexpected": take_unexpected}
            outcome = _receive(asker, targets, number, wish)
            is_good &= outcome.problem is None and outcome.answer["item"] is not None
            shown = json.dumps(outcome._asdict(), ensure_ascii=False) if as_json else _line(outcome)
            click.echo(shown)
            sys.stdout.flush()
    if not is_good:
        raise click.exceptions.Exit(1)


def _scans() -> Iterator[tuple[str, str | None]]:
    for line in sys.stdin.buffer:
        number, _, own = line.decode("utf-8", "replace").rstrip("\r\n").partition("\t")
        if number.strip():
            yield number.strip(), own.strip() or None


def _receive(asker: Asker, targets: Targets, scanned: str, wish: dict[str, Any]) -> Outcome:
    answer, problem = asker.attempt("receive", scanned=scanned, **wish)
    if answer is not None and answer["item"] is None and answer["title"] is None:
        fetched = fetched_by(targets, scanned).fetched
        if fetched is not None:
            wish = wish | {"fetched": as_told(fetched)}
            answer, problem = asker.attempt("receive", scanned=scanned, **wish)
    return Outcome(scanned, answer, problem)


def _line(outcome: Outcome) -> str:
    """One line for a scan."""
    answer, problem = outcome.answer, outcome.problem
    if problem is not None:
        return f"! {outcome.item} | not received | {problem.get('detail', problem['title'])}"
    if answer["item"] is None:
        words = (f"! {outcome.item}", "nobody has announced this", answer["why_not"])
        return " | ".join(filter(None, words))
    words = (answer["item"], answer["title"], "unexpected")
    if (delivery := answer["delivery"]) is not None:
        come = "order {order} {received} of {copies}".format_map(delivery)
        words = (answer["item"], answer["title"], come)
    return f"{' | '.join(words)} -> {where_put(answer['put'])}"


_BRANCH = click.option("--branch", type=ISIL, help="Of one branch.  [default: all]")
_DELIVERY = click.argument("delivery", type=int)

receiving.ask(
    "list",
    "list_deliveries",
    "Deliveries that are waited for, by the day on which they are expected.",
    _BRANCH,
    flag("--overdue", about="What should have come before today."),
    click.option("--order", metavar="NUMBER", help="Those with the number of this order."),
    paged,
)
receiving.ask("show", "show_delivery", "Show the DELIVERY with this id, and its lines.", _DELIVERY)
receiving.ask(
    "close",
    "close_delivery",
    "Wait no longer for what is missing of the DELIVERY with this id.",
    _DELIVERY,
)


@receiving.doing(
    "unexpected",
    "show_unexpected settle_unexpected_line",
    _BRANCH,
    click.option("--settle", type=int, metavar="ID", help="Take a line off the list."),
    paged,
)
def _unexpected(asker: Asker, settle: int | None, **page: Any) -> Any:
    """What was scanned and nobody had announced."""
    if settle is not None:
        return asker.ask("settle_unexpected_line", line=settle)
    return asker.ask("show_unexpected", **page)
